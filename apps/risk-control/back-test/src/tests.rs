use std::{collections::HashSet, sync::Arc};

use accord_decider::{Decider, LoggedDecider, PartitionId};
use risk_control::{
    Command, Context, CustomerReference, Decision, EntityKey, Event, Evidence, FeatureSet,
    ImportTransaction, Label, LabelSource, LabelTransaction, LabelledPurchase, ListChange,
    ListEntry, ListFingerprint, ListName, ListedKind, MICROSECONDS_PER_DAY, Memberships,
    ModelLibrary, PartitionState, Policy, RiskControl, Rule, RuleMode, RuleSet, Thresholds,
    Transaction, TransactionAssessed, TransactionFingerprints,
};

use super::*;

const DAY: i64 = MICROSECONDS_PER_DAY;

/// A bank of two partitions whose transactions are in a made-up order that is always the same.
struct History {
    events: Vec<(u16, Event)>,
}

/// A small generator, so that the history is the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

impl History {
    /// Purchases with every twelfth one fraud, reported three days later. Every other one was decided by a policy.
    fn new(count: u64) -> Self {
        let mut random = Random(11);
        let mut partitions: Vec<PartitionState> = [1, 2]
            .map(|number| RiskControl::initial(PartitionId(number)))
            .into();
        let mut events = Vec::new();
        let mut reports: Vec<(i64, Transaction)> = Vec::new();
        for index in 0..count {
            let at_us = 100 * DAY + index as i64 * 7 * 60_000_000;
            let customer = random.below(9);
            let transaction = Transaction {
                transaction_id: format!("t{index}"),
                customer: CustomerReference(customer),
                occurred_at_us: at_us,
                amount_minor: 100 + random.below(40_000) as i64,
                currency: if random.below(5) == 0 { "USD" } else { "EUR" }.to_owned(),
                terminal_id: format!("m{}", random.below(5)),
                card: Some(EntityKey::from_hash((customer + 1) << 40)),
                device: (random.below(3) == 0).then(|| EntityKey::from_hash(random.0)),
                address: None,
            };
            while let Some((known_at_us, _)) = reports.first()
                && *known_at_us <= at_us
            {
                let (known_at_us, transaction) = reports.remove(0);
                let partition = (transaction.customer.0 % 2) as u16 + 1;
                let command = Command::LabelTransaction(LabelTransaction {
                    transaction_id: transaction.transaction_id.clone(),
                    customer: transaction.customer,
                    purchase: LabelledPurchase::of(&transaction),
                    label: Label::Fraud,
                    source: LabelSource::Chargeback,
                    known_at_us: Some(known_at_us),
                    note: None,
                });
                push(
                    &mut events,
                    &mut partitions,
                    partition,
                    known_at_us,
                    &command,
                );
            }
            if random.below(12) == 0 {
                reports.push((at_us + 3 * DAY, transaction.clone()));
            }
            let partition = (customer % 2) as u16 + 1;
            let command = Command::ImportTransaction(ImportTransaction {
                transaction,
                decision: Decision::ALL[random.below(4) as usize],
                personal: String::new(),
            });
            push(&mut events, &mut partitions, partition, at_us, &command);
            if index % 2 == 0 {
                decided_here(&mut events, &mut random);
            }
        }
        Self { events }
    }

    fn columns(&self) -> Columns {
        let mut builder = ColumnBuilder::new(1);
        for (sequence, (partition, event)) in (1..).zip(&self.events) {
            let place = EventPlace {
                sequence,
                partition: *partition,
            };
            builder.add(place, event, |event| match event {
                Event::TransactionImported(event) => fingerprints(&event.transaction),
                Event::TransactionAssessed(event) => fingerprints(&event.transaction),
                _ => TransactionFingerprints::default(),
            });
        }
        builder.finish()
    }

    fn transactions(&self) -> Vec<&Event> {
        let events = self.events.iter().map(|(_, event)| event);
        events
            .filter(|event| {
                matches!(
                    event,
                    Event::TransactionImported(_) | Event::TransactionAssessed(_)
                )
            })
            .collect()
    }
}

fn push(
    events: &mut Vec<(u16, Event)>,
    partitions: &mut [PartitionState],
    partition: u16,
    now_us: i64,
    command: &Command,
) {
    let context = Context {
        now_us,
        models: Arc::new(ModelLibrary::default()),
        entities: None,
    };
    let consulted = RiskControl::consult(&context, command, partitions.iter()).unwrap_or(context);
    let state = &mut partitions[usize::from(partition) - 1];
    for event in RiskControl::decide(state, &consulted, command).expect("a valid command") {
        RiskControl::evolve(state, &event);
        events.push((partition, event));
    }
}

