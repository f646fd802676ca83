//! Participants that cheat: who it was is known, and the others go on.

use super::table::{Table, everybody, party, without};
use crate::coordinator::{ClosureReason, CoordinatorEvent, Fault};
use crate::message::{CoordinatorMessage, ParticipantMessage, ShareSummary, SharedSecrets};
use crate::signed::Signed;
use crate::{PackedVector, RingBits, RingVector, Secret};

#[test]
fn a_wrong_opened_share_is_attributed_and_the_others_suffice() {
    let mut table = Table::in_round();
    table.exchange_all(2);
    let request = table.request(0);
    let ParticipantMessage::Unmasking(signed) = table.follow(0, &request) else {
        panic!("shares were asked for");
    };
    let mut body = signed.body.clone();
    body.shares[2].1.share = Secret::from_bytes([1; 32]);
    let wrong = resigned(&table, 0, body);
    table.deliver(0, ParticipantMessage::Unmasking(wrong));
    let expected = Fault::WrongShare {
        holder: party(0),
        owner: party(2),
    };
    assert_eq!(table.faults, [expected]);
    assert_eq!(expected.culprit(), Some(party(0)));
    table.exchange(&[1, 2, 3, 4]);
    assert_eq!(table.released(), Some(table.sum_over(everybody())));
}

/// Signs a changed body in the context of the open round, as its real sender could.
fn resigned<B: crate::signed::Body>(table: &Table, place: usize, body: B) -> Signed<B> {
    let opening = table
        .events
        .iter()
        .rev()
        .find_map(|event| match event {
            CoordinatorEvent::RoundOpened { opening } => Some(&opening.body),
            _ => None,
        })
        .expect("a round is open");
    let agreed = &table.consortium.agreed;
    let batch = crate::context::BatchContext::of(agreed, opening.batch);
    let (_, statistic) = agreed
        .plan()
        .statistic_of(&opening.query.0)
        .expect("planned");
    let context = crate::context::RoundContext::of(&batch, opening, statistic, &table.model);
    Signed::sign(body, &context.0, &table.consortium.institutions[place])
}

#[test]
fn vectors_that_are_short_or_not_as_signed_are_refused() {
    let mut table = Table::in_round();
    let request = table.request(0);
    let ParticipantMessage::Input { header, vector } = table.follow(0, &request) else {
        panic!("an input was asked for");
    };
    let zero =
        |dimension, bits: RingBits| -> PackedVector { RingVector::zero(dimension).pack(bits) };
    let send = |table: &mut Table, vector: PackedVector, sign_it: bool| {
        let mut body = header.body.clone();
        if sign_it {
            body.vector = vector.hash();
        }
        let header = resigned(table, 0, body);
        table.deliver(0, ParticipantMessage::Input { header, vector });
    };
    send(&mut table, zero(2, RingBits::Bits40), true);
    send(&mut table, zero(3, RingBits::Bits32), true);
    send(&mut table, zero(3, RingBits::Bits40), false);
    assert_eq!(
        table.faults,
        [
            Fault::WrongForm(party(0)),
            Fault::WrongForm(party(0)),
            Fault::OtherVector(party(0)),
        ]
    );
    // The right one is still taken; a second, different one is not.
    table.deliver(
        0,
        ParticipantMessage::Input {
            header: header.clone(),
            vector,
        },
    );
    send(&mut table, zero(3, RingBits::Bits40), true);
    assert_eq!(table.faults.last(), Some(&Fault::Equivocation(party(0))));
}

#[test]
fn an_answer_out_of_range_is_noticed_when_the_masks_are_off() {
    let mut table = Table::in_round();
    let request = table.request(0);
    let ParticipantMessage::Input { header, vector } = table.follow(0, &request) else {
        panic!("an input was asked for");
    };
    let mut beyond = RingVector::from_signed(&[1 << 36, 0, 0], RingBits::Bits40).expect("fits");
    beyond.add(&vector);
    let vector = beyond.pack(RingBits::Bits40);
    let mut body = header.body;
    body.vector = vector.hash();
    let header = resigned(&table, 0, body);
    table.deliver(0, ParticipantMessage::Input { header, vector });
    table.exchange(&[1, 2, 3, 4]);
    table.exchange_all(1);
    table.exchange(&[0, 1, 2, 3]);
    assert_eq!(table.blamed(), [Fault::ImpossibleTotal(0)]);
    assert_eq!(table.released(), None);
    assert!(table.events.iter().any(|event| matches!(
        event,
        CoordinatorEvent::UnitClosed {
            reason: ClosureReason::Cheating,
            ..
        }
    )));
}

