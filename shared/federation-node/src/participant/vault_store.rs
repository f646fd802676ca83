//! The vault on the disk: every entry sealed on its own (XChaCha20-Poly1305), and released totals of a job under way,
//! which are too bulky for the log.

use std::path::Path;
use std::str::FromStr;

use accord_federation::Secret;
use accord_federation::codec::Wire;
use accord_federation::participant::{Vault, VaultChange, VaultEntry, VaultKey};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, SqlitePool};
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;

/// The vault's file.
pub(super) struct VaultStore {
    pool: SqlitePool,
    cipher: XChaCha20Poly1305,
}

impl VaultStore {
    /// Opens the file, or makes it.
    pub async fn open(path: &Path, key: Secret) -> Result<Self, sqlx::Error> {
        let url = format!("sqlite:{}", path.display());
        let options = SqliteConnectOptions::from_str(&url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is deleted is overwritten, not only forgotten.
            .pragma("secure_delete", "on");
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        for statement in [
            "-- vault_create
             CREATE TABLE IF NOT EXISTS entries (
                 job TEXT NOT NULL,
                 entry TEXT NOT NULL,
                 sealed BLOB NOT NULL,
                 PRIMARY KEY (job, entry)
             ) WITHOUT ROWID",
            "-- totals_create
             CREATE TABLE IF NOT EXISTS totals (
                 job TEXT NOT NULL,
                 number BIGINT NOT NULL,
                 total BLOB NOT NULL,
                 PRIMARY KEY (job, number)
             ) WITHOUT ROWID",
        ] {
            sqlx::query(statement).execute(&pool).await?;
        }
        Ok(Self {
            pool,
            cipher: XChaCha20Poly1305::new(&Key::from(*key.expose())),
        })
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Makes changes durable, and a released total with the step's number. Without either it does nothing.
    pub async fn store(
        &self,
        job: &str,
        changes: &[VaultChange],
        total: Option<(u64, &[i64])>,
    ) -> Result<(), sqlx::Error> {
        if changes.is_empty() && total.is_none() {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        for change in changes {
            match change {
                VaultChange::Store(key, entry) => {
                    let name = entry_name(*key);
                    sqlx::query(
                        "-- vault_store
                         INSERT INTO entries (job, entry, sealed) VALUES ($1, $2, $3)
                         ON CONFLICT (job, entry) DO UPDATE SET sealed = excluded.sealed",
                    )
                    .bind(job)
                    .bind(&name)
                    .bind(self.seal(job, &name, entry)?)
                    .execute(&mut *transaction)
                    .await?;
                }
                VaultChange::Delete(key) => {
                    sqlx::query(
                        "-- vault_delete
                         DELETE FROM entries WHERE job = $1 AND entry = $2",
                    )
                    .bind(job)
                    .bind(entry_name(*key))
                    .execute(&mut *transaction)
                    .await?;
                }
            }
        }
        if let Some((number, total)) = total {
            let bytes: Vec<u8> = total.iter().flat_map(|sum| sum.to_le_bytes()).collect();
            sqlx::query(
                "-- totals_store
                 INSERT INTO totals (job, number, total) VALUES ($1, $2, $3)
                 ON CONFLICT (job, number) DO UPDATE SET total = excluded.total",
            )
            .bind(job)
            .bind(number.cast_signed())
            .bind(bytes)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await
    }

    /// All entries of a job.
    pub async fn vault(&self, job: &str) -> Result<Vault, sqlx::Error> {
        let rows = sqlx::query(
            "-- vault_read
             SELECT entry, sealed FROM entries WHERE job = $1",
        )
        .bind(job)
        .fetch_all(&self.pool)
        .await?;
        let mut vault = Vault::default();
        for row in rows {
            let (name, sealed): (String, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
            let key = entry_key(&name).ok_or_else(|| damaged(&name))?;
            let entry = self.open_entry(job, &name, &sealed)?;
            vault.apply(&VaultChange::Store(key, entry));
        }
        Ok(vault)
    }

    /// A released total.
    pub async fn total(&self, job: &str, number: u64) -> Result<Vec<i64>, sqlx::Error> {
        let row = sqlx::query(
            "-- totals_read
             SELECT total FROM totals WHERE job = $1 AND number = $2",
        )
        .bind(job)
        .bind(number.cast_signed())
        .fetch_one(&self.pool)
        .await?;
        let bytes: Vec<u8> = row.try_get(0)?;
        let (words, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(damaged("a total"));
        }
        Ok(words.iter().map(|word| i64::from_le_bytes(*word)).collect())
    }

    /// Deletes everything of a job that has ended.
    pub async fn forget(&self, job: &str) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        for statement in [
            "-- vault_forget
             DELETE FROM entries WHERE job = $1",
            "-- totals_forget
             DELETE FROM totals WHERE job = $1",
        ] {
            sqlx::query(statement)
                .bind(job)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Binds an entry to its place, under a nonce of its own.
    fn seal(&self, job: &str, name: &str, entry: &VaultEntry) -> Result<Vec<u8>, sqlx::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| damaged("the operating system's randomness"))?;
        let plain = Zeroizing::new(entry.to_bytes());
        let associated = format!("{job}/{name}");
        let payload = Payload {
            msg: &plain,
            aad: associated.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| damaged(name))?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn open_entry(&self, job: &str, name: &str, sealed: &[u8]) -> Result<VaultEntry, sqlx::Error> {
        let (nonce, sealed) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(|| damaged(name))?;
        let associated = format!("{job}/{name}");
        let payload = Payload {
            msg: sealed,
            aad: associated.as_bytes(),
        };
        let plain = self
            .cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| damaged(name))?;
        VaultEntry::from_bytes(&plain).map_err(|_| damaged(name))
    }
}

fn damaged(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{what} cannot be read").into())
}

fn entry_name(key: VaultKey) -> String {
    match key {
        VaultKey::Batch(batch) => format!("batch {batch}"),
        VaultKey::Sharing(batch) => format!("sharing {batch}"),
        VaultKey::Directory(batch) => format!("directory {batch}"),
        VaultKey::Slot(batch, slot) => format!("slot {batch} {slot}"),
        VaultKey::Held(batch, slot) => format!("held {batch} {slot}"),
    }
}

fn entry_key(name: &str) -> Option<VaultKey> {
    let mut parts = name.split(' ');
    let kind = parts.next()?;
    let batch = parts.next()?.parse().ok()?;
    let slot = || parts.next()?.parse().ok();
    Some(match kind {
        "batch" => VaultKey::Batch(batch),
        "sharing" => VaultKey::Sharing(batch),
        "directory" => VaultKey::Directory(batch),
        "slot" => VaultKey::Slot(batch, { slot }()?),
        "held" => VaultKey::Held(batch, { slot }()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn entries_are_sealed_bound_to_their_place_and_deleted_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.db");
        let key = || Secret::from_bytes([7; 32]);
        let store = VaultStore::open(&path, key()).await.unwrap();
        let secret = Secret::from_bytes([0xab; 32]);
        let change = VaultChange::Store(VaultKey::Sharing(3), VaultEntry::Sharing(secret));
        store
            .store("job", &[change], Some((4, &[-1, 1 << 40])))
            .await
            .unwrap();
        assert_eq!(store.total("job", 4).await.unwrap(), [-1, 1 << 40]);
        let vault = store.vault("job").await.unwrap();
        assert_eq!(vault.keys().collect::<Vec<_>>(), [VaultKey::Sharing(3)]);
        assert_eq!(store.vault("other").await.unwrap().keys().count(), 0);
        store.close().await;
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let shown = bytes.windows(16).any(|window| window == [0xab; 16]);
            assert!(!shown, "the secret lies open on the disk");
        }
        // Another key opens nothing; nor does the right key at another place.
        let other = VaultStore::open(&path, Secret::from_bytes([8; 32]))
            .await
            .unwrap();
        assert!(other.vault("job").await.is_err());
        other.close().await;
        let store = VaultStore::open(&path, key()).await.unwrap();
        sqlx::query("UPDATE entries SET entry = 'sharing 4'")
            .execute(&store.pool)
            .await
            .unwrap();
        assert!(store.vault("job").await.is_err());
        store.forget("job").await.unwrap();
        assert_eq!(store.vault("job").await.unwrap().keys().count(), 0);
        assert!(store.total("job", 4).await.is_err());
    }

    #[test]
    fn every_key_has_one_name() {
        for key in [
            VaultKey::Batch(1),
            VaultKey::Sharing(2),
            VaultKey::Directory(3),
            VaultKey::Slot(4, 5),
            VaultKey::Held(6, 7),
        ] {
            assert_eq!(entry_key(&entry_name(key)), Some(key));
        }
        assert_eq!(entry_key("slot 4"), None);
        assert_eq!(entry_key("door 4"), None);
    }
}
