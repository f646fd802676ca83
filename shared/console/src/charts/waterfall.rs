//! How a score came about: from the base rate, step by step, to the result.

use maud::{Markup, html};

use super::log_odds_axis::{LogOddsAxis, log_odds, probability};
use super::{Threshold, percentage};
use crate::number;

/// Steps in log-odds that lead from a base to a result, as a table with bars.
pub struct Waterfall<'a> {
    /// What is shown, for screen readers.
    pub caption: &'a str,
    /// Words for the base.
    pub base_label: &'a str,
    /// Log-odds before any step.
    pub base_log_odds: f64,
    pub steps: &'a [Step<'a>],
    /// Words for the result.
    pub result_label: &'a str,
    /// Thresholds drawn through all steps.
    pub thresholds: &'a [Threshold<'a>],
}

/// One signed step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    pub label: &'a str,
    /// The value that took effect, in words.
    pub detail: &'a str,
    pub log_odds: f64,
}

impl Waterfall<'_> {
    /// The table's markup. The result is the sum of base and steps.
    pub fn render(&self) -> Markup {
        let axis = self.axis();
        let reached = self.reached();
        let result = reached.last().copied().unwrap_or(self.base_log_odds);
        html! {
            table class="waterfall" {
                caption class="visually-hidden" { (self.caption) }
                thead {
                    tr {
                        th scope="col" { "Reason" }
                        th scope="col" class="waterfall-plot-heading" { span class="visually-hidden" { "Step, drawn" } }
                        th scope="col" class="align-end" { "Log-odds" }
                    }
                }
                tbody {
                    (self.milestone(axis, self.base_label, self.base_log_odds))
                    @for (step, end) in self.steps.iter().zip(&reached) {
                        (self.step(axis, step, *end))
                    }
                    (self.milestone(axis, self.result_label, result))
                }
            }
        }
    }

    /// All that is reached on the way, and every threshold, is on the axis.
    fn axis(&self) -> LogOddsAxis {
        let thresholds = self
            .thresholds
            .iter()
            .map(|threshold| log_odds(threshold.at));
        let base = [self.base_log_odds];
        LogOddsAxis::spanning(base.into_iter().chain(self.reached()).chain(thresholds))
    }

    /// Log-odds after each step.
    fn reached(&self) -> Vec<f64> {
        let sums = self.steps.iter().scan(self.base_log_odds, |sum, step| {
            *sum += step.log_odds;
            Some(*sum)
        });
        sums.collect()
    }

    fn step(&self, axis: LogOddsAxis, step: &Step<'_>, end: f64) -> Markup {
        let from = axis.position_of_log_odds(end - step.log_odds);
        let to = axis.position_of_log_odds(end);
        let direction = if step.log_odds < 0.0 {
            "lowers"
        } else {
            "raises"
        };
        html! {
            tr class=(direction) {
                th scope="row" {
                    span class="waterfall-label" { (step.label) }
                    @if !step.detail.is_empty() { span class="waterfall-detail" { (step.detail) } }
                }
                td class="waterfall-plot" {
                    svg class="chart" aria-hidden="true" {
                        (self.threshold_lines(axis))
                        line class="connector" x1=(percentage(from)) x2=(percentage(from)) y1="0" y2="28%" {}
                        rect class="bar" x=(percentage(from.min(to)))
                            width=(percentage((to - from).abs())) y="28%" height="44%" {}
                        line class="connector" x1=(percentage(to)) x2=(percentage(to)) y1="72%" y2="100%" {}
                    }
                }
                td class="align-end waterfall-number" { (finite_signed(step.log_odds)) }
            }
        }
    }

    /// The base or the result: a point that has been reached, with its probability.
    fn milestone(&self, axis: LogOddsAxis, label: &str, reached: f64) -> Markup {
        let x = percentage(axis.position_of_log_odds(reached));
        html! {
            tr class="milestone" {
                th scope="row" {
                    span class="waterfall-label" { (label) }
                    span class="waterfall-detail" { (finite_probability(reached)) }
                }
                td class="waterfall-plot" {
                    svg class="chart" aria-hidden="true" {
                        (self.threshold_lines(axis))
                        line class="milestone-line" x1=(x) x2=(x) y1="12%" y2="88%" {}
                    }
                }
                td class="align-end waterfall-number" { (finite_signed(reached)) }
            }
        }
    }

    fn threshold_lines(&self, axis: LogOddsAxis) -> Markup {
        html! {
            @for threshold in self.thresholds {
                @let x = percentage(axis.position(threshold.at));
                line class={ "threshold-line " (threshold.tone.class()) } x1=(x) x2=(x) y1="0" y2="100%" {}
            }
        }
    }
}

fn finite_signed(log_odds: f64) -> String {
    if log_odds.is_finite() {
        number::signed(log_odds)
    } else {
        "–".to_owned()
    }
}

fn finite_probability(log_odds: f64) -> String {
    if log_odds.is_finite() {
        number::score(probability(log_odds))
    } else {
        "–".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::Tone;

    fn render(base_log_odds: f64, steps: &[Step<'_>]) -> String {
        Waterfall {
            caption: "Why",
            base_label: "Base rate",
            base_log_odds,
            steps,
            result_label: "Score",
            thresholds: &[Threshold {
                label: "decline",
                at: 0.5,
                tone: Tone::Bad,
            }],
        }
        .render()
        .into_string()
    }

    fn step(log_odds: f64) -> Step<'static> {
        Step {
            label: "reason",
            detail: "",
            log_odds,
        }
    }

    #[test]
    fn base_and_steps_add_up_to_the_result() {
        let markup = render(-2.0, &[step(3.0), step(-0.5)]);
        for expected in [
            "\u{2212}2.0000",
            "+3.0000",
            "\u{2212}0.5000",
            "+0.5000",
            "0.1192",
            "0.6225",
        ] {
            assert!(markup.contains(expected), "{expected} in {markup}");
        }
    }

    #[test]
    fn each_bar_begins_where_the_one_before_ended() {
        // The axis spans -2 to 1 and half a unit more on either side: 4 in all.
        let markup = render(-2.0, &[step(3.0), step(-1.0)]);
        assert!(
            markup.contains(r#"class="bar" x="12.50%" width="75.00%""#),
            "{markup}"
        );
        assert!(
            markup.contains(r#"class="bar" x="62.50%" width="25.00%""#),
            "{markup}"
        );
    }

    #[test]
    fn no_steps_and_no_numbers_are_drawn_without_nonsense() {
        for markup in [render(0.0, &[]), render(f64::NAN, &[step(f64::INFINITY)])] {
            assert!(
                !markup.contains("NaN") && !markup.contains("inf"),
                "{markup}"
            );
        }
    }

    #[test]
    fn reasons_are_text() {
        let hostile = Step {
            label: "<script>",
            detail: "\"'&",
            log_odds: 1.0,
        };
        let markup = render(0.0, &[hostile]);
        assert!(
            markup.contains("&lt;script&gt;") && !markup.contains("<script>"),
            "{markup}"
        );
    }
}
