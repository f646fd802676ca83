use std::sync::Arc;

use accord_learning::logistic::{LogisticFeature, LogisticModel, Standardisation, Transform};

use super::*;
use crate::{
    CustomerReference, FeatureSet, Features, LabelSource, RuleSet, Scorer, ScoringModel,
    Thresholds, TransactionAssessed, TransactionImported, TransactionLabelled, ValueProfile,
    Values,
};

const DAY: i64 = MICROSECONDS_PER_DAY;
const NOW: i64 = 1_000 * DAY;

/// Log-odds: −5, plus `weight` for each hundred euros.
fn model(weight: f64) -> Arc<ScoringModel> {
    let features = FeatureSet::CURRENT
        .features()
        .iter()
        .map(|feature| LogisticFeature {
            name: feature.name.to_owned(),
            standardisation: Standardisation {
                transform: Transform::Identity,
                mean: 0.0,
                inverse_deviation: if feature.name == "amount" { 1e-4 } else { 0.0 },
                lowest: -100.0,
                highest: 100.0,
            },
            weight: if feature.name == "amount" {
                weight
            } else {
                0.0
            },
            missing_weight: 0.0,
        })
        .collect();
    let logistic = LogisticModel {
        features,
        intercept: -5.0,
    };
    Arc::new(ScoringModel::new(FeatureSet::CURRENT, Scorer::Logistic(logistic)).unwrap())
}

fn policy() -> Policy {
    Policy {
        version: 3,
        model: "champion".to_owned(),
        thresholds: Thresholds {
            challenge: 0.5,
            review: 0.5,
            decline: 0.5,
        },
        rules: RuleSet::default(),
    }
}

/// The challenger has the champion's thresholds and believes the contrary of amounts.
fn board() -> Scoreboard {
    let challenger = Contender::challenger(
        "challenger".to_owned(),
        model(-1.0),
        None,
        policy().thresholds,
        &policy(),
    );
    let champion = Contender::champion("champion".to_owned(), model(1.0), None);
    Scoreboard::new(policy(), champion, [challenger], None)
}

fn transaction(id: &str, occurred_at_us: i64, amount_minor: i64) -> Transaction {
    Transaction {
        transaction_id: id.to_owned(),
        customer: CustomerReference(amount_minor.cast_unsigned()),
        occurred_at_us,
        amount_minor,
        currency: "EUR".to_owned(),
        terminal_id: "terminal-1".to_owned(),
        card: None,
        device: None,
        address: None,
    }
}

fn features(amount_minor: i64) -> Features {
    let mut values = [0.0; _];
    values[0] = amount_minor as f64;
    Features::Risk2(Values(values))
}

fn assessed(id: &str, occurred_at_us: i64, amount_minor: i64, decision: Decision) -> Event {
    Event::TransactionAssessed(TransactionAssessed {
        transaction: transaction(id, occurred_at_us, amount_minor),
        features: features(amount_minor),
        score: 0.5,
        decision,
        reasons: Vec::new(),
        policy: 1,
        personal: "sealed".to_owned(),
        lists: Memberships::default(),
        hits: Vec::new(),
        shadow_hits: Vec::new(),
    })
}

fn imported(id: &str, occurred_at_us: i64, amount_minor: i64) -> Event {
    Event::TransactionImported(TransactionImported {
        transaction: transaction(id, occurred_at_us, amount_minor),
        features: features(amount_minor),
        decision: Decision::Approve,
        personal: "sealed".to_owned(),
    })
}

fn labelled(id: &str, amount_minor: i64, label: Label) -> Event {
    Event::TransactionLabelled(TransactionLabelled {
        transaction_id: id.to_owned(),
        customer: CustomerReference(amount_minor.cast_unsigned()),
        purchase: None,
        label,
        source: LabelSource::Chargeback,
        known_at_us: NOW,
        note: None,
    })
}

fn folded(events: impl IntoIterator<Item = Event>) -> Scoreboard {
    let mut board = board();
    for event in events {
        board.add(&event);
    }
    board
}

const OLD: i64 = NOW - 20 * DAY;
const YOUNG: i64 = NOW - DAY;

#[test]
fn both_are_measured_on_what_is_old_enough_to_have_been_reported() {
    let board = folded([
        imported("small", OLD, 1_000),
        imported("large", OLD, 90_000),
        assessed("huge", OLD + 5, 200_000, Decision::Decline),
        imported("young", YOUNG, 90_001),
        labelled("large", 90_000, Label::Fraud),
        labelled("young", 90_001, Label::Fraud),
    ]);
    let comparison = board.comparison("challenger", NOW, 77).unwrap();
    assert_eq!((comparison.transactions, comparison.through), (4, 77));
    let champion = &comparison.champion_side;
    assert_eq!((champion.measures.rows, champion.measures.frauds), (3, 1));
    assert_eq!(champion.measures.auc, Some(0.5));
    assert_eq!(champion.fraud_stopped_minor, 90_000);
    assert_eq!(
        (champion.genuine_stopped, champion.genuine_stopped_minor),
        (1, 200_000)
    );
    let challenger = &comparison.challenger_side;
    assert_eq!(challenger.fraud_missed_minor, 90_000);
    assert_eq!(challenger.genuine_stopped, 0);
    // The champion declines the three large ones, the challenger none of them.
    assert_eq!(comparison.decisions[3][0], 3);
    assert_eq!(comparison.decided_alike(), 1);
    assert_eq!(champion.scores.iter().sum::<u64>(), 4);
}

