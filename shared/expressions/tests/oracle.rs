//! The evaluator against that of the `cel` crate, on generated conditions and records.

use accord_expressions::{BLOCK_ROWS, Column, Condition, Field, FieldType, Schema, Truth, Value};
use cel::{Context, Program};
use proptest::prelude::*;

const NUMBERS: [&str; 3] = ["amount", "ratio", "count"];
const OPTIONAL: [&str; 2] = ["ratio", "country"];

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("amount", FieldType::Double, ""),
        Field::new("ratio", FieldType::Double, "").optional(),
        Field::new("count", FieldType::Double, ""),
        Field::new("hour", FieldType::Int, ""),
        Field::new("currency", FieldType::Text, ""),
        Field::new("country", FieldType::Text, "").optional(),
        Field::new("night", FieldType::Bool, ""),
        Field::new("listed", FieldType::Bool, ""),
    ])
}

#[derive(Clone, Debug)]
struct Record {
    amount: f64,
    ratio: Option<f64>,
    count: f64,
    hour: i64,
    currency: String,
    country: Option<String>,
    night: bool,
    listed: bool,
}

impl Record {
    fn values(&self) -> [Value<'_>; 8] {
        [
            Value::Double(self.amount),
            self.ratio.map_or(Value::Missing, Value::Double),
            Value::Double(self.count),
            Value::Int(self.hour),
            Value::Text(&self.currency),
            self.country.as_deref().map_or(Value::Missing, Value::Text),
            Value::Bool(self.night),
            Value::Bool(self.listed),
        ]
    }

    /// What the `cel` crate says; an error of its evaluation is "unknown".
    fn oracle(&self, source: &str) -> Truth {
        let program = Program::compile(source).expect("our parser is theirs");
        let mut context = Context::default();
        let optional = |value: Option<cel::Value>| value.unwrap_or(cel::Value::Null);
        context.add_variable_from_value("amount", self.amount);
        context.add_variable_from_value("ratio", optional(self.ratio.map(cel::Value::Float)));
        context.add_variable_from_value("count", self.count);
        context.add_variable_from_value("hour", self.hour);
        context.add_variable_from_value("currency", self.currency.clone());
        let country = self.country.clone();
        context.add_variable_from_value("country", optional(country.map(Into::into)));
        context.add_variable_from_value("night", self.night);
        context.add_variable_from_value("listed", self.listed);
        match program.execute(&context) {
            Ok(cel::Value::Bool(true)) => Truth::True,
            Ok(cel::Value::Bool(false)) => Truth::False,
            Ok(other) => panic!("{source} is a condition, and came to {other:?}"),
            Err(_) => Truth::Unknown,
        }
    }
}

/// Quarters are exact in binary and small, so that sums and products never leave the exact range.
fn quarters() -> impl Strategy<Value = f64> {
    (-40_i32..400).prop_map(|quarters| f64::from(quarters) / 4.0)
}

fn record() -> impl Strategy<Value = Record> {
    let text =
        || prop::sample::select(vec!["EUR", "USD", "", "Zürich", "E"]).prop_map(str::to_owned);
    (
        quarters(),
        prop::option::of(quarters()),
        quarters(),
        0_i64..24,
        text(),
        prop::option::of(text()),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(amount, ratio, count, hour, currency, country, night, listed)| Record {
                amount,
                ratio,
                count,
                hour,
                currency,
                country,
                night,
                listed,
            },
        )
}

/// Records as columns.
struct Table {
    doubles: [Vec<f64>; 3],
    hours: Vec<i64>,
    places: [Vec<u32>; 2],
    texts: Vec<Box<str>>,
    flags: [Vec<u8>; 2],
}

impl Table {
    fn of(rows: &[&Record]) -> Self {
        let mut texts: Vec<Box<str>> = Vec::new();
        let mut place = |text: Option<&String>| {
            let Some(text) = text else { return u32::MAX };
            let found = texts.iter().position(|known| **known == **text);
            found.unwrap_or_else(|| {
                texts.push(text.as_str().into());
                texts.len() - 1
            }) as u32
        };
        let doubles = |of: fn(&Record) -> f64| rows.iter().map(|row| of(row)).collect();
        Self {
            doubles: [
                doubles(|row| row.amount),
                doubles(|row| row.ratio.unwrap_or(f64::NAN)),
                doubles(|row| row.count),
            ],
            hours: rows.iter().map(|row| row.hour).collect(),
            places: [
                rows.iter().map(|row| place(Some(&row.currency))).collect(),
                rows.iter().map(|row| place(row.country.as_ref())).collect(),
            ],
            flags: [
                rows.iter().map(|row| u8::from(row.night)).collect(),
                rows.iter().map(|row| u8::from(row.listed)).collect(),
            ],
            texts,
        }
    }

    fn columns(&self) -> [Column<'_>; 8] {
        let text = |places| Column::Text {
            places,
            texts: &self.texts,
        };
        [
            Column::Double(&self.doubles[0]),
            Column::Double(&self.doubles[1]),
            Column::Double(&self.doubles[2]),
            Column::Int(&self.hours),
            text(&self.places[0]),
            text(&self.places[1]),
            Column::Bool(&self.flags[0]),
            Column::Bool(&self.flags[1]),
        ]
    }
}

fn comparison() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="])
}

