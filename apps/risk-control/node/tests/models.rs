//! Models over HTTP, on a bank with a history: the first one decides, candidates score in shadow, two people promote one,
//! one person puts the previous one back.

use std::{sync::Arc, time::Duration};

use accord_service::{
    Authentication, Authenticator, Clock, Edge, HealthChecks, MetricsRegistry, Persona, Role,
    Roles, Shutdown,
};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt;
use risk_control::{
    FeatureSet, Label, LearnerSettings, LogisticSettings, ModelOrigin, Scorer, ScoringModel,
    TrainingPeriod,
};
use risk_control_node::{
    BankNode, BankSettings, HistoricalLabel, HistoricalTransaction, PersonalFields, Placement,
    ReceivedModel, router,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

const DAY: i64 = 86_400_000_000;
/// 2018-05-01 00:00 UTC.
const NOW: i64 = 1_525_132_800_000_000;
const DAYS: i64 = 40;
const PURCHASES_A_DAY: i64 = 30;
/// Those that are a week old, also the one that is so exactly.
const MATURE: i64 = (DAYS - 7) * PURCHASES_A_DAY + 1;

struct Bank {
    node: BankNode,
    router: Router,
    _folder: TempDir,
}

struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    #[track_caller]
    fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
}

impl Bank {
    /// A bank whose first model decides, on a clock that stands still for practical purposes.
    async fn with_history() -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = BankSettings::new("north", folder.path().to_owned());
        settings.worker.free_bytes_min = 0;
        let node = BankNode::open(settings, |_| Clock::scaled(NOW, 1e-6))
            .await
            .unwrap();
        let actor = Arc::from("history");
        node.import(&actor, (0..DAYS * PURCHASES_A_DAY).map(purchase))
            .await
            .unwrap();
        let frauds = (0..DAYS * PURCHASES_A_DAY).filter(|number| is_fraud(*number));
        let labels = frauds.map(|number| HistoricalLabel {
            known_at_us: purchase(number).occurred_at_us + 2 * DAY,
            transaction: purchase(number),
            label: Label::Fraud,
        });
        let known = labels.filter(|label| label.known_at_us < NOW);
        node.import_labels(&actor, known).await.unwrap();
        node.train_and_activate(&actor).await.unwrap();
        let router = served(&node);
        let bank = Self {
            node,
            router,
            _folder: folder,
        };
        bank.settled().await;
        bank
    }

    async fn send(&self, method: &str, path: &str, persona: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("accord-persona", persona)
            .header("content-type", "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        Answer { status, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "ravi", None).await
    }

    async fn post(&self, path: &str, persona: &str, body: Value) -> Answer {
        self.send("POST", path, persona, Some(body)).await
    }

    /// Asks until it is answered otherwise than that it is not there yet.
    async fn get_once_there(&self, path: &str) -> Value {
        for _ in 0..600 {
            let answer = self.get(path).await;
            if answer.status != StatusCode::NOT_FOUND {
                return answer.expect(200);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} never came");
    }

    async fn train(&self, body: Value) -> Value {
        let job = self.post("/v1/models", "ravi", body).await.expect(202);
        let path = format!("/v1/training-jobs/{}", job["job"]);
        for _ in 0..1_200 {
            let job = self.get(&path).await.expect(200);
            if job["state"] != "running" {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the training never ended");
    }

    async fn trained(&self, body: Value) -> String {
        let job = self.train(body).await;
        assert_eq!(job["state"], "done", "{job}");
        assert_eq!(job["progress"], 1.0, "{job}");
        text(&job["model"])
    }

    /// Waits until the read models have everything that is in the log.
    async fn settled(&self) {
        while self.node.lag() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn role(&self, model: &str) -> String {
        self.settled().await;
        let shown = self.get(&format!("/v1/models/{model}")).await.expect(200);
        text(&shown["role"])
    }

    /// Takes a draft through submission and approval, and lets it decide.
    async fn approve_and_activate(&self, draft: &Value) {
        let path = format!("/v1/policy-drafts/{}", draft["draft"]);
        let submitted = self
            .post(&format!("{path}/submission"), "ravi", json!({}))
            .await
            .expect(200);
        let shown = self
            .get(&format!("{path}?position={}", text(&submitted["position"])))
            .await
            .expect(200);
        let approval = json!({ "candidate_hash": shown["candidate_hash"] });
        self.post(&format!("{path}/approval"), "ravi", approval.clone())
            .await
            .expect(403);
        self.post(&format!("{path}/approval"), "mira", approval)
            .await
            .expect(200);
        self.post(&format!("{path}/activation"), "ravi", json!({}))
            .await
            .expect(202);
    }
}

fn served(node: &BankNode) -> Router {
    let persona = |id: &str, role| Persona {
        id: id.to_owned(),
        name: id.to_owned(),
        roles: Roles::of(&[role]),
        person: None,
    };
    let personas = vec![
        persona("ravi", Role::Administrator),
        persona("mira", Role::Approver),
    ];
    let edge = Edge::new(
        Authenticator::new(Authentication::Personas(personas)).unwrap(),
        None,
    );
    let placement = Placement {
        base_path: String::new(),
        home_href: "/".to_owned(),
        shows_clock: false,
        edge,
    };
    router(
        node.clone(),
        placement,
        &MetricsRegistry::new(),
        &HealthChecks::new(&Shutdown::new(Duration::ZERO)),
    )
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Frauds are the large ones, mostly.
fn purchase(number: i64) -> HistoricalTransaction {
    let amount_minor = match number % 25 {
        0 => 50_000 + number,
        1 => 40_000,
        other => 1_000 + 10 * other,
    };
    HistoricalTransaction {
        transaction_id: format!("t-{number}"),
        personal: PersonalFields {
            customer_id: format!("c-{}", number % 40),
            card_id: None,
            device_id: None,
            ip_address: None,
        },
        terminal_id: format!("s-{}", number % 7),
        amount_minor,
        occurred_at_us: NOW - DAYS * DAY + number * (DAY / PURCHASES_A_DAY),
    }
}

fn is_fraud(number: i64) -> bool {
    number % 25 == 0 && number % 3 != 0
}

const FEW_TREES: &str = r#"{ "trees": { "trees": 8, "depth": 2 } }"#;

fn few_trees() -> Value {
    serde_json::from_str(FEW_TREES).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_candidate_is_compared_promoted_by_two_and_put_back_by_one() {
    let bank = Bank::with_history().await;
    let models = bank.get("/v1/models").await.expect(200);
    let first = text(&models[0]["model"]);
    assert_eq!(bank.role(&first).await, "champion");
    // Whatever comes later waits for approval.
    let refused = bank.node.train_and_activate(&Arc::from("history")).await;
    assert!(refused.is_err(), "{refused:?}");

    let second = bank.trained(few_trees()).await;
    assert_eq!(bank.role(&second).await, "shadow");
    let detail = bank.get(&format!("/v1/models/{second}")).await.expect(200);
    let card = &detail["card"];
    assert_eq!(card["learner"]["settings"]["trees"], 8.0, "{card}");
    assert_eq!(card["training"]["rows"], MATURE);
    assert_eq!(card["held_out"]["champion_model"], json!(first));
    assert!(card["held_out"]["model"]["auc"].as_f64().unwrap() > 0.9);
    assert_eq!(card["origin"]["by"], "ravi");

    let comparison = bank
        .get_once_there(&format!("/v1/models/{second}/comparison"))
        .await;
    assert_eq!(comparison["champion"], json!(first));
    assert_eq!(comparison["transactions"], DAYS * PURCHASES_A_DAY);
    let measures = &comparison["challenger_side"]["measures"];
    assert_eq!(measures["rows"], MATURE);
    assert!(measures["auc"].as_f64().unwrap() > 0.9, "{measures}");
    assert_eq!(comparison["days"].as_array().unwrap().len(), 40);

    let body = json!({ "title": "Fewer trees", "model": second });
    let draft = bank
        .post("/v1/policy-drafts", "ravi", body)
        .await
        .expect(201);
    let shown = bank
        .get(&format!(
            "/v1/policy-drafts/{}?position={}",
            draft["draft"],
            text(&draft["position"])
        ))
        .await
        .expect(200);
    assert_eq!(shown["model_card"], detail["card_hash"]);
    assert_eq!(shown["thresholds"], card["thresholds"]);
    let frozen = bank
        .get(&format!("/v1/comparisons/{}", text(&shown["comparison"])))
        .await
        .expect(200);
    assert_eq!(frozen["challenger"], json!(second));
    bank.approve_and_activate(&draft).await;
    assert_eq!(bank.role(&second).await, "champion");
    assert_eq!(bank.role(&first).await, "former");

    let because = json!({ "reason": "Too many declines" });
    bank.post("/v1/model-rollback", "ravi", because.clone())
        .await
        .expect(202);
    assert_eq!(bank.role(&first).await, "champion");
    bank.post("/v1/model-rollback", "ravi", because)
        .await
        .expect(409);
    let waiting = bank.get("/v1/model-rollback").await.expect(200);
    assert_eq!(waiting["person"], "ravi");
    let agreed = json!({ "confirmed": true, "reason": "Seen" });
    let review = "/v1/model-rollback/review";
    bank.post(review, "ravi", agreed.clone()).await.expect(403);
    bank.post(review, "mira", agreed).await.expect(202);
    bank.settled().await;
    bank.get("/v1/model-rollback").await.expect(404);
    for page in ["/models", "/monitoring", "/approvals/1"] {
        bank.get(page).await.expect(200);
    }
    bank.get(&format!("/models/{second}")).await.expect(200);
    bank.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_received_model_is_measured_here_and_the_champion_is_watched() {
    let bank = Bank::with_history().await;
    let foreign = |weight: f64| {
        let mut logistic: accord_learning::logistic::LogisticModel =
            serde_json::from_value(json!({ "features": [], "intercept": -6.0 })).unwrap();
        logistic.features = FeatureSet::CURRENT
            .features()
            .iter()
            .map(|feature| accord_learning::logistic::LogisticFeature {
                name: feature.name.to_owned(),
                standardisation: accord_learning::logistic::Standardisation {
                    transform: accord_learning::logistic::Transform::Identity,
                    mean: 0.0,
                    inverse_deviation: if feature.name == "amount" { 1e-4 } else { 0.0 },
                    lowest: -100.0,
                    highest: 100.0,
                },
                weight: if feature.name == "amount" {
                    weight
                } else {
                    0.0
                },
                missing_weight: 0.0,
            })
            .collect();
        ReceivedModel {
            model: ScoringModel::new(FeatureSet::CURRENT, Scorer::Logistic(logistic)).unwrap(),
            purpose: "Joint model".to_owned(),
            origin: ModelOrigin::Federated {
                job: "job-7".to_owned(),
                institutions: 5,
            },
            learner: LearnerSettings::Logistic(LogisticSettings::STANDARD),
            unseen_from_us: None,
            training: TrainingPeriod {
                through: 0,
                first_us: None,
                last_us: None,
                rows: 1_000_000,
                frauds: 8_000,
                label_delay_days: 7,
            },
        }
    };
    let actor = Arc::from("federation");
    let hash = bank
        .node
        .offer_candidate(&actor, foreign(1.0))
        .await
        .unwrap();
    // Offering the same model again changes nothing.
    let again = bank
        .node
        .offer_candidate(&actor, foreign(1.0))
        .await
        .unwrap();
    assert_eq!(again, hash);
    assert_eq!(bank.role(&hash).await, "shadow");
    let detail = bank.get(&format!("/v1/models/{hash}")).await.expect(200);
    let card = &detail["card"];
    assert_eq!(card["origin"]["job"], "job-7");
    assert_eq!(card["training"]["rows"], 1_000_000);
    assert!(card["held_out"]["model"]["auc"].as_f64().unwrap() > 0.9);
    bank.get_once_there(&format!("/v1/models/{hash}/comparison"))
        .await;
    let shadow = format!("/v1/models/{hash}/shadow");
    bank.send("DELETE", &shadow, "ravi", None).await.expect(202);
    bank.send("DELETE", &shadow, "ravi", None).await.expect(409);
    bank.post(&shadow, "ravi", json!({})).await.expect(202);

    let monitoring = bank.get_once_there("/v1/monitoring").await;
    assert_eq!(monitoring["drift"]["measurable"], true);
    assert_eq!(monitoring["drift"]["transactions"], 7 * PURCHASES_A_DAY);
    assert_eq!(
        monitoring["drift"]["features"].as_array().unwrap().len(),
        FeatureSet::CURRENT.features().len()
    );
    assert!(monitoring["outcome"]["measures"]["rows"].as_u64().unwrap() > 0);
    bank.node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_refused_and_a_training_can_be_cancelled() {
    let bank = Bank::with_history().await;
    for (body, pointer) in [
        (json!({ "trees": { "depth": 9 } }), "#/trees/depth"),
        (json!({ "trees": { "trees": 0 } }), "#/trees/trees"),
        (json!({ "logistic": { "ridge": -1.0 } }), "#/logistic/ridge"),
        (json!({ "trees": {}, "logistic": {} }), "#/logistic"),
        (json!({ "purpose": "x".repeat(501) }), "#/purpose"),
    ] {
        let problem = bank.post("/v1/models", "ravi", body).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    for path in [
        "/v1/models/ab",
        "/v1/models/ab/comparison",
        "/v1/comparisons/ab",
    ] {
        bank.get(path).await.expect(404);
    }
    bank.get("/v1/training-jobs/7").await.expect(404);
    bank.post("/v1/models/ab/shadow", "ravi", json!({}))
        .await
        .expect(404);
    let unheard = json!({ "title": "x", "model": "ab" });
    let problem = bank
        .post("/v1/policy-drafts", "ravi", unheard)
        .await
        .expect(422);
    assert_eq!(problem["errors"][0]["pointer"], "#/model");
    let because = json!({ "reason": "x" });
    bank.post("/v1/model-rollback", "ravi", because)
        .await
        .expect(409);

    let long = json!({ "trees": { "trees": 1000, "depth": 8 } });
    let job = bank.post("/v1/models", "ravi", long.clone()).await;
    let job = job.expect(202);
    bank.post("/v1/models", "ravi", long).await.expect(409);
    let path = format!("/v1/training-jobs/{}", job["job"]);
    bank.send("DELETE", &path, "ravi", None).await.expect(202);
    for _ in 0..1_200 {
        let job = bank.get(&path).await.expect(200);
        if job["state"] != "running" {
            assert_eq!(job["state"], "cancelled", "{job}");
            assert_eq!(
                bank.get("/v1/models")
                    .await
                    .expect(200)
                    .as_array()
                    .unwrap()
                    .len(),
                1
            );
            bank.node.stop().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the cancelled training never ended");
}
