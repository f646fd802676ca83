//! What each command does, as given / when / then. The fixtures are one bank with one hand-made model.

mod activate_policy;
mod adopt_context;
mod aftermath;
mod approval;
mod assess_transaction;
mod cases;
mod drafts;
mod fold;
mod import_transaction;
mod label_transaction;
mod late_and_early;
mod lists;
mod models;
mod parked_labels;
mod publish_model;
mod rules;
mod switch_off;
mod webhooks;
mod wrong_partition;

use accord_decider::{Specification, given};
use accord_learning::logistic::{LogisticFeature, LogisticModel, Standardisation, Transform};

use super::*;
use crate::{
    AssessTransaction, ContextAdopted, CustomerReference, Decision, FeatureSet, Features,
    LabelledPurchase, ListChange, ListEntry, ListFingerprint, ListName, ListedKind, ModelEvidence,
    ModelPublished, Policy, PolicyActivated, Rule, RuleContent, RuleMode, RuleSet, Scorer,
    Thresholds, Transaction, TransactionAssessed, TransactionFingerprints, TransactionImported,
};

/// Sunday 2018-04-01 12:00 UTC.
const NOON: i64 = 1_522_584_000_000_000;
const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const DATA: PartitionId = PartitionId(1);
const CUSTOMER: CustomerReference = CustomerReference(0x0123_4567_89ab_cdef);
const MODEL: &str = "0f0f";

/// A model that can be followed on paper. Log-odds: −5, plus the amount in hundreds of euros (at most 8), plus 0.5 for
/// a customer without an earlier transaction, plus a quarter of (amount / 30-day median − 1).
fn model() -> ScoringModel {
    model_of(FeatureSet::CURRENT)
}

fn model_of(set: FeatureSet) -> ScoringModel {
    let unused = Standardisation {
        transform: Transform::Identity,
        mean: 0.0,
        inverse_deviation: 0.0,
        lowest: 0.0,
        highest: 0.0,
    };
    let features = set
        .features()
        .iter()
        .map(|feature| {
            let (standardisation, weight, missing_weight) = match feature.name {
                "amount" => (scale(0.0, 10_000.0), 1.0, 0.0),
                "seconds_since_previous" => (unused, 0.0, 0.5),
                "amount_to_median_30_days" => (scale(1.0, 1.0), 0.25, 0.0),
                _ => (unused, 0.0, 0.0),
            };
            LogisticFeature {
                name: feature.name.to_owned(),
                standardisation,
                weight,
                missing_weight,
            }
        })
        .collect();
    let logistic = LogisticModel {
        features,
        intercept: -5.0,
    };
    ScoringModel::new(set, Scorer::Logistic(logistic)).unwrap()
}

fn scale(mean: f64, deviation: f64) -> Standardisation {
    Standardisation {
        transform: Transform::Identity,
        mean,
        inverse_deviation: 1.0 / deviation,
        lowest: -8.0,
        highest: 8.0,
    }
}

fn thresholds() -> Thresholds {
    Thresholds {
        challenge: 0.1,
        review: 0.3,
        decline: 0.8,
    }
}

fn policy(version: u32) -> Policy {
    Policy {
        version,
        model: MODEL.to_owned(),
        thresholds: thresholds(),
        rules: RuleSet::default(),
    }
}

fn rule(id: &str, condition: &str, outcome: Decision) -> Rule {
    Rule {
        id: Arc::from(id),
        version: 1,
        condition: condition.to_owned(),
        outcome,
        mode: RuleMode::Active,
        reason: "because".to_owned(),
    }
}

fn rule_content(id: &str, condition: &str, outcome: Decision) -> RuleContent {
    RuleContent::from(&rule(id, condition, outcome))
}

fn with_rules(version: u32, rules: impl IntoIterator<Item = Rule>) -> Policy {
    Policy {
        rules: RuleSet::new(rules.into_iter().collect()),
        ..policy(version)
    }
}

/// An entry of the block list.
fn blocked(kind: ListedKind, fingerprint: u64, expires_at_us: Option<i64>) -> ListChange {
    on_list(ListName::Block, kind, fingerprint, expires_at_us)
}

