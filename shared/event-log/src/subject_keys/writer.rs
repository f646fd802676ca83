//! The one task that changes the key file, and that opens it again after a failure.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{PoisonError, Weak},
};

use tokio::sync::{mpsc, oneshot};

use super::{
    Known, Lookup, MasterKey, Request, Shared, Subject, SubjectKeyError, stopped,
    store::SubjectStore,
};

/// Requests that are written together.
const BATCH_REQUESTS_MAX: usize = 1_024;

type Creation = (Lookup, oneshot::Sender<Result<Subject, SubjectKeyError>>);

/// Writes keys. A change that fails may be in the file or not: its connection is dropped, and before the next change
/// the file is opened again and asked what became of it.
pub(super) struct KeyWriter {
    path: PathBuf,
    master: MasterKey,
    /// Absent before the first opening, after a failure and once closed.
    store: Option<SubjectStore>,
    /// Subjects of a change that failed.
    unsettled: HashSet<Lookup>,
}

impl KeyWriter {
    pub fn new(path: PathBuf, master: MasterKey) -> Self {
        Self {
            path,
            master,
            store: None,
            unsettled: HashSet::new(),
        }
    }

    /// Opens the file, creating it where there is none, and gives all that is in it.
    pub async fn open(&mut self) -> Result<Known, SubjectKeyError> {
        let mut store = self.open_store().await?;
        let mut known = Known::default();
        let rows = store.load().await.map_err(|error| self.in_file(error))?;
        for (lookup, reference, wrapped) in rows {
            known.insert(lookup, self.unwrap(reference, &wrapped)?);
        }
        self.store = Some(store);
        Ok(known)
    }

    /// Writes what arrives, everything that waits in one durable transaction, until it is closed or nobody holds the
    /// keys any more.
    pub async fn run(mut self, shared: Weak<Shared>, mut receiver: mpsc::Receiver<Request>) {
        let mut requests = Vec::new();
        while receiver.recv_many(&mut requests, BATCH_REQUESTS_MAX).await > 0 {
            let Some(shared) = shared.upgrade() else {
                break;
            };
            let mut creations = Vec::new();
            for request in requests.drain(..) {
                match request {
                    Request::Create(lookup, reply) => creations.push((lookup, reply)),
                    Request::Destroy(reference, reply) => {
                        // Creations that came first must be there before a destruction that came after them.
                        self.create(&shared, std::mem::take(&mut creations)).await;
                        let _ = reply.send(self.destroy(&shared, reference).await);
                    }
                    Request::Close(reply) => {
                        self.create(&shared, std::mem::take(&mut creations)).await;
                        self.close().await;
                        let _ = reply.send(());
                        return;
                    }
                }
            }
            self.create(&shared, creations).await;
        }
        self.close().await;
    }

    async fn close(&mut self) {
        if let Some(store) = self.store.take() {
            store.close().await;
        }
    }

    async fn create(&mut self, shared: &Shared, creations: Vec<Creation>) {
        let stored = self.store_new(shared, &creations).await;
        let known = shared.known.read().unwrap_or_else(PoisonError::into_inner);
        for (lookup, reply) in creations {
            let answer = match (&stored, known.by_lookup.get(&lookup)) {
                (_, Some(subject)) => Ok(subject.clone()),
                (Err(error), None) => Err(error.clone()),
                (Ok(()), None) => Err(stopped()),
            };
            let _ = reply.send(answer);
        }
    }

    /// Makes the subjects that are not known yet, in one durable transaction.
    async fn store_new(
        &mut self,
        shared: &Shared,
        creations: &[Creation],
    ) -> Result<(), SubjectKeyError> {
        if creations.is_empty() {
            return Ok(());
        }
        let mut store = self.take_store(shared).await?;
        let fresh = fresh_subjects(shared, creations);
        if !fresh.is_empty() {
            let rows: Vec<_> = fresh
                .iter()
                .map(|(lookup, subject)| (*lookup, subject.reference, self.master.wrap(subject)))
                .collect();
            if let Err(error) = store.insert(&rows).await {
                self.unsettled.extend(fresh.into_keys());
                store.give_up().await;
                return Err(self.in_file(error));
            }
            let mut known = shared.known.write().unwrap_or_else(PoisonError::into_inner);
            for (lookup, subject) in fresh {
                known.insert(lookup, subject);
            }
        }
        self.store = Some(store);
        Ok(())
    }

