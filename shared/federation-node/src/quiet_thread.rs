//! Threads that train: they take what the threads that serve leave over.

use std::io;
use std::thread::JoinHandle;

/// Such a thread gets about a ninth of what an ordinary one gets where both want a core, and all of it where nobody else
/// does. The lowest priority of all (19) would starve training on a small machine that is busy for minutes.
const NICENESS: i32 = 10;

/// Runs `work` on a thread of its own that yields to all others.
pub(crate) fn spawn(
    name: String,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(move || {
        // On Linux a thread has a priority of its own, and its id names it here.
        let yielded =
            rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
        if let Err(error) = yielded {
            tracing::warn!(%error, "training runs at the priority of everything else");
        }
        work();
    })
}
