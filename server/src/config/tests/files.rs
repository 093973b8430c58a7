//! Configurations in several files.

use super::*;

/// Files in a folder of their own.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Self(folder)
    }

    fn load(&self) -> Result<Config, Vec<String>> {
        let source = ConfigSource::Named(self.0.path().join("conf/main.json5"));
        let folder = format!("{}/conf/", self.0.path().display());
        Config::load(&source, &|name| (name == "KEY").then(|| "k".to_owned()))
            .map_err(|errors| errors.iter().map(|error| error.to_string().replace(&folder, "")).collect())
    }

    fn faults(&self) -> Vec<String> {
        self.load().unwrap_err()
    }
}

#[test]
fn objects_are_merged_lists_joined_and_siblings_win() {
    let files = Files::new(&[
        (
            "conf/main.json5",
            r#"{ $include: ["base.json5", "./more/extra.json5"], webhooks: {
                 endpoints: [{ name: "c", url: "https://c.example", events: ["*"] }], server: { instanceId: "main" } } }"#,
        ),
        (
            "conf/base.json5",
            r#"{ webhooks: { endpoints: [{ name: "a", url: "https://a.example/${KEY}", events: ["*"] }],
                 server: { instanceId: "base", listen: "127.0.0.1:1" }, retention: { days: 1 } } }"#,
        ),
        (
            "conf/more/extra.json5",
            r#"{ webhooks: { endpoints: [{ $include: "one.json5", timeoutMs: 200 }], server: { listen: "127.0.0.1:2" },
                 retention: { $include: "../keep.json5" } } }"#,
        ),
        ("conf/more/one.json5", r#"{ name: "b", url: "https://b.example", events: ["*"], timeoutMs: 100 }"#),
        ("conf/keep.json5", "{ maxPayloadBytes: 2048 }"),
    ]);
    let config = files.load().unwrap();
    let names: Vec<_> = config.endpoints.iter().map(|endpoint| &*endpoint.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(config.endpoints[0].url.value(), "https://a.example/k");
    assert_eq!(config.endpoints[1].timeout_ms, 200);
    assert_eq!((config.server.instance_id.as_str(), config.server.listen.port), ("main", 2));
    assert_eq!(config.retention, RetentionConfig { days: 1, max_payload_bytes: 2048 });
    let names: Vec<_> = config.files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["main.json5", "base.json5", "extra.json5", "one.json5", "keep.json5"]);
}

