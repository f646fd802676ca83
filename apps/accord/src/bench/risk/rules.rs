//! Twenty rules of the kind that banks write: some rare, some not, most over more than one field.

use std::sync::Arc;

use risk_control::{Decision, Rule, RuleMode};

const CONDITIONS: [&str; 20] = [
    "amount > 5000.0",
    "amount > 2000.0 && score > 0.2",
    "amount > 500.0 && hour_of_day < 5",
    "score > 0.7 && day_of_week >= 6",
    "terminal_on_watch_list",
    "customer_on_watch_list && amount > 100.0",
    "currency != 'EUR' && amount > 200.0",
    "terminal_id.startsWith('9') && amount > 900.0",
    "amount > 0.0 && amount < 1.0",
    "score > 0.3 && amount > 300.0 && hour_of_day >= 22",
    "amount > 750.0 || score > 0.9",
    "!(score < 0.5) && amount >= 50.0",
    "hour_of_day in [1, 2, 3] && amount > 250.0",
    "terminal_id in ['13', '1300'] && score > 0.1",
    "card_on_block_list || device_on_block_list",
    "amount > 1000.0 && day_of_week == 7",
    "score > 0.05 && amount > 3000.0",
    "amount >= 999.0 && amount <= 1001.0",
    "score > 0.6 ? amount > 20.0 : amount > 8000.0",
    "amount * score > 400.0",
];

/// All in shadow but every fourth, so that the node goes on approving most.
pub fn rules() -> Vec<Rule> {
    (0..)
        .zip(CONDITIONS)
        .map(|(number, condition)| Rule {
            id: Arc::from(format!("bench-{number}")),
            version: 1,
            condition: condition.to_owned(),
            outcome: Decision::Review,
            mode: if number % 4 == 0 {
                RuleMode::Active
            } else {
                RuleMode::Shadow
            },
            reason: "Measured".to_owned(),
        })
        .collect()
}
