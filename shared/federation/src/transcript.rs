//! A job as an auditor can check it, without trusting whoever ran it.
//!
//! The transcript holds the agreed plan, every signed message, and the released sums. Masked vectors and opened shares
//! are in it only if they were to be kept: then every sum can be computed again. Otherwise of each masked vector its
//! signed hash is there, of each M5 its hash and signature, and the sums are trusted to the coordinator.

mod entry;
mod replay;
mod verify;

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::coordinator::CoordinatorEvent;
use crate::plan::AgreedPlan;

pub use entry::Entry;
pub use replay::{ReplayError, replay};
pub use verify::{Findings, VerificationError};

/// The first bytes of a transcript.
const MAGIC: &[u8; 16] = b"accord-transcr-1";

/// A recorded job.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The plan with everybody's signature.
    pub agreed: AgreedPlan,
    /// In the order in which it happened.
    pub entries: Vec<Entry>,
    keeps_masked: bool,
}

impl Transcript {
    /// A transcript of a job that begins.
    pub fn new(agreed: AgreedPlan) -> Self {
        Self {
            agreed,
            entries: Vec::new(),
            keeps_masked: false,
        }
    }

    /// Keeps masked vectors and opened shares from here on. Whoever has such a transcript *and* an institution's own
    /// secrets can undo the masks of that institution, so it is for auditors that everybody trusts with that.
    pub fn keep_masked(&mut self) {
        self.keeps_masked = true;
    }

    /// Records what happened.
    pub fn record(&mut self, event: &CoordinatorEvent) {
        self.entries.extend(Entry::of(event, self.keeps_masked));
    }
}

impl Wire for Transcript {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(MAGIC);
        self.agreed.write(writer);
        for entry in &self.entries {
            writer.u8(1);
            entry.write(writer);
        }
        writer.u8(0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.fixed::<16>()? != *MAGIC {
            return Err(DecodeError::NotCanonical("a transcript"));
        }
        let mut transcript = Self::new(AgreedPlan::read(reader)?);
        loop {
            match reader.u8()? {
                0 => break,
                1 => transcript.entries.push(Entry::read(reader)?),
                _ => return Err(DecodeError::NotCanonical("a transcript")),
            }
        }
        Ok(transcript)
    }
}
