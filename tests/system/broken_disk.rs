//! A disk that runs full or fails: refused clearly, nothing half done, and back to work without a restart.

use crate::{
    disk_faults::{Control, Disk, PowerCut},
    support::{
        Answer, Purchase, Random, TestBank, eventually, ledger::Ledger, load::Load, log_tool,
        read_models, skip::disk_faults,
    },
};

/// A bank on a disk that can be broken; `None` where there is none and the test is skipped.
fn bank_on_a_disk() -> Option<(TestBank, Disk)> {
    let mut bank = TestBank::prepared();
    let faults = disk_faults(bank.scratch())?;
    let disk = faults
        .attach(&bank.folder(), &bank.scratch().join("shadow"))
        .expect("an attached disk");
    bank.move_to(bank.folder(), disk.environment());
    bank.launch();
    Some((bank, disk))
}

fn set(disk: &Disk, control: Control) {
    disk.control(control).expect("a control file");
}

/// Sends a purchase until it is decided.
fn assess_eventually(bank: &TestBank, purchase: &Purchase) -> Answer {
    eventually("a decision", || {
        let answer = bank.assess(purchase);
        (answer.status == 201).then_some(answer)
    })
}

#[test]
fn a_full_disk_refuses_writes_while_reads_go_on_and_works_again_once_there_is_room() {
    let Some((bank, disk)) = bank_on_a_disk() else {
        return;
    };
    let before = bank.assess(&Purchase::of("before")).expect(201);
    read_models::live_rows(&bank);
    let last = bank.last_sequence();

    set(&disk, Control::Full);
    for (what, purchase) in [
        ("of a known customer", Purchase::of("during")),
        ("of a new customer", Purchase::of("during-new").by("new")),
    ] {
        let answer = bank.assess(&purchase).expect(503);
        assert_eq!(answer.problem(), "read-only", "{what}");
        assert!(answer.header("retry-after").is_some(), "{what}");
    }
    let label = bank
        .payments()
        .post("/v1/transactions/before/labels")
        .json(r#"{"label":"fraud","source":"customer"}"#)
        .send();
    assert_eq!(label.expect(503).problem(), "read-only");

    assert_eq!(bank.last_sequence(), last, "something was half done");
    let list = bank.payments().get("/v1/transactions").send().expect(200);
    assert_eq!(list.json()["transactions"][0]["transaction_id"], "before");
    bank.payments()
        .get("/v1/transactions/before")
        .send()
        .expect(200);
    bank.administrator().get("/v1/overview").send().expect(200);

    set(&disk, Control::Ok);
    for purchase in [
        Purchase::of("during"),
        Purchase::of("during-new").by("new"),
        Purchase::of("after").by("newer"),
    ] {
        let answer = assess_eventually(&bank, &purchase);
        assert!(!answer.is_replayed(), "{purchase:?}");
    }
    let again = bank.assess(&Purchase::of("before")).expect(201);
    assert_eq!(again.text(), before.text());
    read_models::assert_rebuild_changes_nothing(&bank);
    log_tool::assert_sound(&bank.folder());
}

#[test]
fn a_disk_that_runs_full_under_load_loses_nothing_that_was_acknowledged() {
    let Some((mut bank, disk)) = bank_on_a_disk() else {
        return;
    };
    let mut random = Random::from_environment("full under load");
    let mut ledger = Ledger::default();
    for round in 0..3 {
        let load = Load::begin(&bank, &format!("full-{round}"), 8, &mut random);
        load.wait_for(20);
        let bytes = random.below(200_000);
        set(&disk, Control::FullAfter { bytes });
        eventually("a full disk", || {
            let probe = Purchase::of(&format!("probe-{round}-{}", random.next()));
            (bank.assess(&probe).status == 503).then_some(())
        });
        set(&disk, Control::Ok);
        assess_eventually(&bank, &Purchase::of(&format!("room-{round}")));
        ledger.absorb(load.end());
        ledger.check_answers(&bank, &mut random);
    }
    bank.kill();
    bank.launch();
    ledger.check_answers(&bank, &mut random);
    log_tool::assert_sound(&bank.folder());
    read_models::assert_rebuild_changes_nothing(&bank);
}

#[test]
fn after_a_failed_sync_the_outcome_is_unknown_until_the_same_key_is_sent_again() {
    let Some((mut bank, disk)) = bank_on_a_disk() else {
        return;
    };
    let before = bank.assess(&Purchase::of("before")).expect(201);
    read_models::live_rows(&bank);
    set(&disk, Control::SyncFails);
    let unknown = bank.assess(&Purchase::of("unknown")).expect(503);
    assert_eq!(unknown.problem(), "outcome-unknown");
    assert!(unknown.header("retry-after").is_some());
    // While the log cannot be read again, nothing is taken; nor a customer whose key cannot be stored.
    for purchase in [Purchase::of("while"), Purchase::of("new").by("new")] {
        let answer = bank.assess(&purchase).expect(503);
        assert_eq!(answer.problem(), "read-only", "{purchase:?}");
    }
    let detail = bank.payments().get("/v1/transactions/before").send();
    assert_eq!(detail.expect(200).json()["transaction_id"], "before");
    bank.anonymous().get("/health/ready").send().expect(503);
    bank.anonymous().get("/health/live").send().expect(200);

    set(&disk, Control::Ok);
    let purchases = [
        Purchase::of("unknown"),
        Purchase::of("while"),
        Purchase::of("new").by("new"),
    ];
    let settled = purchases
        .each_ref()
        .map(|purchase| assess_eventually(&bank, purchase));
    bank.anonymous().get("/health/ready").send().expect(200);
    bank.kill();
    bank.launch();
    let again = purchases.each_ref().map(|purchase| bank.assess(purchase));
    for (settled, again) in settled
        .iter()
        .zip(&again)
        .chain([(&before, &bank.assess(&Purchase::of("before")))])
    {
        assert!(again.is_replayed());
        assert_eq!(settled.text(), again.text());
    }
    let assessed = log_tool::events_of_type(&bank.folder(), "TransactionAssessed");
    assert_eq!(assessed.len(), 4, "each of the four once");
    log_tool::assert_sound(&bank.folder());
    read_models::assert_rebuild_changes_nothing(&bank);
}

#[test]
fn syncs_that_fail_under_load_lose_nothing_that_was_acknowledged() {
    let Some((mut bank, disk)) = bank_on_a_disk() else {
        return;
    };
    let mut random = Random::from_environment("failed syncs");
    let mut ledger = Ledger::default();
    for round in 0..3 {
        let load = Load::begin(&bank, &format!("syncs-{round}"), 8, &mut random);
        load.wait_for(20);
        set(&disk, Control::SyncFails);
        eventually("a refusal", || {
            let probe = Purchase::of(&format!("probe-{round}-{}", random.next()));
            (bank.assess(&probe).status == 503).then_some(())
        });
        set(&disk, Control::Ok);
        assess_eventually(&bank, &Purchase::of(&format!("works-{round}")));
        ledger.absorb(load.end());
        ledger.check_answers(&bank, &mut random);
    }
    bank.kill();
    bank.launch();
    ledger.check_answers(&bank, &mut random);
    log_tool::assert_sound(&bank.folder());
    read_models::assert_rebuild_changes_nothing(&bank);
}

/// A failed sync leaves pages in the page cache that the disk never got. A process that is started anew finds them, and
/// must not build on them.
#[test]
fn what_follows_a_failed_sync_and_a_restart_survives_a_power_cut() {
    let Some((mut bank, disk)) = bank_on_a_disk() else {
        return;
    };
    set(&disk, Control::SyncFails);
    for purchase in [Purchase::of("failed"), Purchase::of("failed-new").by("new")] {
        bank.assess(&purchase).expect(503);
    }
    bank.kill();
    set(&disk, Control::Ok);
    bank.launch();
    let purchases: Vec<_> = (0..20)
        .map(|number| Purchase::of(&format!("t-{number}")).by(&format!("customer-{number}")))
        .collect();
    let answers = bank.assess_all(&purchases);
    bank.kill();

    let found = bank.scratch().join("found");
    let survivors = disk.cut_power(PowerCut::Strict, &found);
    println!("{:?}", survivors.expect("a restored folder"));
    bank.move_to(found, Vec::new());
    bank.launch();
    for (purchase, before) in purchases.iter().zip(answers) {
        let again = bank.assess(purchase).expect(201);
        assert_eq!(again.text(), before.expect(201).text());
        let path = format!("/v1/transactions/{}", purchase.transaction_id());
        let detail = bank.administrator().get(&path).send().expect(200).json();
        assert_eq!(detail["customer_id"].as_str(), Some(purchase.customer_id()));
    }
    log_tool::assert_sound(&bank.folder());
    read_models::assert_rebuild_changes_nothing(&bank);
}