/// Turns the last transaction into one that was decided here, by the policy at offset 3, and that was on some lists.
fn decided_here(events: &mut [(u16, Event)], random: &mut Random) {
    let Some((_, event)) = events.last_mut() else {
        return;
    };
    let Event::TransactionImported(imported) = event.clone() else {
        return;
    };
    let mut lists = Memberships::default();
    for list in ListName::ALL {
        if random.below(15) == 0 {
            lists.add(list, ListedKind::ALL[random.below(4) as usize]);
        }
    }
    *event = Event::TransactionAssessed(TransactionAssessed {
        score: model().score(&imported.features),
        transaction: imported.transaction,
        features: imported.features,
        decision: imported.decision,
        reasons: Vec::new(),
        policy: 3,
        personal: String::new(),
        lists,
        hits: Vec::new(),
        shadow_hits: Vec::new(),
    });
}

fn fingerprints(transaction: &Transaction) -> TransactionFingerprints {
    TransactionFingerprints {
        customer: Some(ListFingerprint(transaction.customer.0 + 1)),
        terminal: Some(ListFingerprint(
            1_000 + u64::from(transaction.terminal_id.as_bytes()[1]),
        )),
        card: None,
        device: None,
    }
}

/// A regression whose scores spread: trained on rows of which every third is fraud.
fn model() -> risk_control::ScoringModel {
    use std::sync::OnceLock;
    static MODEL: OnceLock<risk_control::ScoringModel> = OnceLock::new();
    MODEL
        .get_or_init(|| {
            let features = FeatureSet::CURRENT.features().len();
            let mut rows = accord_learning::TrainingRows::new(features);
            let mut random = Random(5);
            for id in 0..400 {
                let values: Vec<f64> = (0..features).map(|_| random.below(1_000) as f64).collect();
                let fraud = values[0] > 600.0;
                rows.push(id, &values, fraud).expect("a row of the set");
            }
            let plan = risk_control::TreesPlan {
                threads: 1,
                seed: 1,
            };
            risk_control::train_trees(&rows, plan).expect("two classes")
        })
        .clone()
}

fn rule(id: &str, condition: &str, outcome: Decision, mode: RuleMode) -> Rule {
    Rule {
        id: Arc::from(id),
        version: 1,
        condition: condition.to_owned(),
        outcome,
        mode,
        reason: "A test".to_owned(),
    }
}

fn policy(rules: Vec<Rule>) -> Policy {
    Policy {
        version: 1,
        model: "m".to_owned(),
        thresholds: Thresholds {
            challenge: 0.3,
            review: 0.6,
            decline: 0.9,
        },
        rules: RuleSet::new(rules),
    }
}

/// One rule for every field, so that no column can be mistaken for another.
fn rules_of_all_fields() -> Vec<Rule> {
    let mut rules = vec![
        rule(
            "currency",
            "currency == 'USD'",
            Decision::Challenge,
            RuleMode::Active,
        ),
        rule(
            "terminal",
            "terminal_id in ['m1', 'm3']",
            Decision::Review,
            RuleMode::Active,
        ),
        rule(
            "hour",
            "hour_of_day >= 7 && hour_of_day < 12",
            Decision::Challenge,
            RuleMode::Active,
        ),
        rule(
            "day",
            "day_of_week == 6",
            Decision::Approve,
            RuleMode::Active,
        ),
        rule(
            "likely-and-small",
            "score > 0.4 && amount < 200.0",
            Decision::Decline,
            RuleMode::Active,
        ),
    ];
    for field in risk_control::rule_fields().fields() {
        let condition = match field.field_type {
            accord_expressions::FieldType::Bool => format!("{} == true", field.name),
            accord_expressions::FieldType::Double => format!("{} > 1.0", field.name),
            _ => continue,
        };
        let outcome = Decision::ALL[rules.len() % 4];
        let id = field.name.replace('_', "-");
        rules.push(rule(&id, &condition, outcome, RuleMode::Shadow));
    }
    rules.push(rule(
        "watched",
        "customer_on_watch_list || terminal_on_watch_list",
        Decision::Decline,
        RuleMode::Active,
    ));
    rules
}

