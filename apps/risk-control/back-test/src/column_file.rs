//! The columns of a sealed part of the log as one file's bytes.
//!
//! ```text
//!  "accord-columns\0\0"   16 bytes
//!  header length          4 bytes, little endian
//!  header                 JSON: form, log, feature set, extent, the place, packing and hash of each column
//!  hash of all before     32 bytes (BLAKE3)
//!  columns                one after the other
//! ```
//!
//! A file is made from the log and can be made again, so whatever is wrong with one, it is thrown away.

use std::{collections::HashMap, sync::Arc};

use accord_learning::is_missing;
use risk_control::{FeatureSet, Label, LabelSource};
use serde::{Deserialize, Serialize};

use crate::{
    columns::{Columns, LabelRecord, TextColumn},
    packed::{Packing, pack_fractions, pack_integers, unpack_fractions, unpack_integers},
};

/// Counts up with every change of what a file holds or of what it means.
pub const FORM: u32 = 1;
const MAGIC: [u8; 16] = *b"accord-columns\0\0";
const HASH_BYTES: usize = 32;

/// Why a file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnFileError {
    #[error("it is of another form, log or feature set")]
    Other,
    #[error("it is damaged")]
    Damaged,
}

#[derive(Serialize, Deserialize)]
struct Header {
    form: u32,
    log: String,
    feature_set: String,
    first_sequence: u64,
    last_sequence: u64,
    rows: usize,
    labels: usize,
    left_out: u64,
    currencies: Vec<Box<str>>,
    terminals: Vec<Box<str>>,
    columns: Vec<Place>,
}

#[derive(Serialize, Deserialize)]
struct Place {
    name: String,
    start: usize,
    length: usize,
    packing: Packing,
    /// BLAKE3 of the column's bytes, hexadecimal.
    hash: String,
}

/// A file whose header was found sound; columns are checked when they are read.
pub struct ColumnFile<'b> {
    header: Header,
    body: &'b [u8],
}

