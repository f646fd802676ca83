//! Which threads go first where there are fewer processors than work.

/// How much later the calling thread is scheduled than one that answers somebody, in steps of `nice`.
const BACKGROUND_NICENESS: i32 = 5;

/// Lets threads that somebody waits for go before the calling thread and those that it starts: what follows the log
/// (read models, snapshots) may be late, decisions may not. Where the system does not allow it, nothing changes.
pub fn work_in_the_background() {
    // Without a process it is the calling thread alone.
    if let Err(error) = rustix::process::setpriority_process(None, BACKGROUND_NICENESS) {
        tracing::debug!(%error, "a thread keeps its priority");
    }
}
