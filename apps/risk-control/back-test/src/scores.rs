//! What a model says of each transaction of a part of the history.

use std::collections::HashMap;

use accord_learning::MISSING;
use risk_control::ScoringModel;

use crate::columns::Columns;

/// Which model each policy decided by, by the policy's offset in the control partition.
pub type ModelsOfPolicies = HashMap<i64, String>;

/// Scores of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    pub values: Vec<f64>,
    /// How many were computed, because another model had decided then, or none.
    pub computed: u64,
}

/// Scores every transaction, taking over what the same model said when it decided.
///
/// `columns` must hold all features of the current set.
pub fn score(
    columns: &Columns,
    hash: &str,
    model: &ScoringModel,
    models: &ModelsOfPolicies,
) -> Scores {
    let mut values = Vec::with_capacity(columns.rows());
    let mut computed = 0;
    let columns_of_features = columns.feature_columns();
    let mut features = Vec::with_capacity(columns_of_features.len());
    let (mut last_policy, mut last_same) = (i64::MIN, false);
    for row in 0..columns.rows() {
        let policy = columns.policy[row];
        // Runs of transactions are decided by one policy.
        if policy != last_policy {
            last_same = models.get(&policy).is_some_and(|known| known == hash);
            last_policy = policy;
        }
        if last_same {
            values.push(columns.score[row]);
            continue;
        }
        features.clear();
        let known = columns_of_features.iter();
        features.extend(known.map(|column| column.map_or(MISSING, |values| values[row])));
        values.push(model.score_values(&features));
        computed += 1;
    }
    Scores { values, computed }
}

/// Whether each transaction was scored by this model when it was decided, so that no feature is needed to score it.
pub fn scored_then(columns: &Columns, hash: &str, models: &ModelsOfPolicies) -> bool {
    let mut last_policy = None;
    columns.policy.iter().all(|policy| {
        let same =
            last_policy == Some(policy) || models.get(policy).is_some_and(|known| known == hash);
        last_policy = Some(policy);
        same
    })
}
