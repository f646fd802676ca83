//! Adding up, part by part of the history.

use std::collections::{BTreeMap, HashSet};

use risk_control::{Decision, MICROSECONDS_PER_DAY, RuleMode};

use crate::{
    columns::Columns,
    labels::{Knowledge, LabelIndex},
    policy_run::{PolicyRun, Verdicts},
    report::{
        BackTestReport, CapacityFigures, ClassCounts, Comparison, Counts, DayFigures,
        DecisionMatrix, PolicyFigures, RuleFigures,
    },
};

/// What is asked of the history.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    pub active: &'q PolicyRun,
    pub candidate: &'q PolicyRun,
    /// Event time, epoch microseconds, the end not included.
    pub from_us: i64,
    pub to_us: i64,
    /// When hindsight is.
    pub known_at_us: i64,
    /// The mildest decision that raises an alert.
    pub alert_from: Decision,
    /// Alerts that can be worked in a day.
    pub alerts_a_day: u32,
    pub counterfactual: bool,
}

/// What both policies say of one part of the history.
#[derive(Clone, Copy)]
pub struct Decided<'d> {
    pub columns: &'d Columns,
    pub active: &'d Verdicts,
    pub active_scores: &'d [f64],
    pub candidate: &'d Verdicts,
    pub candidate_scores: &'d [f64],
}

/// Sums over any parts of the history; merging them in any order gives the same report.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    transactions: u64,
    left_out: u64,
    active: PolicyTally,
    candidate: PolicyTally,
    from_active: DecisionMatrix,
    from_then: DecisionMatrix,
    transactions_of_days: BTreeMap<i64, u64>,
}

#[derive(Clone, Debug, Default)]
struct PolicyTally {
    /// By knowledge, then by decision.
    then: [[Counts; 4]; 4],
    hindsight: [[Counts; 4]; 4],
    declined_then: HashSet<i64>,
    disturbed_then: HashSet<i64>,
    declined_hindsight: HashSet<i64>,
    disturbed_hindsight: HashSet<i64>,
    days: BTreeMap<i64, DayTally>,
    rules: Vec<RuleTally>,
}

#[derive(Clone, Debug, Default)]
struct DayTally {
    stopped_minor: i64,
    alerts: Vec<Alert>,
}

/// Ordered by what the queue works first; the sequence makes the order complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Alert {
    expected_loss_minor: i64,
    sequence: i64,
    amount_minor: i64,
    knowledge: u8,
}

#[derive(Clone, Copy, Debug, Default)]
struct RuleTally {
    hits: u64,
    fraud: Counts,
    genuine: Counts,
}

/// What is known of one transaction.
struct Row {
    customer: i64,
    amount_minor: i64,
    day: i64,
    sequence: i64,
    then: Knowledge,
    hindsight: Knowledge,
}

impl Tally {
    /// Adds the transactions of a part of the history that lie in the period.
    pub fn add(&mut self, question: &Question<'_>, decided: &Decided<'_>, labels: &LabelIndex) {
        let columns = decided.columns;
        self.left_out += columns.left_out;
        for row in 0..columns.rows() {
            let occurred_at_us = columns.occurred_at_us[row];
            if occurred_at_us < question.from_us || occurred_at_us >= question.to_us {
                continue;
            }
            let decided_then = decision_at(columns.decision[row]);
            let id_hash = columns.id_hash[row].cast_unsigned();
            let known = |at_us| labels.knowledge(id_hash, occurred_at_us, decided_then, at_us);
            let seen = Row {
                customer: columns.customer[row],
                amount_minor: columns.amount_minor[row],
                day: occurred_at_us.div_euclid(MICROSECONDS_PER_DAY),
                sequence: columns.sequence[row],
                then: known(question.to_us),
                hindsight: known(question.known_at_us),
            };
            let (active, candidate) = (
                usize::from(decided.active.decisions[row]),
                usize::from(decided.candidate.decisions[row]),
            );
            self.transactions += 1;
            *self.transactions_of_days.entry(seen.day).or_default() += 1;
            self.from_active[active][candidate] += 1;
            self.from_then[decided_then as usize][candidate] += 1;
            let alert_from = question.alert_from as usize;
            self.active
                .add(&seen, active, decided.active_scores[row], alert_from);
            self.candidate
                .add(&seen, candidate, decided.candidate_scores[row], alert_from);
            self.active.add_hits(decided.active, row, &seen);
            self.candidate.add_hits(decided.candidate, row, &seen);
        }
    }

    /// Adds what another tally has counted.
    pub fn merge(&mut self, other: Self) {
        self.transactions += other.transactions;
        self.left_out += other.left_out;
        self.active.merge(other.active);
        self.candidate.merge(other.candidate);
        merge_matrix(&mut self.from_active, &other.from_active);
        merge_matrix(&mut self.from_then, &other.from_then);
        for (day, count) in other.transactions_of_days {
            *self.transactions_of_days.entry(day).or_default() += count;
        }
    }

