//! The clients in use: one by the rules in force, and one more for each endpoint that has certificates of its own.

use super::client::Client;
use super::failure::Failure;
use super::guard::AddressRules;
use super::tls::TlsFiles;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Gives each request its client; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients(Arc<Mutex<Made>>);

#[derive(Debug)]
struct Made {
    client: Client,
    /// By files, with the times of their last changes when they were read.
    with_files: HashMap<TlsFiles, (Vec<Option<SystemTime>>, Client)>,
}

impl Clients {
    /// Begins with `client`.
    pub fn new(client: Client) -> Self {
        Self(Arc::new(Mutex::new(Made { client, with_files: HashMap::new() })))
    }

    /// The client for an endpoint with these files. They are read anew after they changed: certificates are renewed
    /// while the gateway runs.
    pub fn get(&self, files: Option<&TlsFiles>) -> Result<Client, Failure> {
        let Some(files) = files else { return Ok(self.made().client.clone()) };
        let changed = files.changed();
        let mut made = self.made();
        if let Some((then, client)) = made.with_files.get(files)
            && *then == changed
        {
            return Ok(client.clone());
        }
        let client = made.client.with_files(files)?;
        made.with_files.insert(files.clone(), (changed, client.clone()));
        Ok(client)
    }

    /// Goes by other rules from now on.
    pub fn set_rules(&self, rules: AddressRules) {
        let mut made = self.made();
        made.client = made.client.with_rules(rules);
        made.with_files.clear();
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
