//! Lines of a file, whether CSV with a heading or one JSON object on each line.

use std::{borrow::Cow, io::BufRead, path::Path, path::PathBuf};

use anyhow::{Context, anyhow, bail};
use serde_json::{Map, Value};

use crate::recommend::{
    source_file::{Extent, SourceFile},
    table::{Column, Row, Table},
};

/// Longest line of JSON, in bytes.
const LINE_BYTES_MAX: usize = 1 << 20;

/// A file that is read line by line.
pub struct Records {
    source: Source,
    extent: Extent,
}

enum Source {
    Table(Table),
    Lines {
        path: PathBuf,
        bytes: Box<dyn BufRead + Send>,
        line: u64,
        text: Vec<u8>,
    },
}

/// One line, its fields by the names of their columns.
pub struct Record<'a> {
    /// The line's number, from 1; of CSV the heading is line 1.
    pub line: u64,
    path: &'a Path,
    fields: Fields<'a>,
}

enum Fields<'a> {
    Row(Row<'a>),
    Object(Map<String, Value>),
}

impl Records {
    /// Opens a file; a `{` at its beginning says that it is JSON.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let mut file = SourceFile::open(path)?;
        let extent = file.extent.clone();
        let begun = file
            .bytes
            .fill_buf()
            .with_context(|| path.display().to_string())?;
        let source = if begun.trim_ascii_start().starts_with(b"{") {
            Source::Lines {
                path: file.path,
                bytes: file.bytes,
                line: 0,
                text: Vec::new(),
            }
        } else {
            Source::Table(Table::of(file)?)
        };
        Ok(Self { source, extent })
    }

    /// How far the file has been read.
    pub fn extent(&self) -> Extent {
        self.extent.clone()
    }

    /// The next line that is not empty; `None` at the end.
    pub fn next_record(&mut self) -> anyhow::Result<Option<Record<'_>>> {
        match &mut self.source {
            Source::Table(table) => Ok(table.next_row()?.map(|row| Record {
                line: row.line(),
                path: row.path(),
                fields: Fields::Row(row),
            })),
            Source::Lines {
                path,
                bytes,
                line,
                text,
            } => {
                loop {
                    text.clear();
                    *line += 1;
                    let place = || format!("{}, line {line}", path.display());
                    let mut limited = std::io::Read::take(&mut *bytes, LINE_BYTES_MAX as u64 + 1);
                    let count = limited.read_until(b'\n', text).with_context(place)?;
                    if count == 0 {
                        return Ok(None);
                    }
                    if count > LINE_BYTES_MAX {
                        bail!(
                            "{}: the line is longer than {LINE_BYTES_MAX} bytes",
                            place()
                        );
                    }
                    if !text.trim_ascii().is_empty() {
                        break;
                    }
                }
                let object = serde_json::from_slice(text)
                    .map_err(|error| anyhow!("{}, line {line}: {error}", path.display()))?;
                Ok(Some(Record {
                    line: *line,
                    path,
                    fields: Fields::Object(object),
                }))
            }
        }
    }
}

impl Record<'_> {
    /// A field that may be missing or empty.
    pub fn find(&self, column: Column) -> anyhow::Result<Option<Cow<'_, str>>> {
        let text = match &self.fields {
            Fields::Row(row) => row.find(column)?.map(Cow::Borrowed),
            Fields::Object(object) => match column.iter().find_map(|name| object.get(*name)) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(Cow::Borrowed(text.as_str())),
                Some(value @ (Value::Number(_) | Value::Bool(_))) => {
                    Some(Cow::Owned(value.to_string()))
                }
                Some(Value::Array(_) | Value::Object(_)) => {
                    return Err(self.fault(column, "must be a text or a number"));
                }
            },
        };
        Ok(text.filter(|text| !text.trim().is_empty()))
    }

    /// A list: of JSON an array of texts, of CSV names separated by `|` or `>`.
    pub fn list(&self, column: Column) -> anyhow::Result<Vec<String>> {
        if let Fields::Object(object) = &self.fields
            && let Some(Value::Array(values)) = column.iter().find_map(|name| object.get(*name))
        {
            let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
            return texts
                .collect::<Option<Vec<String>>>()
                .ok_or_else(|| self.fault(column, "must be an array of texts"));
        }
        let text = self.find(column)?.unwrap_or_default();
        let names = text.split(['|', '>']).map(str::trim);
        Ok(names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// A field that must be there.
    pub fn filled(&self, column: Column) -> anyhow::Result<Cow<'_, str>> {
        self.find(column)?
            .ok_or_else(|| self.fault(column, "is missing"))
    }

    /// A number that may be missing.
    pub fn number<N: std::str::FromStr>(&self, column: Column) -> anyhow::Result<Option<N>> {
        let Some(text) = self.find(column)? else {
            return Ok(None);
        };
        match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(self.fault(column, &format!("cannot be `{}`", shortened(&text)))),
        }
    }

    /// What is wrong with a field, with file and line.
    pub fn fault(&self, column: Column, message: &str) -> anyhow::Error {
        let (path, line) = (self.path.display(), self.line);
        anyhow!("{path}, line {line}: `{}` {message}", column[0])
    }
}

/// The beginning of a text, for errors.
pub fn shortened(text: &str) -> String {
    let mut letters = text.chars();
    let beginning: String = letters.by_ref().take(40).collect();
    match letters.next() {
        Some(_) => format!("{beginning}…"),
        None => beginning,
    }
}
