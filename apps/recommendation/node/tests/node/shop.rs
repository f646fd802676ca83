//! A shop to be tested: a node, its router, and requests that read like sentences.

use std::sync::Arc;

use accord_service::{
    Authentication, Authenticator, Clock, Edge, HealthChecks, MetricsRegistry, Role, Roles,
    Shutdown, authentication::Persona, host_guard::HostGuard,
};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use recommendation_node::{MerchantNode, MerchantSettings, Placement};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

/// When the shop's clock stands at the beginning.
pub const NOW_US: i64 = 1_800_000_000_000_000;

pub struct Shop {
    pub node: MerchantNode,
    router: Router,
    folder: Arc<TempDir>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub replayed: bool,
    pub body: Value,
}

impl Shop {
    /// An empty shop.
    pub async fn open() -> Self {
        Self::open_in(Arc::new(tempfile::tempdir().unwrap())).await
    }

    async fn open_in(folder: Arc<TempDir>) -> Self {
        let settings = MerchantSettings::new("anchor", folder.path().to_owned());
        let node = MerchantNode::open(settings, |_| Clock::manual(NOW_US))
            .await
            .unwrap();
        let persona = |role: &Role| Persona {
            id: role.name().to_owned(),
            name: role.name().to_owned(),
            roles: Roles::of(&[*role]),
            person: None,
        };
        let personas = Role::ALL.iter().map(persona).collect();
        let authenticator = Authenticator::new(Authentication::Personas(personas)).unwrap();
        let placement = Placement {
            home_href: "/".to_owned(),
            shows_clock: false,
            base_path: String::new(),
            edge: Edge::new(authenticator, Some(HostGuard::loopback())),
        };
        let shutdown = Shutdown::new(std::time::Duration::ZERO);
        let router = recommendation_node::router(
            node.clone(),
            placement,
            &MetricsRegistry::new(),
            &HealthChecks::new(&shutdown),
        );
        Self {
            node,
            router,
            folder,
        }
    }

    /// Stops the node and opens it again.
    pub async fn reopen(self) -> Self {
        self.node.stop().await;
        let folder = Arc::clone(&self.folder);
        drop(self);
        Self::open_in(folder).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, Role::Administrator, path, None)
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, Role::Administrator, path, Some(body))
            .await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, Role::Administrator, path, Some(body))
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, Role::Administrator, path, None)
            .await
    }

    pub async fn send(
        &self,
        method: Method,
        role: Role,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("accord-persona", role.name());
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.answer(request.unwrap()).await
    }

    /// Waits until the read models have everything.
    pub async fn projected(&self) {
        while self.node.lag() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    /// A page, as a browser gets it: its status and text.
    pub async fn page(&self, role: Role, path: &str) -> (u16, String) {
        let request = Request::builder()
            .uri(path)
            .header("host", "localhost")
            .header("accord-persona", role.name())
            .body(Body::empty());
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// A form that a page posts: the status, and where the reader is sent.
    pub async fn form(&self, role: Role, path: &str, fields: &str) -> (u16, String) {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("host", "localhost")
            .header("accord-persona", role.name())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(fields.to_owned()));
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let location = response.headers().get("location");
        let location = location.map_or("", |value| value.to_str().unwrap());
        (response.status().as_u16(), location.to_owned())
    }

    /// A batch of lines.
    pub async fn post_lines(&self, path: &str, lines: &str) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("host", "localhost")
            .header("accord-persona", Role::Storefront.name())
            .header("content-type", "application/x-ndjson")
            .body(Body::from(lines.to_owned()));
        self.answer(request.unwrap()).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let replayed = response.headers().contains_key("idempotent-replayed");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status,
            replayed,
            body,
        }
    }

    /// Describes an item of so many units.
    pub async fn sells(&self, item_id: &str, categories: &[&str], stock: Option<u32>) {
        let body = json!({
            "title": format!("Item {item_id}"),
            "price_minor": 1_000,
            "categories": categories,
            "stock": stock,
        });
        self.put(&format!("/v1/items/{item_id}"), body)
            .await
            .expect(201);
    }

    /// A shopper does something with an item.
    pub async fn event(&self, kind: &str, shopper: &str, item_id: &str) {
        let body = json!({ "type": kind, "shopper_id": shopper, "item_id": item_id });
        self.post("/v1/events", body).await.expect(201);
    }

    /// Ids of the items of a list without chance.
    pub async fn list(&self, query: &str) -> Vec<String> {
        let path = format!("/v1/recommendations?exploration=0&{query}");
        self.get(&path).await.expect(200).item_ids()
    }
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self
    }

    pub fn item_ids(&self) -> Vec<String> {
        let items = self.body["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["item_id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap()
    }
}
