//! Reads what serde says about a faulty document, so that JSON bodies, query strings and
//! configuration files can all answer with a name and the nearest known one.
//!
//! serde reports faults as text only; its phrases for struct fields have been the same since 1.0.
//! A phrase that is not recognised is passed on as it is.

use accord_spelling::nearest;

/// What serde found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SerdeFault {
    UnknownField { name: String, known: Vec<String> },
    UnknownVariant { name: String, known: Vec<String> },
    MissingField { name: String },
    DuplicateField { name: String },
    Other(String),
}

impl SerdeFault {
    /// Reads serde's message, without its trailing position.
    pub(crate) fn parse(message: &str) -> Self {
        if let Some(rest) = message.strip_prefix("unknown field `") {
            if let Some((name, known)) = name_and_known(rest) {
                return Self::UnknownField { name, known };
            }
        } else if let Some(rest) = message.strip_prefix("unknown variant `") {
            if let Some((name, known)) = name_and_known(rest) {
                return Self::UnknownVariant { name, known };
            }
        } else if let Some(rest) = message.strip_prefix("missing field `") {
            return Self::MissingField {
                name: without_last_tick(rest),
            };
        } else if let Some(rest) = message.strip_prefix("duplicate field `") {
            return Self::DuplicateField {
                name: without_last_tick(rest),
            };
        }
        Self::Other(shortened(message))
    }

    /// The fault in a sentence, with the nearest known name where there is one.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::UnknownField { name, known } => {
                format!(
                    "`{}` is not known here{}",
                    shortened(name),
                    hint(name, known)
                )
            }
            Self::UnknownVariant { name, known } => {
                format!(
                    "`{}` is not one of the possible values{}",
                    shortened(name),
                    hint(name, known)
                )
            }
            Self::MissingField { name } => format!("`{name}` is missing"),
            Self::DuplicateField { name } => format!("`{name}` is given more than once"),
            Self::Other(message) => message.clone(),
        }
    }

    /// The name of the field that the fault is about, where serde gives it.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::UnknownField { name, .. }
            | Self::MissingField { name }
            | Self::DuplicateField { name } => Some(name),
            Self::UnknownVariant { .. } | Self::Other(_) => None,
        }
    }
}

/// Splits ``foo`, expected one of `a`, `b` `` into the name and the known names.
///
/// The name is whatever the caller sent and may itself contain ticks, so it is cut at the last
/// place that can end it.
fn name_and_known(rest: &str) -> Option<(String, Vec<String>)> {
    let none_known = ["`, there are no fields", "`, there are no variants"];
    if let Some(name) = none_known
        .iter()
        .find_map(|ending| rest.strip_suffix(ending))
    {
        return Some((name.to_owned(), Vec::new()));
    }
    let (name, expected) = rest.rsplit_once("`, expected ")?;
    let known = expected
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    Some((name.to_owned(), known))
}

fn without_last_tick(rest: &str) -> String {
    rest.strip_suffix('`').unwrap_or(rest).to_owned()
}

fn hint(name: &str, known: &[String]) -> String {
    if let Some(nearest) = nearest(name, known) {
        return format!("; did you mean `{nearest}`?");
    }
    match known {
        [] => "; there are none".to_owned(),
        known if known.len() <= KNOWN_LISTED_MAX => format!("; known: {}", known.join(", ")),
        _ => String::new(),
    }
}

/// Longer lists of known names belong in the documentation, not in an error message.
const KNOWN_LISTED_MAX: usize = 12;

/// Cuts text that came from a caller, so that an answer never echoes a whole body.
pub(crate) fn shortened(text: &str) -> String {
    if text.chars().count() <= ECHOED_CHARACTERS_MAX {
        return text.to_owned();
    }
    text.chars()
        .take(ECHOED_CHARACTERS_MAX)
        .chain(['…'])
        .collect()
}

const ECHOED_CHARACTERS_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the way it fails to be read matters")]
    struct Payment {
        amount: i64,
        channel: Channel,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Channel {
        CardPresent,
        Online,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    fn fault_of<T: serde::de::DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        let error = serde_json::from_str::<T>(text).unwrap_err().to_string();
        let message = error.rsplit_once(" at line ").unwrap().0;
        SerdeFault::parse(message).describe()
    }

    #[test]
    fn serdes_own_phrases_are_understood() {
        for (text, expected) in [
            (
                r#"{"amuont": 1}"#,
                "`amuont` is not known here; did you mean `amount`?",
            ),
            (
                r#"{"iban": 1}"#,
                "`iban` is not known here; known: amount, channel",
            ),
            (r#"{"amount": 1}"#, "`channel` is missing"),
            (
                r#"{"amount": 1, "amount": 2}"#,
                "`amount` is given more than once",
            ),
            (
                r#"{"amount": 1, "channel": "onlin"}"#,
                "`onlin` is not one of the possible values; did you mean `online`?",
            ),
            (
                r#"{"amount": "1"}"#,
                "invalid type: string \"1\", expected i64",
            ),
        ] {
            assert_eq!(fault_of::<Payment>(text), expected, "{text}");
        }
        assert_eq!(
            fault_of::<Nothing>(r#"{"a": 1}"#),
            "`a` is not known here; there are none"
        );
    }

    #[test]
    fn a_name_with_ticks_in_it_stays_whole() {
        let fault = SerdeFault::parse("unknown field `a`, expected `b`, expected one of `c`, `d`");
        assert_eq!(
            fault,
            SerdeFault::UnknownField {
                name: "a`, expected `b".to_owned(),
                known: vec!["c".to_owned(), "d".to_owned()]
            }
        );
    }

    #[test]
    fn long_values_are_not_echoed_whole() {
        let long = format!("invalid value: string \"{}\"", "x".repeat(10_000));
        assert!(SerdeFault::parse(&long).describe().chars().count() <= ECHOED_CHARACTERS_MAX + 1);
    }
}
