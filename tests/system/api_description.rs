//! The API as it describes itself.

use accord_service::openapi::check_openapi;
use serde_json::Value;

use crate::support::TestBank;

#[test]
fn the_description_is_openapi_3_1_and_has_the_operations_of_the_access_table() {
    let bank = TestBank::start();
    let answer = bank.administrator().get("/openapi.json").send().expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    let description = risk_control_node::openapi();
    let described: Vec<&String> = description.paths.paths.keys().collect();
    let served: Vec<&String> = document["paths"]
        .as_object()
        .expect("paths")
        .keys()
        .collect();
    assert_eq!(served, described, "the document is the description");
    let rows = risk_control_node::ACCESS.rows();
    check_openapi(&description, rows.filter(|row| row.path.starts_with("/v1")))
        .expect("operations as in the access table");
    assert_references_lead_somewhere(&document, &document);
}

fn assert_references_lead_somewhere(document: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap_or_default();
                assert!(
                    document.pointer(pointer).is_some(),
                    "{reference} leads nowhere"
                );
            }
            for value in fields.values() {
                assert_references_lead_somewhere(document, value);
            }
        }
        Value::Array(items) => {
            for item in items {
                assert_references_lead_somewhere(document, item);
            }
        }
        _ => {}
    }
}

#[test]
fn the_page_to_try_the_api_comes_with_everything_it_needs() {
    let bank = TestBank::start();
    let get = |path: &str| bank.administrator().get(path).send();
    let moved = get("/api");
    assert_eq!(
        (moved.status, moved.header("location")),
        (308, Some("api/"))
    );
    let page = get("/api/").expect(200).text();
    let parts: Vec<&str> = page
        .split('"')
        .filter(|part| part.starts_with("./") && part.contains('.'))
        .map(|part| &part[2..])
        .collect();
    assert!(parts.len() >= 3, "{page}");
    for part in parts {
        get(&format!("/api/{part}")).expect(200);
    }
    assert!(
        !page.contains("https://"),
        "the page needs the internet: {page}"
    );
}

#[test]
fn the_described_example_works_as_it_stands() {
    let bank = TestBank::start();
    let document = bank.administrator().get("/openapi.json").send().json();
    let example = &document["components"]["schemas"]["AssessTransactionBody"]["example"];
    let example = if example.is_null() {
        &document["components"]["schemas"]["AssessTransactionBody"]["examples"][0]
    } else {
        example
    };
    assert!(example.is_object(), "no example");
    let answer = bank
        .payments()
        .post("/v1/transactions")
        .json(example)
        .send();
    answer.expect(201);
}
