//! Comma-separated values with a header line.
//!
//! Read wherever they stand: TRANSACTION_ID, TX_DATETIME, CUSTOMER_ID, TERMINAL_ID, TX_AMOUNT (in whole units of the
//! currency). Where they are there: TX_FRAUD (0 or 1), FRAUD_KNOWN_AT, DECISION, CARD_ID, DEVICE_ID, IP_ADDRESS,
//! CURRENCY. Other columns are passed over; an empty cell of an optional column says nothing.

use std::io;

use csv::{ReaderBuilder, StringRecord, Trim};
use risk_control::{AMOUNT_MINOR_MAX, Label};

use super::{
    HistoryImportError, HistoryImportSettings,
    record::{self, BadLine, HistoricalRecord, wrong},
};
use crate::personal::PersonalFields;

const REQUIRED: [&str; 5] = [
    "TRANSACTION_ID",
    "TX_DATETIME",
    "CUSTOMER_ID",
    "TERMINAL_ID",
    "TX_AMOUNT",
];
const OPTIONAL: [&str; 7] = [
    "TX_FRAUD",
    "FRAUD_KNOWN_AT",
    "DECISION",
    "CARD_ID",
    "DEVICE_ID",
    "IP_ADDRESS",
    "CURRENCY",
];

/// The lines of a table.
pub(super) struct CsvLines<R> {
    reader: csv::Reader<R>,
    record: StringRecord,
    /// Place of each of `REQUIRED`, then of `OPTIONAL`.
    places: Vec<Option<usize>>,
    currency: String,
}

impl<R: io::Read> CsvLines<R> {
    pub fn new(input: R, settings: &HistoryImportSettings) -> Result<Self, HistoryImportError> {
        let mut reader = ReaderBuilder::new()
            .trim(Trim::All)
            .buffer_capacity(1 << 20)
            .from_reader(input);
        let header = reader
            .headers()
            .map_err(|error| HistoryImportError::Unreadable(error.to_string()))?;
        // A byte order mark is no part of the first name.
        let names: Vec<&str> = header
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}'))
            .collect();
        let mut places = Vec::with_capacity(REQUIRED.len() + OPTIONAL.len());
        for column in REQUIRED.iter().chain(&OPTIONAL) {
            let mut found = (0..names.len()).filter(|place| names[*place] == *column);
            let place = found.next();
            let fault = if found.next().is_some() {
                format!("column {column} stands there twice")
            } else if place.is_none() && REQUIRED.contains(column) {
                format!(
                    "there is no column {column}; the header has: {}",
                    names.join(", ")
                )
            } else {
                places.push(place);
                continue;
            };
            return Err(HistoryImportError::BadLine(BadLine {
                line: 1,
                detail: fault,
            }));
        }
        Ok(Self {
            reader,
            record: StringRecord::new(),
            places,
            currency: settings.currency.clone(),
        })
    }

    fn parse(&self, line: u64) -> Result<HistoricalRecord, String> {
        let cell = |column: &str| self.cell(column);
        let optional = |column: &str| Some(cell(column)).filter(|text| !text.is_empty());
        let optional_id = |column: &str| {
            optional(column)
                .map(|text| record::id(column, text))
                .transpose()
        };
        if let Some(currency) = optional("CURRENCY") {
            record::currency("CURRENCY", currency, &self.currency)?;
        }
        let known_at_us = optional("FRAUD_KNOWN_AT")
            .map(|text| record::time("FRAUD_KNOWN_AT", text))
            .transpose()?;
        // Nobody reports that a transaction was genuine.
        let label = match cell("TX_FRAUD") {
            "" | "0" | "0.0" | "false" | "False" => None,
            "1" | "1.0" | "true" | "True" => Some((Label::Fraud, known_at_us)),
            _ => return Err(wrong("TX_FRAUD", "must be 0 or 1")),
        };
        Ok(HistoricalRecord {
            line,
            transaction_id: record::id("TRANSACTION_ID", cell("TRANSACTION_ID"))?,
            personal: PersonalFields {
                customer_id: record::id("CUSTOMER_ID", cell("CUSTOMER_ID"))?,
                card_id: optional_id("CARD_ID")?,
                device_id: optional_id("DEVICE_ID")?,
                ip_address: optional("IP_ADDRESS")
                    .map(|text| record::ip_address("IP_ADDRESS", text))
                    .transpose()?,
            },
            terminal_id: record::id("TERMINAL_ID", cell("TERMINAL_ID"))?,
            amount_minor: amount_minor(cell("TX_AMOUNT"))?,
            occurred_at_us: record::time("TX_DATETIME", cell("TX_DATETIME"))?,
            decision: optional("DECISION")
                .map(|text| record::decision("DECISION", text))
                .transpose()?,
            label,
        })
    }

    fn cell(&self, column: &str) -> &str {
        let index = REQUIRED
            .iter()
            .chain(&OPTIONAL)
            .position(|name| *name == column);
        index
            .and_then(|index| self.places[index])
            .and_then(|place| self.record.get(place))
            .unwrap_or_default()
    }
}

impl<R: io::Read> Iterator for CsvLines<R> {
    type Item = Result<HistoricalRecord, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        let before = self.reader.position().line();
        match self.reader.read_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => {
                let line = self.record.position().map_or(before, csv::Position::line);
                Some(self.parse(line).map_err(|detail| BadLine { line, detail }))
            }
            Err(error) => {
                let line = error.position().map_or(before, csv::Position::line);
                let detail = match error.kind() {
                    csv::ErrorKind::UnequalLengths {
                        expected_len, len, ..
                    } => format!("has {len} columns, the header {expected_len}"),
                    csv::ErrorKind::Utf8 { .. } => "is not UTF-8".to_owned(),
                    _ => error.to_string(),
                };
                Some(Err(BadLine { line, detail }))
            }
        }
    }
}

/// Tables that went through floating point hold amounts like 285.79999999999995.
fn amount_minor(text: &str) -> Result<i64, String> {
    let wanted = || {
        let largest = AMOUNT_MINOR_MAX / 100;
        wrong(
            "TX_AMOUNT",
            format!("must be an amount between 0 and {largest}"),
        )
    };
    let amount: f64 = text.parse().map_err(|_| wanted())?;
    let minor = (amount * 100.0).round();
    if !(0.0..=AMOUNT_MINOR_MAX as f64).contains(&minor) {
        return Err(wanted());
    }
    Ok(minor as i64)
}
