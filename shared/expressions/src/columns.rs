//! A condition over many records at once, whose values stand in columns.
//!
//! What is common in rules (numbers against constants, flags, missing values, and, or, not) runs column by column over
//! blocks of rows; every other node is evaluated row by row within its block. Both say what [`Condition::evaluate`]
//! says of each record, which the property tests hold them to.

use std::ops::Range;

use crate::{
    evaluate::{compare, holds, truth},
    program::{Comparison, Condition, Node, NodeId},
    value::{Truth, Value},
};

/// Rows that are evaluated together: a few columns of so many values fit the processor's first cache.
pub const BLOCK_ROWS: usize = 1_024;

/// The values of one field, one for each record.
#[derive(Clone, Copy, Debug)]
pub enum Column<'c> {
    /// Nobody knows it of any record.
    Missing,
    /// 0 is false, 1 is true, anything else is missing.
    Bool(&'c [u8]),
    Int(&'c [i64]),
    /// Not a number is missing.
    Double(&'c [f64]),
    /// Places in a table of texts; a place beyond its end is missing.
    Text {
        places: &'c [u32],
        texts: &'c [Box<str>],
    },
}

impl<'c> Column<'c> {
    /// The value in a row; missing beyond the column's end.
    pub fn value(&self, row: usize) -> Value<'c> {
        let found = match self {
            Self::Missing => None,
            Self::Bool(values) => match values.get(row) {
                Some(0) => Some(Value::Bool(false)),
                Some(1) => Some(Value::Bool(true)),
                _ => None,
            },
            Self::Int(values) => values.get(row).copied().map(Value::Int),
            Self::Double(values) => values
                .get(row)
                .copied()
                .filter(|value| !value.is_nan())
                .map(Value::Double),
            Self::Text { places, texts } => places
                .get(row)
                .and_then(|place| texts.get(*place as usize))
                .map(|text| Value::Text(text)),
        };
        found.unwrap_or(Value::Missing)
    }
}

impl Condition {
    /// Which of `rows` fulfil the condition, in their order: as [`Condition::evaluate`] with
    /// [`Truth::holds`] for each.
    ///
    /// `columns` stand in the order of the schema's fields. Only those of [`Condition::fields`] are read; a column that
    /// is not given counts as missing.
    pub fn fulfilled(&self, columns: &[Column<'_>], rows: Range<usize>, fulfilled: &mut Vec<bool>) {
        fulfilled.clear();
        fulfilled.reserve(rows.len());
        let mut blocks = Blocks {
            condition: self,
            columns,
            record: vec![
                Value::Missing;
                self.fields()
                    .last()
                    .map_or(0, |last| usize::from(*last) + 1)
            ],
            spare: Vec::new(),
        };
        let mut start = rows.start;
        while start < rows.end {
            let end = rows.end.min(start + BLOCK_ROWS);
            let truths = blocks.truths(self.root(), start..end);
            fulfilled.extend(truths.iter().map(|truth| *truth == TRUE));
            blocks.spare.push(truths);
            start = end;
        }
    }
}

const FALSE: u8 = 0;
const TRUE: u8 = 1;
const UNKNOWN: u8 = 2;

fn code(truth: Truth) -> u8 {
    match truth {
        Truth::False => FALSE,
        Truth::True => TRUE,
        Truth::Unknown => UNKNOWN,
    }
}

struct Blocks<'p, 'c> {
    condition: &'p Condition,
    columns: &'p [Column<'c>],
    record: Vec<Value<'c>>,
    /// Buffers that are used again.
    spare: Vec<Vec<u8>>,
}

impl<'c> Blocks<'_, 'c> {
    /// What a node comes to in each row.
    fn truths(&mut self, id: NodeId, rows: Range<usize>) -> Vec<u8> {
        match &self.condition.nodes[usize::from(id)] {
            Node::CompareField {
                comparison,
                field,
                number,
            } => match self.column(*field, &rows) {
                Some(Column::Double(values)) => {
                    let (comparison, number) = (*comparison, *number);
                    self.map(rows, |row| compare_number(comparison, values[row], number))
                }
                _ => self.row_by_row(id, rows),
            },
            Node::IsMissing(inner) => match self.condition.nodes[usize::from(*inner)] {
                Node::Field(field) => match self.column(field, &rows) {
                    Some(Column::Double(values)) => {
                        self.map(rows, |row| u8::from(values[row].is_nan()))
                    }
                    Some(Column::Bool(values)) => self.map(rows, |row| u8::from(values[row] > 1)),
                    _ => self.row_by_row(id, rows),
                },
                _ => self.row_by_row(id, rows),
            },
            Node::Field(field) => match self.column(*field, &rows) {
                Some(Column::Bool(values)) => self.map(rows, |row| values[row].min(UNKNOWN)),
                _ => self.row_by_row(id, rows),
            },
            Node::Not(inner) => {
                let mut truths = self.truths(*inner, rows);
                for truth in &mut truths {
                    // Unknown stays unknown.
                    *truth = if *truth == UNKNOWN {
                        UNKNOWN
                    } else {
                        1 - *truth
                    };
                }
                truths
            }
            Node::And(left, right) => self.combine(*left, *right, rows, |left, right| {
                if left == FALSE || right == FALSE {
                    FALSE
                } else if left == TRUE && right == TRUE {
                    TRUE
                } else {
                    UNKNOWN
                }
            }),
            Node::Or(left, right) => self.combine(*left, *right, rows, |left, right| {
                if left == TRUE || right == TRUE {
                    TRUE
                } else if left == FALSE && right == FALSE {
                    FALSE
                } else {
                    UNKNOWN
                }
            }),
            _ => self.row_by_row(id, rows),
        }
    }

    /// The column of a field, where it covers the rows.
    fn column(&self, field: u16, rows: &Range<usize>) -> Option<Column<'c>> {
        let column = *self.columns.get(usize::from(field))?;
        let length = match column {
            Column::Missing => return Some(column),
            Column::Bool(values) => values.len(),
            Column::Int(values) => values.len(),
            Column::Double(values) => values.len(),
            Column::Text { places, .. } => places.len(),
        };
        (rows.end <= length).then_some(column)
    }

    fn map(&mut self, rows: Range<usize>, truth: impl Fn(usize) -> u8) -> Vec<u8> {
        let mut truths = self.spare.pop().unwrap_or_default();
        truths.clear();
        truths.extend(rows.map(truth));
        truths
    }

    fn combine(
        &mut self,
        left: NodeId,
        right: NodeId,
        rows: Range<usize>,
        both: impl Fn(u8, u8) -> u8,
    ) -> Vec<u8> {
        let mut left = self.truths(left, rows.clone());
        // As in the evaluation of one record, the right side is not asked where the left one decides everywhere.
        let undecided = left
            .iter()
            .any(|truth| *truth != both(*truth, FALSE) || *truth != both(*truth, TRUE));
        if undecided {
            let right = self.truths(right, rows);
            for (left, right) in left.iter_mut().zip(&right) {
                *left = both(*left, *right);
            }
            self.spare.push(right);
        }
        left
    }

    fn row_by_row(&mut self, id: NodeId, rows: Range<usize>) -> Vec<u8> {
        let mut truths = self.spare.pop().unwrap_or_default();
        truths.clear();
        let condition = self.condition;
        for row in rows {
            for field in condition.fields() {
                let place = usize::from(*field);
                self.record[place] = self
                    .columns
                    .get(place)
                    .map_or(Value::Missing, |column| column.value(row));
            }
            truths.push(code(truth(&condition.nodes, id, &self.record)));
        }
        truths
    }
}

fn compare_number(comparison: Comparison, value: f64, number: f64) -> u8 {
    if value.is_nan() {
        return code(compare(comparison, Value::Missing, Value::Double(number)));
    }
    u8::from(holds(
        comparison,
        value.partial_cmp(&number),
        value == number,
    ))
}
