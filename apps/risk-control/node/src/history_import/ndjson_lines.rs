//! One JSON document a line: the body of `POST /v1/transactions` with `transaction_id` and `occurred_at` required, and
//! beside it `decision`, `label` (`fraud` or `genuine`) and `label_known_at`. Empty lines are passed over.

use std::io::{self, BufRead, BufReader};

use risk_control::Label;
use serde::Deserialize;

use super::{
    HistoryImportSettings,
    record::{self, BadLine, HistoricalRecord, wrong},
};
use crate::personal::PersonalFields;

/// Longest line, in bytes: far more than any transaction needs.
const LINE_BYTES_MAX: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    transaction_id: String,
    customer_id: String,
    card_id: Option<String>,
    device_id: Option<String>,
    ip_address: Option<String>,
    terminal_id: String,
    amount_minor: i64,
    currency: Option<String>,
    occurred_at: String,
    decision: Option<String>,
    label: Option<String>,
    label_known_at: Option<String>,
}

/// The lines of a file.
pub(super) struct NdjsonLines<R> {
    reader: BufReader<R>,
    buffer: Vec<u8>,
    line: u64,
    currency: String,
    ended: bool,
}

impl<R: io::Read> NdjsonLines<R> {
    pub fn new(input: R, settings: &HistoryImportSettings) -> Self {
        Self {
            reader: BufReader::with_capacity(1 << 20, input),
            buffer: Vec::new(),
            line: 0,
            currency: settings.currency.clone(),
            ended: false,
        }
    }

    /// Reads one line; one that is too long is passed over to its end.
    fn read_line(&mut self) -> io::Result<Option<Result<(), String>>> {
        self.buffer.clear();
        let mut limited = io::Read::take(&mut self.reader, LINE_BYTES_MAX as u64);
        let count = limited.read_until(b'\n', &mut self.buffer)?;
        if count == 0 {
            return Ok(None);
        }
        self.line += 1;
        if count < LINE_BYTES_MAX || self.buffer.ends_with(b"\n") {
            return Ok(Some(Ok(())));
        }
        self.reader.skip_until(b'\n')?;
        Ok(Some(Err(format!("is longer than {LINE_BYTES_MAX} bytes"))))
    }

    fn parse(&self) -> Result<HistoricalRecord, String> {
        let document: Document =
            serde_json::from_slice(&self.buffer).map_err(|error| json_fault(&error))?;
        if let Some(currency) = &document.currency {
            record::currency("currency", currency, &self.currency)?;
        }
        let optional_id = |field: &str, value: &Option<String>| {
            value
                .as_deref()
                .map(|text| record::id(field, text))
                .transpose()
        };
        let label = match document.label.as_deref() {
            None => None,
            Some("fraud") => Some(Label::Fraud),
            Some("genuine") => Some(Label::Genuine),
            Some(_) => return Err(wrong("label", "must be fraud or genuine")),
        };
        let known_at_us = document
            .label_known_at
            .as_deref()
            .map(|text| record::time("label_known_at", text))
            .transpose()?;
        if label.is_none() && known_at_us.is_some() {
            return Err(wrong("label_known_at", "needs a label"));
        }
        Ok(HistoricalRecord {
            line: self.line,
            transaction_id: record::id("transaction_id", &document.transaction_id)?,
            personal: PersonalFields {
                customer_id: record::id("customer_id", &document.customer_id)?,
                card_id: optional_id("card_id", &document.card_id)?,
                device_id: optional_id("device_id", &document.device_id)?,
                ip_address: document
                    .ip_address
                    .as_deref()
                    .map(|text| record::ip_address("ip_address", text))
                    .transpose()?,
            },
            terminal_id: record::id("terminal_id", &document.terminal_id)?,
            amount_minor: record::amount_minor("amount_minor", document.amount_minor)?,
            occurred_at_us: record::time("occurred_at", &document.occurred_at)?,
            decision: document
                .decision
                .as_deref()
                .map(|text| record::decision("decision", text))
                .transpose()?,
            label: label.map(|label| (label, known_at_us)),
        })
    }
}

impl<R: io::Read> Iterator for NdjsonLines<R> {
    type Item = Result<HistoricalRecord, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let outcome = match self.read_line() {
                Ok(None) => return None,
                Ok(Some(Ok(()))) if self.buffer.trim_ascii().is_empty() => continue,
                Ok(Some(Ok(()))) => self.parse(),
                Ok(Some(Err(detail))) => Err(detail),
                Err(error) => {
                    // Reading on would only fail again.
                    self.ended = true;
                    self.line += 1;
                    Err(format!("cannot be read: {error}"))
                }
            };
            let line = self.line;
            return Some(outcome.map_err(|detail| BadLine { line, detail }));
        }
        None
    }
}

/// Says what is wrong without the position within the line's text, which would say "line 1" of every line.
fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let column = error.column();
    let said = text.split(" at line ").next().unwrap_or("is no JSON");
    format!("{said} (column {column})")
}
