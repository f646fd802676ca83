//! Federated training between processes: a coordinator, and the participants in each institution's node.
//!
//! The protocol itself is pure and lives in `accord-federation`; here it gets a network, a disk and a clock.
//!
//! ```text
//!  institution's node                                            coordinator
//!   participant thread ── signed request: "what is asked of me?" ──►  desk thread
//!     │  ▲                ◄── proposal, message, end, or nothing ──     │  ▲
//!     │  └ vault (sealed), log                                         │  └ spool, log
//!     └── signed request: the answer ──────────────────────────────►   └── pages, API, stream of progress
//! ```
//!
//! An institution opens every connection; nothing ever connects into it. Each side first makes durable what follows
//! from a message and answers then, so both can be killed at any message and go on. *Deliberately absent:* what a
//! transaction or a shopper is. An institution brings its rows ([`participant::Institution`]), a coordinator the names
//! of the features.

pub mod client;
pub mod coordinator;
mod key_file;
mod machine_log;
pub mod participant;
mod quiet_thread;
pub mod task;
mod work;

pub use key_file::open_or_create_identity;
