//! A coordinator that cheats.

use super::table::{Table, everybody, party, query, without};
use crate::coordinator::{AbandonReason, CoordinatorEvent};
use crate::message::{AgreementProof, CoordinatorMessage, RoundOpening, SurvivorAnnouncement};
use crate::participant::{Answer, Refusal};
use crate::signed::{Body, Signed};
use crate::{Hash, Identity, Parties, Secret};

/// Signs whatever it likes.
fn sign<B: Body>(table: &Table, body: B) -> Signed<B> {
    let context = table.consortium.agreed.context().0;
    Signed::sign(body, &context, &table.consortium.coordinator)
}

fn announce(table: &Table, survivors: Parties) -> CoordinatorMessage {
    CoordinatorMessage::FixSurvivors(sign(
        table,
        SurvivorAnnouncement {
            round: 0,
            attempt: 0,
            survivors,
        },
    ))
}

fn refused(table: &mut Table, place: usize, message: &CoordinatorMessage) -> Refusal {
    table.ask(place, message).expect_err("refused")
}

#[test]
fn two_survivor_lists_are_never_both_signed_by_one_nor_both_opened() {
    let mut table = Table::in_round();
    let mut twin = table.twin();
    let inputs: Vec<_> = (0..5)
        .map(|place| {
            let request = table.request(place);
            table.follow(place, &request)
        })
        .collect();
    for (place, input) in inputs.into_iter().enumerate() {
        if place != 4 {
            twin.receive(party(place), input.clone()).expect("taken");
        }
        table.deliver(place, input);
    }
    twin.end_phase();
    // Three see everybody, two see everybody but the last.
    for place in 0..5 {
        let request = if place < 3 {
            table.request(place)
        } else if place == 3 {
            twin.request_for(party(place), 0).expect("asked")
        } else {
            continue;
        };
        let reply = table.follow(place, &request);
        if place < 3 {
            table.deliver(place, reply);
        } else {
            twin.receive(party(place), reply).expect("taken");
        }
    }
    let other = twin.request_for(party(0), 0).expect("asked");
    assert_eq!(refused(&mut table, 0, &other), Refusal::SecondView);
    let first = table.request(3);
    assert_eq!(refused(&mut table, 3, &first), Refusal::SecondView);
    // Neither list finds four signers, so nothing is opened anywhere.
    table.end_phase();
    twin.end_phase();
    assert!(table.events.iter().any(|event| matches!(
        event,
        CoordinatorEvent::AttemptAbandoned {
            reason: AbandonReason::TooFewSignatures
        }
    )));
    assert_eq!(twin.attempts_abandoned(), 1);
}

#[test]
fn fewer_signatures_than_the_plan_demands_open_nothing() {
    let mut table = Table::in_round();
    table.exchange_all(1);
    let request = table.request(0);
    table.follow(0, &request);
    table.exchange(&[1, 2, 3, 4]);
    let signatures: Vec<_> = table
        .events
        .iter()
        .filter_map(|event| match event {
            CoordinatorEvent::SurvivorsSigned { party, signed } => Some((*party, signed.signature)),
            _ => None,
        })
        .collect();
    let proof = |signatures: Vec<_>| {
        CoordinatorMessage::ProveAgreement(sign(
            &table,
            AgreementProof {
                round: 0,
                attempt: 0,
                survivors: everybody(),
                signatures,
            },
        ))
    };
    let three = proof(signatures[..3].to_vec());
    let repeated = proof(vec![signatures[0]; 5]);
    let forged = proof(
        (0..5)
            .map(|place| (party(place), signatures[0].1))
            .collect(),
    );
    let enough = proof(signatures);
    for (message, actual) in [(three, 3), (repeated, 1), (forged, 1)] {
        assert_eq!(
            refused(&mut table, 0, &message),
            Refusal::TooFewSignatures { actual, needed: 4 }
        );
    }
    table.ask(0, &enough).expect("follows");
}

#[test]
fn both_secrets_of_one_institution_cannot_be_had() {
    let mut table = Table::in_round();
    table.exchange_all(2);
    let request = table.request(0);
    let reply = table.follow(0, &request);
    // The same again is answered alike; the other half of the shares is not to be had, in this attempt or another.
    assert_eq!(table.follow(0, &request), reply);
    let survivors = without(4);
    let other = CoordinatorMessage::ProveAgreement(sign(
        &table,
        AgreementProof {
            round: 0,
            attempt: 0,
            survivors,
            signatures: Vec::new(),
        },
    ));
    assert_eq!(refused(&mut table, 0, &other), Refusal::SecondView);
    let announcement = announce(&table, survivors);
    assert_eq!(refused(&mut table, 0, &announcement), Refusal::SecondView);
    let again = reopened(&table, |opening| {
        opening.attempt = 1;
        opening.slot = 1;
    });
    assert_eq!(refused(&mut table, 0, &again), Refusal::AlreadyAnswered);
}

