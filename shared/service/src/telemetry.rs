//! Logging: to stderr, for people or as JSON lines.
//!
//! What is logged never contains bodies, query strings, actual paths or personal data; requests are
//! logged by their route template, and only at debug level, so that the busiest path stays cheap.

use std::io::IsTerminal;

use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Environment variable with filter directives, such as `warn,accord=debug`.
pub const LOG_VARIABLE: &str = "ACCORD_LOG";

/// Information from our own crates, warnings from everybody else. A directive covers every crate
/// whose name begins with it.
pub const LOG_DIRECTIVES_DEFAULT: &str =
    "warn,accord=info,risk_control=info,recommendation=info,coordinator=info,federation=info";

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object per line, for collectors.
    JsonLines,
}

/// Why logging could not be set up.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The directives do not parse.
    #[error("{LOG_VARIABLE} is set to `{directives}`, which is not a log filter: {reason}")]
    InvalidDirectives {
        /// What the variable holds.
        directives: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something else has set up logging in this process.
    #[error("logging is already set up")]
    AlreadySetUp,
}

/// Sets up logging for the process, as `ACCORD_LOG` says. Call it once, in `main`.
///
/// # Errors
/// [`TelemetryError`].
pub fn set_up_logging(format: LogFormat) -> Result<(), TelemetryError> {
    let directives = std::env::var(LOG_VARIABLE).ok();
    let filter = log_filter(directives.as_deref())?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let outcome = match format {
        LogFormat::Human => builder
            .with_ansi(std::io::stderr().is_terminal())
            .try_init(),
        LogFormat::JsonLines => builder.json().flatten_event(true).try_init(),
    };
    outcome.map_err(|_error| TelemetryError::AlreadySetUp)
}

/// The filter for these directives; the default for none or blank ones.
///
/// # Errors
/// [`TelemetryError::InvalidDirectives`].
pub fn log_filter(directives: Option<&str>) -> Result<EnvFilter, TelemetryError> {
    let directives = directives
        .map(str::trim)
        .filter(|directives| !directives.is_empty());
    let directives = directives.unwrap_or(LOG_DIRECTIVES_DEFAULT);
    EnvFilter::builder()
        .parse(directives)
        .map_err(|error| TelemetryError::InvalidDirectives {
            directives: directives.to_owned(),
            reason: error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// What is written under a filter when our crate and a foreign one log at two levels.
    fn written_under(directives: Option<&str>) -> String {
        let sink = Sink::default();
        let subscriber = fmt()
            .with_env_filter(log_filter(directives).unwrap())
            .with_writer({
                let sink = sink.clone();
                move || sink.clone()
            })
            .with_ansi(false)
            .without_time()
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!(target: "accord_service::x", "ours-debug");
            tracing::info!(target: "accord_service::x", "ours-info");
            tracing::info!(target: "risk_control_node", "node-info");
            tracing::info!(target: "hyper", "foreign-info");
            tracing::warn!(target: "hyper", "foreign-warn");
        });
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn by_default_our_crates_inform_and_others_warn() {
        for directives in [None, Some(""), Some("  ")] {
            let text = written_under(directives);
            for expected in ["ours-info", "node-info", "foreign-warn"] {
                assert!(text.contains(expected), "{expected} is missing in:\n{text}");
            }
            for unexpected in ["ours-debug", "foreign-info"] {
                assert!(!text.contains(unexpected), "{unexpected} is in:\n{text}");
            }
        }
    }

    #[test]
    fn directives_replace_the_default() {
        let text = written_under(Some("error,accord=debug"));
        assert!(text.contains("ours-debug"));
        assert!(!text.contains("foreign-warn"));
    }

    #[test]
    fn directives_that_do_not_parse_are_refused_by_name() {
        let message = log_filter(Some("accord=loud")).unwrap_err().to_string();
        assert!(
            message.contains("ACCORD_LOG is set to `accord=loud`"),
            "{message}"
        );
    }
}
