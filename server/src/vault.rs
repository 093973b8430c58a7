//! The vault: what of an endpoint's definition may not lie open in the database is sealed there.
//!
//! Definitions of endpoints made through the API hold secrets. With a key they are stored sealed (`XChaCha20-Poly1305`, a
//! random nonce each time, the endpoint's name bound in, so that none can be put in another's place), without one as they
//! are. The key comes from the environment, never from the database's own folder by itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Holds keys: 32 bytes in base64 or hexadecimal; more than one, with spaces between, while one takes another's place.
const KEY: &str = "OPENCLAW_WEBHOOKS_KEY";
/// Names a file that holds the same, readable by its owner alone.
const KEY_FILE: &str = "OPENCLAW_WEBHOOKS_KEY_FILE";

const KEY_BYTES: usize = 32;
/// So long that chance never gives the same twice.
const NONCE_BYTES: usize = 24;

/// What a sealed definition begins with; then follow the key's name, `:`, and nonce and ciphertext in base64.
const SEALED: &str = "sealed:1:";

/// The keys; none where nothing is sealed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Vault(Vec<Key>);

#[derive(Clone, PartialEq, Eq)]
struct Key {
    /// Its first bytes' digest: tells keys apart and nothing about them.
    name: String,
    bytes: [u8; KEY_BYTES],
}

impl Vault {
    /// What the environment says.
    ///
    /// # Errors
    ///
    /// The variable that is wrong, and what it should be.
    pub fn of(environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, (&'static str, String)> {
        let given = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        match (given(KEY), given(KEY_FILE)) {
            (None, None) => Ok(Self::default()),
            (Some(_), Some(_)) => Err((KEY_FILE, format!("is set beside {KEY}: set one of them"))),
            (Some(text), None) => Self::read(&text).map_err(|problem| (KEY, problem)),
            (None, Some(file)) => {
                let read = key_file(Path::new(&file)).and_then(|text| Self::read(&text));
                read.map_err(|problem| (KEY_FILE, format!("{file} {problem}")))
            }
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        let words = text.split_whitespace();
        let keys: Option<Vec<Key>> = words.map(|word| decode(word).map(Key::new)).collect();
        keys.filter(|keys| !keys.is_empty()).map(Self).ok_or_else(|| {
            "must be 32 bytes in base64 or hexadecimal; `openssl rand -base64 32` makes such a key".to_owned()
        })
    }

    /// Whether anything is sealed.
    pub const fn is_closed(&self) -> bool {
        !self.0.is_empty()
    }

    /// A definition as it is stored.
    ///
    /// # Errors
    ///
    /// The cipher does not take it, being beyond 256 GiB: then it must not be stored at all.
    pub fn seal(&self, name: &str, definition: &Value) -> Result<Value, String> {
        let Some(key) = self.0.first() else { return Ok(definition.clone()) };
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let text = definition.to_string();
        let payload = Payload { msg: text.as_bytes(), aad: name.as_bytes() };
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| format!("the endpoint {name} can't be sealed"))?;
        let bytes = [&nonce[..], &sealed].concat();
        Ok(Value::String(format!("{SEALED}{}:{}", key.name, STANDARD.encode(bytes))))
    }

    /// A stored definition as it was.
    ///
    /// # Errors
    ///
    /// What is missing, for people.
    pub fn open(&self, name: &str, stored: Value) -> Result<Value, String> {
        let Some((key_name, text)) = sealed(&stored) else { return Ok(stored) };
        let key = self.0.iter().find(|key| key.name == key_name).ok_or_else(|| {
            format!(
                "the endpoint {name} is sealed in the database with the key {key_name}, which {KEY} (or {KEY_FILE}) does \
                 not hold; give it, beside a newer one if there is one"
            )
        })?;
        let damaged = || format!("the endpoint {name} in the database is damaged: it can't be unsealed");
        let bytes = STANDARD.decode(text).map_err(|_| damaged())?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload { msg: sealed, aad: name.as_bytes() };
        let text = key.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?;
        serde_json::from_slice(&text).map_err(|_| damaged())
    }

    /// Whether a stored definition is as this vault would store it.
    pub fn is_current(&self, stored: &Value) -> bool {
        match (self.0.first(), sealed(stored)) {
            (Some(key), Some((name, _))) => key.name == name,
            (Some(_), None) => false,
            // Without a key nothing can be done about it.
            (None, _) => true,
        }
    }
}

impl Key {
    fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let name = crate::outbound::sign::hex(&Sha256::digest(bytes)[..4]);
        Self { name, bytes }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.bytes.into())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.name)).finish()
    }
}

