//! The gate that every request of a mounted route passes before its handler.
//!
//! In this order it refuses foreign host names and cross-site writes, exchanges a key in the address
//! for a cookie, finds out who is calling, and refuses callers whom the route's row does not allow.
//! The gate is part of every handler that [`crate::mounting`] mounts, and not a layer around the
//! router: it cannot be forgotten, works wherever a node is nested, and spares each request the
//! boxed services of an axum layer.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};

use crate::access::Allowed;
use crate::authentication::Authenticator;
use crate::cross_site::refuse_cross_site;
use crate::host_guard::HostGuard;
use crate::login::{exchange_key_in_query, guide_anonymous, is_page_visit};
use crate::principal::{Anonymity, Caller};
use crate::problem::Problem;
use crate::problem_kind::ProblemKind;
use crate::roles::Roles;

/// Who may come in: the authenticator of a server and the host names that it answers to. Cheap to
/// clone; all nodes of a server share one.
#[derive(Debug, Clone)]
pub struct Edge(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    authenticator: Authenticator,
    host_guard: Option<HostGuard>,
}

impl Edge {
    /// Tells callers apart as the authenticator does, and answers to the host names of the guard;
    /// see [`HostGuard::for_listener`].
    #[must_use]
    pub fn new(authenticator: Authenticator, host_guard: Option<HostGuard>) -> Self {
        Self(Arc::new(Rules {
            authenticator,
            host_guard,
        }))
    }

    /// The authenticator.
    #[must_use]
    pub fn authenticator(&self) -> &Authenticator {
        &self.0.authenticator
    }

    /// The answer to a request that must not pass; otherwise its [`Caller`] is attached to it.
    pub(crate) fn refuse(&self, request: &mut Request, allowed: Allowed) -> Option<Response> {
        if let Err(problem) = self.check_origin(request) {
            return Some(problem.into_response());
        }
        let authenticator = self.authenticator();
        if request.uri().query().is_some() {
            let exchanged =
                exchange_key_in_query(authenticator, request.method(), visited(request));
            if exchanged.is_some() {
                return exchanged;
            }
        }

        let caller = authenticator.identify(request.headers());
        match (&caller, allowed) {
            (_, Allowed::Public) => {}
            (Caller::Known(principal), Allowed::Roles(roles)) => {
                if !roles.intersects(principal.roles()) {
                    return Some(forbidden(roles, principal.roles()).into_response());
                }
            }
            (Caller::Anonymous(anonymity), Allowed::Roles(_)) => {
                return Some(self.refuse_anonymous(request, *anonymity));
            }
        }
        request.extensions_mut().insert(caller);
        None
    }

    fn check_origin(&self, request: &Request) -> Result<(), Problem> {
        if let Some(guard) = &self.0.host_guard {
            guard.check(request)?;
        }
        refuse_cross_site(request.method(), request.headers())
    }

    fn refuse_anonymous(&self, request: &Request, anonymity: Anonymity) -> Response {
        let is_visit = is_page_visit(request.method(), request.headers());
        let page = is_visit.then(|| visited(request));
        guide_anonymous(self.authenticator(), anonymity, page)
    }
}

/// The address as the caller sees it; a nested router sees it without the prefix.
fn visited(request: &Request) -> &Uri {
    match request.extensions().get::<OriginalUri>() {
        Some(OriginalUri(uri)) => uri,
        None => request.uri(),
    }
}

fn forbidden(allowed: Roles, roles: Roles) -> Problem {
    let has = if roles.is_empty() {
        "no role".to_owned()
    } else {
        roles.to_string()
    };
    Problem::new(ProblemKind::Forbidden).detail(format!(
        "this needs one of: {allowed}; the caller has: {has}"
    ))
}

#[cfg(test)]
impl Edge {
    /// An edge where every caller who names no persona is `ana` with these roles.
    pub(crate) fn where_everybody_has(roles: Roles) -> Self {
        use crate::authentication::{Authentication, Persona};

        let ana = Persona {
            id: "ana".to_owned(),
            name: "Ana".to_owned(),
            roles,
            person: None,
        };
        let authenticator = Authenticator::new(Authentication::Personas(vec![ana])).unwrap();
        Self::new(authenticator, None)
    }
}
