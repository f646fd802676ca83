//! Plain files: what survives a power cut is what was synced, and only that.

use super::program::reply;
use super::{Machine, PowerCut, contents};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Makes the requests, kills the program, cuts the power strictly, and compares what is found.
fn check(requests: &str, expected: &[(&str, &str)]) {
    let Some(machine) = Machine::assemble() else {
        return;
    };
    let mut program = machine.start("files");
    program.run(requests);
    program.kill();
    let found = machine.found_after(PowerCut::Strict);
    let found: Vec<_> = found
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    assert_eq!(found, expected, "after {requests}");
}

#[test]
fn a_name_needs_its_folder_synced_and_bytes_need_their_file_synced() {
    check(
        "write both 1; sync both; write named 2; sync-folder .; write bytes 3; sync bytes; write neither 4",
        &[("both", "1"), ("named", "")],
    );
}

#[test]
fn bytes_written_after_the_last_sync_are_lost() {
    check(
        "write a 123456; sync a; sync-folder .; append a 789; patch a 2 xx; sync a; patch a 0 y; append a z",
        &[("a", "12xx56789")],
    );
}

#[test]
fn shortening_is_durable_at_the_next_sync_and_leaves_zeros_where_a_file_grows_again() {
    let begin =
        "write a 123456; write b 123456; write c 123456; sync a; sync b; sync c; sync-folder .";
    let shorten = "set-length a 2; set-length b 2; set-length b 4; sync b";
    let write_anew = "write c x; set-length c 4; sync c";
    check(
        &format!("{begin}; {shorten}; {write_anew}"),
        &[("a", "123456"), ("b", "12__"), ("c", "x___")],
    );
}

#[test]
fn a_file_written_anew_in_place_loses_nothing_durable_before_its_sync() {
    check(
        "write a old; write b old; sync a; sync b; sync-folder .; write a n; write b n; sync b",
        &[("a", "old"), ("b", "n")],
    );
}

#[test]
fn renames_removals_and_folders_are_durable_when_the_folder_is_synced() {
    let begin =
        "write a 1; sync a; write b 2; sync b; write c 3; sync c; make-folder d; sync-folder .";
    let within = "write d/e 4; sync d/e; sync-folder d";
    let synced = "rename a moved; sync-folder .";
    let unsynced = "remove b; rename c a";
    check(
        &format!("{begin}; {within}; {synced}; {unsynced}"),
        &[
            ("b", "2"),
            ("c", "3"),
            ("d/", ""),
            ("d/e", "4"),
            ("moved", "1"),
        ],
    );
}

#[test]
fn a_folder_whose_parent_was_not_synced_vanishes_with_all_it_holds() {
    check("make-folder d; write d/a 1; sync d/a; sync-folder d", &[]);
}

#[test]
fn a_removed_file_keeps_its_durable_bytes_apart_from_a_new_file_of_the_same_name() {
    check(
        "write a old; sync a; sync-folder .; remove a; write a new; sync a; write b other; sync b",
        &[("a", "old")],
    );
}

#[test]
fn without_a_power_cut_the_next_process_makes_durable_what_the_killed_one_wrote() {
    let Some(machine) = Machine::assemble() else {
        return;
    };
    let mut program = machine.start("files");
    program.run("write a 1; sync-folder .");
    program.kill();
    assert_eq!(machine.found_after(PowerCut::Strict)["a"], "");
    let mut program = machine.start("files");
    program.run("append a 2; sync a");
    program.kill();
    assert_eq!(machine.found_after(PowerCut::Strict)["a"], "12");
}

#[test]
fn a_restored_folder_is_durable_from_the_start() {
    let Some(mut machine) = Machine::assemble() else {
        return;
    };
    for round in ["1", "2", "3"] {
        let mut program = machine.start("files");
        program.run(&format!(
            "append a {round}; sync a; sync-folder .; append a lost"
        ));
        program.kill();
        machine.cut_power(PowerCut::Strict);
    }
    assert_eq!(contents(&machine.folder())["a"], "123");
}

