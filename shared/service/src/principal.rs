//! Who is calling.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use crate::problem::Problem;
use crate::problem_kind::ProblemKind;
use crate::roles::Roles;

/// A known caller. Cheap to clone: it is attached to every request.
///
/// As an extractor it answers `unauthenticated` where nobody is known; `Option<Principal>` serves
/// public routes that show more to some callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal(Arc<Details>);

#[derive(Debug, PartialEq, Eq)]
struct Details {
    id: Box<str>,
    name: Box<str>,
    roles: Roles,
    person: Box<str>,
}

impl Principal {
    /// A caller with a stable id (it becomes the actor in the log), a display name and its roles.
    #[must_use]
    pub fn new(id: &str, name: &str, roles: Roles) -> Self {
        Self(Arc::new(Details {
            id: id.into(),
            name: name.into(),
            roles,
            person: id.into(),
        }))
    }

    /// The same caller, as one of several of a person; without this each caller is a person of its own.
    #[must_use]
    pub fn of_person(self, person: Option<&str>) -> Self {
        let Some(person) = person else {
            return self;
        };
        Self(Arc::new(Details {
            id: self.0.id.clone(),
            name: self.0.name.clone(),
            roles: self.0.roles,
            person: person.into(),
        }))
    }

    /// Who is behind the caller: what counts where two people must agree.
    #[must_use]
    pub fn person(&self) -> &str {
        &self.0.person
    }

    /// The stable id, the actor of every event that the caller causes.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The display name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The roles of the caller.
    #[must_use]
    pub fn roles(&self) -> Roles {
        self.0.roles
    }
}

/// What authentication found out about a request; the edge attaches it to the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The credentials are good.
    Known(Principal),
    /// There are no good credentials; public routes are still open.
    Anonymous(Anonymity),
}

/// Why a caller is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anonymity {
    /// The request carries no credentials.
    NoCredentials,
    /// The request carries a key that is not one of ours.
    UnknownKey,
    /// The request names a persona that does not exist.
    UnknownPersona,
}

impl Anonymity {
    /// The 401 answer for a route that is not public.
    #[must_use]
    pub fn problem(self) -> Problem {
        let detail = match self {
            Self::NoCredentials => "send a key as Authorization: Bearer, or log in at /login",
            Self::UnknownKey => "the key is not valid",
            Self::UnknownPersona => "there is no such persona",
        };
        Problem::new(ProblemKind::Unauthenticated).detail(detail)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Known(principal)) => Ok(principal.clone()),
            Some(Caller::Anonymous(anonymity)) => Err(anonymity.problem()),
            None => Err(Anonymity::NoCredentials.problem()),
        }
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Principal {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _state: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        Ok(match parts.extensions.get::<Caller>() {
            Some(Caller::Known(principal)) => Some(principal.clone()),
            Some(Caller::Anonymous(_)) | None => None,
        })
    }
}
