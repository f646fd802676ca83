//! One key for each data subject, kept outside the log.
//!
//! Personal fields are sealed under their subject's key before they enter the log; destroying the key makes them
//! unreadable everywhere at once while the log's bytes, and so its hash chain, stay as they are. A subject is known in
//! the log only by a random reference. The natural id (a customer number) is stored nowhere but inside sealed fields:
//! the key file finds a subject by a keyed hash (BLAKE3) of it.

mod store;
mod writer;

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use tokio::sync::{mpsc, oneshot};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use writer::KeyWriter;

const NONCE_BYTES: usize = 12;
/// Subjects that may wait to be created; one more is refused.
const CREATIONS_MAX: usize = 8_192;

/// Keyed hash of a natural id.
pub(crate) type Lookup = [u8; 16];

/// What failed in the key store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubjectKeyError {
    #[error("the key store: {0}")]
    Store(String),
    #[error("too many new subjects at once")]
    Busy,
}

/// A data subject with its key.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Subject {
    /// What stands for the subject in the log: uniformly random, so it also spreads entities over partitions.
    pub reference: u64,
    key: [u8; 32],
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Subject({:016x}, key hidden)", self.reference)
    }
}

impl Subject {
    /// Encrypts personal fields. `bound_to` (the command id) must be given again to open them, so that sealed fields
    /// cannot be moved from one event to another. ChaCha20-Poly1305 (RFC 8439) under a random nonce; base64url.
    pub fn seal(&self, plain: &[u8], bound_to: &[u8]) -> String {
        let mut nonce = [0; NONCE_BYTES];
        rand::fill(&mut nonce);
        let sealed = self
            .cipher()
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: bound_to,
                },
            )
            .expect("ChaCha20-Poly1305 takes messages of up to 256 GiB");
        let mut bytes = Vec::with_capacity(NONCE_BYTES + sealed.len());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Decrypts what [`Subject::seal`] made; `None` where it was made under another key or for another event.
    pub fn open(&self, sealed: &str, bound_to: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, message) = bytes.split_at_checked(NONCE_BYTES)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        self.cipher()
            .decrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: message,
                    aad: bound_to,
                },
            )
            .ok()
            .map(Zeroizing::new)
    }

    /// A fingerprint that nobody without the subject's key can compute: a plain hash of personal fields would let
    /// whoever reads the log try out guesses. Never zero.
    pub fn fingerprint(&self, content: &[u8]) -> u64 {
        let hash = blake3::keyed_hash(&self.key, content);
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        u64::from_be_bytes(first).max(1)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(self.key))
    }
}

/// The key under which subject keys are stored, and which hides natural ids in the key file.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// Reads the key from a file of 64 hexadecimal digits, or creates it, readable by its owner only.
    pub fn open_or_create(path: &Path) -> io::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let mut key = [0; 32];
                hex::decode_to_slice(text.trim(), &mut key).map_err(|_| {
                    io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("{} does not hold 64 hexadecimal digits", path.display()),
                    )
                })?;
                Ok(Self(key))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(error),
        }
    }

    fn create(path: &Path) -> io::Result<Self> {
        use std::{io::Write, os::unix::fs::OpenOptionsExt};
        let mut key = [0; 32];
        rand::fill(&mut key);
        let draft = path.with_extension("draft");
        let mut file = std::fs::File::options()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(hex::encode(key).as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, path)?;
        if let Some(folder) = path.parent() {
            std::fs::File::open(folder)?.sync_all()?;
        }
        Ok(Self(key))
    }

    fn wrap(&self, subject: &Subject) -> Vec<u8> {
        let wrapping = Subject {
            reference: 0,
            key: self.derive(b"wrap"),
        };
        wrapping
            .seal(&subject.key, &subject.reference.to_be_bytes())
            .into_bytes()
    }

    fn unwrap(&self, reference: u64, wrapped: &[u8]) -> Option<Subject> {
        let wrapping = Subject {
            reference: 0,
            key: self.derive(b"wrap"),
        };
        let opened = wrapping.open(std::str::from_utf8(wrapped).ok()?, &reference.to_be_bytes())?;
        Some(Subject {
            reference,
            key: opened.as_slice().try_into().ok()?,
        })
    }

    fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        keyed_hash(&self.0, purpose)
    }
}

fn keyed_hash(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    blake3::keyed_hash(key, message).into()
}

/// The subjects of one node. Cheap to clone. Memory: about 120 bytes for each subject.
#[derive(Clone)]
pub struct SubjectKeys {
    shared: Arc<Shared>,
}

