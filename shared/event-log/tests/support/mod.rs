//! What the tests of the log share: a small domain, commands in their envelopes, and logs on disk.

#![allow(
    dead_code,
    reason = "every test program uses its own part of what they share"
)]

pub mod accounts;
mod accounts_log;
pub mod commands;
pub mod database;
pub mod logs;
