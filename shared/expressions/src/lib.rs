//! Conditions in the Common Expression Language (CEL), for rules and campaigns.
//!
//! ```
//! use accord_expressions::{Condition, Field, FieldType, Schema, Truth, Value};
//!
//! let schema = Schema::new(vec![
//!     Field::new("amount", FieldType::Double, "Amount in euros"),
//!     Field::new("ratio", FieldType::Double, "Amount against the mean").optional(),
//! ]);
//! let condition = Condition::compile("amount > 500.0 && ratio >= 4.0", &schema).unwrap();
//! let truth = |record: &[Value]| condition.evaluate(record);
//! assert_eq!(truth(&[Value::Double(900.0), Value::Double(5.0)]), Truth::True);
//! assert_eq!(truth(&[Value::Double(20.0), Value::Missing]), Truth::False);
//! assert_eq!(truth(&[Value::Double(900.0), Value::Missing]), Truth::Unknown);
//! let faults = Condition::compile("amuont > 500.0", &schema).unwrap_err();
//! assert_eq!(faults[0].to_string(), "line 1, column 1: there is no field `amuont`; did you mean `amount`?");
//! ```
//!
//! The `cel` crate parses. Its tree is checked here against a [`Schema`] (every name and every type, before anything
//! is evaluated) and compiled into a flat program over an array of field values, because rules run on every decision:
//! evaluation allocates nothing, cannot panic and cannot loop, and its cost is bounded when it is compiled ([`limits`]).
//! What a condition means is what CEL says; the property tests hold the evaluator against that of the `cel` crate.
//!
//! **Missing values.** A field that is declared optional may be missing, which is CEL's `null`. As in CEL, `x == null`
//! asks for it, equality with anything else is false, and ordering or calculating with it is an error; `&&` and `||`
//! absorb an error where the other side decides alone. A condition that ends in an error is [`Truth::Unknown`]: it is
//! not fulfilled, and neither is its negation, so that a rule never acts on something that nobody knows.
//!
//! **Left out of CEL on purpose:** macros that loop (`all`, `exists`, `map`, `filter`), regular expressions, maps,
//! messages, time stamps and text concatenation. A condition without them costs what its length says.

mod checker;
mod columns;
mod evaluate;
mod fault;
pub mod limits;
mod operators;
mod place;
mod program;
mod schema;
mod syntax;
mod value;

pub use columns::{BLOCK_ROWS, Column};
pub use fault::Fault;
pub use program::Condition;
pub use schema::{Field, FieldType, Schema};
pub use value::{Truth, Value};
