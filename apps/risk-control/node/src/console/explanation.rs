//! Why a score is what it is: the features as used and what each contributed.

use accord_console::charts::log_odds_axis::log_odds;
use accord_console::charts::{Step, Waterfall};
use accord_console::number;
use maud::{Markup, html};

use super::decision::ScoreThreshold;

/// A score taken apart in log-odds: `base_log_odds` and all contributions add up to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Log-odds of the model's base rate.
    pub base_log_odds: f64,
    /// One entry per feature, in the model's order.
    pub contributions: Vec<FeatureContribution>,
}

/// One feature as used for the decision.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureContribution {
    /// Name of the feature in the feature set.
    pub feature: String,
    /// What the feature says, in words: `Amount against the customer's median`.
    pub words: String,
    /// The value as used, written exactly.
    pub value: String,
    /// Unit of the value, empty for a plain number.
    pub unit: String,
    /// Signed contribution to the log-odds of fraud.
    pub log_odds: f64,
}

/// Reasons drawn one by one; the others are drawn as one.
const REASONS_SHOWN: usize = 8;

/// A difference that is no more than rounding is not worth a line of its own.
const ROUNDING: f64 = 0.000_05;

impl Explanation {
    /// The reasons from the base rate to `score`, the weightiest first.
    ///
    /// What the contributions leave unexplained, as a calibration would, is shown as a step
    /// of its own: the page never shows a sum that does not add up.
    pub(super) fn waterfall(&self, score: f64, thresholds: &[ScoreThreshold]) -> Markup {
        let mut by_weight: Vec<&FeatureContribution> = self.contributions.iter().collect();
        by_weight.sort_by(|left, right| right.log_odds.abs().total_cmp(&left.log_odds.abs()));
        let (shown, others) = by_weight.split_at(REASONS_SHOWN.min(by_weight.len()));

        let details: Vec<String> = shown.iter().map(|one| one.value_with_unit()).collect();
        let mut steps: Vec<Step<'_>> = shown
            .iter()
            .zip(&details)
            .map(|(one, detail)| Step {
                label: &one.words,
                detail,
                log_odds: one.log_odds,
            })
            .collect();
        let others_label = match others.len() {
            1 => "1 other feature".to_owned(),
            count => format!("{count} other features"),
        };
        if !others.is_empty() {
            let log_odds = others.iter().map(|one| one.log_odds).sum();
            steps.push(Step {
                label: &others_label,
                detail: "",
                log_odds,
            });
        }
        let explained: f64 = steps
            .iter()
            .fold(self.base_log_odds, |sum, step| sum + step.log_odds);
        let unexplained = log_odds(score) - explained;
        if unexplained.is_finite() && unexplained.abs() >= ROUNDING {
            steps.push(Step {
                label: "Calibration",
                detail: "",
                log_odds: unexplained,
            });
        }
        Waterfall {
            caption: "Reasons for the score, from the base rate to the result, in log-odds",
            base_label: "Base rate",
            base_log_odds: self.base_log_odds,
            steps: &steps,
            result_label: "Score",
            thresholds: &ScoreThreshold::drawn(thresholds),
        }
        .render()
    }

    /// Every feature with its exact value and contribution.
    pub(super) fn feature_table(&self) -> Markup {
        html! {
            table class="features" {
                caption class="visually-hidden" { "Features as used for the decision" }
                thead {
                    tr {
                        th scope="col" { "Feature" }
                        th scope="col" class="align-end" { "Value" }
                        th scope="col" class="align-end" { "Log-odds" }
                    }
                }
                tbody {
                    @for one in &self.contributions {
                        tr {
                            th scope="row" { (breakable(&one.feature)) }
                            td class="align-end" {
                                (one.value) @if !one.unit.is_empty() { " " span class="muted" { (one.unit) } }
                            }
                            td class="align-end" { (number::signed(one.log_odds)) }
                        }
                    }
                }
            }
        }
    }
}

/// A name that may be broken after each underscore on a narrow screen.
fn breakable(name: &str) -> Markup {
    html! { code { @for part in name.split_inclusive('_') { (part) wbr; } } }
}

impl FeatureContribution {
    fn value_with_unit(&self) -> String {
        if self.unit.is_empty() {
            self.value.clone()
        } else {
            format!("{} {}", self.value, self.unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weightiest_reasons_come_first_and_the_rest_is_summed() {
        let markup = waterfall(10, 0.0);
        let order: Vec<usize> = ["feature 9", "feature 8", "feature 2", "2 other features"]
            .map(|words| {
                markup
                    .find(words)
                    .unwrap_or_else(|| panic!("{words} in {markup}"))
            })
            .into();
        assert!(order.is_sorted(), "{order:?}");
        assert!(
            !markup.contains("feature 1<") && !markup.contains("Calibration"),
            "{markup}"
        );
    }

    #[test]
    fn what_is_unexplained_is_shown() {
        let markup = waterfall(3, 0.25);
        assert!(
            markup.contains("Calibration") && markup.contains("+0.2500"),
            "{markup}"
        );
    }

    /// A waterfall of features that contribute 0.0, 0.1, 0.2 … and of a score beyond their sum.
    fn waterfall(features: usize, beyond: f64) -> String {
        let contributions: Vec<FeatureContribution> = (0..features)
            .map(|index| FeatureContribution {
                feature: format!("feature_{index}"),
                words: format!("feature {index}"),
                value: "1".to_owned(),
                unit: String::new(),
                log_odds: index as f64 / 10.0,
            })
            .collect();
        let sum: f64 = contributions.iter().map(|one| one.log_odds).sum();
        let explanation = Explanation {
            base_log_odds: -4.0,
            contributions,
        };
        let score = accord_console::charts::log_odds_axis::probability(-4.0 + sum + beyond);
        explanation.waterfall(score, &[]).into_string()
    }
}