impl<'b> ColumnFile<'b> {
    /// The bytes of a file.
    pub fn write(columns: &Columns, log: &str) -> Vec<u8> {
        let mut writer = Writer::default();
        for (name, values) in integer_columns(columns) {
            writer.integers(name, values);
        }
        writer.integers("currency", &places(&columns.currency));
        writer.integers("terminal", &places(&columns.terminal));
        writer.fractions("score", &columns.score);
        for feature in FeatureSet::CURRENT.features() {
            let missing = vec![accord_learning::MISSING; columns.rows()];
            let values = columns.feature(feature.name).unwrap_or(&missing);
            writer.fractions(&feature_column(feature.name), values);
        }
        let labels = &columns.labels;
        let of_labels = |of: fn(&LabelRecord) -> i64| labels.iter().map(of).collect::<Vec<_>>();
        writer.integers(
            "label_sequence",
            &of_labels(|label| label.sequence.cast_signed()),
        );
        writer.integers(
            "label_id_hash",
            &of_labels(|label| label.id_hash.cast_signed()),
        );
        writer.integers("label", &of_labels(|label| label_code(label.label)));
        writer.integers(
            "label_source",
            &of_labels(|label| source_code(label.source)),
        );
        writer.integers("label_known_at", &of_labels(|label| label.known_at_us));
        let header = Header {
            form: FORM,
            log: log.to_owned(),
            feature_set: FeatureSet::CURRENT.name().to_owned(),
            first_sequence: columns.first_sequence,
            last_sequence: columns.last_sequence,
            rows: columns.rows(),
            labels: labels.len(),
            left_out: columns.left_out,
            currencies: columns.currency.texts.to_vec(),
            terminals: columns.terminal.texts.to_vec(),
            columns: writer.places,
        };
        let header = serde_json::to_vec(&header).expect("plain data always serialises");
        let length =
            u32::try_from(header.len()).expect("a header names some ten thousand terminals");
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&header);
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes.extend_from_slice(&writer.bytes);
        bytes
    }

    /// Reads and checks the header.
    pub fn open(bytes: &'b [u8], log: &str) -> Result<Self, ColumnFileError> {
        use ColumnFileError::{Damaged, Other};
        let (magic, rest) = bytes.split_at_checked(MAGIC.len()).ok_or(Damaged)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(Damaged)?;
        if magic != MAGIC {
            return Err(Other);
        }
        let length = u32::from_le_bytes(*length) as usize;
        let (text, rest) = rest.split_at_checked(length).ok_or(Damaged)?;
        let (hash, body) = rest.split_at_checked(HASH_BYTES).ok_or(Damaged)?;
        let before = &bytes[..MAGIC.len() + 4 + length];
        if blake3::hash(before).as_bytes() != hash {
            return Err(Damaged);
        }
        // Sound, but perhaps of another form: then it need not be readable.
        let header: Header = serde_json::from_slice(text).map_err(|_| Other)?;
        if header.form != FORM
            || header.log != log
            || header.feature_set != FeatureSet::CURRENT.name()
        {
            return Err(Other);
        }
        Ok(Self { header, body })
    }

    /// First and last sequence of the part of the log that it stands for.
    pub fn extent(&self) -> (u64, u64) {
        (self.header.first_sequence, self.header.last_sequence)
    }

    /// Reads all columns, and of the features those of these names.
    pub fn read(&self, features: &[&str]) -> Result<Columns, ColumnFileError> {
        let header = &self.header;
        let rows = header.rows;
        let integers = |name: &str| self.integers(name, rows);
        let text = |name: &str, texts: &[Box<str>]| -> Result<TextColumn, ColumnFileError> {
            let places = integers(name)?.into_iter();
            Ok(TextColumn {
                places: places
                    .map(|place| u32::try_from(place).unwrap_or(u32::MAX))
                    .collect(),
                texts: Arc::from(texts),
            })
        };
        let mut read_features = HashMap::with_capacity(features.len());
        for name in features {
            read_features.insert(
                (*name).to_owned(),
                self.fractions(&feature_column(name), rows)?,
            );
        }
        Ok(Columns {
            first_sequence: header.first_sequence,
            last_sequence: header.last_sequence,
            sequence: integers("sequence")?,
            partition: integers("partition")?,
            customer: integers("customer")?,
            id_hash: integers("id_hash")?,
            occurred_at_us: integers("occurred_at")?,
            amount_minor: integers("amount")?,
            currency: text("currency", &header.currencies)?,
            terminal: text("terminal", &header.terminals)?,
            card: integers("card")?,
            device: integers("device")?,
            address: integers("address")?,
            decision: integers("decision")?,
            score: self.fractions("score", rows)?,
            policy: integers("policy")?,
            lists: integers("lists")?,
            list_fingerprints: [
                integers("listed_customer")?,
                integers("listed_terminal")?,
                integers("listed_card")?,
                integers("listed_device")?,
            ],
            features: read_features,
            labels: self.labels()?,
            left_out: header.left_out,
        })
    }

    /// Reads what became known in this part of the log, and nothing else.
    pub fn labels(&self) -> Result<Vec<LabelRecord>, ColumnFileError> {
        let count = self.header.labels;
        let integers = |name: &str| self.integers(name, count);
        let (sequences, hashes) = (integers("label_sequence")?, integers("label_id_hash")?);
        let (labels, sources) = (integers("label")?, integers("label_source")?);
        let known = integers("label_known_at")?;
        Ok((0..count)
            .map(|row| LabelRecord {
                sequence: sequences[row].cast_unsigned(),
                id_hash: hashes[row].cast_unsigned(),
                label: label_of(labels[row]),
                source: source_of(sources[row]),
                known_at_us: known[row],
            })
            .collect())
    }

    fn integers(&self, name: &str, rows: usize) -> Result<Vec<i64>, ColumnFileError> {
        let (packing, bytes) = self.column(name)?;
        unpack_integers(packing, bytes, rows).ok_or(ColumnFileError::Damaged)
    }

    fn fractions(&self, name: &str, rows: usize) -> Result<Vec<f64>, ColumnFileError> {
        let (packing, bytes) = self.column(name)?;
        unpack_fractions(packing, bytes, rows).ok_or(ColumnFileError::Damaged)
    }

    fn column(&self, name: &str) -> Result<(Packing, &'b [u8]), ColumnFileError> {
        let mut places = self.header.columns.iter();
        let place = places
            .find(|place| place.name == name)
            .ok_or(ColumnFileError::Damaged)?;
        let end = place.start.checked_add(place.length);
        let bytes = end
            .and_then(|end| self.body.get(place.start..end))
            .ok_or(ColumnFileError::Damaged)?;
        if blake3::hash(bytes).to_hex().as_str() != place.hash {
            return Err(ColumnFileError::Damaged);
        }
        Ok((place.packing, bytes))
    }
}