#[test]
fn an_include_replaces_the_object_or_list_that_it_stands_for() {
    let files = Files::new(&[
        (
            "conf/main.json5",
            r#"{ webhooks: { endpoints: { $include: "list.json5" }, network: { allow: { $include: ["a.json5", "b.json5"] } } } }"#,
        ),
        ("conf/list.json5", r#"[{ name: "a", url: "https://a.example", events: ["*"] }]"#),
        ("conf/a.json5", r#"["10.0.0.0/8"]"#),
        ("conf/b.json5", r#"["crm.internal"]"#),
    ]);
    let config = files.load().unwrap();
    assert_eq!((config.endpoints.len(), config.network.allow.len()), (1, 2));
}

#[test]
fn a_fault_names_the_included_file() {
    let files = Files::new(&[
        (
            "conf/main.json5",
            "{ webhooks: { endpoints: [{ $include: 'one.json5' }], retention: { days: 0 } } }",
        ),
        (
            "conf/one.json5",
            "{ name: \"b\",\n  url: \"https://b.example\", events: [\"*\"],\n  timeout: 100 }",
        ),
    ]);
    assert_eq!(
        files.faults(),
        [
            "main.json5:1:74: webhooks.retention.days: must be a whole number from 1 to 3650, not 0",
            "one.json5:3:3: webhooks.endpoints[0].timeout: unknown key; did you mean \"timeoutMs\"? Allowed: name, url, secret, \
             events, filter, transform, headers, retry, enabled, timeoutMs, concurrency, rateLimit, signing, previousSecrets, \
             healthCheck, redact, tls",
        ]
    );
    let files = Files::new(&[
        ("conf/main.json5", "{ webhooks: { $include: 'one.json5' } }"),
        ("conf/one.json5", "{\n  endpoints: [\n}"),
    ]);
    assert_eq!(files.faults(), ["one.json5:3:1: not valid JSON5: unexpected close brace"]);
}

#[test]
fn includes_stay_inside_the_folder() {
    let outside = ("secret.json5", "{ webhooks: {} }");
    for (name, words) in [
        ("../secret.json5", "is outside the configuration's folder; move it inside"),
        ("more/../../secret.json5", "is outside the configuration's folder; move it inside"),
        ("link.json5", "is outside the configuration's folder; move it inside"),
        ("/etc/hostname", "must be relative to the file that includes it"),
    ] {
        let main = format!("{{ $include: \"{name}\" }}");
        let files = Files::new(&[("conf/main.json5", main.as_str()), ("conf/more/x", ""), outside]);
        std::os::unix::fs::symlink(
            files.0.path().join("secret.json5"),
            files.0.path().join("conf/link.json5"),
        )
        .unwrap();
        assert_eq!(files.faults(), [format!("main.json5:1:13: $include: \"{name}\" {words}")]);
    }
}

#[test]
fn includes_end() {
    let files = Files::new(&[
        ("conf/main.json5", r#"{ $include: "a.json5" }"#),
        ("conf/a.json5", r#"{ webhooks: { $include: "./b.json5" } }"#),
        ("conf/b.json5", r#"{ $include: "main.json5" }"#),
    ]);
    assert_eq!(
        files.faults(),
        ["b.json5:1:13: webhooks.$include: \"main.json5\" includes itself, by way of the files between"]
    );

    let chain = |depth: usize| {
        let mut files: Vec<(String, String)> = (0..depth)
            .map(|index| (format!("conf/{index}.json5"), format!("{{ $include: \"{}.json5\" }}", index + 1)))
            .collect();
        files.push((format!("conf/{depth}.json5"), "{}".to_owned()));
        files.push(("conf/main.json5".to_owned(), "{ $include: \"0.json5\" }".to_owned()));
        Files::new(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>())
    };
    assert!(chain(9).load().is_ok());
    assert_eq!(chain(10).faults(), ["9.json5:1:13: $include: includes are nested more than 10 deep"]);

    let twice: Vec<(String, String)> = (0..9)
        .map(|index| {
            (
                format!("conf/{index}.json5"),
                format!("{{ $include: [\"{0}.json5\", \"{0}.json5\"] }}", index + 1),
            )
        })
        .chain([
            ("conf/9.json5".to_owned(), "{}".to_owned()),
            ("conf/main.json5".to_owned(), "{ $include: \"0.json5\" }".to_owned()),
        ])
        .collect();
    let files =
        Files::new(&twice.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>());
    assert!(files.faults()[0].ends_with("$include: more than 256 files are included"));
}

#[test]
fn includes_that_make_no_sense() {
    for (main, fault) in [
        (
            "{ $include: 3 }",
            "main.json5:1:13: $include: must be a file's name or a list of them, not a number",
        ),
        ("{ $include: [3] }", "main.json5:1:14: $include: must be a file's name, not a number"),
        (
            "{ $include: '' }",
            "main.json5:1:13: $include: must be a file's name of 1 to 4095 bytes without NUL",
        ),
        (
            "{ $include: 'list.json5', webhooks: {} }",
            "main.json5:1:13: $include: keys beside $include need an object in the included file, which holds a list",
        ),
        (
            "{ $include: 'bytes.json5' }",
            "main.json5:1:13: $include: can't read \"bytes.json5\": it is no UTF-8 from byte 2 on",
        ),
        (
            "{ $include: 'no.json5' }",
            "main.json5:1:13: $include: can't read \"no.json5\": No such file or directory (os error 2)",
        ),
    ] {
        let files = Files::new(&[("conf/main.json5", main), ("conf/list.json5", "[]")]);
        fs::write(files.0.path().join("conf/bytes.json5"), b"{}\xff").unwrap();
        assert_eq!(files.faults(), [fault]);
    }
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let files = Files::new(&[]);
    assert_eq!(
        files.faults(),
        [
            "main.json5: can't read the configuration: No such file or directory (os error 2); name another file with --config FILE, \
          or write it: `openclaw-webhooks config example` shows one"
        ]
    );
    let files = Files::new(&[("conf/main.json5/x", "")]);
    assert_eq!(files.faults(), ["main.json5: can't read the configuration: Is a directory (os error 21)"]);
    let long = format!("{{}}//{}", " ".repeat(3 << 20));
    let files = Files::new(&[("conf/main.json5", &long)]);
    assert_eq!(files.faults(), ["main.json5: can't read the configuration: it is longer than 2 MiB"]);
}
