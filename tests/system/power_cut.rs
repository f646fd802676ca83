//! Acknowledged means durable: after the power was cut at any moment, every answer still holds.
//!
//! The process writes to a disk that knows what was synced (`tests/disk_faults`). After each cut the node is started on
//! what a strict disk would have kept, and on what torn ones might have.

use std::{path::PathBuf, time::Duration};

use crate::{
    disk_faults::{Disk, DiskFaults, PowerCut},
    support::{
        Purchase, Random, TestBank, ledger::Ledger, load::Load, log_tool, read_models,
        skip::disk_faults,
    },
};

const CALLERS: usize = 8;
/// One after another on the same data; `ACCORD_POWER_CUTS` makes it more.
const CUTS_DEFAULT: usize = 3;
/// Ways in which each cut may have torn what was not synced.
const TORN_CUTS: usize = 2;
/// A commit then spends most of its time between being written and being durable, where a cut is most interesting.
const SYNC_LATENCY: Duration = Duration::from_millis(2);

fn cuts() -> usize {
    std::env::var("ACCORD_POWER_CUTS").map_or(CUTS_DEFAULT, |cuts| {
        cuts.parse().expect("ACCORD_POWER_CUTS is a number")
    })
}

/// Folders of one test, of which each disk needs three.
struct Disks {
    faults: DiskFaults,
    scratch: PathBuf,
    count: usize,
}

impl Disks {
    fn attach(&mut self, root: PathBuf) -> Disk {
        self.count += 1;
        let shadow = self.scratch.join(format!("shadow-{}", self.count));
        let disk = self.faults.attach(&root, &shadow);
        disk.expect("an attached disk")
            .with_sync_latency(SYNC_LATENCY)
    }

    /// What would be found after a cut.
    fn found_after(&mut self, cut: PowerCut, disk: &Disk) -> PathBuf {
        self.count += 1;
        let target = self.scratch.join(format!("found-{}", self.count));
        let survivors = disk.cut_power(cut, &target).expect("a restored folder");
        println!("{cut:?}: {survivors:?}");
        target
    }
}

fn disks(bank: &TestBank) -> Option<Disks> {
    Some(Disks {
        faults: disk_faults(bank.scratch())?,
        scratch: bank.scratch().to_owned(),
        count: 0,
    })
}

/// Torn in several ways, and at last strict.
fn ways_to_cut(random: &mut Random) -> Vec<PowerCut> {
    let torn = (0..TORN_CUTS).map(|_| PowerCut::Torn {
        seed: random.next(),
    });
    torn.chain([PowerCut::Strict]).collect()
}

#[test]
fn every_answer_survives_a_power_cut() {
    let mut random = Random::from_environment("power cut");
    let mut bank = TestBank::prepared();
    let Some(mut disks) = disks(&bank) else {
        return;
    };
    let mut ledger = Ledger::default();
    for cut in 0..cuts() {
        let disk = disks.attach(bank.folder());
        bank.move_to(bank.folder(), disk.environment());
        bank.launch();
        let load = Load::begin(&bank, &format!("cut-{cut}"), CALLERS, &mut random);
        load.wait_for(1 + random.below(200) as usize);
        std::thread::sleep(Duration::from_micros(random.below(5_000)));
        bank.kill();
        ledger.absorb(load.end());

        let mut worlds = Vec::new();
        for way in ways_to_cut(&mut random) {
            let found = disks.found_after(way, &disk);
            bank.move_to(found, Vec::new());
            bank.launch();
            // What was open may be settled differently in each world.
            let mut in_this_world = ledger.clone();
            in_this_world.check_answers(&bank, &mut random);
            in_this_world.check_log(&bank);
            read_models::live_rows(&bank);
            bank.stop();
            worlds.push(in_this_world);
        }
        ledger = worlds
            .pop()
            .expect("the strict world, in which the bank goes on");
    }
    println!("{} acknowledged commands", ledger.acknowledged.len());
}

#[test]
fn a_bank_whose_first_start_was_cut_short_starts_as_if_new() {
    let mut random = Random::from_environment("first start");
    let mut bank = TestBank::on_empty_folder();
    let Some(mut disks) = disks(&bank) else {
        return;
    };
    let root = bank.folder();
    let disk = disks.attach(root.clone());
    bank.move_to(root, disk.environment());
    let process = bank.spawn();
    std::thread::sleep(Duration::from_micros(random.below(3_000_000)));
    process.kill();
    for way in ways_to_cut(&mut random) {
        let found = disks.found_after(way, &disk);
        bank.move_to(found, Vec::new());
        bank.launch();
        bank.assess(&Purchase::of("first")).expect(201);
        log_tool::assert_sound(&bank.folder());
        read_models::assert_rebuild_changes_nothing(&bank);
        bank.stop();
    }
}
