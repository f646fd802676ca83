//! Webhooks: what happens reaches the subscriber signed, also over a kill and a receiver that fails, under one id.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
};

use accord_service::Role;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    cases::{case_of, id_of, open_case, work},
    support::{TestBank, eventually},
};

/// What a receiver got.
#[derive(Clone, Debug)]
struct Received {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// A receiver on this machine, which answers with the status that it is told.
struct Receiver {
    address: SocketAddr,
    status: Arc<AtomicU16>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let receiver = Self {
            address: listener.local_addr().expect("an address"),
            status: Arc::new(AtomicU16::new(status)),
            received: Arc::default(),
        };
        let (status, received) = (Arc::clone(&receiver.status), Arc::clone(&receiver.received));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(message) = answer(stream, status.load(Ordering::SeqCst)) {
                    received.lock().expect("no panic").push(message);
                }
            }
        });
        receiver
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    fn set_status(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }

    /// Waits for a message of a type.
    fn first(&self, event_type: &str) -> Received {
        eventually(event_type, || {
            self.received()
                .into_iter()
                .find(|message| message.json()["type"] == event_type)
        })
    }
}

/// Reads one request and answers it.
fn answer(stream: TcpStream, status: u16) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut message = Received {
        headers,
        body: Vec::new(),
    };
    let length: usize = message.header("content-length").parse().ok()?;
    message.body = vec![0; length];
    reader.read_exact(&mut message.body).ok()?;
    let answer = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n");
    reader.get_mut().write_all(answer.as_bytes()).ok()?;
    Some(message)
}

/// A bank that may reach this machine.
fn bank() -> TestBank {
    let mut bank = TestBank::prepared();
    bank.configure("webhook_targets = \"everywhere\"");
    bank.launch();
    bank
}

fn subscribe(bank: &TestBank, url: &str, event_types: &[&str]) -> Value {
    bank.administrator()
        .post("/v1/webhooks")
        .json(json!({ "url": url, "event_types": event_types }))
        .send()
        .expect(201)
        .json()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().expect("a text")
}

