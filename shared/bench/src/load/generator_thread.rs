//! The thread that a run has to itself.

use std::thread::Builder as ThreadBuilder;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::oneshot;

use super::{LoadError, LoadReport};

/// Runs `work` on a thread of its own with a single-threaded runtime, and waits for its report.
///
/// Apart from the caller's runtime, because there it would wait in line with the server under test,
/// if that is in the same process, and its latencies would be those of the line. When the caller
/// stops waiting, the run ends.
pub(super) async fn run_apart<W>(work: W) -> Result<LoadReport, LoadError>
where
    W: AsyncFnOnce() -> Result<LoadReport, LoadError> + Send + 'static,
{
    let runtime = || {
        Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
    };
    let (mut report, reported) = oneshot::channel();
    let generator = ThreadBuilder::new().name("bench-generator".to_owned());
    let spawned = generator.spawn(move || {
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => return drop(report.send(Err(LoadError::NotStarted(error)))),
        };
        runtime.block_on(async {
            let finished = tokio::select! {
                finished = work() => finished,
                () = report.closed() => return,
            };
            // Nobody is left to tell when the caller stopped waiting just now.
            let _ = report.send(finished);
        });
    });
    spawned.map_err(LoadError::NotStarted)?;
    reported.await.unwrap_or(Err(LoadError::SourcePanicked))
}