    /// The report. `through` is the last event of the log that was looked at.
    pub fn report(mut self, question: &Question<'_>, through: u64) -> BackTestReport {
        let days = self.days();
        let day_count = self.transactions_of_days.len() as u64;
        let capacity = question.alerts_a_day;
        let remarks = self.remarks(question);
        BackTestReport {
            from_us: question.from_us,
            to_us: question.to_us,
            known_at_us: question.known_at_us,
            through,
            transactions: self.transactions,
            left_out: self.left_out,
            counterfactual: question.counterfactual,
            as_known_then: Comparison::new(self.active.then(), self.candidate.then()),
            with_hindsight: Comparison::new(self.active.hindsight(), self.candidate.hindsight()),
            from_active: self.from_active,
            from_then: self.from_then,
            alerts_a_day_capacity: capacity,
            active_capacity: self.active.capacity(capacity, day_count),
            candidate_capacity: self.candidate.capacity(capacity, day_count),
            active_rules: self.active.rule_figures(question.active),
            candidate_rules: self.candidate.rule_figures(question.candidate),
            days,
            remarks,
        }
    }

    fn days(&self) -> Vec<DayFigures> {
        let empty = DayTally::default();
        self.transactions_of_days
            .iter()
            .map(|(day, transactions)| {
                let active = self.active.days.get(day).unwrap_or(&empty);
                let candidate = self.candidate.days.get(day).unwrap_or(&empty);
                DayFigures {
                    day: *day,
                    transactions: *transactions,
                    active_alerts: active.alerts.len() as u64,
                    candidate_alerts: candidate.alerts.len() as u64,
                    active_stopped_minor: active.stopped_minor,
                    candidate_stopped_minor: candidate.stopped_minor,
                }
            })
            .collect()
    }

    fn remarks(&self, question: &Question<'_>) -> Vec<String> {
        let count_of = |knowledge: Knowledge| -> u64 {
            self.active.hindsight[knowledge as usize]
                .iter()
                .map(|counts| counts.transactions)
                .sum()
        };
        let mut remarks = Vec::new();
        let declined = count_of(Knowledge::DeclinedUnlabelled);
        if declined > 0 {
            remarks.push(format!(
                "{declined} transactions were declined when they happened and have no label, because nobody reports what \
                 was stopped; there is no control group that was let through. No figure counts them as fraud or as genuine."
            ));
        }
        let young = count_of(Knowledge::TooYoung);
        if young > 0 {
            remarks.push(format!(
                "{young} transactions are younger than a week and not reported; they count neither as fraud nor as genuine."
            ));
        }
        if self.left_out > 0 {
            remarks.push(format!(
                "{} transactions were left out: they were decided on features of an earlier set.",
                self.left_out
            ));
        }
        if question.counterfactual {
            remarks.push(
                "Counterfactual: no chargeback comes of a transaction that the candidate declines, so later features of \
                 its customer, terminal, card, device and address know nothing of it."
                    .to_owned(),
            );
        }
        remarks
    }
}

impl PolicyTally {
    fn add(&mut self, row: &Row, decision: usize, score: f64, alert_from: usize) {
        self.then[row.then as usize][decision].add(row.amount_minor);
        self.hindsight[row.hindsight as usize][decision].add(row.amount_minor);
        let disturbs = decision > Decision::Approve as usize;
        let declines = decision == Decision::Decline as usize;
        if disturbs && row.then == Knowledge::Genuine {
            self.disturbed_then.insert(row.customer);
            if declines {
                self.declined_then.insert(row.customer);
            }
        }
        if disturbs && row.hindsight == Knowledge::Genuine {
            self.disturbed_hindsight.insert(row.customer);
            if declines {
                self.declined_hindsight.insert(row.customer);
            }
        }
        let stops_fraud = declines && row.hindsight == Knowledge::Fraud;
        let alerts = decision >= alert_from;
        if !stops_fraud && !alerts {
            return;
        }
        let day = self.days.entry(row.day).or_default();
        if stops_fraud {
            day.stopped_minor = day.stopped_minor.saturating_add(row.amount_minor);
        }
        if alerts {
            day.alerts.push(Alert {
                // As the queue of cases does.
                expected_loss_minor: (score * row.amount_minor as f64).round() as i64,
                sequence: row.sequence,
                amount_minor: row.amount_minor,
                knowledge: row.hindsight as u8,
            });
        }
    }