/// The signature that a receiver computes.
fn expected_signature(secret: &str, message: &Received) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let key = STANDARD
        .decode(secret.trim_start_matches("whsec_"))
        .expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
    let head = format!(
        "{}.{}.",
        message.header("webhook-id"),
        message.header("webhook-timestamp")
    );
    mac.update(head.as_bytes());
    mac.update(&message.body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Opens a case and resolves it as fraud.
fn resolve_a_case(bank: &TestBank, transaction_id: &str, customer: &str) -> String {
    let position = open_case(bank, transaction_id, customer);
    let case = case_of(bank, customer, &position);
    let (id, version) = (id_of(&case), case["version"].as_u64().expect("a version"));
    let finding = json!({ "disposition": "confirmed_fraud" });
    work(
        &bank.caller(Role::Analyst),
        &id,
        "resolve",
        version,
        finding,
    )
    .expect(200);
    id
}

#[test]
fn a_resolution_and_its_labels_arrive_signed() {
    let bank = bank();
    let receiver = Receiver::start(204);
    resolve_a_case(&bank, "before", "customer-1");
    let webhook = subscribe(
        &bank,
        &receiver.url(),
        &["case.resolved", "transaction.labelled"],
    );
    let case = resolve_a_case(&bank, "after", "customer-2");

    let resolved = receiver.first("case.resolved");
    assert_eq!(resolved.json()["data"]["case_id"], case);
    assert_eq!(resolved.json()["data"]["customer_id"], "customer-2");
    assert_eq!(
        resolved.json()["data"]["labelled_transactions"],
        json!(["after"])
    );
    let labelled = receiver.first("transaction.labelled");
    assert_eq!(labelled.json()["data"]["transaction_id"], "after");
    for message in [&resolved, &labelled] {
        assert_eq!(
            message.header("webhook-signature"),
            expected_signature(text(&webhook, "secret"), message)
        );
    }
    assert_ne!(resolved.header("webhook-id"), labelled.header("webhook-id"));
    let path = format!("/v1/webhooks/{}/deliveries", text(&webhook, "webhook_id"));
    let log = eventually("a delivery log in which all is done", || {
        let log = bank.administrator().get(&path).send().expect(200).json();
        let deliveries = log["deliveries"].as_array()?.clone();
        let done = deliveries.iter().all(|one| one["state"] == "delivered");
        (done && deliveries.len() == 2).then_some(deliveries)
    });
    assert_eq!(log[0]["last_status"], 204, "what was before is not told");

    // Nothing secret is in the log or in what the process says.
    let secret = text(&webhook, "secret");
    assert!(!bank.said().contains(secret));
    let folder = crate::support::folder::FolderImage::of(&bank.folder()).expect("readable");
    assert!(
        folder.holds(b"case.resolved"),
        "the folder is looked through"
    );
    for hidden in [secret, &receiver.url()] {
        assert!(!folder.holds(hidden.as_bytes()), "{hidden}");
    }
}

#[test]
fn a_kill_loses_no_message_and_a_repetition_carries_the_same_id() {
    let mut bank = bank();
    let receiver = Receiver::start(500);
    let webhook = subscribe(&bank, &receiver.url(), &["case.resolved"]);
    resolve_a_case(&bank, "t-1", "customer-1");
    let refused = receiver.first("case.resolved");
    bank.kill();
    receiver.set_status(200);
    bank.launch();
    let again = eventually("the message once more", || {
        let all = receiver.received();
        (all.len() > 1).then(|| all[all.len() - 1].clone())
    });
    assert_eq!(again.header("webhook-id"), refused.header("webhook-id"));
    assert_eq!(again.json(), refused.json());

    let base = format!("/v1/webhooks/{}", text(&webhook, "webhook_id"));
    eventually("the record of its delivery", || {
        let shown = bank.administrator().get(&base).send().expect(200).json();
        (shown["deliveries"]["delivered"] == 1).then_some(())
    });
    // By command it is sent once more, under the same id.
    let before = receiver.received().len();
    let redeliver = format!("{base}/deliveries/{}/redeliver", again.header("webhook-id"));
    bank.caller(Role::Operator)
        .post(&redeliver)
        .json(json!({}))
        .send()
        .expect(202);
    let redelivered = eventually("the redelivery", || {
        receiver.received().get(before).cloned()
    });
    assert_eq!(
        redelivered.header("webhook-id"),
        refused.header("webhook-id")
    );
    // A rebuild of the read model tells nobody anything.
    let count = receiver.received().len();
    bank.administrator()
        .post("/v1/read-models/webhooks/rebuild")
        .send()
        .expect(200);
    resolve_a_case(&bank, "t-2", "customer-2");
    let next = eventually("what happens next", || {
        receiver.received().get(count).cloned()
    });
    assert_ne!(next.header("webhook-id"), refused.header("webhook-id"));
}

#[test]
fn a_subscription_is_paused_rotated_and_deleted() {
    let bank = bank();
    let receiver = Receiver::start(200);
    let webhook = subscribe(&bank, &receiver.url(), &["case.resolved"]);
    let base = format!("/v1/webhooks/{}", text(&webhook, "webhook_id"));
    let administrator = bank.administrator();
    let post = |operation: &str| {
        let path = format!("{base}/{operation}");
        administrator.post(&path).json(json!({})).send()
    };
    post("pause").expect(200);
    resolve_a_case(&bank, "t-1", "customer-1");
    eventually("a message that waits", || {
        let shown = administrator.get(&base).send().expect(200).json();
        (shown["deliveries"]["waiting"] == 1).then_some(())
    });
    assert_eq!(receiver.received().len(), 0);
    let rotated = post("rotate-secret").expect(200).json();
    post("resume").expect(200);
    let message = receiver.first("case.resolved");
    let both = [text(&rotated, "secret"), text(&webhook, "secret")]
        .map(|secret| expected_signature(secret, &message))
        .join(" ");
    assert_eq!(message.header("webhook-signature"), both);

    administrator.request("DELETE", &base).send().expect(200);
    administrator.get(&base).send().expect(404);
    post("pause").expect(404);
    let list = administrator.get("/v1/webhooks").send().expect(200).json();
    assert_eq!(list["webhooks"], json!([]));
}

#[test]
fn addresses_inside_are_refused_unless_the_settings_allow_them() {
    let bank = TestBank::start();
    let administrator = bank.administrator();
    for url in [
        "http://bank.example/hook",
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://169.254.169.254/latest/meta-data",
        "ftp://bank.example/hook",
        "https://user:password@bank.example/hook",
        "nonsense",
    ] {
        let body = json!({ "url": url, "event_types": ["case.resolved"] });
        let refused = administrator
            .post("/v1/webhooks")
            .json(body)
            .send()
            .expect(422)
            .json();
        assert_eq!(refused["errors"][0]["pointer"], "#/url", "{url}");
    }
    for event_types in [json!([]), json!(["case.closed"])] {
        let body = json!({ "url": "https://bank.example/hook", "event_types": event_types });
        administrator
            .post("/v1/webhooks")
            .json(body)
            .send()
            .expect(422);
    }
    let accepted = json!({ "url": "https://bank.example/hook", "event_types": ["case.resolved"] });
    let keyed = || {
        administrator
            .post("/v1/webhooks")
            .header("Idempotency-Key", "one")
            .json(&accepted)
            .send()
            .expect(201)
    };
    let first = keyed();
    let again = keyed();
    assert_eq!(first.json()["secret"], again.json()["secret"]);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    bank.caller(Role::Operator)
        .post("/v1/webhooks")
        .json(&accepted)
        .send()
        .expect(403);
}