#[test]
fn a_policy_over_columns_decides_as_it_does_one_by_one() {
    let history = History::new(3_000);
    let columns = history.columns();
    let policy = policy(rules_of_all_fields());
    let run = PolicyRun::new(&policy, &[]).unwrap();
    let models = ModelsOfPolicies::from([(3, "m".to_owned())]);
    let scores = score(&columns, "m", &model(), &models);
    assert_eq!(
        scores.computed, 1_500,
        "the others were scored by this model then"
    );
    let verdicts = run.decide(&columns, &scores.values);
    let mut seen = HashSet::new();
    for (row, event) in history.transactions().into_iter().enumerate() {
        let (transaction, features, lists) = match event {
            Event::TransactionAssessed(event) => (&event.transaction, &event.features, event.lists),
            Event::TransactionImported(event) => {
                (&event.transaction, &event.features, Memberships::default())
            }
            _ => unreachable!("transactions only"),
        };
        let verdict = policy.verdict(&Evidence {
            transaction,
            features,
            score: model().score(features),
            lists,
        });
        assert_eq!(verdicts.decisions[row], verdict.decision as u8, "row {row}");
        seen.insert(verdict.decision);
        for (place, rule) in run.rules().enumerate() {
            let mut hits = verdict.hits.iter().chain(&verdict.shadow_hits);
            let hit = hits.any(|hit| hit.rule() == &*rule.id);
            assert_eq!(
                verdicts.hits[place][row], hit,
                "rule {} in row {row}",
                rule.id
            );
        }
    }
    assert_eq!(seen.len(), 4, "every decision occurs");
}

#[test]
fn a_change_of_the_lists_counts_as_if_it_had_always_held() {
    let history = History::new(300);
    let columns = history.columns();
    let block = |kind, fingerprint| {
        ListChange::Add(ListEntry {
            list: ListName::Block,
            kind,
            fingerprint: ListFingerprint(fingerprint),
            hint: String::new(),
            comment: String::new(),
            expires_at_us: None,
        })
    };
    let never = Policy {
        thresholds: Thresholds {
            challenge: 1.0,
            review: 1.0,
            decline: 1.0,
        },
        ..policy(Vec::new())
    };
    let changes = [
        block(ListedKind::Customer, 4),
        block(ListedKind::Terminal, 1_000 + u64::from(b'2')),
    ];
    let run = PolicyRun::new(&never, &changes).unwrap();
    let scores = vec![0.0; columns.rows()];
    let before = PolicyRun::new(&never, &[])
        .unwrap()
        .decide(&columns, &scores);
    let after = run.decide(&columns, &scores);
    for row in 0..columns.rows() {
        let blocked = columns.customer[row] == 3 || columns.terminal.text(row) == "m2";
        let expected = if blocked {
            Decision::Decline as u8
        } else {
            before.decisions[row]
        };
        assert_eq!(after.decisions[row], expected, "row {row}");
    }
}

#[test]
fn a_rule_that_cannot_be_read_is_named() {
    let broken = policy(vec![rule(
        "old",
        "gone > 1.0",
        Decision::Review,
        RuleMode::Active,
    )]);
    let Err(fault) = PolicyRun::new(&broken, &[]) else {
        panic!("the field does not exist");
    };
    assert!(
        fault.to_string().starts_with("rule old cannot be read"),
        "{fault}"
    );
}

#[test]
fn columns_come_back_from_their_file_and_damage_is_noticed() {
    let columns = History::new(500).columns();
    let bytes = ColumnFile::write(&columns, "log-1");
    let all: Vec<&str> = FeatureSet::CURRENT
        .features()
        .iter()
        .map(|feature| feature.name)
        .collect();
    let file = ColumnFile::open(&bytes, "log-1").unwrap();
    let back = file.read(&all).unwrap();
    assert_eq!(back, columns);
    assert_eq!(file.extent(), (1, columns.last_sequence));
    let some = file.read(&["amount"]).unwrap();
    assert_eq!(some.feature("amount"), columns.feature("amount"));
    assert!(some.feature("amount").is_some() && some.features.len() == 1);

    assert!(matches!(
        ColumnFile::open(&bytes, "log-2"),
        Err(ColumnFileError::Other)
    ));
    for place in (0..bytes.len()).step_by(bytes.len() / 97) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        let read = ColumnFile::open(&damaged, "log-1").and_then(|file| file.read(&all));
        assert!(read.is_err(), "byte {place}");
        assert!(
            ColumnFile::open(&bytes[..place], "log-1")
                .and_then(|file| file.read(&all))
                .is_err()
        );
    }
}

fn question<'q>(active: &'q PolicyRun, candidate: &'q PolicyRun, to_us: i64) -> Question<'q> {
    Question {
        active,
        candidate,
        from_us: 0,
        to_us,
        known_at_us: 1_000 * DAY,
        alert_from: Decision::Review,
        alerts_a_day: 20,
        counterfactual: false,
    }
}

