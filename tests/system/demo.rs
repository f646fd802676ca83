//! The demo as a visitor meets it: starts, lives, stops, and goes on where it was.

use std::{net::TcpListener, path::Path};

use chrono::{DateTime, FixedOffset};
use serde_json::json;

use crate::support::{
    Caller, Purchase,
    binary::{ServerProcess, accord},
    eventually,
    folder::files_ending,
    log_tool,
};

fn spawn(scratch: &Path, listen: &str) -> ServerProcess {
    let mut command = accord();
    command
        .args(["--listen", listen, "--data-dir"])
        .arg(scratch.join("data"));
    ServerProcess::spawn(command, &scratch.join("said.txt"))
}

/// Starts the demo and waits until it says that it is ready.
fn start(scratch: &Path) -> (ServerProcess, Caller) {
    until_ready(spawn(scratch, "127.0.0.1:0"))
}

fn until_ready(mut process: ServerProcess) -> (ServerProcess, Caller) {
    let address = process.address_after("Look     http://");
    (process, Caller::anonymous(address))
}

/// Starts the demo on an empty folder and sends a transaction while the history is still being loaded.
fn start_impatiently(scratch: &Path) -> (ServerProcess, Caller) {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let process = spawn(scratch, &address.to_string());
    eventually("an open port", || {
        std::net::TcpStream::connect(address).ok()
    });
    let caller = Caller::anonymous(address);
    let early = Purchase::of("early")
        .request_at(&caller, "/banks/elm")
        .send();
    let early = early.expect(503);
    assert_eq!(early.problem(), "starting");
    assert!(early.header("retry-after").is_some());
    assert!(
        early.text().contains("history is being loaded"),
        "{early:?}"
    );
    let unready = caller.get("/health/ready").send().expect(503).json();
    assert_eq!(unready["state"], "failing");
    until_ready(process)
}

fn clock(caller: &Caller) -> DateTime<FixedOffset> {
    let overview = caller
        .get("/banks/alder/v1/overview")
        .send()
        .expect(200)
        .json();
    let text = overview["simulated_now"].as_str().expect("a text");
    DateTime::parse_from_rfc3339(text).expect("a time")
}

#[test]
fn a_visitor_finds_five_live_banks_that_go_on_after_a_restart() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let (process, caller) = start_impatiently(scratch.path());
    let said = process.said();
    assert!(said.contains("Loading 45 days"), "{said}");
    assert!(
        said.contains("Deleting that folder deletes everything"),
        "{said}"
    );

    let home = caller.get("/").send().expect(200).text();
    assert!(home.contains("train one model together"), "{home}");
    let coordinator = caller.get("/coordinator").send().expect(200).text();
    assert!(coordinator.contains("Who may take part"), "{coordinator}");
    let roster = caller
        .get("/coordinator/v1/roster")
        .send()
        .expect(200)
        .json();
    let names: Vec<&str> = (0..5)
        .filter_map(|place| roster["institutions"][place]["name"].as_str())
        .collect();
    assert_eq!(names, ["alder", "birch", "cedar", "dogwood", "elm"]);
    let ordered = eventually("a first job, signed by everybody", || {
        let job = caller.get("/coordinator/v1/jobs/trees-0001").send();
        let job = (job.status == 200).then(|| job.json())?;
        (!job["began_at_us"].is_null()).then_some(job)
    });
    assert_eq!(ordered["kind"], "gbdt", "{ordered}");
    for bank in ["alder", "birch"] {
        assert!(home.contains(&format!("/banks/{bank}")), "{home}");
    }
    check_the_printed_command(&caller, &said);
    check_personas(&caller);
    check_live_traffic(&caller);
    check_health_and_metrics(&caller);
    check_merchants(&caller);
    check_what_is_stored_beside_the_banks(&scratch.path().join("data"), &caller);

    let before = clock(&caller);
    assert!(process.stop().success());
    let (process, caller) = start(scratch.path());
    assert!(!process.said().contains("Loading"), "{}", process.said());
    assert!(clock(&caller) >= before, "the clock went back");
    let again = caller.get("/banks/alder/v1/transactions/by-hand").send();
    again.expect(200);
    check_live_traffic(&caller);
    assert!(process.stop().success());
    for bank in ["alder", "birch"] {
        let folder = scratch.path().join("data/banks").join(bank);
        for part in ["", "log", "keys"] {
            for ending in ["-wal", "-shm"] {
                let left = files_ending(&folder.join(part), ending);
                assert!(left.is_empty(), "{left:?}");
            }
        }
        log_tool::assert_sound(&folder);
    }
    log_tool::assert_sound(&scratch.path().join("data/merchants/ember"));
    check_a_damaged_state_is_named(scratch.path());
}

