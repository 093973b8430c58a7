//! Makes the dashboard's files: the style sheet, and every file under its own hash, compressed, in one Rust table.
//!
//! Only with the feature `ui`. The browser's half is taken from `target/site/`, where `make` puts it; without it the
//! pages are served as they are rendered and never come to life.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "ui")]
    ui::main();
}

#[cfg(feature = "ui")]
mod ui {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::{env, fs, io};

    /// The browser's half, as `scripts/bundle.sh` writes it: what a page needs at once, and what comes after it.
    const BUNDLE: [&str; 4] = ["app.js", "app_bg.wasm", "__wasm_split.js", "split_rest.wasm"];

    /// What starts it; served only beside it.
    const START: &str = "start.js";

    /// What a page loads before it lives and after that, and how many bytes that may be, compressed: a little more than it is,
    /// so that whoever makes it larger knows.
    const LOADS: [(&str, &[&str], usize); 2] = [
        ("before it lives", &["app.css", START, BUNDLE[0], BUNDLE[1], BUNDLE[2]], 350_000),
        ("once it lives", &[BUNDLE[3]], 210_000),
    ];

    /// The style sheet's parts, in the order in which later ones win; utilities stand between base and components.
    const BEFORE: [&str; 2] = ["tokens.css", "base.css"];

    struct Asset {
        name: String,
        bytes: Vec<u8>,
    }

    pub(super) fn main() {
        if let Err(error) = build() {
            println!("cargo::error=the dashboard's files could not be made: {error}");
        }
    }

    fn build() -> io::Result<()> {
        let root = workspace()?;
        let mut assets = vec![Asset { name: "app.css".to_owned(), bytes: style_sheet(&root)?.into_bytes() }];
        assets.extend(public_files(&root)?);
        let bundle = bundle(&root)?;
        if bundle.is_empty() {
            println!(
                "cargo::warning=no browser bundle in target/site: pages are served without it (make bundle)"
            );
            assets.retain(|asset| asset.name != START);
        }
        assets.extend(bundle);
        write_table(&assets)
    }

    fn workspace() -> io::Result<PathBuf> {
        let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        here.as_deref()
            .and_then(Path::parent)
            .map(Path::to_path_buf)
            .ok_or_else(|| io::Error::other("the manifest's folder has no parent"))
    }

