//! Full disks and failing syncs, switched while the program runs.

use super::super::Control;
use super::program::Program;
use super::{Machine, PowerCut};

fn machine_with_a_file() -> Option<(Machine, Program)> {
    let machine = Machine::assemble()?;
    let mut program = machine.start("files");
    program.run("write a 1; sync a; sync-folder .");
    Some((machine, program))
}

fn switch(machine: &Machine, control: Control) {
    machine.disk.control(control).expect("a control file");
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room_again() {
    let Some((machine, mut program)) = machine_with_a_file() else {
        return;
    };
    switch(&machine, Control::Full);
    assert_eq!(program.ask("append a 2"), "error StorageFull");
    assert_eq!(program.ask("read a"), "1");
    switch(&machine, Control::Ok);
    program.run("append a 3; sync a");
    program.kill();
    assert_eq!(machine.found_after(PowerCut::Strict)["a"], "13");
}

#[test]
fn a_disk_that_runs_full_takes_as_many_bytes_as_there_is_room_for() {
    let Some((machine, mut program)) = machine_with_a_file() else {
        return;
    };
    switch(&machine, Control::FullAfter { bytes: 10 });
    program.run("append a 234567");
    assert_eq!(
        program.ask("append a 89abcdef"),
        "error StorageFull",
        "only four of the eight bytes fit"
    );
    assert_eq!(program.ask("read a"), "123456789ab");
    assert_eq!(program.ask("append a x"), "error StorageFull");
    program.kill();
}

#[test]
fn a_failed_sync_loses_what_it_should_have_written_and_a_later_sync_does_not_bring_it_back() {
    let Some((machine, mut program)) = machine_with_a_file() else {
        return;
    };
    program.run("append a 234");
    switch(&machine, Control::SyncFails);
    assert!(program.ask("sync a").starts_with("error"));
    assert!(program.ask("sync-folder .").starts_with("error"));
    switch(&machine, Control::Ok);
    program.run("append a 567; sync a");
    assert_eq!(
        program.ask("read a"),
        "1234567",
        "the page cache still has it"
    );
    program.kill();
    assert_eq!(machine.found_after(PowerCut::Strict)["a"], "1___567");
}

#[test]
fn what_a_failed_sync_lost_stays_lost_over_a_restart_until_it_is_written_again() {
    let Some((machine, mut program)) = machine_with_a_file() else {
        return;
    };
    program.run("append a 234");
    switch(&machine, Control::SyncFails);
    assert!(program.ask("sync a").starts_with("error"));
    program.kill();
    switch(&machine, Control::Ok);

    let mut program = machine.start("files");
    program.run("append a 5; sync a");
    assert_eq!(machine.found_after(PowerCut::Strict)["a"], "1___5");
    program.run("patch a 2 x; sync a");
    program.kill();
    assert_eq!(machine.found_after(PowerCut::Strict)["a"], "1_x_5");
}

#[test]
fn failing_reads_hit_only_the_files_under_the_root() {
    let Some((machine, mut program)) = machine_with_a_file() else {
        return;
    };
    switch(&machine, Control::ReadsFail);
    assert!(
        program.ask("read a").starts_with("error"),
        "and yet the request itself was read from a pipe"
    );
    switch(&machine, Control::Ok);
    assert_eq!(program.ask("read a"), "1");
    program.kill();
}
