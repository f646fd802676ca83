//! Campaigns: what a merchandiser wants to be seen, or not.

use accord_expressions::{Condition, Fault};
use serde::{Deserialize, Serialize};

use crate::{context::Context, ids::is_text_id, item::TITLE_BYTES_MAX, ranking::item_fields};

/// Campaigns of a node that run or wait at one time.
pub const CAMPAIGNS_MAX: usize = 64;
/// Most that a campaign adds to a score or takes from it. The strongest item of a history adds about 1.
pub const CAMPAIGN_POINTS_MAX: f64 = 10.0;
/// Last place that can be pinned.
pub const CAMPAIGN_PLACE_MAX: u16 = 20;

/// A campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    pub campaign_id: String,
    /// Counts up from 1 with every change.
    pub version: u32,
    pub title: String,
    pub effect: CampaignEffect,
    /// The items that it is about: a condition over item fields.
    pub filter: String,
    /// Where it acts; empty: everywhere.
    pub contexts: Vec<Context>,
    /// Epoch microseconds from which on it acts; `None`: from now on.
    pub from_us: Option<i64>,
    /// Epoch microseconds from which on it does not act any more; `None`: until it is ended.
    pub until_us: Option<i64>,
}

/// What a campaign does to its items.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignEffect {
    /// The best of them stands in this place, from 1.
    Pin { place: u16 },
    /// So much is added to their scores.
    Boost { points: f64 },
    /// So much is taken from their scores.
    Bury { points: f64 },
    /// They are not shown.
    Exclude,
}

impl CampaignEffect {
    /// What is added to the scores of its items.
    pub(crate) fn points(self) -> f64 {
        match self {
            Self::Boost { points } => points,
            Self::Bury { points } => -points,
            Self::Pin { .. } | Self::Exclude => 0.0,
        }
    }
}

/// What is wrong with a campaign: a field and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignFault {
    pub field: &'static str,
    pub message: String,
}

impl Campaign {
    /// Compiles the condition.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn condition(&self) -> Result<Condition, Vec<Fault>> {
        Condition::compile(&self.filter, item_fields())
    }

    /// Whether it acts in a context at a moment.
    pub fn acts_in(&self, context: Context, now_us: i64) -> bool {
        (self.contexts.is_empty() || self.contexts.contains(&context))
            && self.from_us.is_none_or(|from| from <= now_us)
            && self.until_us.is_none_or(|until| now_us < until)
    }

    /// Everything that is wrong with it; empty where it is sound.
    pub fn faults(&self) -> Vec<CampaignFault> {
        let mut faults = Vec::new();
        let mut require = |holds: bool, field, message: String| {
            if !holds {
                faults.push(CampaignFault { field, message });
            }
        };
        require(
            is_text_id(&self.campaign_id),
            "campaign_id",
            "must have 1 to 64 bytes and no control characters".into(),
        );
        require(
            !self.title.trim().is_empty() && self.title.len() <= TITLE_BYTES_MAX,
            "title",
            format!("must have 1 to {TITLE_BYTES_MAX} bytes"),
        );
        match self.effect {
            CampaignEffect::Pin { place } => require(
                (1..=CAMPAIGN_PLACE_MAX).contains(&place),
                "place",
                format!("must be between 1 and {CAMPAIGN_PLACE_MAX}"),
            ),
            CampaignEffect::Boost { points } | CampaignEffect::Bury { points } => require(
                points > 0.0 && points <= CAMPAIGN_POINTS_MAX,
                "points",
                format!("must be above 0 and at most {CAMPAIGN_POINTS_MAX}"),
            ),
            CampaignEffect::Exclude => {}
        }
        require(
            self.from_us
                .zip(self.until_us)
                .is_none_or(|(from, until)| from < until),
            "until",
            "must lie after from".into(),
        );
        for fault in self.condition().err().into_iter().flatten() {
            require(false, "filter", fault.to_string());
        }
        faults
    }
}
