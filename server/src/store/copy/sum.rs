//! A sum by which two tables are compared.

use super::Copied;
use super::tables::Kind;
use sha2::{Digest, Sha256};

/// A sum over rows that is the same in whichever order they come.
#[derive(Default)]
pub(super) struct Sum {
    rows: u64,
    sum: u128,
}

impl Sum {
    pub(super) fn add(
        &mut self,
        columns: &[(&str, Kind)],
        value: impl Fn(&str, Kind) -> Result<Option<String>, sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        let mut hash = Sha256::new();
        for (name, kind) in columns {
            // What is absent is something else than what is empty.
            match value(name, *kind)? {
                Some(text) => {
                    hash.update((text.len() as u64 + 1).to_be_bytes());
                    hash.update(text);
                }
                None => hash.update(0_u64.to_be_bytes()),
            }
        }
        let hash: [u8; 32] = hash.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(first));
        self.rows += 1;
        Ok(())
    }

    pub(super) fn of(self, table: &'static str) -> Copied {
        Copied { table, rows: self.rows, checksum: format!("{:032x}", self.sum) }
    }
}