fn reopened(table: &Table, change: impl FnOnce(&mut RoundOpening)) -> CoordinatorMessage {
    let opening = table
        .events
        .iter()
        .find_map(|event| match event {
            CoordinatorEvent::RoundOpened { opening } => Some(opening.body.clone()),
            _ => None,
        })
        .expect("a round is open");
    let mut opening = opening;
    change(&mut opening);
    CoordinatorMessage::OpenRound(sign(table, opening))
}

#[test]
fn one_key_never_masks_two_answers() {
    let mut table = Table::in_round();
    let request = table.request(0);
    table.follow(0, &request);
    let same_slot = reopened(&table, |opening| opening.attempt = 1);
    assert_eq!(refused(&mut table, 0, &same_slot), Refusal::KeyUsed);
    let same_attempt = reopened(&table, |opening| opening.slot = 1);
    assert_eq!(refused(&mut table, 0, &same_attempt), Refusal::SecondView);
    table.values[0][0] += 1;
    assert_eq!(refused(&mut table, 0, &request), Refusal::AnswerChanged);
}

#[test]
fn openings_outside_the_plan_are_refused() {
    let mut table = Table::in_round();
    let three: Parties = [0, 1, 2].map(party).into_iter().collect();
    let check = |table: &mut Table, expected: Refusal, change: &dyn Fn(&mut RoundOpening)| {
        let message = reopened(table, change);
        assert_eq!(refused(table, 0, &message), expected);
    };
    check(
        &mut table,
        Refusal::TooFew {
            actual: 3,
            needed: 4,
        },
        &|opening| {
            opening.members = three;
        },
    );
    check(
        &mut table,
        Refusal::Members("this participant is not in the set"),
        &|opening| opening.members = without(0),
    );
    check(
        &mut table,
        Refusal::Members("no shares are held of a member"),
        &|opening| opening.members.insert(party(5)),
    );
    check(&mut table, Refusal::OtherQuery, &|opening| {
        opening.query.0.name = "sum/b".to_owned();
    });
    check(&mut table, Refusal::OtherQuery, &|opening| {
        opening.query.0.row_bound += 1;
    });
    check(&mut table, Refusal::OtherModel, &|opening| {
        opening.model = Hash::of("model", &[b"another"]);
    });
    check(&mut table, Refusal::TooEarly, &|opening| opening.round = 1);
    check(&mut table, Refusal::KeyUsed, &|opening| opening.slot = 9);
}

#[test]
fn answers_up_to_the_bound_are_given_and_one_beyond_is_not() {
    let mut table = Table::in_round();
    let request = table.request(0);
    table.values[0] = vec![super::table::ANSWER_MAX, -super::table::ANSWER_MAX, 0];
    table.ask(0, &request).expect("the bound itself");
    table.values[0][1] -= 1;
    assert_eq!(refused(&mut table, 0, &request), Refusal::AnswerTooLarge(1));
    table.values[0] = vec![0; 2];
    assert_eq!(
        refused(&mut table, 0, &request),
        Refusal::AnswerDimension(2)
    );
}

#[test]
fn a_bank_that_was_shown_another_model_is_alone_with_it() {
    let mut table = Table::in_round();
    // The coordinator showed bank 0 another total before, so bank 0 has another model, and opens the round for it.
    let other = Hash::of("model", &[b"for bank 0 only"]);
    let for_bank_0 = reopened(&table, |opening| opening.model = other);
    let honest = table.model;
    table.model = other;
    let input = table.follow(0, &for_bank_0);
    table.model = honest;
    table.exchange(&[1, 2, 3, 4]);
    table.deliver(0, input);
    assert_eq!(
        table.faults,
        [crate::coordinator::Fault::BadSignature(party(0))]
    );
    // Even if the coordinator pretends that all five are one set, bank 0 finds no signature in its own context.
    let announcement = announce(&table, everybody());
    table.follow(0, &announcement);
    let signatures = (1..5)
        .map(|place| {
            let crate::message::ParticipantMessage::Survivors(signed) =
                table.follow(place, &announcement)
            else {
                panic!("a signature was asked for");
            };
            (party(place), signed.signature)
        })
        .collect();
    let proof = CoordinatorMessage::ProveAgreement(sign(
        &table,
        AgreementProof {
            round: 0,
            attempt: 0,
            survivors: everybody(),
            signatures,
        },
    ));
    assert_eq!(
        refused(&mut table, 0, &proof),
        Refusal::TooFewSignatures {
            actual: 0,
            needed: 4
        }
    );
}

