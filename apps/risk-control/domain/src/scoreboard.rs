//! Scores of several models over the same transactions: the champion, which decides, and its challengers, which score
//! in shadow.
//!
//! A fold over events. Each event holds the features as they were, so a shadow score is a pure function of event and
//! artefact: it comes out the same live, over the history, and when the fold is made again. Nothing in here is part of
//! a decision.

mod comparison;
mod contender;
mod monitoring;
mod row;

use std::collections::{BTreeMap, HashMap, VecDeque};

pub use comparison::{Comparison, DayComparison, DaySide, SCORE_BINS, Side};
pub use contender::Contender;
pub use monitoring::{
    ALERT_PRECISION_MIN, CALIBRATION_SLOPES, DayMonitoring, FeatureDrift, Monitoring,
    MonitoringWarning, STABILITY_SHIFTED, STABILITY_WATCHED,
};

use contender::{NO_SCORE, Opinion};
use monitoring::DaySpread;
use row::Row;

use crate::{
    events::Event,
    features::Features,
    history::MICROSECONDS_PER_DAY,
    ids::text_hash,
    lists::Memberships,
    model::{SHADOWS_MAX, TrainingProfile},
    policy::{Decision, Policy},
    rules::Evidence,
    transaction::{Label, Transaction},
};

/// Transactions that are kept, at most; the oldest leave first. About 30 MiB.
pub const ROWS_MAX: usize = 400_000;
/// Challengers and the champion.
const CONTENDERS_MAX: usize = SHADOWS_MAX + 1;

/// The champion and its challengers over the newest transactions.
#[derive(Debug)]
pub struct Scoreboard {
    /// Whose rules and thresholds decide.
    policy: Policy,
    /// The champion first.
    contenders: Vec<Contender>,
    /// How the champion's training rows were spread, where its card says so.
    profile: Option<TrainingProfile>,
    rows: VecDeque<Row>,
    /// Rows that have left.
    left: usize,
    rows_max: usize,
    /// Number of each transaction's row, by the hash of its id.
    by_id: HashMap<u64, usize>,
    /// Spread of features and scores by day of event time.
    spread: BTreeMap<i64, DaySpread>,
}

impl Scoreboard {
    /// An empty board. Challengers beyond [`SHADOWS_MAX`] are left out.
    pub fn new(
        policy: Policy,
        champion: Contender,
        challengers: impl IntoIterator<Item = Contender>,
        profile: Option<TrainingProfile>,
    ) -> Self {
        let profile = profile.filter(|profile| {
            let features = champion.model.feature_set().features().len();
            profile.features.len() == features
        });
        let contenders = std::iter::once(champion)
            .chain(challengers)
            .take(CONTENDERS_MAX)
            .collect();
        Self {
            policy,
            contenders,
            profile,
            rows: VecDeque::new(),
            left: 0,
            rows_max: ROWS_MAX,
            by_id: HashMap::new(),
            spread: BTreeMap::new(),
        }
    }

    /// The policy that decides.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Hashes of the models that it scores with, the champion's first.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.contenders
            .iter()
            .map(|contender| contender.hash.as_str())
    }

    /// Folds one event.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::TransactionAssessed(event) => self.add_transaction(
                &event.transaction,
                &event.features,
                event.lists,
                Some(event.decision),
            ),
            Event::TransactionImported(event) => {
                let nowhere = Memberships::default();
                self.add_transaction(&event.transaction, &event.features, nowhere, None);
            }
            Event::TransactionAdvised(event) => {
                let nowhere = Memberships::default();
                self.add_transaction(&event.transaction, &event.features, nowhere, None);
            }
            Event::TransactionLabelled(event) => {
                self.label(&event.transaction_id, event.customer.0, Some(event.label));
            }
            Event::LabelWithdrawn(event) => {
                self.label(&event.transaction_id, event.customer.0, None);
            }
            _ => {}
        }
    }

    fn add_transaction(
        &mut self,
        transaction: &Transaction,
        features: &Features,
        lists: Memberships,
        decided: Option<Decision>,
    ) {
        let mut opinions = [Opinion::NONE; CONTENDERS_MAX];
        for (opinion, contender) in opinions.iter_mut().zip(&self.contenders) {
            if contender.model.feature_set() != features.set() {
                continue;
            }
            let score = contender.model.score(features);
            let evidence = Evidence {
                transaction,
                features,
                score,
                lists,
            };
            let verdict = contender.policy_over(&self.policy).verdict(&evidence);
            *opinion = Opinion::new(score, verdict.decision);
        }
        let day = transaction.occurred_at_us.div_euclid(MICROSECONDS_PER_DAY);
        if let Some(profile) = &self.profile
            && opinions[0].score_millionths != NO_SCORE
        {
            self.spread
                .entry(day)
                .or_insert_with(|| DaySpread::new(profile))
                .add(profile, features, opinions[0].score());
        }
        let id = text_hash(&transaction.transaction_id);
        self.by_id.insert(id, self.left + self.rows.len());
        self.rows.push_back(Row {
            id,
            occurred_at_us: transaction.occurred_at_us,
            customer: transaction.customer.0,
            amount_minor: transaction.amount_minor,
            label: None,
            decided,
            opinions,
        });
        if self.rows.len() > self.rows_max {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.rows.pop_front() else {
            return;
        };
        if self.by_id.get(&oldest.id) == Some(&self.left) {
            self.by_id.remove(&oldest.id);
        }
        self.left += 1;
        // Days of which nothing is kept any more tell nothing beside the rows. Late arrivals make the order of rows
        // another than that of days, so a week is left.
        let kept_from = oldest.day() - 7;
        while self
            .spread
            .first_key_value()
            .is_some_and(|(day, _)| *day < kept_from)
        {
            self.spread.pop_first();
        }
    }

    fn label(&mut self, transaction_id: &str, customer: u64, label: Option<Label>) {
        let row = self
            .by_id
            .get(&text_hash(transaction_id))
            .and_then(|number| number.checked_sub(self.left))
            .and_then(|index| self.rows.get_mut(index));
        // Labels of transactions that have left, or were never here, are of no use.
        if let Some(row) = row.filter(|row| row.customer == customer) {
            row.label = label;
        }
    }

    /// Place of a model among the contenders.
    fn place(&self, model: &str) -> Option<usize> {
        self.contenders
            .iter()
            .position(|contender| contender.hash == model)
    }
}

#[cfg(test)]
mod tests;
