//! What is refused, where, and in which words.

use accord_expressions::{
    Condition, Field, FieldType, Schema,
    limits::{NODES_MAX, SOURCE_BYTES_MAX},
};

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("amount", FieldType::Double, "Amount"),
        Field::new("hour_of_day", FieldType::Int, "Hour"),
        Field::new("currency", FieldType::Text, "Currency"),
        Field::new("is_night", FieldType::Bool, "Night"),
        Field::new("ratio", FieldType::Double, "Ratio").optional(),
        Field::new("customer_count_1_hour", FieldType::Double, "Count"),
    ])
}

#[track_caller]
fn check(source: &str, expected: &[&str]) {
    let faults = Condition::compile(source, &schema()).expect_err("was accepted");
    let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(said, expected, "{source}");
}

#[test]
fn an_unknown_name_is_named_with_the_nearest_one() {
    check(
        "amuont > 5.0",
        &["line 1, column 1: there is no field `amuont`; did you mean `amount`?"],
    );
    check(
        "is_night &&\n  curency == \"EUR\" || iban == \"x\"",
        &[
            "line 2, column 3: there is no field `curency`; did you mean `currency`?",
            "line 2, column 23: there is no field `iban`",
        ],
    );
    check(
        "customer.count_1_hour > 3",
        &[
            "line 1, column 9: there is no field `customer.count_1_hour`; did you mean `customer_count_1_hour`?",
        ],
    );
    check(
        "currency.startWith(\"E\")",
        &["line 1, column 19: there is no function `startWith`; did you mean `startsWith`?"],
    );
}

#[test]
fn types_are_checked_before_anything_is_evaluated() {
    for (source, expected) in [
        (
            "amount == \"500\"",
            "line 1, column 8: a double cannot be compared with a string",
        ),
        (
            "currency > 5",
            "line 1, column 10: a string cannot be compared with an int",
        ),
        (
            "amount",
            "line 1, column 1: a condition must be true or false, not a double",
        ),
        (
            "amount && is_night",
            "line 1, column 1: `&&` must be true or false, not a double",
        ),
        (
            "!currency",
            "line 1, column 2: `!` must be true or false, not a string",
        ),
        (
            "amount * 2 > 5.0",
            "line 1, column 8: an int and a double cannot be mixed in a calculation; write 2.0 for 2, or double(x)",
        ),
        (
            "amount % 2.0 > 1.0",
            "line 1, column 8: `%` is for ints only",
        ),
        (
            "currency + currency == \"EUREUR\"",
            "line 1, column 10: only numbers can be calculated with, not a string and a string",
        ),
        (
            "is_night > false",
            "line 1, column 10: true and false have no order",
        ),
        (
            "amount in [\"EUR\"]",
            "line 1, column 12: a double cannot be compared with a string",
        ),
        (
            "amount in [ratio]",
            "line 1, column 12: the list of an `in` holds constants only",
        ),
        (
            "amount in currency",
            "line 1, column 8: to the right of `in` stands a list of constants: [\"EUR\", \"USD\"]",
        ),
        ("amount == null", "line 1, column 8: this is never null"),
        (
            "ratio > null",
            "line 1, column 7: `null` may only be compared by == or !=",
        ),
        (
            "is_night ? amount : currency",
            "line 1, column 10: both sides of `:` must have one type, not double and string",
        ),
        (
            "size(amount) > 1",
            "line 1, column 5: `size` needs a string, not a double",
        ),
        (
            "currency.matches(\"E.*\")",
            "line 1, column 17: regular expressions are not available; use startsWith, endsWith or contains",
        ),
        (
            "hour_of_day > 5u",
            "line 1, column 15: unsigned numbers are not available; leave the `u` out",
        ),
        (
            "contains(currency, \"E\")",
            "line 1, column 9: `contains` is called with other arguments",
        ),
    ] {
        check(source, &[expected]);
    }
}

#[test]
fn what_could_multiply_work_is_not_available() {
    for source in [
        "[1, 2].all(x, x > 1)",
        "[1].exists(x, [2].exists(y, x == y))",
    ] {
        let faults = Condition::compile(source, &schema()).expect_err("was accepted");
        assert!(
            faults[0].message.starts_with("macros that loop"),
            "{faults:?}"
        );
    }
    let faults = Condition::compile("has(amount.x)", &schema()).expect_err("was accepted");
    assert!(faults[0].message.contains("`field != null`"), "{faults:?}");
}

#[test]
fn syntax_faults_say_where_and_what() {
    for (source, expected) in [
        (
            "amount >",
            "line 1, column 9: the condition ends where a value is expected",
        ),
        ("(amount > 5.0", "line 1, column 14: `)` is missing"),
        (
            "amount > 5.0 & is_night",
            "line 1, column 14: `&` alone means nothing here; write `&&` for \"and\"",
        ),
        (
            "currency = \"EUR\"",
            "line 1, column 10: `=` alone means nothing here; write `==` for \"equals\"",
        ),
        (
            "is_night and is_night",
            "line 1, column 10: write `&&` for \"and\"",
        ),
        (
            "currency == \"EUR",
            "line 1, column 13: the text that begins here has no closing quotation mark",
        ),
        (
            "amount > 5.0 €",
            "line 1, column 14: `€` means nothing here",
        ),
        ("", "line 1, column 1: a condition is missing"),
        (" \n ", "line 1, column 1: a condition is missing"),
        (
            "hour_of_day > 9223372036854775808",
            "line 1, column 15: invalid int literal",
        ),
    ] {
        check(source, &[expected]);
    }
}

#[test]
fn limits_are_refused_before_they_cost_anything() {
    let long = format!("is_night{}", " ".repeat(SOURCE_BYTES_MAX));
    let nested = format!("{}is_night{}", "(".repeat(400), ")".repeat(400));
    let chained = format!("{}is_night", "!(".repeat(300)) + &")".repeat(300);
    let deep_sum = format!("hour_of_day{} > 1", "+1".repeat(490));
    let wide = format!("{}true", "true||".repeat(NODES_MAX / 2 + 10));
    let choices = format!("hour_of_day in [{}]", vec!["1"; 450].join(","));
    for (source, word) in [
        (long, "at most 1000 bytes"),
        (nested, "nested more than 32 levels"),
        (chained, "nested more than 32 levels"),
        (deep_sum, "too large"),
        (wide, "too large"),
        (choices, "too large"),
    ] {
        let faults = Condition::compile(&source, &schema()).expect_err("was accepted");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].message.contains(word), "{faults:?} for {source}");
    }
}

#[test]
fn a_condition_knows_its_fields_and_its_cost() {
    let condition =
        Condition::compile("ratio > 2.0 && amount > 5.0 && amount < 9.0", &schema()).unwrap();
    assert_eq!(condition.fields(), [0, 4]);
    assert_eq!(condition.cost(), 11);
    assert_eq!(
        condition.source(),
        "ratio > 2.0 && amount > 5.0 && amount < 9.0"
    );
}
