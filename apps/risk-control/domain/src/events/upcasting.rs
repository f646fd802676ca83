//! From earlier versions of stored events to the current one, JSON to JSON.
//!
//! | event | from | to | what changed |
//! |---|---|---|---|
//! | `TransactionAssessed`, `TransactionImported` | 1 | 2 | features name their set, a missing value is null |
//! | `TransactionLabelled` | 1 | 2 | says what it labels, which version 1 did not: nothing to do |

use accord_decider::DecodeError;
use accord_learning::is_missing;
use serde_json::{Map, Value, json};

use super::{codec::read, event_types as types};

/// The payload in the current version; `None` where it is in it already.
pub(super) fn to_current(
    event_type: &str,
    schema_version: u16,
    payload: &str,
) -> Result<Option<String>, DecodeError> {
    match (event_type, schema_version) {
        (types::TRANSACTION_ASSESSED | types::TRANSACTION_IMPORTED, 1) => {
            let mut event: Map<String, Value> = read(event_type, schema_version, payload)?;
            name_feature_set(&mut event);
            Ok(Some(Value::Object(event).to_string()))
        }
        _ => Ok(None),
    }
}

/// Version 1 knew one set only, and wrote a missing value as the lowest number that there is.
fn name_feature_set(event: &mut Map<String, Value>) {
    if let Some(features) = event.get_mut("features") {
        if let Value::Array(values) = features {
            for value in values {
                if value.as_f64().is_some_and(is_missing) {
                    *value = Value::Null;
                }
            }
        }
        *features = json!({ "customer-1": features.take() });
    }
}