    fn add_hits(&mut self, verdicts: &Verdicts, row: usize, seen: &Row) {
        self.rules.resize(verdicts.hits.len(), RuleTally::default());
        for (rule, hits) in self.rules.iter_mut().zip(&verdicts.hits) {
            if !hits[row] {
                continue;
            }
            rule.hits += 1;
            match seen.hindsight {
                Knowledge::Fraud => rule.fraud.add(seen.amount_minor),
                Knowledge::Genuine => rule.genuine.add(seen.amount_minor),
                Knowledge::TooYoung | Knowledge::DeclinedUnlabelled => {}
            }
        }
    }

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in [
            (&mut self.then, &other.then),
            (&mut self.hindsight, &other.hindsight),
        ] {
            for (mine, theirs) in mine.iter_mut().flatten().zip(theirs.iter().flatten()) {
                mine.merge(*theirs);
            }
        }
        self.declined_then.extend(other.declined_then);
        self.disturbed_then.extend(other.disturbed_then);
        self.declined_hindsight.extend(other.declined_hindsight);
        self.disturbed_hindsight.extend(other.disturbed_hindsight);
        for (day, theirs) in other.days {
            let mine = self.days.entry(day).or_default();
            mine.stopped_minor = mine.stopped_minor.saturating_add(theirs.stopped_minor);
            mine.alerts.extend(theirs.alerts);
        }
        let rules = self.rules.len().max(other.rules.len());
        self.rules.resize(rules, RuleTally::default());
        for (mine, theirs) in self.rules.iter_mut().zip(other.rules) {
            mine.hits += theirs.hits;
            mine.fraud.merge(theirs.fraud);
            mine.genuine.merge(theirs.genuine);
        }
    }

    fn then(&self) -> PolicyFigures {
        figures(&self.then, &self.declined_then, &self.disturbed_then)
    }

    fn hindsight(&self) -> PolicyFigures {
        figures(
            &self.hindsight,
            &self.declined_hindsight,
            &self.disturbed_hindsight,
        )
    }

    fn capacity(&mut self, capacity: u32, days: u64) -> CapacityFigures {
        let mut figures = CapacityFigures::default();
        let (mut fraud, mut known) = (0_u64, 0_u64);
        for day in self.days.values_mut() {
            let count = day.alerts.len() as u64;
            figures.alerts += count;
            figures.most_alerts_a_day = figures.most_alerts_a_day.max(count);
            figures.days_over_capacity += u64::from(count > u64::from(capacity));
            day.alerts.sort_unstable_by(|one, other| other.cmp(one));
            for alert in day.alerts.iter().take(capacity as usize) {
                if alert.knowledge == Knowledge::Fraud as u8 {
                    fraud += 1;
                    known += 1;
                    figures.fraud_at_capacity_minor += alert.amount_minor;
                } else if alert.knowledge == Knowledge::Genuine as u8 {
                    known += 1;
                }
            }
        }
        figures.mean_alerts_a_day = figures.alerts as f64 / days.max(1) as f64;
        figures.precision_at_capacity = (known > 0).then(|| fraud as f64 / known as f64);
        figures
    }

    fn rule_figures(&self, run: &PolicyRun) -> Vec<RuleFigures> {
        let none = RuleTally::default();
        run.rules()
            .enumerate()
            .map(|(place, rule)| {
                let tally = self.rules.get(place).unwrap_or(&none);
                RuleFigures {
                    rule: rule.id.to_string(),
                    version: rule.version,
                    shadow: rule.mode == RuleMode::Shadow,
                    hits: tally.hits,
                    fraud: tally.fraud,
                    genuine: tally.genuine,
                }
            })
            .collect()
    }
}

fn figures(
    counts: &[[Counts; 4]; 4],
    declined: &HashSet<i64>,
    disturbed: &HashSet<i64>,
) -> PolicyFigures {
    let class = |decision: Decision| {
        let of = |knowledge: Knowledge| counts[knowledge as usize][decision as usize];
        ClassCounts {
            fraud: of(Knowledge::Fraud),
            genuine: of(Knowledge::Genuine),
            too_young: of(Knowledge::TooYoung),
            declined_unlabelled: of(Knowledge::DeclinedUnlabelled),
        }
    };
    PolicyFigures {
        approve: class(Decision::Approve),
        challenge: class(Decision::Challenge),
        review: class(Decision::Review),
        decline: class(Decision::Decline),
        genuine_customers_declined: declined.len() as u64,
        genuine_customers_disturbed: disturbed.len() as u64,
    }
}

fn merge_matrix(mine: &mut DecisionMatrix, theirs: &DecisionMatrix) {
    for (mine, theirs) in mine.iter_mut().flatten().zip(theirs.iter().flatten()) {
        *mine += theirs;
    }
}

/// A stored place in [`Decision::ALL`]; columns are checked, so another number cannot stand there.
pub(crate) fn decision_at(place: i64) -> Decision {
    usize::try_from(place)
        .ok()
        .and_then(|place| Decision::ALL.get(place).copied())
        .unwrap_or(Decision::Approve)
}
