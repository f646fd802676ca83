//! Reversals, refunds, answers to challenges, and transactions that were decided elsewhere.

use accord_decider::Outcome;
use proptest::prelude::*;

use super::*;
use crate::{
    AdviseTransaction, AnswerChallenge, ChallengeAnswered, ChallengeOutcome, DecidedTransaction,
    RefundTransaction, ReversalCause, ReverseTransaction, StandIn, TransactionAdvised,
    TransactionRefunded, TransactionReversed,
};

fn of(decision: Decision) -> DecidedTransaction {
    DecidedTransaction {
        transaction_id: "t-1".to_owned(),
        customer: CUSTOMER,
        occurred_at_us: NOON,
        amount_minor: 2_500,
        decision,
    }
}

fn reverse() -> Command {
    Command::ReverseTransaction(ReverseTransaction {
        transaction: of(Decision::Approve),
        cause: ReversalCause::Merchant,
        happened_at_us: None,
    })
}

fn refund(amount_minor: i64) -> Command {
    Command::RefundTransaction(RefundTransaction {
        transaction: of(Decision::Approve),
        amount_minor,
        happened_at_us: Some(NOON + MINUTE),
    })
}

fn answer(decision: Decision) -> Command {
    Command::AnswerChallenge(AnswerChallenge {
        transaction: of(decision),
        outcome: ChallengeOutcome::Abandoned,
        happened_at_us: None,
    })
}

fn reversed() -> Event {
    Event::TransactionReversed(TransactionReversed {
        transaction_id: "t-1".to_owned(),
        customer: CUSTOMER,
        cause: ReversalCause::Merchant,
        happened_at_us: NOON + HOUR,
    })
}

fn refunded(amount_minor: i64) -> Event {
    Event::TransactionRefunded(TransactionRefunded {
        transaction_id: "t-1".to_owned(),
        customer: CUSTOMER,
        amount_minor,
        happened_at_us: NOON + MINUTE,
    })
}

fn answered() -> Event {
    Event::ChallengeAnswered(ChallengeAnswered {
        transaction_id: "t-1".to_owned(),
        customer: CUSTOMER,
        outcome: ChallengeOutcome::Abandoned,
        happened_at_us: NOON + HOUR,
    })
}

fn after(events: impl IntoIterator<Item = Event>, command: &Command) -> Outcome<RiskControl> {
    given_data(events).when(&at(NOON + HOUR), command)
}

#[test]
fn a_transaction_is_reversed_once() {
    after([], &reverse()).then(&[reversed()]);
    after([reversed()], &reverse()).then_rejected(&Rejection::AlreadyReversed);
    after([refunded(1)], &reverse()).then_rejected(&Rejection::AlreadyRefunded);
}

#[test]
fn refunds_together_never_exceed_the_amount() {
    after([], &refund(2_500)).then(&[refunded(2_500)]);
    after([refunded(1_000)], &refund(1_500)).then(&[refunded(1_500)]);
    for (history, amount_minor) in [
        (vec![], 2_501),
        (vec![], 0),
        (vec![], -1),
        (vec![refunded(1_000)], 1_501),
    ] {
        after(history, &refund(amount_minor)).then_rejected(&Rejection::RefundTooLarge);
    }
    after([reversed()], &refund(1)).then_rejected(&Rejection::AlreadyReversed);
}

#[test]
fn only_a_challenge_is_answered_and_only_once() {
    after([], &answer(Decision::Challenge)).then(&[answered()]);
    after([answered()], &answer(Decision::Challenge)).then_rejected(&Rejection::ChallengeAnswered);
    for decision in [Decision::Approve, Decision::Review, Decision::Decline] {
        after([], &answer(decision)).then_rejected(&Rejection::NotChallenged);
    }
}

#[test]
fn nothing_happens_before_its_transaction_or_ahead_of_the_clock() {
    for (happened_at_us, rejection) in [
        (NOON - 1, Rejection::BeforeTransaction),
        (NOON + 3 * HOUR, Rejection::OccurredInFuture),
    ] {
        let command = Command::ReverseTransaction(ReverseTransaction {
            transaction: of(Decision::Approve),
            cause: ReversalCause::Timeout,
            happened_at_us: Some(happened_at_us),
        });
        after([], &command).then_rejected(&rejection);
    }
}

fn advise(occurred_at_us: i64) -> Command {
    Command::AdviseTransaction(AdviseTransaction {
        transaction: transaction("t-2", occurred_at_us, 4_000),
        decision: Decision::Decline,
        decided_by: StandIn::Scheme,
        personal: "sealed".to_owned(),
    })
}

#[test]
fn a_transaction_that_was_decided_elsewhere_keeps_that_decision_and_counts() {
    let advised = transaction("t-2", NOON, 4_000);
    let expected = Event::TransactionAdvised(TransactionAdvised {
        features: first_features(&advised),
        transaction: advised,
        decision: Decision::Decline,
        decided_by: StandIn::Scheme,
        personal: "sealed".to_owned(),
    });
    // Without policy or model: nothing is decided here.
    given_data([])
        .when(&without_models(NOON), &advise(NOON))
        .then(std::slice::from_ref(&expected));
    let later = transaction("t-3", NOON + MINUTE, 1_000);
    let given = given_data([adopted(1, policy(1)), expected]);
    let assessed = assessed(given, &assess(&later));
    assert_eq!(feature(&assessed.features, "customer_count_1_hour"), 2.0);
    given_data([])
        .when(&without_models(NOON), &advise(NOON - 8 * DAY))
        .then_rejected(&Rejection::OccurredTooLongAgo);
}

/// For the test of folds: what may happen to few transactions of few customers.
pub(super) fn some_command() -> impl Strategy<Value = Command> {
    let decided = || {
        (0_u64..3, 0_u64..3).prop_map(|(customer, transaction)| DecidedTransaction {
            transaction_id: format!("t-{transaction}"),
            customer: CustomerReference(customer),
            ..of(Decision::Challenge)
        })
    };
    prop_oneof![
        decided().prop_map(
            |transaction| Command::ReverseTransaction(ReverseTransaction {
                transaction,
                cause: ReversalCause::Customer,
                happened_at_us: None,
            })
        ),
        (decided(), 0_i64..3_000).prop_map(|(transaction, amount_minor)| {
            Command::RefundTransaction(RefundTransaction {
                transaction,
                amount_minor,
                happened_at_us: None,
            })
        }),
        decided().prop_map(|transaction| Command::AnswerChallenge(AnswerChallenge {
            transaction,
            outcome: ChallengeOutcome::Passed,
            happened_at_us: None,
        })),
        Just(advise(NOON)),
    ]
}
