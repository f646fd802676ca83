//! What every HTTP service of Accord needs, and nothing that belongs to one application.
//!
//! Routes are mounted ([`mounting`]) on the rows of one [`access`] table. Before its handler, every
//! request passes the [`edge`]: it refuses foreign host names and cross-site writes, finds out who
//! is calling, and refuses callers whom the row does not allow. Handlers take checked extractors
//! ([`json`], [`query`], [`path`], [`idempotency`], [`deadline`]) and answer failures with a
//! [`problem::Problem`]; a panic is answered as well, and every route is measured.
//!
//! This crate knows no other crate of Accord, no log and no database.

pub mod access;
pub mod api_key;
pub mod authentication;
pub mod body;
pub mod clock;
pub mod config;
pub mod cookie;
pub mod cross_site;
pub mod cursor;
pub mod deadline;
pub mod distinct_keys;
pub mod edge;
pub mod fallback;
pub mod health;
pub mod host_guard;
pub mod idempotency;
pub mod if_match;
pub mod instruments;
pub mod json;
pub mod listen_policy;
pub mod login;
pub mod metrics;
pub mod mounting;
pub mod openapi;
pub mod path;
pub mod principal;
pub mod problem;
pub mod problem_kind;
pub mod problem_page;
pub mod query;
pub mod roles;
pub mod server;
pub mod shutdown;
pub mod telemetry;

mod connection;
mod path_parameters;
mod route_guard;
mod serde_fault;
mod struct_probe;

pub use access::{AccessTable, Allowed, RouteAccess};
pub use api_key::ApiKey;
pub use authentication::{Authentication, Authenticator, Persona};
pub use clock::Clock;
pub use deadline::Deadline;
pub use edge::Edge;
pub use health::{CheckResult, HealthChecks};
pub use idempotency::{IdempotencyKey, IdempotencyScope};
pub use if_match::IfMatch;
pub use json::StrictJson;
pub use metrics::MetricsRegistry;
pub use mounting::Mounting;
pub use path::StrictPath;
pub use principal::{Caller, Principal};
pub use problem::{FieldError, Problem};
pub use problem_kind::ProblemKind;
pub use query::StrictQuery;
pub use roles::{Role, Roles};
pub use shutdown::Shutdown;