fn double() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => prop::sample::select(NUMBERS.to_vec()).prop_map(str::to_owned),
        2 => quarters().prop_map(|value| format!("({value:?})")),
        1 => Just("double(hour)".to_owned()),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (
                inner.clone(),
                prop::sample::select(vec!["+", "-", "*"]),
                inner.clone()
            )
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            inner.clone().prop_map(|inner| format!("(-{inner})")),
            (inner.clone(), 1_u8..9).prop_map(|(inner, by)| format!("({inner} / {by}.0)")),
            (inner.clone(), inner).prop_map(|(then, other)| format!("(night ? {then} : {other})")),
        ]
    })
}

fn int() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("hour".to_owned()),
        (-3_i64..30).prop_map(|value| format!("({value})")),
        Just("size(currency)".to_owned()),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        (
            inner.clone(),
            prop::sample::select(vec!["+", "-", "*", "/", "%"]),
            inner,
        )
            .prop_map(|(left, operator, right)| format!("({left} {operator} {right})"))
    })
}

fn condition() -> impl Strategy<Value = String> {
    let text = || prop::sample::select(vec!["currency", "country", "\"EUR\"", "\"\"", "\"E\""]);
    let leaf = prop_oneof![
        Just("night".to_owned()),
        Just("listed".to_owned()),
        Just("true".to_owned()),
        (double(), comparison(), double())
            .prop_map(|(left, by, right)| format!("{left} {by} {right}")),
        (int(), comparison(), int()).prop_map(|(left, by, right)| format!("{left} {by} {right}")),
        (int(), comparison(), double())
            .prop_map(|(left, by, right)| format!("{left} {by} {right}")),
        (
            prop::sample::select(NUMBERS.to_vec()),
            comparison(),
            quarters()
        )
            .prop_map(|(field, by, number)| format!("{field} {by} {number:?}")),
        (
            quarters(),
            comparison(),
            prop::sample::select(NUMBERS.to_vec())
        )
            .prop_map(|(number, by, field)| format!("{number:?} {by} {field}")),
        (
            prop::sample::select(NUMBERS.to_vec()),
            comparison(),
            0_u8..99
        )
            .prop_map(|(field, by, number)| format!("{field} {by} {number}")),
        (text(), comparison(), text()).prop_map(|(left, by, right)| format!("{left} {by} {right}")),
        (
            text(),
            prop::sample::select(vec!["startsWith", "endsWith", "contains"]),
            text()
        )
            .prop_map(|(left, test, right)| format!("{left}.{test}({right})")),
        (
            prop::sample::select(OPTIONAL.to_vec()),
            prop::sample::select(vec!["==", "!="])
        )
            .prop_map(|(field, by)| format!("{field} {by} null")),
        text().prop_map(|value| format!("{value} in [\"EUR\", \"USD\"]")),
        int().prop_map(|value| format!("{value} in [1, 2, 3, 5]")),
        double().prop_map(|value| format!("{value} in [1.0, 2.5, 7.0]")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} && {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} || {right})")),
            inner.clone().prop_map(|inner| format!("!({inner})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(of, then, other)| format!("({of} ? {then} : {other})")),
            (inner.clone(), inner).prop_map(|(left, right)| format!("(({left}) == ({right}))")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_condition_means_what_cel_says(source in condition(), records in prop::collection::vec(record(), 4)) {
        // Some generated conditions are beyond the limits, which is tested elsewhere.
        if let Ok(condition) = Condition::compile(&source, &schema()) {
            for record in records {
                prop_assert_eq!(condition.evaluate(&record.values()), record.oracle(&source), "{} on {:?}", source, record);
            }
        }
    }

    #[test]
    fn no_text_makes_the_compiler_panic(source in "\\PC{0,60}") {
        let _ = Condition::compile(&source, &schema());
    }

    #[test]
    fn no_arrangement_of_words_makes_the_compiler_or_the_evaluator_panic(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "amount", "ratio", "hour", "currency", "night", "(", ")", "[", "]", "{", "}", ",", ":", "?", ".", "!",
                "-", "+", "*", "/", "%", "&&", "||", "==", "<", "in", "null", "true", "1", "2.5", "'a'", "has", "size",
                "startsWith", "all", "\n", "9223372036854775807", "1e308",
            ]),
            0..24,
        ),
        record in record(),
    ) {
        if let Ok(condition) = Condition::compile(&words.join(" "), &schema()) {
            condition.evaluate(&record.values());
            condition.evaluate(&[]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn columns_say_what_their_records_say(source in condition(), records in prop::collection::vec(record(), 1..6), start in 0_usize..3) {
        if let Ok(condition) = Condition::compile(&source, &schema()) {
            // More than one block, the last one not full.
            let rows: Vec<&Record> = records.iter().cycle().take(BLOCK_ROWS + 7).collect();
            let table = Table::of(&rows);
            let mut fulfilled = vec![true; 3];
            condition.fulfilled(&table.columns(), start..rows.len(), &mut fulfilled);
            prop_assert_eq!(fulfilled.len(), rows.len() - start);
            for (row, fulfilled) in rows[start..].iter().zip(&fulfilled) {
                prop_assert_eq!(*fulfilled, condition.evaluate(&row.values()).holds(), "{} on {:?}", source, row);
            }
            // Columns that are not given are missing.
            let mut none = Vec::new();
            condition.fulfilled(&[], 0..2, &mut none);
            prop_assert_eq!(none, vec![condition.evaluate(&[]).holds(); 2]);
        }
    }
}

/// Generation must not drift to conditions that are all refused.
#[test]
fn most_generated_conditions_are_accepted() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let accepted = (0..300)
        .filter(|_| {
            let source = condition()
                .new_tree(&mut runner)
                .expect("a condition")
                .current();
            Condition::compile(&source, &schema()).is_ok()
        })
        .count();
    assert!(accepted > 150, "{accepted} of 300 are accepted");
}