#[test]
fn figures_add_up_and_do_not_depend_on_how_the_history_is_cut() {
    let history = History::new(2_000);
    let columns = history.columns();
    let mut labels = LabelIndex::default();
    labels.add(&columns.labels);
    let active = PolicyRun::new(&policy(Vec::new()), &[]).unwrap();
    let stricter = policy(vec![rule(
        "large",
        "amount > 300.0",
        Decision::Decline,
        RuleMode::Active,
    )]);
    let candidate = PolicyRun::new(&stricter, &[]).unwrap();
    let to_us = 104 * DAY;
    let question = question(&active, &candidate, to_us);
    let run = |columns: &Columns, tally: &mut Tally| {
        let scores = vec![0.0; columns.rows()];
        let decided = Decided {
            columns,
            active: &active.decide(columns, &scores),
            active_scores: &scores,
            candidate: &candidate.decide(columns, &scores),
            candidate_scores: &scores,
        };
        tally.add(&question, &decided, &labels);
    };
    let mut whole = Tally::default();
    run(&columns, &mut whole);
    let report = whole.report(&question, columns.last_sequence);

    let within: Vec<usize> = (0..columns.rows())
        .filter(|row| columns.occurred_at_us[*row] < to_us)
        .collect();
    assert_eq!(report.transactions, within.len() as u64);
    let fraud = |row: &usize| {
        let id_hash = columns.id_hash[*row].cast_unsigned();
        columns.labels.iter().any(|label| label.id_hash == id_hash)
    };
    let large = |row: &usize| columns.amount_minor[*row] > 30_000;
    // Allow and block lists stand in the lowest eight bits, and go before any rule.
    let decided_by_list = |row: &usize| columns.lists[*row] & 0xff != 0;
    let saved: i64 = within
        .iter()
        .filter(|row| fraud(row) && large(row) && !decided_by_list(row))
        .map(|row| columns.amount_minor[*row])
        .sum();
    assert_eq!(report.with_hindsight.money_saved_minor, saved);
    assert!(saved > 0);
    // At the end of the period the frauds of its last three days had not been reported.
    assert!(report.as_known_then.money_saved_minor < report.with_hindsight.money_saved_minor);
    assert!(
        report.remarks[0].contains("have no label"),
        "{:?}",
        report.remarks
    );
    let large_hits = &report.candidate_rules[0];
    assert_eq!(
        large_hits.hits,
        within.iter().filter(|row| large(row)).count() as u64
    );
    let moved: u64 = report.from_active.iter().flatten().sum();
    assert_eq!(moved, report.transactions);

    let mut parts = Tally::default();
    let middle = columns.rows() / 3;
    for rows in [middle..columns.rows(), 0..middle] {
        let rows: Vec<usize> = rows.collect();
        let known = columns.feature_columns();
        let features: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| known.iter().map(|values| values.unwrap()[*row]).collect())
            .collect();
        let mut part = Tally::default();
        run(&columns.rows_with(&rows, &features), &mut part);
        parts.merge(part);
    }
    assert_eq!(parts.report(&question, columns.last_sequence), report);
}

#[test]
fn a_history_in_which_nothing_is_declined_comes_out_as_it_was() {
    let columns = History::new(1_500).columns();
    let labelled: HashSet<u64> = columns.labels.iter().map(|label| label.id_hash).collect();
    let mut again = Counterfactual::new(2, labelled.clone());
    let mut rows = 0;
    again
        .fold(&columns, |block| {
            for name in FeatureSet::CURRENT
                .features()
                .iter()
                .map(|feature| feature.name)
            {
                let bits = |values: &[f64]| {
                    values
                        .iter()
                        .map(|value| value.to_bits())
                        .collect::<Vec<_>>()
                };
                let then = &columns.feature(name).unwrap()[rows..rows + block.rows()];
                assert_eq!(bits(block.feature(name).unwrap()), bits(then), "{name}");
            }
            rows += block.rows();
            vec![Decision::Approve as u8; block.rows()]
        })
        .unwrap();
    assert_eq!(rows, columns.rows());

    // Where everything is declined nobody reports anything, and no feature knows of a fraud.
    let mut stopped = Counterfactual::new(2, labelled);
    // Where no fraud is known, the age of the last one stands at its upper end.
    let ages = |columns: &Columns| -> HashSet<u64> {
        let ages = columns
            .feature("seconds_since_terminal_fraud_last")
            .unwrap();
        ages.iter().map(|age| age.to_bits()).collect()
    };
    assert!(ages(&columns).len() > 10);
    let mut ages_without = HashSet::new();
    stopped
        .fold(&columns, |block| {
            ages_without.extend(ages(block));
            vec![Decision::Decline as u8; block.rows()]
        })
        .unwrap();
    assert_eq!(ages_without.len(), 1);
}
