//! How long a rule takes to compile and to evaluate: `cargo run --release -p accord-expressions --example evaluation_speed`.

use std::{hint::black_box, time::Instant};

use accord_expressions::{Condition, Field, FieldType, Schema, Value};

const CONDITIONS: [&str; 4] = [
    "amount > 500.0",
    "amount > 500.0 && ratio >= 4.0",
    "count >= 5.0 && amount < 5.0 && !listed",
    "(amount > 250.0 && (currency in [\"EUR\", \"USD\"] || hour < 6)) || ratio * 2.0 > count + 1.0",
];
const EVALUATIONS: u32 = 5_000_000;

fn main() {
    let schema = Schema::new(vec![
        Field::new("amount", FieldType::Double, ""),
        Field::new("ratio", FieldType::Double, "").optional(),
        Field::new("count", FieldType::Double, ""),
        Field::new("hour", FieldType::Int, ""),
        Field::new("currency", FieldType::Text, ""),
        Field::new("listed", FieldType::Bool, ""),
    ]);
    for source in CONDITIONS {
        let begun = Instant::now();
        for _ in 0..100 {
            black_box(Condition::compile(black_box(source), &schema).expect("a condition"));
        }
        let compiled = begun.elapsed() / 100;
        let condition = Condition::compile(source, &schema).expect("a condition");
        let begun = Instant::now();
        let mut fulfilled = 0_u64;
        for turn in 0..EVALUATIONS {
            let record = [
                Value::Double(f64::from(turn % 1_000)),
                Value::Double(f64::from(turn % 7)),
                Value::Double(f64::from(turn % 11)),
                Value::Int(i64::from(turn % 24)),
                Value::Text("EUR"),
                Value::Bool(turn % 2 == 0),
            ];
            fulfilled += u64::from(condition.evaluate(black_box(&record)).holds());
        }
        let each = begun.elapsed() / EVALUATIONS;
        println!(
            "{each:?} an evaluation, {compiled:?} to compile, {fulfilled} of {EVALUATIONS} fulfilled: {source}"
        );
    }
}
