//! Threads that overwrite and rotate files, killed at any moment: what was acknowledged is found, and nothing is found
//! that was never written.
//!
//! Each thread writes its generation number all over a file of its own and into its word of a file shared by all, syncs
//! both, then writes a new segment file and syncs that and the folder, acknowledges the generation, and removes the
//! segment before.

use super::program::reply;
use super::{Machine, PowerCut};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const THREADS: u64 = 3;
const BLOCKS: u64 = 40;
/// Not a divisor of a sector, so that sectors hold parts of several blocks.
const BLOCK_BYTES: usize = 1_000;

#[test]
fn acknowledged_generations_survive_strict_cuts() {
    let Some((unsynced, surviving)) = check((0..6).map(|seed| (seed, PowerCut::Strict))) else {
        return;
    };
    assert!(
        unsynced > 0 && surviving == 0,
        "{surviving} of {unsynced} sectors survived"
    );
}

#[test]
fn acknowledged_generations_survive_torn_cuts() {
    let Some((unsynced, surviving)) = check((0..12).map(|seed| (seed, PowerCut::Torn { seed })))
    else {
        return;
    };
    assert!(
        0 < surviving && surviving < unsynced,
        "{surviving} of {unsynced} sectors survived"
    );
}

/// Returns the number of sectors that had not been synced, and how many of them survived; nothing where skipped.
fn check(cuts: impl Iterator<Item = (u64, PowerCut)>) -> Option<(usize, usize)> {
    let (mut unsynced, mut surviving) = (0, 0);
    for (seed, cut) in cuts {
        let mut machine =
            Machine::assemble()?.with_sync_latency(Duration::from_micros(seed % 3 * 70));
        // The second round begins on what the first left behind.
        for round in 0..2 {
            println!("seed {seed}, round {round}, {cut:?}");
            let until_killed = Duration::from_micros(seed * 131 % 1_000);
            let generations = 5 + (seed * 11 + round * 7) as usize % 40;
            let replies = machine
                .start("registers")
                .kill_after(generations, until_killed);
            let survivors = machine.cut_power(cut);
            unsynced += survivors.unsynced_sectors;
            surviving += survivors.surviving_sectors;
            check_acknowledged(&machine.folder(), &replies);
        }
    }
    Some((unsynced, surviving))
}

fn check_acknowledged(folder: &Path, replies: &[String]) {
    let mut acknowledged = BTreeMap::new();
    for reply in replies {
        let (thread, generation) = reply.split_once(' ').expect("thread and generation");
        let number = |text: &str| text.parse::<u64>().expect("a number");
        acknowledged.insert(number(thread), number(generation));
    }
    for (thread, generation) in acknowledged {
        check_register(folder, thread, generation);
    }
}

fn check_register(folder: &Path, thread: u64, acknowledged: u64) {
    let bytes = fs::read(register(folder, thread)).expect("the register is there");
    assert_eq!(bytes.len(), BLOCK_BYTES * BLOCKS as usize);
    for (block, words) in bytes.chunks(BLOCK_BYTES).enumerate() {
        for word in words.chunks_exact(8) {
            let generation = u64::from_le_bytes(word.try_into().expect("eight bytes"));
            let allowed = acknowledged..=acknowledged + 1;
            assert!(
                allowed.contains(&generation),
                "thread {thread}, block {block}: {generation} is not in {allowed:?}"
            );
        }
    }
    let shared = fs::read(folder.join("shared")).expect("the shared file is there");
    let word = shared[thread as usize * 8..][..8]
        .try_into()
        .expect("eight bytes");
    assert!(
        (acknowledged..=acknowledged + 1).contains(&u64::from_le_bytes(word)),
        "thread {thread} in {shared:?}"
    );
    let segment = fs::read_to_string(segment(folder, thread, acknowledged))
        .expect("the acknowledged segment is there");
    assert_eq!(segment, acknowledged.to_string());
}

fn register(folder: &Path, thread: u64) -> PathBuf {
    folder.join(format!("register-{thread}"))
}

fn segment(folder: &Path, thread: u64, generation: u64) -> PathBuf {
    folder.join(format!("segment-{thread}-{generation}"))
}

/// The program.
pub fn run(folder: &Path) {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || write_generations(folder, thread).expect("a disk that works"));
        }
    });
}

fn write_generations(folder: &Path, thread: u64) -> std::io::Result<()> {
    let open = |path: &Path| {
        OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(path)
    };
    let (file, shared) = (
        open(&register(folder, thread))?,
        open(&folder.join("shared"))?,
    );
    let names = File::open(folder)?;
    let mut word = [0; 8];
    let first = file
        .read_exact_at(&mut word, 0)
        .map_or(0, |()| u64::from_le_bytes(word) + 1);
    for generation in first.. {
        let block = generation.to_le_bytes().repeat(BLOCK_BYTES / 8);
        for number in 0..BLOCKS {
            file.write_all_at(&block, number * BLOCK_BYTES as u64)?;
        }
        file.sync_data()?;
        shared.write_all_at(&generation.to_le_bytes(), thread * 8)?;
        shared.sync_data()?;
        let path = segment(folder, thread, generation);
        fs::write(&path, generation.to_string())?;
        File::open(&path)?.sync_all()?;
        names.sync_all()?;
        reply(&format!("{thread} {generation}"));
        if generation > 0 {
            let _ = fs::remove_file(segment(folder, thread, generation - 1));
        }
    }
    Ok(())
}
