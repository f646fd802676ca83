//! CSV files, plain or gzip, with a heading; errors name file and line.

use std::{
    collections::BTreeMap,
    io::BufRead,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};

use super::source_file::SourceFile;

/// A column, by the names under which it is known; the first is the one that documents and errors use.
pub type Column = &'static [&'static str];

pub const USER: Column = &[
    "user",
    "user_id",
    "userid",
    "customer",
    "customer_id",
    "customerid",
];
pub const ITEM: Column = &["item", "item_id", "itemid", "stockcode"];
pub const INVOICE: Column = &["invoice", "invoiceno", "invoice_no", "order", "order_id"];
pub const DATE: Column = &["date", "invoicedate", "time", "timestamp"];
pub const BASKET: Column = &["basket"];
pub const TARGET: Column = &["target"];
pub const ITEMS: Column = &["items"];
pub const PREFIX: Column = &["prefix"];

/// An open file, its heading read.
pub struct Table {
    path: PathBuf,
    columns: BTreeMap<String, usize>,
    reader: csv::Reader<Box<dyn BufRead + Send>>,
    record: csv::ByteRecord,
}

impl Table {
    /// Opens a file and reads its heading.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        Self::of(SourceFile::open(path)?)
    }

    /// Reads the heading of a file.
    pub fn of(file: SourceFile) -> anyhow::Result<Self> {
        let path = file.path;
        let named = || path.display().to_string();
        let mut reader = csv::ReaderBuilder::new().from_reader(file.bytes);
        let heading = reader.byte_headers().with_context(named)?;
        ensure!(
            !heading.is_empty(),
            "{}: the file is empty; its first line must name the columns",
            path.display()
        );
        let columns = heading
            .iter()
            .enumerate()
            // The first of two columns of one name counts.
            .rev()
            .map(|(index, name)| {
                let name =
                    String::from_utf8_lossy(name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name));
                (name.trim().to_ascii_lowercase(), index)
            })
            .collect();
        Ok(Self {
            path,
            columns,
            reader,
            record: csv::ByteRecord::new(),
        })
    }

    /// Where a column is, if the file has it.
    pub fn find(&self, column: Column) -> Option<usize> {
        column
            .iter()
            .find_map(|name| self.columns.get(*name).copied())
    }

    /// Where a column is that the file must have.
    pub fn column(&self, column: Column) -> anyhow::Result<usize> {
        self.find(column).with_context(|| {
            let known: Vec<&str> = self.columns.keys().map(String::as_str).collect();
            format!(
                "{}, line 1: there is no column `{}`, only {}",
                self.path.display(),
                column[0],
                known.join(", ")
            )
        })
    }

    /// The next row; `None` at the end.
    pub fn next_row(&mut self) -> anyhow::Result<Option<Row<'_>>> {
        let more = self.reader.read_byte_record(&mut self.record);
        match more {
            Ok(true) => Ok(Some(Row {
                path: &self.path,
                columns: &self.columns,
                record: &self.record,
            })),
            Ok(false) => Ok(None),
            Err(error) => Err(self.described(error)),
        }
    }

    fn described(&self, error: csv::Error) -> anyhow::Error {
        let file = self.path.display();
        match error.kind() {
            csv::ErrorKind::UnequalLengths {
                pos,
                expected_len,
                len,
            } => {
                let line = pos.as_ref().map_or(0, csv::Position::line);
                anyhow::anyhow!("{file}, line {line}: {len} fields, the heading has {expected_len}")
            }
            _ => {
                let line = self.reader.position().line();
                anyhow::Error::new(error).context(format!("{file}, near line {line}"))
            }
        }
    }
}

/// One row of a table.
pub struct Row<'a> {
    path: &'a Path,
    columns: &'a BTreeMap<String, usize>,
    record: &'a csv::ByteRecord,
}

impl<'a> Row<'a> {
    /// The line on which the row begins, the heading being line 1.
    pub fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// A field by the names of its column; `None` where the file has no such column.
    pub fn find(&self, column: Column) -> anyhow::Result<Option<&'a str>> {
        let place = column.iter().find_map(|name| self.columns.get(*name));
        place.map(|place| self.text(*place)).transpose()
    }

    /// A field, without the white space around it.
    pub fn text(&self, column: usize) -> anyhow::Result<&'a str> {
        let bytes = self.record.get(column).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.trim()),
            Err(_) => bail!("{}: the text is not UTF-8", self.place()),
        }
    }

    /// A field that must not be empty; `column` is its name in the error.
    pub fn filled(&self, column: usize, name: Column) -> anyhow::Result<&str> {
        let text = self.text(column)?;
        ensure!(!text.is_empty(), "{}: `{}` is empty", self.place(), name[0]);
        Ok(text)
    }

    /// The file, for errors.
    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// File and line, for errors.
    pub fn place(&self) -> String {
        format!("{}, line {}", self.path.display(), self.line())
    }
}
