//! Many cases on several threads.

use std::{
    panic::resume_unwind,
    thread::{available_parallelism, scope},
};

/// Threads to use: as many as there are cores.
pub fn threads() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// The results of `work` for all cases, in order. `work` gets memory of its own, made by `memory` for each thread.
pub fn map<C, M, R>(
    cases: &[C],
    memory: impl Fn() -> M + Sync,
    work: impl Fn(&C, &mut M) -> R + Sync,
) -> Vec<R>
where
    C: Sync,
    R: Send,
{
    let piece = cases.len().div_ceil(threads()).max(1);
    let (memory, work) = (&memory, &work);
    scope(|scope| {
        let threads: Vec<_> = cases
            .chunks(piece)
            .map(|cases| {
                scope.spawn(move || {
                    let mut memory = memory();
                    cases
                        .iter()
                        .map(|case| work(case, &mut memory))
                        .collect::<Vec<R>>()
                })
            })
            .collect();
        let results = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        results.flatten().collect()
    })
}
