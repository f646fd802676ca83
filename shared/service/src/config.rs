//! Configuration files: TOML into a checked struct, with errors that name file, line and key.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use thiserror::Error;
use toml::de::{DeTable, DeValue};

use crate::serde_fault::SerdeFault;

/// A configuration struct; it carries `#[serde(deny_unknown_fields)]`, as do the structs within.
pub trait Configuration: DeserializeOwned {
    /// Checks what types cannot express, such as limits that depend on each other.
    ///
    /// # Errors
    /// The first fault found.
    fn check(&self) -> Result<(), ConfigFault>;
}

/// What [`Configuration::check`] found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The key with its tables, such as `journal.segment_bytes_max`.
    pub key: String,
    /// What is wrong with it, in a sentence.
    pub reason: String,
}

impl ConfigFault {
    /// A fault of the value of a key.
    #[must_use]
    pub fn at(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            reason: reason.into(),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {file}: {source}")]
    Unreadable {
        /// The file as it was named.
        file: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file can be read but not used.
    #[error("{file}{}{}: {reason}", Line(*.line), Key(.key))]
    Invalid {
        /// The file as it was named.
        file: String,
        /// The line, counted from one, where it is known.
        line: Option<usize>,
        /// The key with its tables; empty where the fault belongs to no key.
        key: String,
        /// What is wrong, in a sentence.
        reason: String,
    },
}

/// Loads and checks a configuration file.
///
/// # Errors
/// [`ConfigError`], which says which file, line and key is wrong and how.
pub fn load_config<C: Configuration>(file: &Path) -> Result<C, ConfigError> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable {
        file: name.clone(),
        source,
    })?;
    parse_config(&name, &text)
}

/// Reads and checks the text of a configuration; `file` is only used in errors.
///
/// # Errors
/// [`ConfigError::Invalid`].
pub fn parse_config<C: Configuration>(file: &str, text: &str) -> Result<C, ConfigError> {
    let config: C = toml::from_str(text).map_err(|error| unreadable(file, text, &error))?;
    config.check().map_err(|fault| ConfigError::Invalid {
        file: file.to_owned(),
        line: span_of_key(text, &fault.key).map(|span| line_of(text, span.start)),
        key: fault.key,
        reason: fault.reason,
    })?;
    Ok(config)
}

fn unreadable(file: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let fault = SerdeFault::parse(error.message());
    let mut path = error
        .span()
        .map(|span| path_at(text, span.start))
        .unwrap_or_default();
    // A missing key is reported where its table begins.
    if let Some(field) = fault.field()
        && path.last().map(String::as_str) != Some(field)
    {
        path.push(field.to_owned());
    }
    ConfigError::Invalid {
        file: file.to_owned(),
        line: error.span().map(|span| line_of(text, span.start)),
        key: path.join("."),
        reason: fault.describe(),
    }
}

/// The keys that lead to the place in the text; none if the text is not TOML at all.
fn path_at(text: &str, offset: usize) -> Vec<String> {
    let mut path = Vec::new();
    if let Ok(root) = DeTable::parse(text) {
        descend(root.get_ref(), offset, &mut path);
    }
    path
}

/// Follows the entry whose key or value covers the offset. Tables under headers of their own can
/// begin before and end after others, so the entries of a table without cover are searched too.
fn descend(table: &DeTable<'_>, offset: usize, path: &mut Vec<String>) -> bool {
    for (key, value) in table.iter() {
        path.push(key.get_ref().to_string());
        let covered = key.span().contains(&offset) || value.span().contains(&offset);
        let deeper = match value.get_ref() {
            DeValue::Table(table) => descend(table, offset, path),
            DeValue::Array(items) => items.iter().any(|item| match item.get_ref() {
                DeValue::Table(table) => descend(table, offset, path),
                _ => false,
            }),
            _ => false,
        };
        if deeper || covered {
            return true;
        }
        path.pop();
    }
    false
}

fn span_of_key(text: &str, dotted: &str) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    let (tables, last) = dotted
        .rsplit_once('.')
        .map_or(("", dotted), |(tables, last)| (tables, last));
    let mut table = root.get_ref();
    for name in tables.split('.').filter(|name| !name.is_empty()) {
        let value = table.get(name)?;
        table = value.get_ref().as_table()?;
    }
    table.get(last).map(|value| value.span())
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}

struct Line(Option<usize>);

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .map_or(Ok(()), |line| write!(formatter, ", line {line}"))
    }
}

struct Key<'key>(&'key str);

impl fmt::Display for Key<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(formatter, ", {}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Node {
        name: String,
        journal: Journal,
        #[serde(default)]
        personas: Vec<Persona>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Journal {
        folder: String,
        segment_bytes_max: u32,
        batch_bytes_max: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Persona {
        id: String,
    }

    impl Configuration for Node {
        fn check(&self) -> Result<(), ConfigFault> {
            if self.journal.batch_bytes_max > self.journal.segment_bytes_max {
                let reason = "must not exceed segment_bytes_max";
                return Err(ConfigFault::at("journal.batch_bytes_max", reason));
            }
            Ok(())
        }
    }

    const GOOD: &str = r#"
name = "north"

[journal]
folder = "log"
segment_bytes_max = 1000
batch_bytes_max = 100

[[personas]]
id = "ana"
"#;

    fn error_of(text: &str) -> String {
        parse_config::<Node>("node.toml", text)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_good_file_is_read() {
        let node: Node = parse_config("node.toml", GOOD).unwrap();
        assert_eq!(
            (node.name.as_str(), node.journal.folder.as_str()),
            ("north", "log")
        );
        assert_eq!(node.personas[0].id, "ana");
    }

    #[test]
    fn a_fault_is_named_by_file_line_key_and_reason() {
        for (good, bad, expected) in [
            (
                "segment_bytes_max = 1000",
                "segment_byte_max = 1000",
                "node.toml, line 6, journal.segment_byte_max: `segment_byte_max` is not known \
                 here; did you mean `segment_bytes_max`?",
            ),
            (
                "segment_bytes_max = 1000",
                "segment_bytes_max = \"1 kB\"",
                "node.toml, line 6, journal.segment_bytes_max: invalid type: string \"1 kB\", \
                 expected u32",
            ),
            (
                "segment_bytes_max = 1000",
                "segment_bytes_max = -1",
                "node.toml, line 6, journal.segment_bytes_max: invalid value: integer `-1`, \
                 expected u32",
            ),
            (
                "folder = \"log\"\n",
                "",
                "node.toml, line 4, journal.folder: `folder` is missing",
            ),
            (
                "name = \"north\"",
                "",
                "node.toml, line 1, name: `name` is missing",
            ),
            (
                "id = \"ana\"",
                "id = 7",
                "node.toml, line 10, personas.id: invalid type: integer `7`, expected a string",
            ),
            (
                "batch_bytes_max = 100",
                "batch_bytes_max = 2000",
                "node.toml, line 7, journal.batch_bytes_max: must not exceed segment_bytes_max",
            ),
        ] {
            assert!(GOOD.contains(good), "{good}");
            assert_eq!(error_of(&GOOD.replace(good, bad)), expected);
        }
    }

    #[test]
    fn what_is_not_toml_is_named_by_line() {
        let error = error_of("name = \"north\"\njournal = {\n");
        assert!(error.starts_with("node.toml, line "), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = load_config::<Node>(Path::new("/nowhere/node.toml"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("/nowhere/node.toml"), "{error}");
    }
}
