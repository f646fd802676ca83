//! What keeps a node from starting is said clearly, and what need not keep it is mended.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::support::{
    Purchase, Random, TestBank, folder::files_ending, load::Load, log_tool, read_models,
};

/// A stopped bank that has decided something.
fn stopped_bank() -> TestBank {
    let mut bank = TestBank::start();
    bank.assess(&Purchase::of("before")).expect(201);
    bank.stop();
    bank
}

fn only_segment(bank: &TestBank) -> PathBuf {
    files_ending(&bank.folder().join("log"), ".segment").remove(0)
}

fn overwrite_beginning(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).expect("a file");
    file.write_all_at(&[0x5a; 200], 0).expect("a writable file");
}

/// Starts the bank, which must refuse and say all of this.
fn assert_refused(bank: &TestBank, says: &[&str]) {
    let said = bank.refused();
    for part in says {
        assert!(said.contains(part), "no {part:?} in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_taken_port_is_named() {
    let running = TestBank::start();
    let second = TestBank::prepared();
    let address = running.address().to_string();
    second.configure(&format!("listen = \"{address}\""));
    assert_refused(&second, &[&address, "choose another port"]);
}

#[test]
fn a_data_directory_belongs_to_one_process() {
    let running = TestBank::start();
    let mut second = TestBank::on_empty_folder();
    second.move_to(running.folder(), Vec::new());
    let folder = running.folder().display().to_string();
    assert_refused(&second, &[&folder, "in use by another process (process "]);
    running.assess(&Purchase::of("undisturbed")).expect(201);
}

#[test]
fn a_data_directory_that_cannot_be_written_is_named() {
    let mut bank = TestBank::on_empty_folder();
    // Not by permissions: those do not bind an administrator.
    let file = bank.scratch().join("file");
    fs::write(&file, "").expect("a writable folder");
    for folder in [file.clone(), file.join("below")] {
        bank.move_to(folder, Vec::new());
        assert_refused(&bank, &[&file.display().to_string(), "not writable"]);
        let said = bank.refused();
        assert!(
            said.contains("data_directory in ") && !said.contains("--data-dir"),
            "{said}"
        );
        assert_eq!(said.matches("os error").count(), 1, "{said}");
    }
}

#[test]
fn a_configuration_that_is_wrong_is_refused_by_key() {
    let bank = TestBank::prepared();
    for (lines, says) in [
        ("institution = \"North Bank\"", "institution"),
        ("institution = 7", "institution"),
        ("currency = \"euro\"", "currency"),
        ("listen = \"nowhere\"", "nowhere"),
        ("listen = \"127.0.0.1:99999\"", "127.0.0.1:99999"),
        ("log_format = \"xml\"", "log_format"),
        ("instituton = \"north\"", "did you mean `institution`?"),
        ("institution = ", "bank.toml"),
        ("[[api_keys]]\nid = \"x\"", "name"),
        (
            "[[api_keys]]\nid = \"x\"\nname = \"X\"\nroles = [\"boss\"]\nsha256 = \"00\"",
            "boss",
        ),
        (
            "[[api_keys]]\nid = \"x\"\nname = \"X\"\nroles = [\"analyst\"]\nsha256 = \"00\"",
            "the SHA-256 of key `x`",
        ),
    ] {
        bank.configure(lines);
        assert_refused(&bank, &[says]);
    }
}

#[test]
fn a_log_of_another_institution_is_not_touched() {
    let mut bank = stopped_bank();
    bank.configure("institution = \"south\"");
    assert_refused(&bank, &["north", "south"]);
    bank.configure("");
    bank.launch();
    assert!(
        bank.assess(&Purchase::of("before"))
            .expect(201)
            .is_replayed()
    );
}

#[test]
fn a_damaged_segment_is_named_and_left_as_it_is() {
    for damage in [
        overwrite_beginning as fn(&Path),
        |path| fs::write(path, "").expect("a writable file"),
        |path| {
            let text = "no database at all, but long enough to be mistaken for one ";
            fs::write(path, text.repeat(50)).expect("a writable file");
        },
    ] {
        let bank = stopped_bank();
        let segment = only_segment(&bank);
        damage(&segment);
        let damaged = fs::read(&segment).expect("a readable file");
        for _ in 0..2 {
            assert_refused(&bank, &[&segment.display().to_string()]);
            let left = fs::read(&segment).expect("still there");
            assert!(left == damaged, "it was changed");
        }
    }
}

#[test]
fn a_log_that_has_lost_its_end_is_not_continued() {
    let mut bank = TestBank::start();
    bank.stop();
    let before = fs::read(only_segment(&bank)).expect("a readable file");
    bank.launch();
    bank.assess(&Purchase::of("acknowledged")).expect(201);
    read_models::live_rows(&bank);
    bank.stop();
    let whole = fs::read(only_segment(&bank)).expect("a readable file");

    fs::write(only_segment(&bank), before).expect("a writable file");
    for _ in 0..2 {
        assert_refused(&bank, &["it has lost its end", "put the log back"]);
    }
    fs::write(only_segment(&bank), whole).expect("a writable file");
    bank.launch();
    let again = bank.assess(&Purchase::of("acknowledged")).expect(201);
    assert!(again.is_replayed());
}

#[test]
fn a_stopped_node_leaves_no_open_ends() {
    let mut bank = TestBank::start();
    let mut random = Random::from_environment("open ends");
    let load = Load::begin(&bank, "open-ends", 8, &mut random);
    load.wait_for(50);
    let mut ledger = load.end();
    ledger.check_answers(&bank, &mut random);
    bank.stop();
    for folder in ["", "log", "keys"] {
        for ending in ["-wal", "-shm"] {
            let left = files_ending(&bank.folder().join(folder), ending);
            assert!(left.is_empty(), "{left:?}");
        }
    }
    bank.launch();
    ledger.check_answers(&bank, &mut random);
}

#[test]
fn a_missing_segment_in_the_middle_or_a_stray_file_is_noticed() {
    let bank = stopped_bank();
    let log = bank.folder().join("log");
    fs::write(log.join("notes.segment"), "").expect("a writable folder");
    assert_refused(
        &bank,
        &["notes.segment", "not named after its first sequence"],
    );
}

#[test]
fn a_log_that_lost_its_content_is_noticed_by_verify() {
    let mut bank = stopped_bank();
    let segment = only_segment(&bank);
    let mut bytes = fs::read(&segment).expect("a readable file");
    let place = find(&bytes, b"TransactionAssessed").expect("the event in the file");
    // One digit of the amount: sound SQL, sound JSON, another truth.
    let amount = place + find(&bytes[place..], b"1250").expect("its amount");
    bytes[amount] = b'9';
    fs::write(&segment, bytes).expect("a writable file");
    let (sound, found) = log_tool::verify(&bank.folder());
    assert!(!sound, "{found}");
    assert!(
        found["faults"][0]["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("chain")),
        "{found}"
    );
    // It still starts: what is wrong is for an auditor to judge.
    bank.launch();
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

#[test]
fn damaged_snapshots_are_folded_again_from_the_log() {
    let mut bank = TestBank::start();
    let mut random = Random::from_environment("snapshots");
    let load = Load::begin(&bank, "snapshots", 16, &mut random);
    // A stop writes snapshots once there are a thousand events to fold.
    load.wait_for(1_500);
    let mut ledger = load.end();
    bank.stop();
    let snapshots = files_ending(&bank.folder().join("snapshots"), ".snapshot");
    assert!(!snapshots.is_empty(), "no snapshots to damage");
    for damage in [
        |_: &Path| {},
        overwrite_beginning,
        |path: &Path| fs::write(path, "").expect("a writable file"),
        |path: &Path| fs::remove_file(path).expect("a file to remove"),
    ] {
        for snapshot in &snapshots {
            damage(snapshot);
        }
        bank.launch();
        ledger.check_answers(&bank, &mut random);
        // Killed, because a stop would write sound ones.
        bank.kill();
    }
    bank.launch();
    ledger.check_log(&bank);
    read_models::assert_rebuild_changes_nothing(&bank);
}

#[test]
fn a_lost_read_store_is_rebuilt_from_the_log() {
    let mut bank = stopped_bank();
    let sequence = log_tool::events(&bank.folder()).len();
    for file in files_ending(&bank.folder(), "read-models.db") {
        fs::remove_file(file).expect("a file to remove");
    }
    bank.launch();
    bank.anonymous().get("/health/ready").send().expect(200);
    bank.administrator().get("/v1/policy").send().expect(200);
    let rows = crate::support::ledger::list_all(&bank, 500);
    assert_eq!(rows[0]["transaction_id"], "before");
    assert!(!bank.said().contains("No model yet"), "{}", bank.said());
    assert_eq!(bank.last_sequence() as usize, sequence, "the log had grown");
    read_models::assert_rebuild_changes_nothing(&bank);
}

#[test]
fn a_damaged_read_store_is_refused_with_what_to_do() {
    let mut bank = stopped_bank();
    let store = bank.folder().join("read-models.db");
    overwrite_beginning(&store);
    assert_refused(
        &bank,
        &[
            &store.display().to_string(),
            "delete",
            "rebuilt from the log",
        ],
    );
    fs::remove_file(store).expect("a file to remove");
    bank.launch();
    read_models::assert_rebuild_changes_nothing(&bank);
}

#[test]
fn damaged_keys_and_models_are_refused_by_name() {
    for (file, says) in [
        ("keys/master.key", "master.key"),
        ("keys/subjects.db", "subjects.db"),
        ("artefacts", "damaged"),
    ] {
        let bank = stopped_bank();
        let path = bank.folder().join(file);
        let path = if path.is_dir() {
            files_ending(&path, "").remove(0)
        } else {
            path
        };
        overwrite_beginning(&path);
        assert_refused(&bank, &[says]);
    }
}

#[test]
fn a_foreign_master_key_opens_nothing() {
    let bank = stopped_bank();
    let key = bank.folder().join("keys/master.key");
    fs::write(key, "0".repeat(64)).expect("a writable file");
    assert_refused(&bank, &["the master key does not open this key file"]);
}
