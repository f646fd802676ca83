//! The fields that rules may use: the transaction, its features, its score, and which lists it is on.

use std::sync::OnceLock;

use accord_expressions::{Field, FieldType, Schema, Value};
use accord_learning::is_missing;

use crate::{
    features::{Feature, FeatureSet, FeatureUnit, Features},
    lists::{LISTINGS, Memberships},
    transaction::Transaction,
};

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
/// Minor units of a currency unit. Money is given to rules in whole units: `amount > 500.0` means five hundred euros.
const MINOR_UNITS: f64 = 100.0;

/// Everything that the rules of a decision may look at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    pub transaction: &'a Transaction,
    pub features: &'a Features,
    /// Probability of fraud.
    pub score: f64,
    /// The lists that it is on.
    pub lists: Memberships,
}

/// The schema of rules: what a transaction says, and the features of the current set, whatever these are.
pub fn rule_fields() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut fields = vec![
            Field::new("score", FieldType::Double, "Probability of fraud, 0 to 1"),
            Field::new("currency", FieldType::Text, "Currency, as in ISO 4217"),
            Field::new("terminal_id", FieldType::Text, "Your id of the terminal"),
            Field::new(
                "hour_of_day",
                FieldType::Int,
                "Hour of the day in UTC, 0 to 23",
            ),
            Field::new(
                "day_of_week",
                FieldType::Int,
                "Day of the week in UTC, 1 (Monday) to 7",
            ),
        ];
        fields.extend(LISTINGS.iter().map(|(list, kind)| {
            Field::new(
                &format!("{}_on_{}_list", kind.name(), list.name()),
                FieldType::Bool,
                &format!("Whether the {} is on the {} list", kind.name(), list.name()),
            )
        }));
        fields.extend(FeatureSet::CURRENT.features().iter().map(feature_field));
        Schema::new(fields)
    })
}

/// The amount is always known; what is known of the past may be nothing.
fn feature_field(feature: &Feature) -> Field {
    let (field_type, unit) = match feature.unit {
        FeatureUnit::Flag => (FieldType::Bool, ""),
        FeatureUnit::Money => (FieldType::Double, ", in units of the currency"),
        FeatureUnit::Seconds => (FieldType::Double, ", in seconds"),
        FeatureUnit::Count | FeatureUnit::Ratio => (FieldType::Double, ""),
    };
    let field = Field::new(
        feature.name,
        field_type,
        &format!("{}{unit}", feature.title),
    );
    if feature.name == "amount" {
        field
    } else {
        field.optional()
    }
}

impl<'a> Evidence<'a> {
    /// The values of [`rule_fields`], in their order, into a buffer that is used again.
    pub(super) fn fill(&self, record: &mut Vec<Value<'a>>) {
        record.clear();
        let at_us = self.transaction.occurred_at_us;
        // 1970-01-01 was a Thursday.
        let day_of_week = (at_us.div_euclid(DAY_US) + 3).rem_euclid(7) + 1;
        record.extend([
            Value::Double(self.score),
            Value::Text(&self.transaction.currency),
            Value::Text(&self.transaction.terminal_id),
            Value::Int(at_us.rem_euclid(DAY_US) / HOUR_US),
            Value::Int(day_of_week),
        ]);
        record.extend(
            LISTINGS
                .iter()
                .map(|(list, kind)| Value::Bool(self.lists.contains(*list, *kind))),
        );
        if self.features.set() == FeatureSet::CURRENT {
            let known = self.features.iter();
            record.extend(known.map(|(feature, value)| feature_value(feature.unit, value)));
            return;
        }
        // A model of an earlier set decides: what that set has not is not known.
        record.extend(FeatureSet::CURRENT.features().iter().map(|feature| {
            let value = self.features.get(feature.name);
            value.map_or(Value::Missing, |value| feature_value(feature.unit, value))
        }));
    }
}

fn feature_value(unit: FeatureUnit, value: f64) -> Value<'static> {
    if is_missing(value) {
        return Value::Missing;
    }
    match unit {
        FeatureUnit::Flag => Value::Bool(value > 0.5),
        FeatureUnit::Money => Value::Double(value / MINOR_UNITS),
        FeatureUnit::Count | FeatureUnit::Seconds | FeatureUnit::Ratio => Value::Double(value),
    }
}
