//! The features of one transaction, as known at its own time.
//!
//! Values are positional. A feature set has a name, its order never changes, and every stored event and every model
//! names the set that it holds or reads: a new or changed feature means a new set beside the old ones. All sets that
//! were ever written are listed in [`FeatureSet`], so that old decisions stay readable and explainable, and a model
//! that was trained on an earlier set goes on deciding until another one is activated.
//!
//! All windows end at the transaction. Sums are integers; what is divided is rounded before it is used, so that the
//! stored number, which is short, is the number that was scored.

mod calendar;
mod customer_1;
mod risk_2;
mod values;

use accord_learning::logistic::FeaturePlan;
use serde::{Deserialize, Serialize};

use crate::{entities::EntitySummaries, history::CustomerHistory, transaction::Transaction};
pub use values::Values;

/// How a feature's number is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureUnit {
    /// Minor units of the currency.
    Money,
    Flag,
    Count,
    Seconds,
    Ratio,
}

/// What a feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Feature {
    pub name: &'static str,
    pub title: &'static str,
    pub unit: FeatureUnit,
}

const fn feature(name: &'static str, title: &'static str, unit: FeatureUnit) -> Feature {
    Feature { name, title, unit }
}

/// A list of features in the order in which events store them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FeatureSet {
    /// The customer's own history only: what events of version 1 hold.
    #[serde(rename = "customer-1")]
    Customer1,
    /// Customer, card, device, address and terminal with confirmed frauds.
    #[serde(rename = "risk-2")]
    Risk2,
}

impl FeatureSet {
    /// The set that new models are trained on.
    pub const CURRENT: Self = Self::Risk2;
    pub const ALL: [Self; 2] = [Self::Customer1, Self::Risk2];

    pub fn name(self) -> &'static str {
        match self {
            Self::Customer1 => customer_1::NAME,
            Self::Risk2 => risk_2::NAME,
        }
    }

    pub fn features(self) -> &'static [Feature] {
        match self {
            Self::Customer1 => &customer_1::FEATURES,
            Self::Risk2 => &risk_2::FEATURES,
        }
    }

    /// Computes the set for a transaction, given what is known of its customer and its entities before it.
    pub fn compute(
        self,
        history: Option<&CustomerHistory>,
        entities: &EntitySummaries,
        transaction: &Transaction,
    ) -> Features {
        match self {
            Self::Customer1 => Features::Customer1(customer_1::compute(
                history,
                transaction.occurred_at_us,
                transaction.amount_minor,
            )),
            Self::Risk2 => Features::Risk2(risk_2::compute(history, entities, transaction)),
        }
    }

    /// How a logistic regression reads each feature.
    pub fn logistic_plans(self) -> Vec<FeaturePlan> {
        self.features()
            .iter()
            .map(|feature| match feature.unit {
                FeatureUnit::Flag => FeaturePlan::share(feature.name).with_missing_indicator(),
                FeatureUnit::Money | FeatureUnit::Count => FeaturePlan::heavy_tailed(feature.name),
                FeatureUnit::Seconds | FeatureUnit::Ratio => {
                    FeaturePlan::heavy_tailed(feature.name).with_missing_indicator()
                }
            })
            .collect()
    }
}

/// Feature values of one transaction with their set. A value that cannot be told is
/// [`MISSING`](accord_learning::MISSING) (stored as null).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Features {
    #[serde(rename = "customer-1")]
    Customer1(Values<{ customer_1::COUNT }>),
    #[serde(rename = "risk-2")]
    Risk2(Values<{ risk_2::COUNT }>),
}

impl Features {
    pub fn set(&self) -> FeatureSet {
        match self {
            Self::Customer1(_) => FeatureSet::Customer1,
            Self::Risk2(_) => FeatureSet::Risk2,
        }
    }

    /// In the order of the set.
    pub fn values(&self) -> &[f64] {
        match self {
            Self::Customer1(Values(values)) => values,
            Self::Risk2(Values(values)) => values,
        }
    }

    /// Each feature with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Feature, f64)> {
        self.set()
            .features()
            .iter()
            .zip(self.values().iter().copied())
    }

    /// The value of the feature of this name, if the set has it.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter()
            .find_map(|(feature, value)| (feature.name == name).then_some(value))
    }
}

#[cfg(test)]
mod tests;
