//! From a score to a decision.

use serde::{Deserialize, Serialize};

use crate::{
    lists::ListName,
    rules::{Evidence, RuleHit, RuleSet},
};

/// What the bank's systems are told to do with a transaction, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    /// Ask the customer to prove who they are.
    Challenge,
    /// Let a person look at it.
    Review,
    Decline,
}

impl Decision {
    pub const ALL: [Self; 4] = [Self::Approve, Self::Challenge, Self::Review, Self::Decline];

    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Challenge => "challenge",
            Self::Review => "review",
            Self::Decline => "decline",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|decision| decision.name() == name)
    }
}

/// Scores from which on a transaction is treated more strictly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    pub challenge: f64,
    pub review: f64,
    pub decline: f64,
}

/// Shares of transactions that a new policy challenges or worse, reviews or worse, and declines.
const CHALLENGE_SHARE: f64 = 0.015;
const REVIEW_SHARE: f64 = 0.008;
const DECLINE_SHARE: f64 = 0.003;
/// However quiet the bank: below the first of each pair nobody is challenged, looked at, or turned away. However much
/// fraud there is: from the second on everybody is, because one in ten, one in three, or every other is one.
const CHALLENGE_SCORES: (f64, f64) = (0.02, 0.1);
const REVIEW_SCORES: (f64, f64) = (0.05, 1.0 / 3.0);
const DECLINE_SCORES: (f64, f64) = (0.25, 0.5);

impl Thresholds {
    /// Thresholds by which the given scores would lead to the standard shares of alerts; to fewer where the scores are
    /// too low to act upon, to more where they are too high to let pass.
    pub fn for_standard_alert_load(mut scores: Vec<f64>) -> Self {
        scores.sort_by(f64::total_cmp);
        let at_share = |share: f64, (lowest, highest): (f64, f64)| {
            let rank = (scores.len() as f64 * (1.0 - share)) as usize;
            scores
                .get(rank)
                .copied()
                .unwrap_or(1.0)
                .clamp(lowest, highest)
        };
        Self {
            challenge: at_share(CHALLENGE_SHARE, CHALLENGE_SCORES),
            review: at_share(REVIEW_SHARE, REVIEW_SCORES),
            decline: at_share(DECLINE_SHARE, DECLINE_SCORES),
        }
    }

    pub fn decide(&self, score: f64) -> Decision {
        if score >= self.decline {
            Decision::Decline
        } else if score >= self.review {
            Decision::Review
        } else if score >= self.challenge {
            Decision::Challenge
        } else {
            Decision::Approve
        }
    }

    /// Whether they are probabilities in ascending order.
    pub fn are_valid(&self) -> bool {
        let Self {
            challenge,
            review,
            decline,
        } = *self;
        (0.0..=1.0).contains(&challenge)
            && challenge <= review
            && review <= decline
            && decline <= 1.0
    }
}

/// What decides: a model with its thresholds, and rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// 1 for the first policy of a node, then counting up.
    pub version: u32,
    /// Hash of the model's artefact.
    pub model: String,
    pub thresholds: Thresholds,
    /// Absent in what was written before there were rules.
    #[serde(default)]
    pub rules: RuleSet,
}

/// What a policy makes of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub decision: Decision,
    /// Active rules that are fulfilled, in the policy's order.
    pub hits: Vec<RuleHit>,
    /// Shadow rules that are fulfilled; they decided nothing.
    pub shadow_hits: Vec<RuleHit>,
}

impl Policy {
    /// Decides over a transaction of which everything is known. Pure, so a back-test asks it of stored transactions.
    ///
    /// The order of precedence is the one of [`crate::rules`].
    pub fn verdict(&self, evidence: &Evidence<'_>) -> Verdict {
        let matches = self.rules.book().matches(evidence);
        let decision = if evidence.lists.on(ListName::Block) {
            Decision::Decline
        } else if evidence.lists.on(ListName::Allow) {
            Decision::Approve
        } else {
            let by_score = if matches.lifted {
                Decision::Approve
            } else {
                self.thresholds.decide(evidence.score)
            };
            matches
                .demanded
                .map_or(by_score, |demanded| demanded.max(by_score))
        };
        Verdict {
            decision,
            hits: matches.hits,
            shadow_hits: matches.shadow_hits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_meets_the_strictest_threshold_that_it_reaches() {
        let thresholds = Thresholds {
            challenge: 0.1,
            review: 0.3,
            decline: 0.8,
        };
        for (score, decision) in [
            (0.0, Decision::Approve),
            (0.0999, Decision::Approve),
            (0.1, Decision::Challenge),
            (0.3, Decision::Review),
            (0.8, Decision::Decline),
            (1.0, Decision::Decline),
        ] {
            assert_eq!(thresholds.decide(score), decision, "{score}");
        }
    }

    #[test]
    fn standard_thresholds_lead_to_the_standard_alert_load() {
        // A few high scores and very many low ones, as real ones are.
        let scores: Vec<f64> = (0..10_000)
            .map(|rank| (f64::from(rank) / 10_000.0).powi(250))
            .collect();
        let thresholds = Thresholds::for_standard_alert_load(scores.clone());
        let share = |strictness: Decision| {
            let hit = scores
                .iter()
                .filter(|score| thresholds.decide(**score) >= strictness)
                .count();
            hit as f64 / scores.len() as f64
        };
        assert_eq!(share(Decision::Challenge), CHALLENGE_SHARE);
        assert_eq!(share(Decision::Review), REVIEW_SHARE);
        assert_eq!(share(Decision::Decline), DECLINE_SHARE);
    }

    #[test]
    fn what_is_more_likely_fraud_than_not_is_declined_whatever_the_share() {
        let thresholds = Thresholds::for_standard_alert_load(vec![0.99; 1_000]);
        assert_eq!(thresholds.decide(0.65), Decision::Decline);
        assert_eq!(thresholds.decide(0.35), Decision::Review);
        assert_eq!(thresholds.decide(0.12), Decision::Challenge);
    }

    #[test]
    fn a_bank_without_history_gets_thresholds_too() {
        assert!(Thresholds::for_standard_alert_load(Vec::new()).are_valid());
        assert!(Thresholds::for_standard_alert_load(vec![0.0; 50]).are_valid());
    }
}