#[test]
fn a_statistic_is_not_summed_again_over_others() {
    let mut table = Table::in_round();
    table.exchange_all(2);
    table.exchange(&[0, 1, 2, 3]);
    assert_eq!(table.released(), Some(table.sum_over(everybody())));
    for place in 0..5 {
        let request = table.request(place);
        let step = table.ask(place, &request).expect("takes the sum");
        table.participants[place].apply(&step);
    }
    // The next sum of the unit, over others: neither the honest coordinator nor a participant does it.
    table.query = query("sum/a/2", 0);
    assert!(
        table
            .coordinator
            .open_round(&table.query, table.model, without(4))
            .is_err()
    );
    for name in ["sum/a/2", "sum/a/1"] {
        // In the open unit; and in a new unit the statistic that was opened before.
        table.query = query(name, u32::from(name == "sum/a/1"));
        let asked = table.query.clone();
        let message = reopened(&table, |body| {
            body.round = 1;
            body.slot = 1;
            body.query.0 = asked;
            body.members = without(4);
        });
        assert_eq!(refused(&mut table, 0, &message), Refusal::OtherCohort);
    }
}

#[test]
fn what_belongs_to_the_past_or_to_somebody_else_is_refused() {
    let mut table = Table::in_round();
    let first = table.request(0);
    table.exchange(&[0, 1, 2]);
    table.end_phase();
    table.open_round();
    let request = table.request(0);
    table.follow(0, &request);
    assert_eq!(refused(&mut table, 0, &first), Refusal::Stale);
    let stale = announce(&table, everybody());
    assert_eq!(refused(&mut table, 0, &stale), Refusal::Stale);
    let stranger = Identity::from_secret(&Secret::from_bytes([77; 32]));
    let body = SurvivorAnnouncement {
        round: 0,
        attempt: 1,
        survivors: everybody(),
    };
    let context = table.consortium.agreed.context().0;
    let forged = CoordinatorMessage::FixSurvivors(Signed::sign(body, &context, &stranger));
    assert_eq!(refused(&mut table, 0, &forged), Refusal::NotFromCoordinator);
    let other_job = Hash::of("job", &[b"another plan"]);
    let replayed = CoordinatorMessage::FixSurvivors(Signed::sign(
        body,
        &other_job,
        &table.consortium.coordinator,
    ));
    assert_eq!(
        refused(&mut table, 0, &replayed),
        Refusal::NotFromCoordinator
    );
}

#[test]
fn a_total_that_no_answers_can_give_is_refused() {
    let mut table = Table::in_round();
    table.exchange_all(2);
    table.exchange(&[0, 1, 2, 3]);
    let CoordinatorMessage::Release(release) = table.request(4) else {
        panic!("a sum was released");
    };
    let check = |table: &mut Table, total: Vec<i64>, expected: Refusal| {
        let packed = crate::RingVector::from_signed(&total, crate::RingBits::Bits40)
            .expect("fits")
            .pack(crate::RingBits::Bits40);
        let mut header = release.header.body.clone();
        header.total = packed.hash();
        let message = CoordinatorMessage::Release(crate::message::Release {
            header: sign(table, header),
            total: packed,
        });
        assert_eq!(refused(table, 0, &message), expected);
    };
    let largest = 5 * super::table::ANSWER_MAX;
    check(
        &mut table,
        vec![0, largest + 1, 0],
        Refusal::ImpossibleTotal(1),
    );
    check(&mut table, vec![0; 2], Refusal::OtherTotal);
    let mut changed = release.clone();
    changed.total = crate::RingVector::zero(3).pack(crate::RingBits::Bits40);
    let message = CoordinatorMessage::Release(changed);
    assert_eq!(refused(&mut table, 0, &message), Refusal::OtherTotal);
}

#[test]
fn masks_of_different_contexts_do_not_cancel() {
    use crate::agreement::AgreementSecret;
    use crate::context::RoundContext;
    use crate::derivation::pair_mask;
    let secret = |byte| AgreementSecret::from_secret(&Secret::from_bytes([byte; 32]));
    let (left, right) = (secret(1), secret(2));
    let context = |name: &[u8]| RoundContext(Hash::of("round", &[name]));
    let remainder = |left_context, right_context| {
        let masks = [
            pair_mask(&left, party(0), &right.public(), party(1), &left_context),
            pair_mask(&right, party(1), &left.public(), party(0), &right_context),
        ]
        .map(|mask| mask.expect("contributory"));
        let mut vector = crate::RingVector::zero(4);
        crate::mask::apply(&masks, &mut vector, crate::RingBits::Bits40);
        vector.to_signed(crate::RingBits::Bits40)
    };
    assert_eq!(remainder(context(b"one"), context(b"one")), [0; 4]);
    assert!(
        remainder(context(b"one"), context(b"two"))
            .iter()
            .all(|noise| noise.unsigned_abs() > 1 << 20)
    );
}

#[test]
fn debug_output_shows_no_secret() {
    let table = Table::in_round();
    let answer = Answer {
        query: &table.query,
        model: table.model,
        values: &table.values[0],
    };
    let step = table.participants[0]
        .decide(
            &table.request(0),
            Some(&answer),
            &mut crate::KeyedRng::new(&Secret::from_bytes([1; 32])),
        )
        .expect("follows");
    let shown = format!("{:?} {:?}", table.participants[0], step);
    assert!(shown.contains("hidden entries"));
    for secret in ["masking: [", "seed: [", "share: [", "sealing: ["] {
        assert!(!shown.contains(secret), "{secret}");
    }
}
