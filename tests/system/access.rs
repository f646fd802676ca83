//! Who may do what: every route, tried as every role and as nobody, over real HTTP.

use accord_service::{
    Role, RouteAccess, access::AccessCase, login::LOGIN_ROUTES, problem_page::PROBLEM_ROUTES,
};

use crate::support::{Answer, Purchase, TestBank, binary::run};

/// Sends what the row describes, with nothing in it; only the head of the answer is read, because streams never end.
fn answer_to(bank: &TestBank, route: &RouteAccess, role: Option<Role>) -> Answer {
    let caller = match role {
        Some(role) => bank.caller(role),
        None => bank.anonymous(),
    };
    let path = route.example_path("unknown");
    let request = caller.request(route.method.as_str(), &path).json("{}");
    request.send_for_head().0
}

#[test]
fn every_route_is_open_to_exactly_the_callers_of_its_row() {
    let bank = TestBank::start();
    let last = bank.last_sequence();
    let mut tried = 0;
    for AccessCase {
        route,
        role,
        permitted,
    } in risk_control_node::ACCESS.cases()
    {
        let status = answer_to(&bank, route, role).status;
        let what = format!("{route} as {role:?}: {status}");
        match (permitted, role) {
            (true, _) => assert!(!matches!(status, 401 | 403), "{what}"),
            (false, Some(_)) => assert_eq!(status, 403, "{what}"),
            (false, None) => assert_eq!(status, 401, "{what}"),
        }
        tried += 1;
    }
    let routes = risk_control_node::ACCESS.rows().count();
    assert_eq!(tried, routes * (Role::ALL.len() + 1));
    assert_eq!(bank.last_sequence(), last, "trying changed something");
}

#[test]
fn the_table_says_what_the_bank_was_promised() {
    use Role::{Administrator, Analyst, Approver, Auditor, Operator, PaymentSystem, RuleAuthor};
    let readers = [
        PaymentSystem,
        Analyst,
        RuleAuthor,
        Approver,
        Auditor,
        Administrator,
    ];
    for (method, path, roles) in [
        (
            "POST",
            "/v1/transactions",
            &[PaymentSystem, Administrator][..],
        ),
        ("GET", "/v1/transactions", &readers),
        (
            "POST",
            "/v1/transactions/{transaction_id}/labels",
            &[PaymentSystem, Analyst, Administrator],
        ),
        ("GET", "/v1/stream", &readers),
        (
            "GET",
            "/v1/read-models",
            &[Operator, Auditor, Administrator],
        ),
        (
            "POST",
            "/v1/read-models/{name}/rebuild",
            &[Operator, Administrator],
        ),
        ("POST", "/v1/policy-drafts", &[RuleAuthor, Administrator]),
        (
            "POST",
            "/v1/policy-drafts/{draft}/approval",
            &[Approver, Administrator],
        ),
        (
            "POST",
            "/v1/rules/{rule_id}/switch-off",
            &[RuleAuthor, Approver, Operator, Administrator],
        ),
    ] {
        let cases: Vec<_> = risk_control_node::ACCESS
            .cases()
            .filter(|case| case.route.method == method && case.route.path == path)
            .collect();
        assert!(!cases.is_empty(), "no row for {method} {path}");
        for AccessCase {
            role, permitted, ..
        } in cases
        {
            let promised = role.is_some_and(|role| roles.contains(&role));
            assert_eq!(permitted, promised, "{method} {path} as {role:?}");
        }
    }
}

#[test]
fn what_every_server_has_at_its_root_is_open_to_all() {
    let bank = TestBank::start();
    for route in LOGIN_ROUTES.iter().chain(PROBLEM_ROUTES) {
        let status = answer_to(&bank, route, None).status;
        assert!(!matches!(status, 403 | 500..), "{route}: {status}");
    }
    let page = bank.anonymous().get("/login").send().expect(200).text();
    let style = page.split('"').find(|part| part.starts_with("/assets/"));
    if let Some(style) = style {
        bank.anonymous().get(style).send().expect(200);
    }
    for kind in accord_service::ProblemKind::ALL {
        let explained = bank.anonymous().get(kind.type_reference()).send();
        assert!(
            explained.expect(200).text().contains(kind.title()),
            "{kind:?}"
        );
    }
}