/// The name of the key, and nonce and ciphertext in base64.
fn sealed(stored: &Value) -> Option<(&str, &str)> {
    stored.as_str()?.strip_prefix(SEALED)?.split_once(':')
}

fn decode(word: &str) -> Option<[u8; KEY_BYTES]> {
    if word.len() == 2 * KEY_BYTES {
        let digits = word
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        return digits.collect::<Option<Vec<u8>>>()?.try_into().ok();
    }
    STANDARD.decode(word).ok()?.try_into().ok()
}

/// The file's text, if nobody but its owner can read it.
fn key_file(file: &Path) -> Result<String, String> {
    let mode =
        std::fs::metadata(file).map_err(|error| format!("can't be read: {error}"))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("is open to others (mode {:03o}); `chmod 600` it", mode & 0o777));
    }
    std::fs::read_to_string(file).map_err(|error| format!("can't be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NEW: &str = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

    fn vault(text: &str) -> Vault {
        Vault::of(&|name| (name == KEY).then(|| text.to_owned())).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_under_its_own_name_and_key_alone() {
        let definition = json!({ "url": "https://a.example/", "secret": "whsec_c2VjcmV0" });
        let stored = vault(OLD).seal("crm", &definition).unwrap();
        assert!(!stored.to_string().contains("whsec"), "{stored}");
        assert_ne!(stored, vault(OLD).seal("crm", &definition).unwrap(), "each with a nonce of its own");
        assert_eq!(vault(OLD).open("crm", stored.clone()), Ok(definition.clone()));
        assert!(vault(OLD).open("other", stored.clone()).unwrap_err().contains("damaged"));
        for without in [vault(NEW), Vault::default()] {
            assert!(without.open("crm", stored.clone()).unwrap_err().contains(KEY));
        }
        // One key takes another's place: the first seals, both open.
        let both = vault(&format!("{NEW}\n{OLD}"));
        assert_eq!(both.open("crm", stored.clone()), Ok(definition.clone()));
        assert!(!both.is_current(&stored) && both.is_current(&both.seal("crm", &definition).unwrap()));
        let mut broken = stored.as_str().unwrap().to_owned();
        broken.truncate(broken.len() - 8);
        assert!(vault(OLD).open("crm", json!(broken)).unwrap_err().contains("damaged"));
    }

    #[test]
    fn without_a_key_everything_stays_as_it_is() {
        let definition = json!({ "secret": "whsec_c2VjcmV0" });
        let open = Vault::default();
        assert_eq!(open.seal("crm", &definition), Ok(definition.clone()));
        assert_eq!(open.open("crm", definition.clone()), Ok(definition.clone()));
        assert!(open.is_current(&definition) && !open.is_closed());
        assert!(!vault(OLD).is_current(&definition));
    }

    #[test]
    fn a_wrong_key_is_refused_with_words() {
        let of = |pairs: &[(&str, &str)]| {
            Vault::of(&|name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        for wrong in ["short", "zz", &NEW[1..], "AAEC AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="] {
            let (name, problem) = of(&[(KEY, wrong)]).unwrap_err();
            assert!(name == KEY && problem.contains("openssl rand"), "{wrong}");
        }
        assert_eq!(of(&[(KEY, OLD), (KEY_FILE, "x")]).unwrap_err().0, KEY_FILE);
        assert!(of(&[(KEY_FILE, "/no/such/file")]).unwrap_err().1.contains("can't be read"));
        assert_eq!(of(&[(KEY, "  ")]), Ok(Vault::default()));
    }

    #[test]
    fn a_key_file_is_its_owners_alone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{OLD}\n")).unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let read = || Vault::of(&|name| (name == KEY_FILE).then(|| path.clone()));
        assert_eq!(read(), Ok(vault(OLD)));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read().unwrap_err().1.contains("chmod 600"));
    }
}
