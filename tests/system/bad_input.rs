//! What is wrong is refused, with its place and its reason, and leaves no trace in the log.

use accord_event_log::{Position, Sequence};

use crate::support::{Answer, Caller, Purchase, TestBank};

/// A sound body with one field replaced by this text; an empty text leaves the field out.
fn with(field: &str, text: &str) -> String {
    let sound = [
        ("transaction_id", r#""bad""#),
        ("customer_id", r#""customer-1""#),
        ("terminal_id", r#""terminal-1""#),
        ("amount_minor", "1250"),
        ("currency", r#""EUR""#),
    ];
    let mut fields: Vec<_> = sound
        .into_iter()
        .filter(|(name, _)| *name != field)
        .collect();
    if !text.is_empty() {
        fields.push((field, text));
    }
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, text)| format!("\"{name}\":{text}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// Checks status and kind of a problem, and that its document says this.
fn check(answer: &Answer, what: &str, status: u16, kind: &str, says: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    assert_eq!(answer.problem(), kind, "{what}: {}", answer.text());
    let text = answer.text();
    assert!(text.contains(says), "{what} says no {says:?}: {text}");
}

#[test]
fn a_bad_transaction_is_refused_with_place_and_reason() {
    let bank = TestBank::start();
    let last = bank.last_sequence();
    let quoted = |text: &str| format!("\"{text}\"");
    let digits = "9".repeat(401);
    let amount = "#/amount_minor";
    let malformed = ("malformed-json", 400);
    let invalid = ("invalid-field", 422);
    for (field, text, (kind, status), says) in [
        // No number, or not one of ours.
        ("amount_minor", "NaN", malformed, "column"),
        ("amount_minor", "Infinity", malformed, "column"),
        ("amount_minor", "1e999", malformed, "number out of range"),
        ("amount_minor", "01", malformed, "column"),
        ("amount_minor", "+1", malformed, "column"),
        ("amount_minor", "0x10", malformed, "column"),
        (
            "amount_minor",
            digits.as_str(),
            malformed,
            "number out of range",
        ),
        ("amount_minor", "-1", invalid, amount),
        ("amount_minor", "1.5", invalid, amount),
        ("amount_minor", "1.0", invalid, amount),
        ("amount_minor", "1e3", invalid, amount),
        ("amount_minor", "-0", invalid, amount),
        ("amount_minor", "100000000001", invalid, amount),
        ("amount_minor", "9223372036854775807", invalid, amount),
        ("amount_minor", "9223372036854775808", invalid, amount),
        ("amount_minor", "-9223372036854775809", invalid, amount),
        ("amount_minor", "\"1250\"", invalid, amount),
        ("amount_minor", "null", invalid, amount),
        ("amount_minor", "true", invalid, amount),
        ("amount_minor", "[1250]", invalid, amount),
        ("amount_minor", "{}", invalid, amount),
        ("amount_minor", "", invalid, "`amount_minor` is missing"),
        // Ids.
        ("customer_id", "", invalid, "`customer_id` is missing"),
        ("customer_id", "7", invalid, "#/customer_id"),
        ("customer_id", "null", invalid, "#/customer_id"),
        ("customer_id", "[\"c\"]", invalid, "#/customer_id"),
        ("customer_id", "\"\"", invalid, "must have 1 to 64 bytes"),
        (
            "customer_id",
            &quoted(&"x".repeat(65)),
            invalid,
            "must have 1 to 64 bytes",
        ),
        (
            "customer_id",
            &quoted(&"é".repeat(33)),
            invalid,
            "must have 1 to 64 bytes",
        ),
        ("customer_id", r#""a\nb""#, invalid, "control characters"),
        (
            "customer_id",
            r#""a\u0000b""#,
            invalid,
            "control characters",
        ),
        ("customer_id", r#""\u0085""#, invalid, "control characters"),
        ("customer_id", r#""\ud800""#, malformed, "column"),
        ("customer_id", "\"a\nb\"", malformed, "control character"),
        ("terminal_id", "\"\"", invalid, "#/terminal_id"),
        ("transaction_id", "\"\"", invalid, "#/transaction_id"),
        (
            "transaction_id",
            &quoted(&"x".repeat(65)),
            invalid,
            "#/transaction_id",
        ),
        ("transaction_id", "7", invalid, "#/transaction_id"),
        ("card_id", "\"\"", invalid, "#/card_id"),
        ("device_id", r#""\u007f""#, invalid, "#/device_id"),
        // Currency.
        ("currency", "\"eur\"", invalid, "three capital letters"),
        ("currency", "\"EURO\"", invalid, "three capital letters"),
        ("currency", "\"\"", invalid, "three capital letters"),
        ("currency", "\"€\"", invalid, "three capital letters"),
        ("currency", "\"USD\"", invalid, "this node accounts in EUR"),
        // Time is a topic of its own: event_time.rs.
        ("occurred_at", "1769853600", invalid, "#/occurred_at"),
        // Unknown and repeated fields.
        (
            "ammount_minor",
            "1",
            ("unknown-field", 422),
            "did you mean `amount_minor`?",
        ),
        ("x", "1", ("unknown-field", 422), "`x` is not known here"),
    ] {
        let body = with(field, text);
        let answer = bank.payments().post("/v1/transactions").json(&body).send();
        check(&answer, &body, status, kind, says);
    }
    assert_eq!(bank.last_sequence(), last, "something reached the log");
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    let bank = TestBank::start();
    let last = bank.last_sequence();
    let sound = with("", "");
    let by_position = r#"["bad","customer-1",null,null,"terminal-1",1250,"EUR",null]"#;
    for (body, status, kind, says) in [
        (String::new(), 400, "malformed-json", "the body is empty"),
        (" \n".into(), 400, "malformed-json", "column"),
        ("not json".into(), 400, "malformed-json", "column"),
        (
            sound[..sound.len() - 1].into(),
            400,
            "malformed-json",
            "column",
        ),
        (format!("{sound}x"), 400, "malformed-json", "trailing"),
        (format!("{sound}{sound}"), 400, "malformed-json", "trailing"),
        (format!("\u{feff}{sound}"), 400, "malformed-json", "column"),
        (format!("// {sound}"), 400, "malformed-json", "column"),
        (
            "[".repeat(60_000),
            422,
            "invalid-field",
            "expected an object",
        ),
        (
            with("amount_minor", &"[".repeat(60_000)),
            422,
            "invalid-field",
            "#/amount_minor",
        ),
        (
            with("card_id", &format!("{}{}", "{\"a\":".repeat(200), "1")),
            422,
            "invalid-field",
            "#/card_id",
        ),
        (
            sound.replacen('{', "{\"currency\":\"EUR\",", 1),
            422,
            "invalid-field",
            "`currency` is given more than once",
        ),
        ("null".into(), 422, "invalid-field", "expected"),
        ("7".into(), 422, "invalid-field", "expected"),
        ("\"text\"".into(), 422, "invalid-field", "expected"),
        ("[]".into(), 422, "invalid-field", "expected an object"),
        (
            format!("[{sound}]"),
            422,
            "invalid-field",
            "expected an object",
        ),
        // serde would take a struct's fields by position.
        (
            by_position.into(),
            422,
            "invalid-field",
            "expected an object",
        ),
        (
            format!(" {by_position}"),
            422,
            "invalid-field",
            "expected an object",
        ),
    ] {
        let answer = bank.payments().post("/v1/transactions").json(&body).send();
        let what: String = body.chars().take(100).collect();
        check(&answer, &what, status, kind, says);
    }
    let label_by_position = r#"["fraud","customer",null,null]"#;
    bank.assess(&Purchase::of("t")).expect(201);
    let answer = bank
        .payments()
        .post("/v1/transactions/t/labels")
        .json(label_by_position)
        .send();
    check(
        &answer,
        label_by_position,
        422,
        "invalid-field",
        "expected an object",
    );
    assert_eq!(bank.last_sequence(), last + 1, "something reached the log");
}

#[test]
fn a_body_must_be_json_of_bounded_size_and_say_so() {
    let bank = TestBank::start();
    let last = bank.last_sequence();
    let post = || bank.payments().post("/v1/transactions");
    let sound = with("", "");
    check(
        &post().body(sound.clone()).send(),
        "no content type",
        415,
        "unsupported-media-type",
        "application/json",
    );
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        ";",
    ] {
        let answer = post()
            .header("Content-Type", content_type)
            .body(sound.clone());
        check(
            &answer.send(),
            content_type,
            415,
            "unsupported-media-type",
            "application/json",
        );
    }
    let large = format!("{sound}{}", " ".repeat(65_537));
    check(
        &post().json(&large).send(),
        "large",
        413,
        "body-too-large",
        "65536",
    );
    // Refused by its announced length, before the body is there.
    let announced = post().header("Content-Length", "99999999999").json("");
    check(
        &announced.send(),
        "announced",
        413,
        "body-too-large",
        "65536",
    );
    let not_utf8 = [
        b"{\"customer_id\":\"\xff\"}".as_slice(),
        &[0xff, 0xfe],
        &[0; 10],
    ];
    for body in not_utf8 {
        let answer = post().header("Content-Type", "application/json").body(body);
        check(&answer.send(), "bytes", 400, "malformed-json", "column");
    }
    for (header, value, status, kind) in [
        ("Idempotency-Key", "", 400, "invalid-idempotency-key"),
        (
            "Idempotency-Key",
            "two words",
            400,
            "invalid-idempotency-key",
        ),
        (
            "Idempotency-Key",
            &"k".repeat(256),
            400,
            "invalid-idempotency-key",
        ),
        ("Idempotency-Key", "k\u{e9}", 400, "invalid-idempotency-key"),
        ("Request-Timeout", "0", 422, "invalid-field"),
        ("Request-Timeout", "soon", 422, "invalid-field"),
        ("Request-Timeout", "30001", 422, "invalid-field"),
    ] {
        let answer = post().header(header, value).json(&sound).send();
        check(&answer, &format!("{header}: {value}"), status, kind, "");
    }
    assert_eq!(bank.last_sequence(), last, "something reached the log");
}

#[test]
fn a_bad_query_is_refused_by_parameter() {
    let bank = TestBank::start();
    let token = |log: [u8; 4], sequence: u64| {
        let sequence = Sequence(sequence);
        Position { log, sequence }.to_token()
    };
    let own = bank.assess(&Purchase::of("t")).expect(201).json();
    let own = own["position"].as_str().unwrap_or_default();
    let of_another_bank = token([1, 2, 3, 4], 1);
    let other_end = if own.ends_with('A') { 'E' } else { 'A' };
    let changed = format!("{}{other_end}", &own[..own.len() - 1]);
    for (query, status, kind, says) in [
        ("limit=0", 422, "invalid-field", "\"limit\""),
        ("limit=501", 422, "invalid-field", "\"limit\""),
        ("limit=-1", 422, "invalid-field", "\"limit\""),
        ("limit=ten", 422, "invalid-field", "\"limit\""),
        ("limit=1&limit=2", 422, "invalid-field", "\"limit\""),
        ("decision=maybe", 422, "invalid-field", "\"decision\""),
        ("label=maybe", 422, "invalid-field", "\"label\""),
        ("minimum_score=2", 422, "invalid-field", "\"minimum_score\""),
        (
            "minimum_score=NaN",
            422,
            "invalid-field",
            "\"minimum_score\"",
        ),
        ("from=yesterday", 422, "invalid-field", "\"from\""),
        ("to=", 422, "invalid-field", "\"to\""),
        (
            "costumer_id=c",
            422,
            "unknown-field",
            "did you mean `customer_id`?",
        ),
        ("cursor=", 400, "invalid-cursor", ""),
        ("cursor=bad", 400, "invalid-cursor", ""),
        ("cursor=%ff", 400, "", ""),
        ("position=", 400, "invalid-position", ""),
        ("position=bad", 400, "invalid-position", ""),
        (&format!("position={changed}"), 400, "invalid-position", ""),
        (
            &format!("position={of_another_bank}"),
            400,
            "invalid-position",
            "another log",
        ),
    ] {
        let path = format!("/v1/transactions?{query}");
        let answer = bank.payments().get(&path).send();
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
        if !kind.is_empty() {
            check(&answer, query, status, kind, says);
        }
    }
    check_foreign_cursor(&bank.payments());
    let list = bank
        .payments()
        .get(&format!("/v1/transactions?position={own}"));
    list.send().expect(200);
}

/// A cursor belongs to the filters it was made for.
fn check_foreign_cursor(caller: &Caller) {
    for number in 0..3 {
        let purchase = Purchase::of(&format!("page-{number}"));
        purchase.request(caller).send().expect(201);
    }
    let page = crate::support::eventually("a second page", || {
        let page = caller.get("/v1/transactions?limit=1").send().expect(200);
        Some(page.json()["next_cursor"].as_str()?.to_owned())
    });
    let path = format!("/v1/transactions?limit=1&decision=approve&cursor={page}");
    let answer = caller.get(&path).send();
    check(&answer, "cursor of another list", 400, "invalid-cursor", "");
}

#[test]
fn a_bad_path_is_refused_and_a_strange_id_is_only_an_id() {
    let bank = TestBank::start();
    let last = bank.last_sequence();
    for (path, status) in [
        ("/v1/transactions/%ff", 400),
        ("/v1/transactions/unknown", 404),
        ("/v1/transactions/%zz", 404),
        ("/v1/transactions/%", 404),
        ("/v1/transactions/%00", 404),
        ("/v1/transactions/..%2f..%2fkeys", 404),
        ("/v1/transactions/'%20OR%201=1", 404),
        ("/v1/transactions/a/b/c", 404),
        ("/v2/transactions", 404),
        ("/assets/..%2f..%2fCargo.toml", 404),
    ] {
        let answer = bank.administrator().get(path).send();
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        answer.problem();
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let answer = bank
            .administrator()
            .request(method, "/v1/transactions")
            .send();
        check(&answer, method, 405, "method-not-allowed", "");
    }
    assert_eq!(bank.last_sequence(), last);

    for id in [
        "a b",
        "ü",
        "50%",
        "a/b",
        "<script>alert(1)</script>",
        "'; DROP TABLE x; --",
        "..",
        "?a=b#c",
    ] {
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let position = bank.assess(&Purchase::of(id)).expect(201).json()["position"].clone();
        let path = format!("/v1/transactions/{encoded}");
        let found = bank.query(&path, position.as_str().unwrap_or_default());
        assert_eq!(found.expect(200).json()["transaction_id"], id);
        let page = bank
            .administrator()
            .get(&format!("/transactions/{encoded}"))
            .send();
        assert!(!page.expect(200).text().contains("<script>alert"), "{id}");
    }
}