    async fn destroy(&mut self, shared: &Shared, reference: u64) -> Result<bool, SubjectKeyError> {
        let mut store = self.take_store(shared).await?;
        let lookup = {
            let known = shared.known.read().unwrap_or_else(PoisonError::into_inner);
            known.by_reference.get(&reference).copied()
        };
        match store.delete(reference).await {
            Ok(destroyed) => {
                self.store = Some(store);
                if let Some(lookup) = lookup {
                    let mut known = shared.known.write().unwrap_or_else(PoisonError::into_inner);
                    known.remove(&lookup);
                }
                Ok(destroyed)
            }
            Err(error) => {
                self.unsettled.extend(lookup);
                store.give_up().await;
                Err(self.in_file(error))
            }
        }
    }

    /// The open file, to be put back if nothing fails.
    async fn take_store(&mut self, shared: &Shared) -> Result<SubjectStore, SubjectKeyError> {
        match self.store.take() {
            Some(store) => Ok(store),
            None => {
                let mut store = self.open_store().await?;
                match self.settle(&mut store, shared).await {
                    Ok(()) => Ok(store),
                    Err(error) => {
                        store.give_up().await;
                        Err(self.in_file(error))
                    }
                }
            }
        }
    }

    /// Takes over from the file what became of failed changes. Only their subjects are looked at, because a bank may
    /// have millions of others.
    async fn settle(
        &mut self,
        store: &mut SubjectStore,
        shared: &Shared,
    ) -> Result<(), SubjectKeyError> {
        let mut found = Vec::with_capacity(self.unsettled.len());
        for lookup in &self.unsettled {
            let subject = match store.find(lookup).await? {
                Some((reference, wrapped)) => Some(self.unwrap(reference, &wrapped)?),
                None => None,
            };
            found.push((*lookup, subject));
        }
        let mut known = shared.known.write().unwrap_or_else(PoisonError::into_inner);
        for (lookup, subject) in found {
            match subject {
                Some(subject) => known.insert(lookup, subject),
                None => known.remove(&lookup),
            }
        }
        self.unsettled.clear();
        Ok(())
    }

    async fn open_store(&self) -> Result<SubjectStore, SubjectKeyError> {
        let opened = SubjectStore::open(&self.path).await;
        opened.map_err(|error| self.in_file(error))
    }

    fn unwrap(&self, reference: u64, wrapped: &[u8]) -> Result<Subject, SubjectKeyError> {
        self.master.unwrap(reference, wrapped).ok_or_else(|| {
            SubjectKeyError::Store("the master key does not open this key file".into())
        })
    }

    fn in_file(&self, error: SubjectKeyError) -> SubjectKeyError {
        match error {
            SubjectKeyError::Store(detail) => {
                SubjectKeyError::Store(format!("{}: {detail}", self.path.display()))
            }
            SubjectKeyError::Busy => SubjectKeyError::Busy,
        }
    }
}

/// New subjects for those of `creations` that are not known.
fn fresh_subjects(shared: &Shared, creations: &[Creation]) -> HashMap<Lookup, Subject> {
    let known = shared.known.read().unwrap_or_else(PoisonError::into_inner);
    let mut fresh = HashMap::new();
    for (lookup, _) in creations {
        if !known.by_lookup.contains_key(lookup) {
            fresh.entry(*lookup).or_insert_with(|| new_subject(&known));
        }
    }
    fresh
}

fn new_subject(known: &Known) -> Subject {
    loop {
        let mut reference = [0; 8];
        rand::fill(&mut reference);
        // Positive as a signed number, because read stores keep it in a BIGINT column.
        let reference = u64::from_be_bytes(reference) >> 1;
        if !known.by_reference.contains_key(&reference) {
            let mut key = [0; 32];
            rand::fill(&mut key);
            return Subject { reference, key };
        }
    }
}