    /// Tokens and base, the utilities that the dashboard's code uses, then its components.
    fn style_sheet(root: &Path) -> io::Result<String> {
        let style = root.join("style");
        let code = root.join("app/src");
        watch("style");
        watch("app/src");
        let mut sources = Vec::new();
        read_all(&code, "rs", &mut sources)?;
        let mut config = encre_css::Config::default();
        config.preflight = encre_css::Preflight::new_none();
        for (name, value) in tokens(&fs::read_to_string(style.join("tokens.css"))?) {
            config.theme.colors.add(name, value);
        }
        let utilities = encre_css::generate(sources.iter().map(|(_, text)| text.as_str()), &config);
        let mut parts = Vec::new();
        read_all(&style, "css", &mut parts)?;
        let (before, after): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|(name, _)| BEFORE.contains(&name.as_str()));
        let mut sheet = String::new();
        for name in BEFORE {
            let part = before.iter().find(|(known, _)| known == name);
            sheet += part
                .map(|(_, text)| text.as_str())
                .ok_or_else(|| io::Error::other(format!("no style/{name}")))?;
        }
        for (_, text) in &after {
            sheet += text;
        }
        sheet += &utilities;
        Ok(shorten(&sheet))
    }

    /// The tokens that are colours: `--ink` makes `text-ink`, `bg-ink` and their like.
    fn tokens(sheet: &str) -> Vec<(String, String)> {
        let mut names: Vec<&str> = sheet
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.split_once(':'))
            .filter(|(_, value)| {
                value.trim_start().starts_with(['#', 'r', 'l']) || value.contains("color-mix")
            })
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| (name.to_owned(), format!("var(--{name})"))).collect()
    }

    /// The icons and the manifest, for which there is no build.
    fn public_files(root: &Path) -> io::Result<Vec<Asset>> {
        let folder = root.join("public");
        watch("public");
        let mut assets = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() {
                assets.push(Asset { name: file_name(&path), bytes: fs::read(path)? });
            }
        }
        assets.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(assets)
    }

    /// The browser's half, where it was built: all its files or none.
    fn bundle(root: &Path) -> io::Result<Vec<Asset>> {
        let folder = root.join("target/site");
        // Watching a file that is not there would run this script on every build.
        if folder.is_dir() {
            watch("target/site");
        }
        if !BUNDLE.iter().all(|name| folder.join(name).is_file()) {
            return Ok(Vec::new());
        }
        BUNDLE
            .iter()
            .map(|name| {
                let bytes = fs::read(folder.join(name))?;
                let is_program = Path::new(name).extension().is_some_and(|kind| kind == "wasm");
                let bytes = if is_program && is_release() { without_names(&bytes)? } else { bytes };
                Ok(Asset { name: (*name).to_owned(), bytes })
            })
            .collect()
    }

    /// WebAssembly without its custom sections: the names of functions would be a third of what a browser loads.
    /// (A module is 8 bytes, then sections: a kind, a length in LEB128, so many bytes; kind 0 is what only tools read.)
    fn without_names(module: &[u8]) -> io::Result<Vec<u8>> {
        let broken = || io::Error::other("what is in target/site is no WebAssembly (make bundle)");
        let (head, mut rest) = module.split_at_checked(8).ok_or_else(broken)?;
        let mut kept = head.to_vec();
        while let Some(kind) = rest.first() {
            let mut length = 0;
            let mut size = 1;
            loop {
                let byte = *rest.get(size).filter(|_| size <= 5).ok_or_else(broken)?;
                length |= u64::from(byte & 0x7f) << (7 * (size - 1));
                size += 1;
                if byte < 0x80 {
                    break;
                }
            }
            let end = usize::try_from(length).map_err(io::Error::other)?.saturating_add(size);
            let (section, behind) = rest.split_at_checked(end).ok_or_else(broken)?;
            if *kind != 0 {
                kept.extend_from_slice(section);
            }
            rest = behind;
        }
        Ok(kept)
    }

    /// Writes the files, their brotli twins, and the table that `http/assets.rs` includes.
    fn write_table(assets: &[Asset]) -> io::Result<()> {
        let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| io::Error::other("no OUT_DIR"))?;
        let mut hash = Sha256::new();
        let mut table = String::from("&[\n");
        let mut loads = LOADS.map(|_| 0);
        for Asset { name, bytes } in assets {
            hash.update(name.as_bytes());
            hash.update(bytes);
            let (plain, small) = (out.join(name), out.join(format!("{name}.br")));
            fs::write(&plain, bytes)?;
            let compressed = brotli(bytes)?;
            for ((_, files, _), load) in LOADS.iter().zip(&mut loads) {
                if files.contains(&name.as_str()) {
                    *load += compressed.len();
                }
            }
            fs::write(&small, compressed)?;
            // Writing into a string can't fail.
            let _ = writeln!(
                table,
                "    Asset {{ name: {name:?}, plain: include_bytes!(\"{}\"), brotli: include_bytes!(\"{}\") }},",
                plain.display(),
                small.display()
            );
        }
        table.push(']');
        for ((when, _, most), load) in LOADS.iter().zip(loads) {
            if is_release() && load > *most {
                return Err(io::Error::other(format!(
                    "a page loads {load} bytes {when}, and {most} are allowed: is the bundle one for release (make build)?"
                )));
            }
        }
        let digest = hash.finalize();
        let hash = digest.iter().take(8).fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        fs::write(out.join("assets_table.rs"), table)?;
        println!("cargo::rustc-env=ASSETS_HASH={hash:016x}");
        Ok(())
    }

    fn is_release() -> bool {
        env::var_os("PROFILE").is_some_and(|profile| profile == "release")
    }

    /// Hard for a release, quick otherwise.
    fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let quality = if is_release() { 11 } else { 4 };
        let mut writer = brotli::CompressorWriter::new(Vec::new(), 65_536, quality, 22);
        writer.write_all(bytes)?;
        Ok(writer.into_inner())
    }

    /// Takes comments and indentation out of a style sheet.
    fn shorten(sheet: &str) -> String {
        let mut text = String::with_capacity(sheet.len());
        let mut rest = sheet;
        while let Some((before, after)) = rest.split_once("/*") {
            text += before;
            rest = after.split_once("*/").map_or("", |(_, after)| after);
        }
        text += rest;
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    fn read_all(folder: &Path, extension: &str, texts: &mut Vec<(String, String)>) -> io::Result<()> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
        paths.sort();
        for path in paths {
            if path.is_dir() {
                read_all(&path, extension, texts)?;
            } else if path.extension().is_some_and(|known| known == extension) {
                texts.push((file_name(&path), fs::read_to_string(&path)?));
            }
        }
        Ok(())
    }

    fn file_name(path: &Path) -> String {
        path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Has this run again when something below `path` changes. As seen from here, not from the machine's root: two
    /// checkouts may share cargo's folder, and each must look at its own files.
    fn watch(path: &str) {
        println!("cargo::rerun-if-changed=../{path}");
    }
}