#[test]
fn what_a_model_was_trained_on_is_left_out_where_there_is_anything_else() {
    let trained_through = |trained_through_us| {
        let mut board = board();
        board.contenders[1].trained_through_us = trained_through_us;
        for event in [
            imported("seen", OLD, 1_000),
            imported("unseen", OLD + DAY, 2_000),
            imported("fraud", OLD + DAY, 3_000),
            labelled("fraud", 3_000, Label::Fraud),
        ] {
            board.add(&event);
        }
        let comparison = board.comparison("challenger", NOW, 0).unwrap();
        (comparison.unseen, comparison.champion_side.measures.rows)
    };
    assert_eq!(trained_through(None), (true, 3));
    assert_eq!(trained_through(Some(OLD)), (true, 2));
    assert_eq!(trained_through(Some(OLD + DAY)), (false, 3));
}

#[test]
fn days_are_told_apart_and_young_ones_are_not_measured() {
    let board = folded([
        imported("a", OLD, 90_000),
        imported("b", OLD + 1, 1_000),
        labelled("a", 90_000, Label::Fraud),
        imported("c", YOUNG, 90_001),
    ]);
    let days = board.comparison("challenger", NOW, 0).unwrap().days;
    assert_eq!(days.len(), 2);
    assert!(days[0].mature && !days[1].mature);
    assert_eq!(days[0].champion.average_precision, Some(1.0));
    assert_eq!(days[0].challenger.average_precision, Some(0.5));
    assert_eq!(days[0].champion.fraud_stopped_minor, 90_000);
    assert_eq!(days[1].champion.average_precision, None);
    assert_eq!(days[1].champion.alerts, 1);
}

#[test]
fn a_corrected_label_counts_and_one_of_another_customer_does_not() {
    let frauds = |events: Vec<Event>| {
        let comparison = folded(events).comparison("challenger", NOW, 0).unwrap();
        comparison.champion_side.measures.frauds
    };
    let begun = vec![imported("a", OLD, 500), labelled("a", 500, Label::Fraud)];
    assert_eq!(frauds(begun.clone()), 1);
    let corrected = labelled("a", 500, Label::Genuine);
    assert_eq!(frauds([begun, vec![corrected]].concat()), 0);
    let of_another = vec![imported("a", OLD, 500), labelled("a", 501, Label::Fraud)];
    assert_eq!(frauds(of_another), 0);
}

#[test]
fn the_oldest_leave_and_the_labels_of_the_others_still_find_them() {
    let mut board = board();
    board.rows_max = 2;
    for event in [
        imported("a", OLD, 1),
        imported("b", OLD, 2),
        imported("c", OLD, 3),
        labelled("a", 1, Label::Fraud),
        labelled("c", 3, Label::Fraud),
    ] {
        board.add(&event);
    }
    let measures = board
        .comparison("challenger", NOW, 0)
        .unwrap()
        .champion_side
        .measures;
    assert_eq!((measures.rows, measures.frauds), (2, 1));
}

#[test]
fn only_challengers_are_compared() {
    let board = board();
    assert_eq!(board.comparison("champion", NOW, 0), None);
    assert_eq!(board.comparison("unheard", NOW, 0), None);
    let empty = board.comparison("challenger", NOW, 0).unwrap();
    assert_eq!((empty.transactions, empty.first_us), (0, None));
    assert_eq!(empty.champion_side.mean_score, None);
}

fn watched(amounts_at_training: &[f64]) -> Scoreboard {
    let constant = ValueProfile::of(&[0.0]);
    let mut features = vec![constant; FeatureSet::CURRENT.features().len()];
    features[0] = ValueProfile::of(amounts_at_training);
    let scores: Vec<f64> = amounts_at_training
        .iter()
        .map(|amount| model(1.0).score(&super::tests::features(*amount as i64)))
        .collect();
    let profile = TrainingProfile {
        features,
        scores: ValueProfile::of(&scores),
    };
    let champion = Contender::champion("champion".to_owned(), model(1.0), None);
    Scoreboard::new(policy(), champion, [], Some(profile))
}

#[test]
fn a_feature_that_has_moved_is_named() {
    let amounts: Vec<f64> = (0..1_000).map(f64::from).collect();
    for (shift, expected) in [(0, false), (600, true)] {
        let mut board = watched(&amounts);
        for amount in 0..1_000 {
            board.add(&imported(&format!("t-{amount}"), YOUNG, amount + shift));
        }
        let monitoring = board.monitoring(NOW, 5);
        assert!(monitoring.has_profile);
        assert_eq!(monitoring.drift_transactions, 1_000);
        let amount = monitoring.features[0].index.unwrap();
        assert_eq!(amount >= STABILITY_SHIFTED, expected, "{amount}");
        let named = monitoring.warnings.iter().any(|warning| {
            matches!(warning, MonitoringWarning::FeatureShifted { feature, .. } if feature == "amount")
        });
        assert_eq!(named, expected, "{:?}", monitoring.warnings);
    }
}

#[test]
fn few_values_raise_no_alarm() {
    let mut board = watched(&[1.0, 2.0, 3.0]);
    board.add(&imported("far away", YOUNG, 1_000_000));
    let monitoring = board.monitoring(NOW, 0);
    assert_eq!(monitoring.features[0].index, None);
    assert_eq!(monitoring.warnings, []);
}

#[test]
fn alerts_that_are_hardly_ever_frauds_raise_an_alarm_once_they_are_mature() {
    let events = |at: i64| {
        (0..40).map(move |number| assessed(&format!("t-{number}"), at, number, Decision::Review))
    };
    let mature = folded(events(OLD)).monitoring(NOW, 0);
    assert_eq!((mature.alerts, mature.alert_frauds), (40, 0));
    assert_eq!(
        mature.warnings,
        [MonitoringWarning::FewAlertsAreFrauds { precision: 0.0 }]
    );
    assert_eq!(mature.days[0].alerts, 40);
    assert_eq!(folded(events(YOUNG)).monitoring(NOW, 0).warnings, []);
}
