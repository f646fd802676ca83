//! The log of one node and the runtime that decides over it.
//!
//! ```text
//!  CommandBus ──► worker thread: collect ─► decide ─► encode ─► append (one durable commit) ─► reply
//!                                                                   │
//!                              LogReader ◄── tail cache, segments ◄─┘ ──► projections, snapshots, streams
//! ```
//!
//! Invariants, each with a test:
//! - state moves only with the log: a batch that does not commit leaves no trace in memory either, nor does the one that
//!   was decided upon it;
//! - one key, one decision: for ever, over restarts, snapshots and take-overs;
//! - the hash chain of a partition runs over the exact bytes that are stored;
//! - nothing in this crate knows a domain: events are opaque JSON with a described entity.

pub mod artefacts;
pub mod chain;
pub mod command;
pub mod commit;
pub mod data_directory;
pub mod envelope;
pub mod ids;
pub mod journal;
pub mod known_keys;
pub mod position;
pub mod priority;
pub mod recovery;
pub mod runtime;
pub mod snapshot;
pub mod stages;
pub mod subject_keys;
pub mod verify;
pub mod worker;

pub use accord_decider::{DecodeError, Description, LoggedDecider};
pub use command::{CommandEnvelope, Reply, Unavailable};
pub use commit::StoredCommit;
pub use envelope::{EventMetadata, Recorded};
pub use ids::{PartitionId, PartitionLayout, PartitionOffset, Sequence};
pub use journal::{AppendError, Journal, reader::LogReader};
pub use position::Position;
pub use worker::{CommandBus, Worker, WorkerSettings};
