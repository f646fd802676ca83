//! Evaluation. Recursion is as deep as the condition is nested, which is bounded when it is compiled.

use std::cmp::Ordering;

use crate::{
    program::{Arithmetic, Comparison, Node, NodeId, TextTest},
    value::{Truth, Value},
};

/// What a node says that is a condition itself.
pub(crate) fn truth(nodes: &[Node], id: NodeId, record: &[Value<'_>]) -> Truth {
    match &nodes[usize::from(id)] {
        Node::CompareField {
            comparison,
            field,
            number,
        } => match record.get(usize::from(*field)) {
            Some(Value::Double(value)) => Truth::of(holds(
                *comparison,
                value.partial_cmp(number),
                value == number,
            )),
            Some(value) => compare(*comparison, *value, Value::Double(*number)),
            None => compare(*comparison, Value::Missing, Value::Double(*number)),
        },
        Node::Not(inner) => !truth(nodes, *inner, record),
        Node::And(left, right) => match truth(nodes, *left, record) {
            Truth::False => Truth::False,
            Truth::True => truth(nodes, *right, record),
            Truth::Unknown => match truth(nodes, *right, record) {
                Truth::False => Truth::False,
                _ => Truth::Unknown,
            },
        },
        Node::Or(left, right) => match truth(nodes, *left, record) {
            Truth::True => Truth::True,
            Truth::False => truth(nodes, *right, record),
            Truth::Unknown => match truth(nodes, *right, record) {
                Truth::True => Truth::True,
                _ => Truth::Unknown,
            },
        },
        Node::Choose {
            condition,
            then,
            otherwise,
        } => match truth(nodes, *condition, record) {
            Truth::True => truth(nodes, *then, record),
            Truth::False => truth(nodes, *otherwise, record),
            Truth::Unknown => Truth::Unknown,
        },
        Node::Compare {
            comparison,
            left,
            right,
        } => match (value(nodes, *left, record), value(nodes, *right, record)) {
            (Some(left), Some(right)) => compare(*comparison, left, right),
            _ => Truth::Unknown,
        },
        Node::IsMissing(inner) => match value(nodes, *inner, record) {
            Some(value) => Truth::of(value == Value::Missing),
            None => Truth::Unknown,
        },
        Node::OneOf { value: of, choices } => match value(nodes, *of, record) {
            Some(value) => Truth::of(
                choices
                    .iter()
                    .any(|choice| compare(Comparison::Equal, value, choice.value()).holds()),
            ),
            None => Truth::Unknown,
        },
        Node::Test { test, text, part } => {
            match (value(nodes, *text, record), value(nodes, *part, record)) {
                (Some(Value::Text(text)), Some(Value::Text(part))) => Truth::of(match test {
                    TextTest::StartsWith => text.starts_with(part),
                    TextTest::EndsWith => text.ends_with(part),
                    TextTest::Contains => text.contains(part),
                }),
                _ => Truth::Unknown,
            }
        }
        Node::Constant(_)
        | Node::Field(_)
        | Node::Negate(_)
        | Node::Calculate { .. }
        | Node::ToDouble(_)
        | Node::Length(_) => match value(nodes, id, record) {
            Some(Value::Bool(value)) => Truth::of(value),
            _ => Truth::Unknown,
        },
    }
}

/// What a node comes to; `None` is CEL's error.
fn value<'a>(nodes: &'a [Node], id: NodeId, record: &[Value<'a>]) -> Option<Value<'a>> {
    match &nodes[usize::from(id)] {
        Node::Constant(constant) => Some(constant.value()),
        Node::Field(field) => Some(
            record
                .get(usize::from(*field))
                .copied()
                .unwrap_or(Value::Missing),
        ),
        Node::Choose {
            condition,
            then,
            otherwise,
        } => match truth(nodes, *condition, record) {
            Truth::True => value(nodes, *then, record),
            Truth::False => value(nodes, *otherwise, record),
            Truth::Unknown => None,
        },
        Node::Negate(inner) => match value(nodes, *inner, record)? {
            Value::Int(value) => value.checked_neg().map(Value::Int),
            Value::Double(value) => Some(Value::Double(-value)),
            _ => None,
        },
        Node::Calculate {
            arithmetic,
            left,
            right,
        } => calculate(
            *arithmetic,
            value(nodes, *left, record)?,
            value(nodes, *right, record)?,
        ),
        Node::ToDouble(inner) => match value(nodes, *inner, record)? {
            Value::Int(value) => Some(Value::Double(value as f64)),
            Value::Double(value) => Some(Value::Double(value)),
            _ => None,
        },
        Node::Length(inner) => match value(nodes, *inner, record)? {
            Value::Text(text) => i64::try_from(text.chars().count()).ok().map(Value::Int),
            _ => None,
        },
        _ => match truth(nodes, id, record) {
            Truth::True => Some(Value::Bool(true)),
            Truth::False => Some(Value::Bool(false)),
            Truth::Unknown => None,
        },
    }
}

fn calculate<'a>(arithmetic: Arithmetic, left: Value<'a>, right: Value<'a>) -> Option<Value<'a>> {
    match (left, right) {
        (Value::Double(left), Value::Double(right)) => Some(Value::Double(match arithmetic {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
            // Refused by the checker: CEL has no remainder of doubles.
            Arithmetic::Remainder => return None,
        })),
        (Value::Int(left), Value::Int(right)) => match arithmetic {
            Arithmetic::Add => left.checked_add(right),
            Arithmetic::Subtract => left.checked_sub(right),
            Arithmetic::Multiply => left.checked_mul(right),
            Arithmetic::Divide => left.checked_div(right),
            Arithmetic::Remainder => left.checked_rem(right),
        }
        .map(Value::Int),
        _ => None,
    }
}

pub(crate) fn compare(comparison: Comparison, left: Value<'_>, right: Value<'_>) -> Truth {
    let (order, equal) = match (left, right) {
        (Value::Double(left), Value::Double(right)) => (left.partial_cmp(&right), left == right),
        (Value::Int(left), Value::Int(right)) => (Some(left.cmp(&right)), left == right),
        (Value::Int(left), Value::Double(right)) => {
            let order = compare_int_with_double(left, right);
            (order, order == Some(Ordering::Equal))
        }
        (Value::Double(left), Value::Int(right)) => {
            let order = compare_int_with_double(right, left).map(Ordering::reverse);
            (order, order == Some(Ordering::Equal))
        }
        (Value::Text(left), Value::Text(right)) => (Some(left.cmp(right)), left == right),
        (Value::Bool(left), Value::Bool(right)) => (Some(left.cmp(&right)), left == right),
        // Null equals null alone; ordering with it is an error.
        (left, right) => {
            let both_missing = left == Value::Missing && right == Value::Missing;
            return match comparison {
                Comparison::Equal => Truth::of(both_missing),
                Comparison::NotEqual => Truth::of(!both_missing),
                _ => Truth::Unknown,
            };
        }
    };
    Truth::of(holds(comparison, order, equal))
}

/// Where the order is unknown (not a number), only `!=` holds.
pub(crate) fn holds(comparison: Comparison, order: Option<Ordering>, equal: bool) -> bool {
    match comparison {
        Comparison::Equal => equal,
        Comparison::NotEqual => !equal,
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Compares the numbers themselves: turning the integer into a double would round large ones.
fn compare_int_with_double(int: i64, double: f64) -> Option<Ordering> {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if double.is_nan() {
        None
    } else if double >= TWO_TO_63 {
        Some(Ordering::Less)
    } else if double < -TWO_TO_63 {
        Some(Ordering::Greater)
    } else {
        let whole = double.trunc();
        // Within the range of i64 by the checks above.
        let order = int.cmp(&(whole as i64));
        Some(order.then_with(|| whole.partial_cmp(&double).unwrap_or(Ordering::Equal)))
    }
}