#[test]
fn a_wrong_key_is_worth_no_more_than_none() {
    let bank = TestBank::start();
    for value in [
        "Bearer wrong",
        "Bearer ",
        "Bearer",
        "Basic a2V5OmtleQ==",
        "key-of-the-administrator",
    ] {
        let answer = bank
            .anonymous()
            .get("/v1/overview")
            .header("Authorization", value)
            .send();
        assert_eq!(answer.expect(401).problem(), "unauthenticated", "{value}");
    }
    let persona = bank
        .anonymous()
        .get("/v1/overview")
        .header("Accord-Persona", "administrator")
        .send();
    persona.expect(401);
}

#[test]
fn a_browser_without_a_key_is_led_to_the_login_and_back() {
    let bank = TestBank::start();
    let visit = |path: &str| bank.anonymous().get(path).header("Accept", "text/html");
    let sent_away = visit("/transactions?decision=review").send();
    assert!((300..400).contains(&sent_away.status), "{sent_away:?}");
    let login = sent_away.header("location").expect("a place to go to");
    assert!(login.starts_with("/login?next="), "{login}");
    visit(login).send().expect(200);

    let form = |key: &str| {
        bank.anonymous()
            .post("/login")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(format!("key={key}&next=/transactions"))
            .send()
    };
    form("wrong").expect(401);
    let logged_in = form("key-of-the-analyst");
    assert!((300..400).contains(&logged_in.status), "{logged_in:?}");
    assert_eq!(logged_in.header("location"), Some("/transactions"));
    let cookie = logged_in.header("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap_or_default();
    visit("/transactions")
        .header("Cookie", cookie)
        .send()
        .expect(200);
}

#[test]
fn a_foreign_page_can_neither_reach_the_server_by_name_nor_post_in_a_visitor_s_name() {
    let bank = TestBank::start();
    let last = bank.last_sequence();
    for host in [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "",
    ] {
        let answer = bank
            .administrator()
            .get("/v1/overview")
            .header("Host", host)
            .send();
        assert!(
            matches!(answer.status, 400 | 421),
            "{host}: {}",
            answer.status
        );
    }
    let named = format!("localhost:{}", bank.address().port());
    let answer = bank
        .administrator()
        .get("/v1/overview")
        .header("Host", &named);
    answer.send().expect(200);

    let own = format!("http://{}", bank.address());
    for (name, value, status) in [
        ("Sec-Fetch-Site", "cross-site", 403),
        ("Sec-Fetch-Site", "same-site", 403),
        ("Origin", "https://evil.example", 403),
        ("Origin", "null", 403),
        ("Origin", own.as_str(), 201),
        ("Sec-Fetch-Site", "same-origin", 201),
    ] {
        let purchase = Purchase::of(&format!("{name} {value}"));
        let request = purchase.request(&bank.payments()).header(name, value);
        let answer = request.send();
        assert_eq!(answer.status, status, "{name}: {value}");
        if status == 403 {
            assert_eq!(answer.problem(), "forbidden");
        }
    }
    assert_eq!(bank.last_sequence(), last + 2);
}

#[test]
fn a_demo_that_others_could_reach_needs_a_key() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let data = data.display().to_string();
    let output = run(&["--listen", "0.0.0.0:0", "--data-dir", &data]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("refusing to listen on 0.0.0.0"), "{said}");
    assert!(
        said.contains("127.0.0.1") && said.contains("access key"),
        "{said}"
    );
    assert!(
        !folder.path().join("data").exists(),
        "it wrote something first"
    );
}