#[test]
fn a_disk_that_no_process_ever_attached_to_cannot_be_cut() {
    let Some(machine) = Machine::assemble() else {
        return;
    };
    let refused = machine
        .disk
        .cut_power(PowerCut::Strict, &machine.scratch.path().join("target"));
    assert!(
        refused.is_err(),
        "a forgotten LD_PRELOAD must not look like a disk that lost everything"
    );
}

#[test]
fn a_torn_cut_keeps_a_part_of_the_bytes() {
    let (mut mixed, old, new) = (0, "o".repeat(64_000), "n".repeat(64_000));
    let Some(machine) = Machine::assemble() else {
        return;
    };
    let mut program = machine.start("files");
    program.run(&format!(
        "write a {old}; sync a; sync-folder .; patch a 0 {new}"
    ));
    program.kill();
    for seed in 0..40 {
        let found = machine.found_after(PowerCut::Torn { seed });
        assert_eq!(
            found,
            machine.found_after(PowerCut::Torn { seed }),
            "seed {seed} repeats itself"
        );
        let a = &found["a"];
        assert!(
            a.len() == 64_000 && a.bytes().all(|byte| b"on".contains(&byte)),
            "seed {seed}"
        );
        mixed += usize::from(a.contains('o') && a.contains('n'));
    }
    assert!(mixed > 5, "{mixed} of 40 mixed");
}

#[test]
fn in_a_torn_cut_a_rename_happens_whole_or_not_at_all() {
    let (mut renamed, mut kept) = (0, 0);
    let Some(machine) = Machine::assemble() else {
        return;
    };
    let mut program = machine.start("files");
    program.run("write a old; sync a; write b new; sync b; sync-folder .; rename b a; write c 1");
    program.kill();
    for seed in 0..40 {
        let found = machine.found_after(PowerCut::Torn { seed });
        match (
            found.get("a").map(String::as_str),
            found.get("b").map(String::as_str),
        ) {
            (Some("new"), None) => renamed += 1,
            (Some("old"), Some("new")) => kept += 1,
            torn => panic!("seed {seed}: {torn:?}"),
        }
    }
    assert!(renamed > 5 && kept > 5, "{renamed} renamed, {kept} kept");
}

/// The program: carries out one request per line.
pub fn run(folder: &Path) {
    for line in io::stdin().lines() {
        let line = line.expect("readable requests");
        let words: Vec<_> = line.split(' ').collect();
        match carry_out(folder, &words) {
            Ok(answer) => reply(&answer),
            Err(error) => reply(&format!("error {:?}", error.kind())),
        }
    }
}

fn carry_out(folder: &Path, words: &[&str]) -> io::Result<String> {
    let path = folder.join(words[1]);
    let open = |options: &mut OpenOptions| options.write(true).open(&path);
    match *words {
        ["write", _, text] => File::create(&path)?.write_all(text.as_bytes())?,
        ["append", _, text] => {
            open(OpenOptions::new().create(true).append(true))?.write_all(text.as_bytes())?
        }
        ["patch", _, offset, text] => {
            let offset = offset.parse().expect("an offset");
            open(&mut OpenOptions::new())?.write_all_at(text.as_bytes(), offset)?;
        }
        ["set-length", _, length] => {
            open(&mut OpenOptions::new())?.set_len(length.parse().expect("a length"))?
        }
        ["sync", _] => open(&mut OpenOptions::new())?.sync_data()?,
        ["sync-folder", _] => File::open(&path)?.sync_all()?,
        ["rename", _, to] => fs::rename(&path, folder.join(to))?,
        ["remove", _] => fs::remove_file(&path)?,
        ["make-folder", _] => fs::create_dir(&path)?,
        ["read", _] => return fs::read_to_string(&path),
        ref unknown => panic!("no such request: {unknown:?}"),
    }
    Ok("ok".to_owned())
}
