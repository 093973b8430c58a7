//! A copy of the database at one moment, made while others read and write it.

use super::super::StoreError;
use rusqlite::{Connection, OpenFlags};
use sqlx::sqlite::SqliteConnectOptions;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Copies the database that `url` names to the file `to`, which must not be there yet, and gives its size in bytes. The
/// copy appears under its name only once it is whole, checked, and on the disk.
pub fn back_up(url: &str, to: &Path) -> Result<u64, StoreError> {
    let wrong = |what: &str, error: &dyn std::fmt::Display| StoreError::Open(format!("{what}: {error}"));
    let options = SqliteConnectOptions::from_str(url).map_err(|error| wrong(url, &error))?;
    let from = options.get_filename();
    if to.exists() {
        return Err(StoreError::Open(format!("{} is there already; name a new file", to.display())));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    // What an earlier try left.
    let _ = std::fs::remove_file(&part);
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| wrong(&format!("can't read the database {}", from.display()), &error))?;
    let text = part.to_str().ok_or_else(|| wrong("the file's name is not UTF-8", &part.display()))?;
    // For this user alone, as the database itself: it holds the same secrets. SQLite fills a file that is empty.
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)
        .map_err(|error| wrong(&format!("can't write {}", part.display()), &error))?;
    let copied =
        source.execute("VACUUM INTO ?1", [text]).map_err(StoreError::from).and_then(|_| check(&part));
    let named = copied.and_then(|()| {
        let file = File::open(&part)?;
        file.sync_all()?;
        // Never over a file that came meanwhile.
        std::fs::hard_link(&part, to)?;
        std::fs::remove_file(&part)?;
        Ok(file.metadata()?.len())
    });
    if named.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    named
}

fn check(copy: &Path) -> Result<(), StoreError> {
    let copy = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found: String = copy.query_row("PRAGMA quick_check", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Open(format!("the copy is damaged: {found}"))) }
}
