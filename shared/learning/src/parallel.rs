//! Splitting work over threads. Whatever is summed over rows is an integer, so the number of threads never shows.

/// Runs all tasks, the first on this thread and every other one on a thread of its own; results in order.
pub(crate) fn run_all<T, F>(tasks: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send,
    F: FnOnce() -> T + Send,
{
    let mut tasks = tasks.into_iter();
    let Some(first) = tasks.next() else {
        return Vec::new();
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = tasks.map(|task| scope.spawn(task)).collect();
        let mut results = vec![first()];
        results.extend(others.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        }));
        results
    })
}

/// The length of the pieces in which to hand out `length` items, so that there are at most `threads` of them and none
/// is too small to be worth a thread.
pub(crate) fn piece_length(length: usize, threads: usize) -> usize {
    const WORTHWHILE: usize = 8_192;
    length.div_ceil(threads.max(1)).max(WORTHWHILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        assert_eq!(
            run_all((0..5).map(|task| move || task * task)),
            [0, 1, 4, 9, 16]
        );
        assert!(run_all(Vec::<fn() -> u8>::new()).is_empty());
    }

    #[test]
    fn pieces_are_few_and_large() {
        assert_eq!(1_000_000usize.div_ceil(piece_length(1_000_000, 3)), 3);
        assert_eq!(100usize.div_ceil(piece_length(100, 3)), 1);
        assert!(piece_length(0, 0) > 0);
    }
}
