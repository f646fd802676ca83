//! A coordinator and institutions over real sockets and files.

mod bank;
mod consortium;
mod interruptions;
mod refusals;
mod whole_jobs;
