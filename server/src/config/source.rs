//! Finding the configuration's file.

use std::path::{Path, PathBuf};

/// The variable that names the file.
const VARIABLE: &str = "OPENCLAW_WEBHOOKS_CONFIG";
/// The file in the working folder.
const FILE: &str = "openclaw.json5";

/// Where the configuration is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// A file that was named by the flag or the variable: it must be there.
    Named(PathBuf),
    /// `openclaw.json5` in the working folder: without it the defaults are in force.
    Folder(PathBuf),
}

impl ConfigSource {
    /// The file of the flag `--config`, of `OPENCLAW_WEBHOOKS_CONFIG`, or `openclaw.json5` in `folder`, in that
    /// order.
    pub fn find(flag: Option<&Path>, environment: &dyn Fn(&str) -> Option<String>, folder: &Path) -> Self {
        let named = flag.map(Path::to_owned);
        let named =
            named.or_else(|| environment(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from));
        named.map_or_else(|| Self::Folder(folder.join(FILE)), Self::Named)
    }

    /// The file.
    pub fn file(&self) -> &Path {
        match self {
            Self::Named(file) | Self::Folder(file) => file,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_comes_first_then_the_variable_then_the_folder() {
        let variable = |name: &str| (name == VARIABLE).then(|| "/etc/b.json5".to_owned());
        let empty = |_: &str| Some(String::new());
        let flag = Path::new("a.json5");
        let folder = Path::new("/srv");
        assert_eq!(ConfigSource::find(Some(flag), &variable, folder), ConfigSource::Named("a.json5".into()));
        assert_eq!(ConfigSource::find(None, &variable, folder), ConfigSource::Named("/etc/b.json5".into()));
        assert_eq!(
            ConfigSource::find(None, &empty, folder),
            ConfigSource::Folder("/srv/openclaw.json5".into())
        );
    }
}