#[derive(Default)]
struct Writer {
    places: Vec<Place>,
    bytes: Vec<u8>,
}

impl Writer {
    fn integers(&mut self, name: &str, values: &[i64]) {
        self.column(name, |bytes| pack_integers(values, bytes));
    }

    fn fractions(&mut self, name: &str, values: &[f64]) {
        debug_assert!(
            values
                .iter()
                .all(|value| is_missing(*value) || !value.is_nan())
        );
        self.column(name, |bytes| pack_fractions(values, bytes));
    }

    fn column(&mut self, name: &str, pack: impl FnOnce(&mut Vec<u8>) -> Packing) {
        let start = self.bytes.len();
        let packing = pack(&mut self.bytes);
        let bytes = &self.bytes[start..];
        self.places.push(Place {
            name: name.to_owned(),
            start,
            length: bytes.len(),
            packing,
            hash: blake3::hash(bytes).to_hex().to_string(),
        });
    }
}

fn integer_columns(columns: &Columns) -> [(&'static str, &[i64]); 16] {
    let [customer, terminal, card, device] = &columns.list_fingerprints;
    [
        ("sequence", &columns.sequence),
        ("partition", &columns.partition),
        ("customer", &columns.customer),
        ("id_hash", &columns.id_hash),
        ("occurred_at", &columns.occurred_at_us),
        ("amount", &columns.amount_minor),
        ("card", &columns.card),
        ("device", &columns.device),
        ("address", &columns.address),
        ("decision", &columns.decision),
        ("policy", &columns.policy),
        ("lists", &columns.lists),
        ("listed_customer", customer),
        ("listed_terminal", terminal),
        ("listed_card", card),
        ("listed_device", device),
    ]
}

fn places(column: &TextColumn) -> Vec<i64> {
    column
        .places
        .iter()
        .map(|place| i64::from(*place))
        .collect()
}

fn feature_column(name: &str) -> String {
    format!("feature:{name}")
}

fn label_code(label: Option<Label>) -> i64 {
    match label {
        Some(Label::Genuine) => 0,
        Some(Label::Fraud) => 1,
        None => 2,
    }
}

fn label_of(code: i64) -> Option<Label> {
    match code {
        0 => Some(Label::Genuine),
        1 => Some(Label::Fraud),
        _ => None,
    }
}

const SOURCES: [LabelSource; 3] = [
    LabelSource::Chargeback,
    LabelSource::Customer,
    LabelSource::Analyst,
];

fn source_code(source: Option<LabelSource>) -> i64 {
    let place = SOURCES.iter().position(|known| Some(*known) == source);
    place.map_or(-1, |place| place as i64)
}

fn source_of(code: i64) -> Option<LabelSource> {
    usize::try_from(code)
        .ok()
        .and_then(|place| SOURCES.get(place).copied())
}
