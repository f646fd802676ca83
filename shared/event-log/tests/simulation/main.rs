//! Two members share one log and decide for its partitions, while commits fail, members crash, partitions change
//! hands, news of the control partition travels slowly and the clock steps back. Clients send each command until they
//! know what became of it. No thread, no disk, no time: a seed repeats a simulation exactly.
//!
//! `ACCORD_SIMULATION_SEED=17` repeats one simulation, `ACCORD_SIMULATION_SEED=1000..5000` runs that many others. A
//! seed that fails is kept below as a test with the name of what went wrong.

mod chance;
mod checks;
mod clients;
mod member;
mod reference;
mod shared_log;
mod snapshots;
#[path = "../support/mod.rs"]
mod support;
mod tally;
mod world;

use std::ops::Range;

use tally::Tally;
use world::World;

/// A few seconds of simulations in a debug build.
const SEEDS: Range<u64> = 0..300;

#[test]
fn every_decision_is_made_once_and_stands_whatever_fails() {
    let mut total = Tally::default();
    for seed in seeds() {
        total += simulate(seed);
    }
    println!("{total:#?}");
    if seeds() == SEEDS {
        total.assert_eventful();
    }
}

/// The member's late picture of the control partition stayed with it, so that it gave its next limit an offset at which
/// another limit stood, and partitions adopted what nobody had decided.
#[test]
fn a_member_that_takes_over_the_control_partition_knows_all_that_was_decided_there() {
    simulate(10);
}

fn simulate(seed: u64) -> Tally {
    let _message = RepeatWith(seed);
    World::new(seed).run()
}

fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var("ACCORD_SIMULATION_SEED") else {
        return SEEDS;
    };
    let number = |text: &str| -> u64 { text.trim().parse().expect("a seed is a number") };
    match text.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => number(&text)..number(&text) + 1,
    }
}

/// Says how to repeat a simulation that panicked.
struct RepeatWith(u64);

impl Drop for RepeatWith {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("repeat with ACCORD_SIMULATION_SEED={}", self.0);
        }
    }
}
