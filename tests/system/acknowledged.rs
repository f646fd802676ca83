//! Acknowledged means kept: whatever moment a process is killed at, every answer that it gave still holds.

use std::time::Duration;

use crate::support::{Random, TestBank, ledger::Ledger, load::Load, read_models};

const CALLERS: usize = 8;
const KILLS_DEFAULT: u64 = 20;

/// The long run: `ACCORD_KILLS=1000`.
fn kills() -> u64 {
    std::env::var("ACCORD_KILLS").map_or(KILLS_DEFAULT, |kills| {
        kills.parse().expect("ACCORD_KILLS is a number")
    })
}

#[test]
fn every_answer_survives_the_death_of_the_process() {
    let mut random = Random::from_environment("acknowledged");
    let mut bank = TestBank::start();
    let mut ledger = Ledger::default();
    for kill in 0..kills() {
        let load = Load::begin(&bank, &format!("kill-{kill}"), CALLERS, &mut random);
        std::thread::sleep(Duration::from_micros(random.below(300_000)));
        if random.once_in(5) {
            bank.stop();
        } else {
            bank.kill();
        }
        ledger.absorb(load.end());
        if random.once_in(4) {
            die_while_starting(&bank, &mut random);
        }
        bank.launch();
        ledger.check_answers(&bank, &mut random);
        if kill % 10 == 9 {
            ledger.check_log(&bank);
        }
    }
    println!("{} acknowledged commands", ledger.acknowledged.len());
    assert!(ledger.acknowledged.len() > 100, "too little happened");
    ledger.check_log(&bank);
    ledger.check_list(&bank);
    read_models::assert_rebuild_changes_nothing(&bank);
}

/// Recovery itself can be interrupted, at any moment.
fn die_while_starting(bank: &TestBank, random: &mut Random) {
    let process = bank.spawn();
    std::thread::sleep(Duration::from_micros(random.below(60_000)));
    process.kill();
}