struct Shared {
    lookup_key: Zeroizing<[u8; 32]>,
    entity_key: Zeroizing<[u8; 32]>,
    known: RwLock<Known>,
    requests: mpsc::Sender<Request>,
}

#[derive(Default)]
struct Known {
    by_lookup: HashMap<Lookup, Subject>,
    by_reference: HashMap<u64, Lookup>,
}

impl Known {
    fn insert(&mut self, lookup: Lookup, subject: Subject) {
        self.by_reference.insert(subject.reference, lookup);
        self.by_lookup.insert(lookup, subject);
    }

    fn remove(&mut self, lookup: &Lookup) {
        if let Some(subject) = self.by_lookup.remove(lookup) {
            self.by_reference.remove(&subject.reference);
        }
    }
}

enum Request {
    Create(Lookup, oneshot::Sender<Result<Subject, SubjectKeyError>>),
    Destroy(u64, oneshot::Sender<Result<bool, SubjectKeyError>>),
    Close(oneshot::Sender<()>),
}

impl SubjectKeys {
    /// Opens the key file, creating it where there is none, and starts the task that writes to it.
    pub async fn open(path: PathBuf, master: MasterKey) -> Result<Self, SubjectKeyError> {
        let lookup_key = Zeroizing::new(master.derive(b"lookup"));
        let entity_key = Zeroizing::new(master.derive(b"entity"));
        let mut writer = KeyWriter::new(path, master);
        let known = writer.open().await?;
        let (requests, receiver) = mpsc::channel(CREATIONS_MAX);
        let shared = Arc::new(Shared {
            lookup_key,
            entity_key,
            known: RwLock::new(known),
            requests,
        });
        tokio::spawn(writer.run(Arc::downgrade(&shared), receiver));
        Ok(Self { shared })
    }

    /// Closes the key file once everything that was asked before is written. What is known stays known; new subjects
    /// are refused from now on.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        // A writer that has ended has closed its file.
        if self
            .shared
            .requests
            .send(Request::Close(reply))
            .await
            .is_ok()
        {
            let _ = closed.await;
        }
    }

    /// The subject of a natural id, if it is known.
    pub fn find(&self, natural_id: &str) -> Option<Subject> {
        self.by_lookup(&self.lookup(natural_id))
    }

    /// The subject of a natural id; a new one is durable before this returns.
    pub async fn find_or_create(&self, natural_id: &str) -> Result<Subject, SubjectKeyError> {
        let lookup = self.lookup(natural_id);
        if let Some(subject) = self.by_lookup(&lookup) {
            return Ok(subject);
        }
        let (reply, answer) = oneshot::channel();
        self.shared
            .requests
            .try_send(Request::Create(lookup, reply))
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => SubjectKeyError::Busy,
                mpsc::error::TrySendError::Closed(_) => stopped(),
            })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// The subject that a reference in the log stands for; `None` once its key is destroyed.
    pub fn by_reference(&self, reference: u64) -> Option<Subject> {
        let known = self.read();
        let lookup = known.by_reference.get(&reference)?;
        known.by_lookup.get(lookup).cloned()
    }

    /// Destroys a subject's key, durably and for good. Gives whether there was one.
    pub async fn destroy(&self, reference: u64) -> Result<bool, SubjectKeyError> {
        let (reply, answer) = oneshot::channel();
        self.shared
            .requests
            .send(Request::Destroy(reference, reply))
            .await
            .map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// A pseudonym of something that several subjects may share, a device for example: the same for the same `kind` and
    /// id on this node, and nothing that anybody without the master key can compute from the id.
    pub fn pseudonym(&self, kind: &str, id: &str) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.shared.entity_key);
        // The kind cannot run into the id.
        hasher.update(&(kind.len() as u64).to_be_bytes());
        hasher.update(kind.as_bytes());
        hasher.update(id.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_be_bytes(first)
    }

    pub fn count(&self) -> usize {
        self.read().by_lookup.len()
    }

    fn by_lookup(&self, lookup: &Lookup) -> Option<Subject> {
        self.read().by_lookup.get(lookup).cloned()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.shared
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lookup(&self, natural_id: &str) -> Lookup {
        let mut lookup = [0; 16];
        lookup.copy_from_slice(&keyed_hash(&self.shared.lookup_key, natural_id.as_bytes())[..16]);
        lookup
    }
}

fn stopped() -> SubjectKeyError {
    SubjectKeyError::Store("stopped".into())
}

#[cfg(test)]
mod tests;