fn on_list(
    list: ListName,
    kind: ListedKind,
    fingerprint: u64,
    expires_at_us: Option<i64>,
) -> ListChange {
    ListChange::Add(ListEntry {
        list,
        kind,
        fingerprint: ListFingerprint(fingerprint),
        hint: "…0042".to_owned(),
        expires_at_us,
        comment: String::new(),
    })
}

/// A node on which the model is loaded.
fn at(now_us: i64) -> Context {
    let mut models = ModelLibrary::default();
    models.insert(MODEL.to_owned(), Arc::new(model()));
    Context {
        now_us,
        models: Arc::new(models),
        entities: None,
    }
}

/// A node on which two models are loaded, `MODEL` and `another`.
fn with_two_models(now_us: i64) -> Context {
    let mut models = ModelLibrary::default();
    for hash in [MODEL, "another"] {
        models.insert(hash.to_owned(), Arc::new(model()));
    }
    Context {
        now_us,
        models: Arc::new(models),
        entities: None,
    }
}

/// What was shown of a proposed model.
fn evidence() -> ModelEvidence {
    ModelEvidence {
        card: "card".to_owned(),
        comparison: Some("comparison".to_owned()),
    }
}

/// A node on which no model is loaded.
fn without_models(now_us: i64) -> Context {
    Context {
        now_us,
        models: Arc::default(),
        entities: None,
    }
}

fn transaction(transaction_id: &str, occurred_at_us: i64, amount_minor: i64) -> Transaction {
    Transaction {
        transaction_id: transaction_id.to_owned(),
        customer: CUSTOMER,
        occurred_at_us,
        amount_minor,
        currency: "EUR".to_owned(),
        terminal_id: "terminal-1".to_owned(),
        card: None,
        device: None,
        address: None,
    }
}

/// Features of a transaction of which nothing is known but itself.
fn first_features(transaction: &Transaction) -> Features {
    FeatureSet::CURRENT.compute(None, &EntitySummaries::default(), transaction)
}

fn assess(transaction: &Transaction) -> Command {
    Command::AssessTransaction(AssessTransaction {
        transaction: transaction.clone(),
        personal: "sealed".to_owned(),
        fingerprints: TransactionFingerprints::default(),
    })
}

/// A customer's earlier purchase. Its stored features do not matter to later decisions.
fn purchased(occurred_at_us: i64, amount_minor: i64) -> Event {
    imported(transaction("earlier", occurred_at_us, amount_minor))
}

fn imported(transaction: Transaction) -> Event {
    Event::TransactionImported(TransactionImported {
        features: first_features(&transaction),
        transaction,
        decision: Decision::Approve,
        personal: "sealed".to_owned(),
    })
}

fn adopted(control_offset: PartitionOffset, policy: Policy) -> Event {
    Event::ContextAdopted(ContextAdopted {
        control_offset,
        policy,
        list_changes: Vec::new(),
    })
}

fn published(model: &str) -> Event {
    Event::ModelPublished(publication(model))
}

fn publication(model: &str) -> ModelPublished {
    ModelPublished {
        model: model.to_owned(),
        training_rows: 1_000,
        training_frauds: 9,
        trained_through: 1_009,
        training_auc: Some(0.87),
        card: None,
    }
}

fn activated(policy: Policy) -> Event {
    Event::PolicyActivated(PolicyActivated {
        policy,
        list_changes: Vec::new(),
    })
}

fn given_data(events: impl IntoIterator<Item = Event>) -> Specification<RiskControl> {
    given(RiskControl::initial(DATA), events)
}

fn given_control(events: impl IntoIterator<Item = Event>) -> Specification<RiskControl> {
    given(RiskControl::initial(PartitionId::CONTROL), events)
}

/// The single assessment that a command led to.
#[track_caller]
fn assessed(specification: Specification<RiskControl>, command: &Command) -> TransactionAssessed {
    let Command::AssessTransaction(asked) = command else {
        panic!("not an assessment: {command:?}");
    };
    let context = at(asked.transaction.occurred_at_us);
    let (events, _) = specification.when(&context, command).then_state();
    match events.as_slice() {
        // An alert may follow in the same commit.
        [Event::TransactionAssessed(event), ..] => event.clone(),
        other => panic!("expected one assessment, got {other:?}"),
    }
}

#[track_caller]
fn feature(features: &Features, name: &str) -> f64 {
    features
        .get(name)
        .unwrap_or_else(|| panic!("no feature {name}"))
}
