//! Why a run did not take place.

use std::io;
use std::net::SocketAddr;

/// A run that could not be made. What goes wrong with single requests is no error of the run: it is
/// counted in its report.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Load is only ever put on this machine.
    #[error("{0} is not a loopback address: load is only put on this machine itself")]
    NotLoopback(SocketAddr),
    /// A setting beyond what the generator accepts.
    #[error("{setting} must be {allowed}, not {given}")]
    OutOfBounds {
        /// The field's name.
        setting: &'static str,
        /// What would be accepted.
        allowed: String,
        /// What was asked for.
        given: String,
    },
    /// A header that would break the request apart.
    #[error("a request path or header must be plain ASCII without control characters: {0:?}")]
    NotAHeader(String),
    /// No thread or no event loop to be had.
    #[error("the load generator could not start")]
    NotStarted(#[source] io::Error),
    /// The request source, or the check on its responses, panicked.
    #[error("the load generator's request source panicked")]
    SourcePanicked,
}
