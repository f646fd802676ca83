//! The four decisions as the pages show them.

use accord_console::charts::{Part, StackedBar, Threshold};
use accord_console::live::{self, Format};
use accord_console::{Tone, badge, number};
use maud::{Markup, html};
use serde::Serialize;

/// What was decided on a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    Approve,
    Challenge,
    Review,
    Decline,
}

impl Decision {
    /// All decisions, the mildest first.
    pub const ALL: [Self; 4] = [Self::Approve, Self::Challenge, Self::Review, Self::Decline];

    /// The decision as the API writes it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Challenge => "challenge",
            Self::Review => "review",
            Self::Decline => "decline",
        }
    }

    /// The decision as a title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Approve => "Approve",
            Self::Challenge => "Challenge",
            Self::Review => "Review",
            Self::Decline => "Decline",
        }
    }

    /// Colour and shape of the decision.
    pub fn tone(self) -> Tone {
        match self {
            Self::Approve => Tone::Good,
            Self::Challenge => Tone::Check,
            Self::Review => Tone::Attention,
            Self::Decline => Tone::Bad,
        }
    }

    /// The decision as a badge.
    pub fn badge(self) -> Markup {
        badge::badge(self.tone(), self.title())
    }

    /// A badge that follows the field `decision` of a live event.
    pub(super) fn live_badge(self) -> Markup {
        let choices = Self::ALL.map(|one| (one.key(), one.tone(), one.title()));
        badge::live_badge("decision", self.key(), &choices)
    }
}

/// How many transactions were decided in each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DecisionCounts {
    pub approve: u64,
    pub challenge: u64,
    pub review: u64,
    pub decline: u64,
}

impl DecisionCounts {
    /// All transactions.
    pub fn total(&self) -> u64 {
        self.approve + self.alerts()
    }

    /// Transactions that were not simply approved.
    pub fn alerts(&self) -> u64 {
        self.challenge + self.review + self.decline
    }

    /// Transactions decided in one way.
    pub fn of(&self, decision: Decision) -> u64 {
        match decision {
            Decision::Approve => self.approve,
            Decision::Challenge => self.challenge,
            Decision::Review => self.review,
            Decision::Decline => self.decline,
        }
    }

    /// A bar of the decisions in proportion; `series` is the live field that holds the counts.
    pub fn bar(&self, decisions: &[Decision], series: &str) -> Markup {
        let parts: Vec<Part<'_>> = decisions
            .iter()
            .map(|&decision| Part {
                key: decision.key(),
                value: self.of(decision),
                tone: decision.tone(),
            })
            .collect();
        StackedBar {
            parts: &parts,
            series: Some(series),
        }
        .render()
    }
}

/// Live fields of a [`DecisionCounts`] that is found at `path`.
pub(super) struct CountFields {
    path: String,
}

impl CountFields {
    pub(super) fn at(path: &str) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn of(&self, decision: Decision) -> String {
        format!("{}.{}", self.path, decision.key())
    }

    pub(super) fn total(&self) -> String {
        self.sum(&Decision::ALL)
    }

    pub(super) fn alerts(&self) -> String {
        self.sum(&Decision::ALL[1..])
    }

    fn sum(&self, decisions: &[Decision]) -> String {
        let fields: Vec<String> = decisions
            .iter()
            .map(|&decision| self.of(decision))
            .collect();
        fields.join("+")
    }

    /// A live share of one decision.
    pub(super) fn share(&self, counts: &DecisionCounts, decision: Decision) -> Markup {
        let format = Format::Share {
            whole: &self.total(),
        };
        let text = number::share(counts.of(decision), counts.total());
        live::value(&self.of(decision), format, &text)
    }

    /// The live share of all that was not simply approved.
    pub(super) fn alert_share(&self, counts: &DecisionCounts) -> Markup {
        let format = Format::Share {
            whole: &self.total(),
        };
        live::value(
            &self.alerts(),
            format,
            &number::share(counts.alerts(), counts.total()),
        )
    }
}

/// From this score upward the policy decides so; below all thresholds it approves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreThreshold {
    pub decision: Decision,
    /// Score, 0 to 1.
    pub at: f64,
}

impl ScoreThreshold {
    /// What the thresholds alone say about a score.
    pub(super) fn decide(thresholds: &[Self], score: f64) -> Decision {
        thresholds
            .iter()
            .rev()
            .find(|threshold| threshold.at <= score)
            .map_or(Decision::Approve, |threshold| threshold.decision)
    }

    /// Thresholds as charts draw them.
    pub(super) fn drawn(thresholds: &[Self]) -> Vec<Threshold<'static>> {
        thresholds
            .iter()
            .map(|threshold| Threshold {
                label: threshold.decision.key(),
                at: threshold.at,
                tone: threshold.decision.tone(),
            })
            .collect()
    }

    /// Thresholds in words, each with its decision's shape.
    pub(super) fn legend(thresholds: &[Self]) -> Markup {
        let first = thresholds.first().map(|threshold| threshold.at);
        html! {
            dl class="legend" {
                div {
                    dt { (Tone::Good.shape()) "Approve" }
                    dd class="legend-note" {
                        @match first { Some(at) => { "below " (at) } None => { "every score" } }
                    }
                }
                @for threshold in thresholds {
                    div {
                        dt { (threshold.decision.tone().shape()) (threshold.decision.title()) }
                        dd class="legend-note" { "from " (threshold.at) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up() {
        let counts = DecisionCounts {
            approve: 90,
            challenge: 5,
            review: 3,
            decline: 2,
        };
        assert_eq!((counts.total(), counts.alerts()), (100, 10));
        let by_decision: u64 = Decision::ALL
            .iter()
            .map(|&decision| counts.of(decision))
            .sum();
        assert_eq!(by_decision, counts.total());
    }

    #[test]
    fn the_highest_threshold_reached_decides() {
        let thresholds = [
            ScoreThreshold {
                decision: Decision::Review,
                at: 0.3,
            },
            ScoreThreshold {
                decision: Decision::Decline,
                at: 0.8,
            },
        ];
        for (score, expected) in [
            (0.29, Decision::Approve),
            (0.3, Decision::Review),
            (0.8, Decision::Decline),
        ] {
            assert_eq!(
                ScoreThreshold::decide(&thresholds, score),
                expected,
                "{score}"
            );
        }
    }

    #[test]
    fn live_fields_name_the_counts() {
        let fields = CountFields::at("counts");
        assert_eq!(
            fields.alerts(),
            "counts.challenge+counts.review+counts.decline"
        );
        assert_eq!(fields.of(Decision::Approve), "counts.approve");
    }

    #[test]
    fn a_decision_is_written_as_in_the_api() {
        for decision in Decision::ALL {
            let json = serde_json::to_string(&decision).expect("a decision is a string");
            assert_eq!(json, format!("\"{}\"", decision.key()));
        }
    }
}
