//! Which commands the log holds already: read once, exactly.

use std::collections::HashMap;

use accord_event_log::{LogReader, Sequence, commit::command_of_event, journal::reader::ReadError};

/// Stored text read at a time.
const READ_BYTES: usize = 8 << 20;

/// A command of the log or of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KnownCommand {
    /// Hash of what it said.
    pub payload_hash: u64,
    /// Whether the file that is read has it.
    pub in_file: bool,
}

/// By identity. About 40 bytes for each.
pub(super) type KnownCommands = HashMap<u128, KnownCommand>;

/// Reads the whole log.
pub(super) async fn read(reader: &LogReader) -> Result<KnownCommands, ReadError> {
    let mut known = KnownCommands::new();
    let mut through = Sequence::ZERO;
    loop {
        let commits = reader.read_after(through, READ_BYTES).await?;
        let Some(last) = commits.last() else {
            return Ok(known);
        };
        through = last.last_sequence();
        for commit in &commits {
            for stored in commit.stored_events()? {
                let (command_id, payload_hash) = command_of_event(stored.get())?;
                // 0 says that the command had no key.
                if payload_hash != 0 {
                    known.entry(command_id.as_u128()).or_insert(KnownCommand {
                        payload_hash,
                        in_file: false,
                    });
                }
            }
        }
    }
}