/// The banner's curl command, sent by hand.
fn check_the_printed_command(caller: &Caller, said: &str) {
    let body = said
        .split("-d '")
        .nth(1)
        .and_then(|rest| rest.split('\'').next())
        .expect("a command to try");
    let answer = caller
        .post("/banks/alder/v1/transactions")
        .json(body)
        .send();
    assert!(answer.expect(201).json()["decision"].is_string());
}

fn check_personas(caller: &Caller) {
    let assess = |persona: &str, id: &str| {
        Purchase::of(id)
            .request_at(caller, "/banks/alder")
            .header("Accord-Persona", persona)
            .send()
    };
    assess("core-banking", "by-hand").expect(201);
    assess("presenter", "by-presenter").expect(201);
    for persona in ["ana", "ravi", "mira", "otto", "ola"] {
        assert_eq!(
            assess(persona, "refused").expect(403).problem(),
            "forbidden",
            "{persona}"
        );
    }
    assess("nobody", "refused").expect(401);
    let chosen = caller
        .post("/persona")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("persona=otto&next=/")
        .send();
    let cookie = chosen.header("set-cookie").expect("a cookie");
    let cookie = cookie.split(';').next().unwrap_or_default();
    let as_otto = Purchase::of("refused").request_at(caller, "/banks/alder");
    as_otto.header("Cookie", cookie).send().expect(403);
    let foreign = Purchase::of("refused").request_at(caller, "/banks/alder");
    foreign
        .header("Sec-Fetch-Site", "cross-site")
        .send()
        .expect(403);
    let rebound = caller.get("/").header("Host", "evil.example").send();
    assert_eq!(rebound.expect(421).problem(), "host-not-allowed");
}

/// Customers go on buying by themselves.
fn check_live_traffic(caller: &Caller) {
    let newest = || {
        let list = caller.get("/banks/birch/v1/transactions?limit=1").send();
        list.expect(200).json()["transactions"][0]["position"].clone()
    };
    let first = newest();
    eventually("live traffic", || (newest() != first).then_some(()));
}

/// Over all banks, at the root.
fn check_health_and_metrics(caller: &Caller) {
    caller.get("/health/live").send().expect(200);
    let ready = caller.get("/health/ready").send().expect(200).json();
    let checked: Vec<_> = ready["checks"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|check| check["name"].as_str())
        .collect();
    let metrics = caller.get("/metrics").send().expect(200).text();
    for bank in ["alder", "birch", "cedar", "dogwood", "elm"] {
        for check in ["log", "read-models", "policy"] {
            let name = format!("{bank}/{check}");
            assert!(checked.contains(&name.as_str()), "no {name}: {ready}");
        }
        let figure = format!("log_last_sequence{{institution=\"{bank}\"}} ");
        assert!(metrics.contains(&figure), "no {figure}: {metrics}");
    }
}

/// A shop's lists are made by a model of its own history, its live shoppers buy, and its pages show it.
fn check_merchants(caller: &Caller) {
    let home = caller.get("/").send().expect(200).text();
    for merchant in ["anchor", "beacon", "canvas", "drift", "ember"] {
        assert!(home.contains(&format!("/merchants/{merchant}")), "{home}");
    }
    let path = "/merchants/anchor/v1/recommendations?shopper=anchor-shopper-00001&n=5";
    let list = caller.get(path).send().expect(200).json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(5), "{list}");
    eventually("the first model", || {
        let list = caller.get(path).send().expect(200).json();
        list["model"].is_string().then_some(())
    });
    let window = caller
        .get("/merchants/anchor/window?shopper=anchor-shopper-00001")
        .send();
    let window = window.expect(200).text();
    assert!(window.contains("Recommended now"), "{window}");
    for page in ["", "/items", "/orders"] {
        let path = format!("/merchants/ember{page}");
        caller.get(&path).send().expect(200);
    }
    eventually("a live order", || {
        let orders = caller.get("/merchants/anchor/v1/orders").send();
        let orders = orders.expect(200).json();
        orders["orders"]
            .as_array()
            .is_some_and(|orders| !orders.is_empty())
            .then_some(())
    });
}

fn check_what_is_stored_beside_the_banks(data: &Path, caller: &Caller) {
    let second = accord()
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(
        said.contains("in use by another process") && said.contains("--data-dir"),
        "{said}"
    );
    let taken = accord()
        .args(["--listen", &caller.address.to_string(), "--data-dir"])
        .arg(data.join("other"))
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(said.contains("choose another port"), "{said}");
    let document = caller.get("/openapi.json").send().expect(200).json();
    assert_eq!(document["servers"], json!([{ "url": "/banks/alder" }]));
}

fn check_a_damaged_state_is_named(scratch: &Path) {
    let state = scratch.join("data/demo.json");
    std::fs::write(&state, "{ \"seed\": ").expect("a writable file");
    let refused = accord()
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(scratch.join("data"))
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("demo.json is damaged"), "{said}");
    assert!(
        scratch.join("data/banks/alder/ready").exists(),
        "it deleted something"
    );
}
