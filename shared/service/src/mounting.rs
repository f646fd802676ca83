//! Mounting handlers on the routes of an [`AccessTable`], and on nothing else.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};

use crate::access::{AccessTable, RouteAccess};
use crate::edge::Edge;
use crate::fallback::method_not_allowed;
use crate::metrics::MetricsRegistry;
use crate::route_guard::Guarded;

/// Builds a router whose routes are exactly the rows of a table, each behind the gate of its row.
///
/// Mistakes in putting an application together panic at start, not at the first request: a route
/// that has no row, a row that has no route, a row or a route that occurs twice.
///
/// ```
/// use accord_service::{AccessTable, Allowed, ApiKey, Authentication, Authenticator, Edge};
/// use accord_service::{Mounting, Role, Roles, RouteAccess, fallback};
///
/// const ROUTES: &[RouteAccess] =
///     &[RouteAccess::get("/v1/cases", Allowed::to(&[Role::Analyst]), "list cases")];
/// static ACCESS: AccessTable = AccessTable::new(&[ROUTES]);
///
/// let (key, _secret) = ApiKey::generate("desk", "Desk", Roles::of(&[Role::Analyst]));
/// let authenticator = Authenticator::new(Authentication::ApiKeys(vec![key]))?;
/// let edge = Edge::new(authenticator, None);
/// let node = Mounting::new(ACCESS, &edge).get("/v1/cases", async || "cases").finish();
///
/// // The outermost router answers what no route matches.
/// let server = axum::Router::new().nest("/banks/north", node).fallback(fallback::not_found);
/// # let _: axum::Router = server;
/// # Ok::<(), accord_service::authentication::AuthenticationError>(())
/// ```
#[must_use = "a mounting becomes a router when it is finished"]
pub struct Mounting<S = ()> {
    rows: Vec<Row>,
    edge: Edge,
    registry: Option<MetricsRegistry>,
    router: Router<S>,
}

struct Row {
    access: &'static RouteAccess,
    mounted: bool,
}

impl<S> Mounting<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// Begins with every row of the table still to be mounted.
    ///
    /// # Panics
    /// If two rows have the same method and path.
    pub fn new(table: AccessTable, edge: &Edge) -> Self {
        let mut rows: Vec<Row> = Vec::new();
        for access in table.rows() {
            let again = rows.iter().any(|row| row.is(&access.method, access.path));
            assert!(!again, "the access table has two rows for {access}");
            rows.push(Row {
                access,
                mounted: false,
            });
        }
        Self {
            rows,
            edge: edge.clone(),
            registry: None,
            router: Router::new(),
        }
    }

    /// Counts and times the requests of every route mounted from here on, as
    /// `http_requests_total` and `http_request_duration_seconds`.
    pub fn measured_by(mut self, registry: &MetricsRegistry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// The edge that guards the routes.
    #[must_use]
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Mounts a handler for GET (and HEAD).
    ///
    /// # Panics
    /// As [`Mounting::route`].
    pub fn get<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::GET, path, handler)
    }

    /// Mounts a handler for POST.
    ///
    /// # Panics
    /// As [`Mounting::route`].
    pub fn post<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::POST, path, handler)
    }

    /// Mounts a handler for PUT.
    ///
    /// # Panics
    /// As [`Mounting::route`].
    pub fn put<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::PUT, path, handler)
    }

    /// Mounts a handler for PATCH.
    ///
    /// # Panics
    /// As [`Mounting::route`].
    pub fn patch<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::PATCH, path, handler)
    }

    /// Mounts a handler for DELETE.
    ///
    /// # Panics
    /// As [`Mounting::route`].
    pub fn delete<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::DELETE, path, handler)
    }

    /// Mounts a handler behind the gate of its row.
    ///
    /// # Panics
    /// If the table has no row for the method and path, or the row is already mounted.
    pub fn route<H, T>(mut self, method: Method, path: &str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let Some(row) = self.rows.iter_mut().find(|row| row.is(&method, path)) else {
            panic!("{method} {path} has no row in the access table, so it cannot be mounted");
        };
        assert!(!row.mounted, "{method} {path} is mounted twice");
        row.mounted = true;
        let guarded = Guarded::new(
            handler,
            row.access,
            self.edge.clone(),
            self.registry.as_ref(),
        );
        let Ok(filter) = MethodFilter::try_from(method.clone()) else {
            panic!("{method} is not a method that can be routed");
        };
        self.router = self.router.route(path, on(filter, guarded));
        self
    }

    /// The router. Requests with a method that a route does not take get a 405 problem.
    ///
    /// # Panics
    /// If a row of the table has not been mounted.
    pub fn finish(self) -> Router<S> {
        let missing = self.rows.iter().filter(|row| !row.mounted);
        let missing: Vec<String> = missing.map(|row| row.access.to_string()).collect();
        assert!(
            missing.is_empty(),
            "the access table has rows that nothing is mounted on: {}",
            missing.join(", ")
        );
        self.router.method_not_allowed_fallback(method_not_allowed)
    }
}

impl Row {
    fn is(&self, method: &Method, path: &str) -> bool {
        self.access.method == *method && self.access.path == path
    }
}
