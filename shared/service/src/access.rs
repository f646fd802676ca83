//! The one table that says which roles may use which route.
//!
//! An application writes its rows as constants and joins them into one static [`AccessTable`].
//! Routes can only be mounted through the table (see [`crate::mounting`]), so what the table says
//! and what the router does cannot drift apart; and a test can walk [`AccessTable::cases`] to try
//! every route as every role and as nobody.

use axum::http::Method;

use crate::roles::{Role, Roles};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Everybody, known or not.
    Public,
    /// Callers with at least one of these roles.
    Roles(Roles),
}

impl Allowed {
    /// Every known caller, whatever its roles.
    pub const ANY_ROLE: Self = Self::Roles(Roles::ANY);

    /// Callers with at least one of these roles.
    #[must_use]
    pub const fn to(roles: &[Role]) -> Self {
        Self::Roles(Roles::of(roles))
    }

    /// Whether a caller with these roles may pass; `None` stands for an unknown caller.
    #[must_use]
    pub const fn permits(self, caller: Option<Roles>) -> bool {
        match (self, caller) {
            (Self::Public, _) => true,
            (Self::Roles(_), None) => false,
            (Self::Roles(allowed), Some(roles)) => allowed.intersects(roles),
        }
    }
}

/// One row of the table: a method and a path template, who may use it, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteAccess {
    /// The HTTP method. A row for GET also covers HEAD.
    pub method: Method,
    /// The path template in axum's syntax, without the prefix under which a node is nested.
    pub path: &'static str,
    /// Who may use the route.
    pub allowed: Allowed,
    /// What the route does, in a few words.
    pub summary: &'static str,
}

impl RouteAccess {
    /// A row for GET (and HEAD).
    #[must_use]
    pub const fn get(path: &'static str, allowed: Allowed, summary: &'static str) -> Self {
        Self {
            method: Method::GET,
            path,
            allowed,
            summary,
        }
    }

    /// A row for POST.
    #[must_use]
    pub const fn post(path: &'static str, allowed: Allowed, summary: &'static str) -> Self {
        Self {
            method: Method::POST,
            path,
            allowed,
            summary,
        }
    }

    /// A row for PUT.
    #[must_use]
    pub const fn put(path: &'static str, allowed: Allowed, summary: &'static str) -> Self {
        Self {
            method: Method::PUT,
            path,
            allowed,
            summary,
        }
    }

    /// A row for PATCH.
    #[must_use]
    pub const fn patch(path: &'static str, allowed: Allowed, summary: &'static str) -> Self {
        Self {
            method: Method::PATCH,
            path,
            allowed,
            summary,
        }
    }

    /// A row for DELETE.
    #[must_use]
    pub const fn delete(path: &'static str, allowed: Allowed, summary: &'static str) -> Self {
        Self {
            method: Method::DELETE,
            path,
            allowed,
            summary,
        }
    }

    /// The path template with every parameter replaced by `value`, to send a request in a test.
    #[must_use]
    pub fn example_path(&self, value: &str) -> String {
        let segments = self.path.split('/').map(|segment| {
            let is_parameter = segment.starts_with('{') && segment.ends_with('}');
            if is_parameter { value } else { segment }
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

impl std::fmt::Display for RouteAccess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

/// The rows of an application, joined from the parts that it is made of.
///
/// ```
/// use accord_service::{AccessTable, Allowed, Role, RouteAccess};
/// use accord_service::health::HEALTH_ROUTES;
///
/// const CASES: &[RouteAccess] = &[
///     RouteAccess::get("/v1/cases", Allowed::to(&[Role::Analyst, Role::Auditor]), "list cases"),
///     RouteAccess::post("/v1/cases/{case}/notes", Allowed::to(&[Role::Analyst]), "add a note"),
/// ];
/// static ACCESS: AccessTable = AccessTable::new(&[CASES, HEALTH_ROUTES]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AccessTable {
    parts: &'static [&'static [RouteAccess]],
}

/// One line of an exhaustive check: a route, a caller, and whether the caller may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessCase {
    /// The route.
    pub route: &'static RouteAccess,
    /// The only role of the caller; `None` stands for a caller who is not known.
    pub role: Option<Role>,
    /// What the table says.
    pub permitted: bool,
}

impl AccessTable {
    /// Joins the rows of several parts into one table.
    #[must_use]
    pub const fn new(parts: &'static [&'static [RouteAccess]]) -> Self {
        Self { parts }
    }

    /// Every row, in the order of the parts.
    pub fn rows(self) -> impl Iterator<Item = &'static RouteAccess> + Clone {
        self.parts.iter().flat_map(|part| part.iter())
    }

    /// The row of a method and path template.
    #[must_use]
    pub fn row(self, method: &Method, path: &str) -> Option<&'static RouteAccess> {
        self.rows()
            .find(|row| row.method == *method && row.path == path)
    }

    /// For tests that every route is open to the right callers: every route tried as every single role and as nobody.
    pub fn cases(self) -> impl Iterator<Item = AccessCase> {
        self.rows().flat_map(|route| {
            let callers = Role::ALL.iter().map(|role| Some(*role)).chain([None]);
            callers.map(move |role| {
                let roles = role.map(|role| Roles::of(&[role]));
                AccessCase {
                    route,
                    role,
                    permitted: route.allowed.permits(roles),
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: &[RouteAccess] = &[
        RouteAccess::get(
            "/v1/cases",
            Allowed::to(&[Role::Analyst, Role::Auditor]),
            "list",
        ),
        RouteAccess::post(
            "/v1/cases/{case}/notes",
            Allowed::to(&[Role::Analyst]),
            "add a note",
        ),
    ];
    const PUBLIC: &[RouteAccess] = &[RouteAccess::get("/health/live", Allowed::Public, "live")];
    static TABLE: AccessTable = AccessTable::new(&[CASES, PUBLIC]);

    #[test]
    fn rows_come_from_all_parts_and_are_found_by_method_and_template() {
        assert_eq!(TABLE.rows().count(), 3);
        assert_eq!(TABLE.row(&Method::GET, "/health/live"), Some(&PUBLIC[0]));
        assert_eq!(TABLE.row(&Method::POST, "/health/live"), None);
    }

    #[test]
    fn cases_cover_every_role_and_nobody() {
        let cases: Vec<_> = TABLE.cases().collect();
        assert_eq!(cases.len(), 3 * (Role::ALL.len() + 1));
        let permitted = |route: &RouteAccess| -> Vec<Option<Role>> {
            let of_route = cases
                .iter()
                .filter(|case| case.route == route && case.permitted);
            of_route.map(|case| case.role).collect()
        };
        assert_eq!(
            permitted(&CASES[0]),
            [Some(Role::Analyst), Some(Role::Auditor)]
        );
        assert_eq!(permitted(&CASES[1]), [Some(Role::Analyst)]);
        assert_eq!(permitted(&PUBLIC[0]).len(), Role::ALL.len() + 1);
    }

    #[test]
    fn any_role_still_needs_a_known_caller() {
        assert!(Allowed::ANY_ROLE.permits(Some(Roles::of(&[Role::Auditor]))));
        assert!(!Allowed::ANY_ROLE.permits(None));
        assert!(!Allowed::ANY_ROLE.permits(Some(Roles::NONE)));
    }

    #[test]
    fn example_paths_fill_in_every_parameter() {
        assert_eq!(CASES[1].example_path("7"), "/v1/cases/7/notes");
        assert_eq!(
            RouteAccess::get("/api/{*file}", Allowed::Public, "").example_path("x"),
            "/api/x"
        );
    }
}
