//! `StrictJson`: JSON bodies that are either understood completely or refused with a reason.
//!
//! Wire types carry `#[serde(deny_unknown_fields)]`; a misspelt field is then refused together with
//! the nearest known name. The fast path is one `serde_json::from_slice` over the received bytes;
//! only a faulty body is read a second time to find out where the fault is.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::body::{BODY_BYTES_MAX_DEFAULT, media_type, read_body};
use crate::problem::{FieldError, Problem};
use crate::problem_kind::ProblemKind;
use crate::serde_fault::{SerdeFault, shortened};
use crate::struct_probe::is_struct;

/// Extracts a JSON body of at most `BYTES_MAX` bytes.
///
/// The content type must be `application/json`. Browsers cannot send that to a foreign origin
/// without asking first, so the requirement is also the guard against cross-site request forgery.
/// Another limit is part of the handler's signature: `StrictJson<Batch, { 4 << 20 }>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictJson<T, const BYTES_MAX: usize = BODY_BYTES_MAX_DEFAULT>(pub T);

impl<T, S, const BYTES_MAX: usize> FromRequest<S> for StrictJson<T, BYTES_MAX>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let body = read_body(request, BYTES_MAX).await?;
        parse_json(&body).map(StrictJson)
    }
}

/// Refuses a request whose body is not declared as JSON.
///
/// # Errors
/// `unsupported-media-type`.
pub fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let media_type = media_type(headers);
    if media_type.as_deref() == Some("application/json") {
        return Ok(());
    }
    let found = media_type.map_or_else(|| "none".to_owned(), |found| shortened(&found));
    Err(
        Problem::new(ProblemKind::UnsupportedMediaType).detail(format!(
            "the content type must be application/json, not {found}"
        )),
    )
}

/// Reads one JSON document, whole.
///
/// # Errors
/// `malformed-json` with line and column; `unknown-field` or `invalid-field` with a JSON pointer.
pub fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // serde would take the fields of a struct from an array, by position; a client that sends them so is mistaken.
    if begins_as_array(body) && is_struct::<T>() {
        let sentence = "expected an object, not an array";
        return Err(Problem::new(ProblemKind::InvalidField)
            .detail(sentence)
            .field(FieldError::at_pointer("#", sentence)));
    }
    serde_json::from_slice(body).map_err(|error| explain::<T>(body, &error))
}

fn begins_as_array(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    first == Some(&b'[')
}

fn explain<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let message = text
        .strip_suffix(&format!(" at line {line} column {column}"))
        .unwrap_or(&text);
    if !error.is_data() {
        return malformed(body, message, line, column);
    }

    let fault = SerdeFault::parse(message);
    let kind = match fault {
        SerdeFault::UnknownField { .. } => ProblemKind::UnknownField,
        _ => ProblemKind::InvalidField,
    };
    let pointer = pointer_of(&path_of_fault::<T>(body, &text), &fault);
    let sentence = fault.describe();
    Problem::new(kind)
        .detail(format!("{sentence} (line {line}, column {column})"))
        .field(FieldError::at_pointer(pointer, sentence))
}

fn malformed(body: &[u8], message: &str, line: usize, column: usize) -> Problem {
    let detail = if body.is_empty() {
        "the body is empty".to_owned()
    } else {
        format!("{message} (line {line}, column {column})")
    };
    Problem::new(ProblemKind::MalformedJson)
        .detail(detail)
        .extension("line", line)
        .extension("column", column)
}

/// Reads the faulty body again, now keeping account of the path, as `items[2].price`.
///
/// axum's own extractor does that; its error reads `path: message`, and the message is known.
fn path_of_fault<T: DeserializeOwned>(body: &[u8], message: &str) -> String {
    let Err(JsonRejection::JsonDataError(rejection)) = Json::<T>::from_bytes(body) else {
        return String::new();
    };
    let text = std::error::Error::source(&rejection)
        .map(ToString::to_string)
        .unwrap_or_default();
    let path = text
        .strip_suffix(message)
        .and_then(|rest| rest.strip_suffix(": "));
    path.unwrap_or_default().to_owned()
}