#[test]
fn replayed_messages_are_refused() {
    let mut table = Table::in_round();
    let request = table.request(0);
    let first = table.follow(0, &request);
    table.deliver(0, first.clone());
    table.exchange(&[1, 2]);
    table.end_phase();
    table.open_round();
    table.deliver(0, first.clone());
    table.deliver(1, first);
    assert_eq!(
        table.faults,
        [Fault::Stale(party(0)), Fault::Stale(party(1))]
    );
    // As somebody else's, in the same attempt.
    let request = table.request(0);
    let reply = table.follow(0, &request);
    table.deliver(1, reply);
    assert_eq!(table.faults.last(), Some(&Fault::BadSignature(party(1))));
}

/// Keys are out, shares are asked for; party 0 is about to answer.
fn sharing() -> (Table, CoordinatorMessage) {
    let mut table = Table::new();
    table.open_batch();
    table.exchange_all(1);
    let request = table.request(0);
    (table, request)
}

fn resigned_shares(table: &Table, shares: SharedSecrets) -> ParticipantMessage {
    let parcels: Vec<_> = everybody()
        .iter()
        .zip(&shares.parcels)
        .map(|(holder, parcel)| (holder, parcel.hash()))
        .collect();
    let body = ShareSummary {
        parcels,
        ..shares.summary.body
    };
    let context = crate::context::BatchContext::of(&table.consortium.agreed, 0);
    ParticipantMessage::Shares(SharedSecrets {
        summary: Signed::sign(body, &context.0, &table.consortium.institutions[0]),
        parcels: shares.parcels,
    })
}

#[test]
fn an_owner_of_unsound_shares_leaves_the_batch() {
    let (mut table, request) = sharing();
    let ParticipantMessage::Shares(mut shares) = table.follow(0, &request) else {
        panic!("shares were asked for");
    };
    // Committed to something else than what is sealed for party 3.
    shares.parcels[3].commitments[1].0 = crate::Hash::of("another", &[]);
    let message = resigned_shares(&table, shares);
    table.deliver(0, message);
    table.exchange(&[1, 2, 3, 4]);
    table.exchange_all(1);
    assert_eq!(
        table.blamed(),
        [Fault::UnsoundShares {
            owner: party(0),
            holder: party(3)
        }]
    );
    assert_eq!(table.coordinator.batch_members(), without(0));
    // The others go on without it.
    table.open_round();
    for _ in 0..3 {
        table.exchange(&[1, 2, 3, 4]);
    }
    assert_eq!(table.released(), Some(table.sum_over(without(0))));
}

#[test]
fn whoever_complains_without_reason_leaves_the_batch() {
    let (mut table, request) = sharing();
    let reply = table.follow(0, &request);
    table.deliver(0, reply);
    table.exchange(&[1, 2, 3, 4]);
    let request = table.request(0);
    let ParticipantMessage::Verdict(verdict) = table.follow(0, &request) else {
        panic!("a verdict was asked for");
    };
    let mut body = verdict.body;
    body.sound.remove(party(2));
    body.complaints.push(crate::message::Complaint {
        owner: party(2),
        key: Secret::from_bytes([9; 32]),
    });
    let context = crate::context::BatchContext::of(&table.consortium.agreed, 0);
    let verdict = Signed::sign(body, &context.0, &table.consortium.institutions[0]);
    table.deliver(0, ParticipantMessage::Verdict(verdict));
    table.exchange(&[1, 2, 3, 4]);
    assert_eq!(
        table.blamed(),
        [Fault::UnfoundedComplaint {
            owner: party(2),
            holder: party(0)
        }]
    );
    assert_eq!(table.coordinator.batch_members(), without(0));
}

#[test]
fn copied_keys_and_parcels_not_as_signed_are_refused() {
    let mut table = Table::new();
    table.open_batch();
    let requests: Vec<_> = (0..2).map(|place| table.request(place)).collect();
    let keys: Vec<_> = (0..2)
        .map(|place| match table.follow(place, &requests[place]) {
            ParticipantMessage::Keys(keys) => keys,
            other => panic!("keys were asked for: {other:?}"),
        })
        .collect();
    table.deliver(0, ParticipantMessage::Keys(keys[0].clone()));
    let mut copied = keys[1].body.clone();
    copied.slots[2] = keys[0].body.slots[2];
    let context = crate::context::BatchContext::of(&table.consortium.agreed, 0);
    let copied = Signed::sign(copied, &context.0, &table.consortium.institutions[1]);
    table.deliver(1, ParticipantMessage::Keys(copied));
    assert_eq!(table.faults, [Fault::UnsoundKeys(party(1))]);

    let (mut table, request) = sharing();
    let ParticipantMessage::Shares(mut shares) = table.follow(0, &request) else {
        panic!("shares were asked for");
    };
    shares.parcels[3].sealed[0] ^= 1;
    table.deliver(0, ParticipantMessage::Shares(shares));
    assert_eq!(table.faults, [Fault::UnsoundParcels(party(0))]);
}
