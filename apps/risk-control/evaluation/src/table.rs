//! The table of transactions: comma-separated values with a header line.

use std::{
    collections::{HashMap, HashSet},
    io,
};

use chrono::NaiveDateTime;
use csv::{ReaderBuilder, StringRecord, Trim};
use risk_control::{AMOUNT_MINOR_MAX, TEXT_ID_BYTES_MAX};

/// The columns that are read, wherever they stand; others are ignored.
const COLUMNS: [&str; 6] = [
    "TRANSACTION_ID",
    "TX_DATETIME",
    "CUSTOMER_ID",
    "TERMINAL_ID",
    "TX_AMOUNT",
    "TX_FRAUD",
];
/// Formats of a date and time in UTC.
const TIME_FORMATS: [&str; 2] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];

/// What is wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("{0}")]
    Unreadable(#[from] csv::Error),
    #[error("line 1: there is no column {column}; the header has: {header}")]
    NoColumn {
        column: &'static str,
        header: String,
    },
    #[error("line 1: column {column} stands there twice")]
    ColumnTwice { column: &'static str },
    #[error("line {line}, {column}: `{value}` {wanted}")]
    Field {
        line: u64,
        column: &'static str,
        value: String,
        wanted: String,
    },
    #[error("line {line}: transaction {transaction_id} stands there twice")]
    TransactionTwice { line: u64, transaction_id: String },
    #[error("there are no transactions below the header")]
    Empty,
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    pub transaction_id: Box<str>,
    /// Epoch microseconds.
    pub occurred_at_us: i64,
    /// Index into [`LabelledTable::customers`].
    pub customer: u32,
    /// Index into [`LabelledTable::terminals`].
    pub terminal: u32,
    pub amount_minor: i64,
    pub fraud: bool,
}

/// All transactions in the order of time; those of the same moment in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelledTable {
    rows: Vec<TableRow>,
    customers: Vec<Box<str>>,
    terminals: Vec<Box<str>>,
}

impl LabelledTable {
    /// Reads a whole table.
    pub fn read(input: impl io::Read) -> Result<Self, TableError> {
        let mut reader = ReaderBuilder::new()
            .trim(Trim::All)
            .buffer_capacity(1 << 20)
            .from_reader(input);
        let columns = columns(reader.headers()?)?;
        let (mut customers, mut terminals) = (Names::default(), Names::default());
        let mut seen = HashSet::new();
        let mut rows = Vec::new();
        let mut record = StringRecord::new();
        while reader.read_record(&mut record)? {
            let line = record.position().map_or(0, csv::Position::line);
            let cell = Cell {
                record: &record,
                columns: &columns,
                line,
            };
            let transaction_id: Box<str> = cell.id(0)?.into();
            if !seen.insert(transaction_id.clone()) {
                return Err(TableError::TransactionTwice {
                    line,
                    transaction_id: transaction_id.into(),
                });
            }
            rows.push(TableRow {
                transaction_id,
                occurred_at_us: cell.time()?,
                customer: customers.index(cell.id(2)?),
                terminal: terminals.index(cell.id(3)?),
                amount_minor: cell.amount_minor()?,
                fraud: cell.fraud()?,
            });
        }
        if rows.is_empty() {
            return Err(TableError::Empty);
        }
        rows.sort_by_key(|row| row.occurred_at_us);
        Ok(Self {
            rows,
            customers: customers.names,
            terminals: terminals.names,
        })
    }

    pub fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    /// The bank's numbers of the customers.
    pub fn customers(&self) -> &[Box<str>] {
        &self.customers
    }

    /// The ids of the terminals.
    pub fn terminals(&self) -> &[Box<str>] {
        &self.terminals
    }
}

/// Where each of [`COLUMNS`] stands.
fn columns(header: &StringRecord) -> Result<[usize; 6], TableError> {
    let mut found = [0; 6];
    for (place, column) in found.iter_mut().zip(COLUMNS) {
        let mut places = header
            .iter()
            .enumerate()
            // A byte order mark is no part of the first name.
            .filter(|(_, name)| name.trim_start_matches('\u{feff}') == column);
        let Some((index, _)) = places.next() else {
            return Err(TableError::NoColumn {
                column,
                header: header.iter().collect::<Vec<_>>().join(", "),
            });
        };
        if places.next().is_some() {
            return Err(TableError::ColumnTwice { column });
        }
        *place = index;
    }
    Ok(found)
}

/// The fields of one line.
struct Cell<'r> {
    record: &'r StringRecord,
    columns: &'r [usize; 6],
    line: u64,
}

impl<'r> Cell<'r> {
    fn text(&self, column: usize) -> &'r str {
        self.record.get(self.columns[column]).unwrap_or_default()
    }

    fn wrong(&self, column: usize, wanted: impl Into<String>) -> TableError {
        TableError::Field {
            line: self.line,
            column: COLUMNS[column],
            value: self.text(column).to_owned(),
            wanted: wanted.into(),
        }
    }

    fn id(&self, column: usize) -> Result<&'r str, TableError> {
        let text = self.text(column);
        if text.is_empty() || text.len() > TEXT_ID_BYTES_MAX {
            return Err(self.wrong(column, format!("must have 1 to {TEXT_ID_BYTES_MAX} bytes")));
        }
        Ok(text)
    }

    fn time(&self) -> Result<i64, TableError> {
        let text = self.text(1).trim_end_matches('Z');
        TIME_FORMATS
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(|time| time.and_utc().timestamp_micros())
            .ok_or_else(|| self.wrong(1, "must be a time like 2018-04-01 00:00:31"))
    }

    /// Tables that went through floating point hold amounts like 285.79999999999995.
    fn amount_minor(&self) -> Result<i64, TableError> {
        let wrong = || {
            let largest = AMOUNT_MINOR_MAX / 100;
            self.wrong(4, format!("must be an amount between 0 and {largest}"))
        };
        let amount: f64 = self.text(4).parse().map_err(|_| wrong())?;
        let minor = (amount * 100.0).round();
        if !(0.0..=AMOUNT_MINOR_MAX as f64).contains(&minor) {
            return Err(wrong());
        }
        Ok(minor as i64)
    }

    fn fraud(&self) -> Result<bool, TableError> {
        match self.text(5) {
            "0" | "0.0" | "false" | "False" => Ok(false),
            "1" | "1.0" | "true" | "True" => Ok(true),
            _ => Err(self.wrong(5, "must be 0 or 1")),
        }
    }
}

/// Names numbered in the order in which they first appear.
#[derive(Default)]
struct Names {
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Names {
    fn index(&mut self, name: &str) -> u32 {
        if let Some(index) = self.numbers.get(name) {
            return *index;
        }
        let index = u32::try_from(self.names.len())
            .expect("a table of 4 billion names does not fit memory");
        self.names.push(name.into());
        self.numbers.insert(name.into(), index);
        index
    }
}

#[cfg(test)]
mod tests;