/// Turns `items[2].price` into `#/items/2/price`, and lets it end in the field of the fault.
fn pointer_of(path: &str, fault: &SerdeFault) -> String {
    let mut segments: Vec<String> = path
        .split(['.', '['])
        .map(|segment| segment.trim_end_matches(']').to_owned())
        .filter(|segment| !segment.is_empty())
        .collect();
    if let Some(field) = fault.field()
        && segments.last().map(String::as_str) != Some(field)
    {
        segments.push(shortened(field));
    }
    let escaped = segments
        .iter()
        .map(|segment| segment.replace('~', "~0").replace('/', "~1"));
    escaped.fold(String::from("#"), |pointer, segment| {
        pointer + "/" + &segment
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::header;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Order {
        id: String,
        items: Vec<Item>,
        #[serde(default)]
        note: Option<String>,
    }

    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Item {
        sku: String,
        price: Price,
    }

    #[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq)]
    #[serde(try_from = "i64", into = "i64")]
    struct Price(i64);

    impl TryFrom<i64> for Price {
        type Error = String;
        fn try_from(minor: i64) -> Result<Self, String> {
            if minor >= 0 {
                Ok(Self(minor))
            } else {
                Err("a price is never negative".to_owned())
            }
        }
    }

    impl From<Price> for i64 {
        fn from(price: Price) -> Self {
            price.0
        }
    }

    fn fault_of(body: &str) -> Problem {
        parse_json::<Order>(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_faulty_field_is_named_by_kind_pointer_and_reason() {
        use ProblemKind::{InvalidField, UnknownField};
        for (body, kind, pointer, reason) in [
            (
                r#"{"id":"1"}"#,
                InvalidField,
                "#/items",
                "`items` is missing",
            ),
            (
                r#"{"id":"1","item":[]}"#,
                UnknownField,
                "#/item",
                "`item` is not known here; did you mean `items`?",
            ),
            (
                r#"{"id":"1","items":[{"sku":"a","price":1},{"sku":"b","prise":1}]}"#,
                UnknownField,
                "#/items/1/prise",
                "`prise` is not known here; did you mean `price`?",
            ),
            (
                r#"{"id":"1","items":[{"sku":"a"}]}"#,
                InvalidField,
                "#/items/0/price",
                "`price` is missing",
            ),
            (
                r#"{"id":"1","items":[{"sku":"a","price":-1}]}"#,
                InvalidField,
                "#/items/0/price",
                "a price is never negative",
            ),
            (
                r#"{"id":7,"items":[]}"#,
                InvalidField,
                "#/id",
                "invalid type: integer `7`, expected a string",
            ),
            (
                r#"{"id":"1","id":"2","items":[]}"#,
                InvalidField,
                "#/id",
                "`id` is given more than once",
            ),
            (
                r#"{"id":"1","items":[{"sku":"a","price":99999999999999999999}]}"#,
                InvalidField,
                "#/items/0/price",
                "invalid type: floating point `1e+20`, expected i64",
            ),
            (
                r#" ["1",[],null]"#,
                InvalidField,
                "#",
                "expected an object, not an array",
            ),
            (
                "null",
                InvalidField,
                "#",
                "invalid type: null, expected struct Order",
            ),
        ] {
            let problem = fault_of(body);
            assert_eq!(problem.kind(), kind, "{body}");
            let document = problem.into_document();
            let expected = FieldError::at_pointer(pointer, reason);
            assert_eq!(document.errors, [expected], "{body}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_line_and_column() {
        let deep = "[".repeat(100_000);
        let deep_note = format!(r#"{{"id":{}"#, "[".repeat(1_000));
        for body in [
            "",
            " ",
            "{",
            r#"{"id":"1","items":[]"#,
            r#"{"id":"1","items":[],}"#,
            r#"{"id":"1","items":[]} x"#,
            r#"{"id":"1","items":[]}{}"#,
            r#"{"id":NaN}"#,
            r#"{"id":"1","items":[{"sku":"a","price":1e999}]}"#,
            r#"{"id":"1","items":[{"sku":"a","price":01}]}"#,
            r#"{'id':1}"#,
            "{\"id\":\"\u{0}\"}",
            "\u{feff}{}",
            r#"{"id":"\ud800"}"#,
            "// comment\n{}",
            &deep,
            &deep_note,
        ] {
            let problem = parse_json::<serde_json::Value>(body.as_bytes())
                .err()
                .unwrap_or_else(|| panic!("{body} was accepted"));
            assert_eq!(problem.kind(), ProblemKind::MalformedJson, "{body}");
            let document = problem.into_document();
            assert!(document.extensions.contains_key("line"), "{body}");
        }
        let invalid_utf8 = b"{\"id\":\"\xff\"}";
        assert_eq!(
            parse_json::<Order>(invalid_utf8).unwrap_err().kind(),
            ProblemKind::MalformedJson
        );
        assert_eq!(
            fault_of("").into_document().detail.unwrap(),
            "the body is empty"
        );
    }

    #[test]
    fn pointers_are_escaped() {
        let fault = SerdeFault::MissingField {
            name: "a/b~c".to_owned(),
        };
        assert_eq!(pointer_of("", &fault), "#/a~1b~0c");
    }

    #[tokio::test]
    async fn the_extractor_checks_type_and_length_before_it_reads() {
        async fn extract(content_type: Option<&str>, body: &str) -> Result<Order, ProblemKind> {
            let mut request = Request::new(Body::from(body.to_owned()));
            if let Some(content_type) = content_type {
                request
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, content_type.parse().unwrap());
            }
            StrictJson::<Order, 32>::from_request(request, &())
                .await
                .map(|StrictJson(order)| order)
                .map_err(|problem| problem.kind())
        }
        let body = r#"{"id":"1","items":[]}"#;
        let order = Order {
            id: "1".to_owned(),
            items: Vec::new(),
            note: None,
        };
        assert_eq!(extract(Some("application/json"), body).await, Ok(order));
        for forged in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
        ] {
            assert_eq!(
                extract(forged, body).await,
                Err(ProblemKind::UnsupportedMediaType)
            );
        }
        let long = r#"{"id":"1","items":[],"note":"far too long"}"#;
        assert_eq!(
            extract(Some("application/json"), long).await,
            Err(ProblemKind::BodyTooLarge)
        );
    }

    proptest! {
        #[test]
        fn what_serde_writes_is_read_back(id in ".*", prices in prop::collection::vec(0..i64::MAX, 0..5)) {
            let items = prices.into_iter().map(|minor| Item { sku: "a".into(), price: Price(minor) });
            let order = Order { id, items: items.collect(), note: None };
            let bytes = serde_json::to_vec(&order).unwrap();
            prop_assert_eq!(parse_json::<Order>(&bytes).unwrap(), order);
        }

        #[test]
        fn no_body_whatever_makes_the_reader_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Err(problem) = parse_json::<Order>(&body) {
                prop_assert!(problem.status().is_client_error());
            }
        }
    }
}
