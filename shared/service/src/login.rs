//! Logging in with a browser: a key becomes a cookie.
//!
//! A browser cannot send an `Authorization` header by itself, so a key is exchanged for an HttpOnly,
//! SameSite=Strict cookie, either with the form at `/login` or by visiting any page once with
//! `?key=…`, which answers with a redirect to the same page without the key. A key that is to be
//! used this way must consist of characters that a cookie can hold, as generated keys do.

use axum::Form;
use axum::extract::Query;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::access::{Allowed, RouteAccess};
use crate::authentication::{Authenticator, KEY_COOKIE, PERSONA_COOKIE};
use crate::cookie::{can_hold, forget_cookie, set_cookie};
use crate::mounting::Mounting;
use crate::principal::Anonymity;
use crate::problem::Problem;
use crate::problem_kind::ProblemKind;
use crate::query::StrictQuery;

/// The rows for [`mount_login`]. They belong at the root of a server, not under a prefix.
pub const LOGIN_ROUTES: &[RouteAccess] = &[
    RouteAccess::get("/login", Allowed::Public, "form to log in with a key"),
    RouteAccess::post("/login", Allowed::Public, "log in with a key"),
    RouteAccess::post("/logout", Allowed::Public, "forget the key"),
    RouteAccess::post("/persona", Allowed::Public, "choose a persona"),
];

/// Mounts the form, logging in and out, and the choice of a persona.
pub fn mount_login<S>(mounting: Mounting<S>) -> Mounting<S>
where
    S: Clone + Send + Sync + 'static,
{
    let for_login = mounting.edge().authenticator().clone();
    let for_persona = for_login.clone();
    mounting
        .get("/login", show_form)
        .post(
            "/login",
            async move |headers: HeaderMap, Form(form): Form<LoginForm>| {
                log_in(&for_login, &headers, &form)
            },
        )
        .post("/logout", log_out)
        .post("/persona", async move |Form(form): Form<PersonaForm>| {
            choose_persona(&for_persona, &form)
        })
}

#[derive(Deserialize)]
struct LoginForm {
    key: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct PersonaForm {
    persona: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormQuery {
    #[serde(default)]
    next: String,
}

async fn show_form(StrictQuery(query): StrictQuery<FormQuery>) -> Response {
    form_page(&query.next, "").into_response()
}

fn form_page(next: &str, message: &str) -> impl IntoResponse + use<> {
    let next = escape_html(&local_path(next));
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Accord: log in</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:1rem system-ui;margin:15vh auto;max-width:24rem;padding:0 1rem}}\
         input,button{{font:inherit;padding:.5rem;width:100%;box-sizing:border-box;margin-top:.5rem}}\
         </style><h1>Accord</h1><p role=\"alert\">{message}</p>\
         <form method=\"post\" action=\"/login\">\
         <label>Access key <input name=\"key\" type=\"password\" required autofocus \
         autocomplete=\"current-password\"></label>\
         <input type=\"hidden\" name=\"next\" value=\"{next}\"><button>Log in</button></form></html>"
    );
    ([(header::CACHE_CONTROL, "no-store")], Html(page))
}

fn log_in(authenticator: &Authenticator, headers: &HeaderMap, form: &LoginForm) -> Response {
    let key = form.key.trim();
    if authenticator.accepts_key(key) {
        redirect_with_key(key, &local_path(&form.next))
    } else if accepts_html(headers) {
        let page = form_page(&form.next, "That key is not valid.");
        (StatusCode::UNAUTHORIZED, page).into_response()
    } else {
        Anonymity::UnknownKey.problem().into_response()
    }
}

async fn log_out() -> Response {
    let mut response = redirect_to("/login");
    forget_cookie(&mut response, KEY_COOKIE);
    response
}

fn choose_persona(authenticator: &Authenticator, form: &PersonaForm) -> Response {
    if !authenticator
        .personas()
        .iter()
        .any(|persona| persona.id() == form.persona)
    {
        return Anonymity::UnknownPersona.problem().into_response();
    }
    let mut response = redirect_to(&local_path(&form.next));
    set_cookie(&mut response, PERSONA_COOKIE, &form.persona);
    response
}

/// Exchanges a valid `?key=…` of a page visit for the cookie; `None` leaves the request alone.
pub(crate) fn exchange_key_in_query(
    authenticator: &Authenticator,
    method: &Method,
    uri: &Uri,
) -> Option<Response> {
    let query = uri.query()?;
    if method != Method::GET || !query.contains("key=") || !authenticator.requires_key() {
        return None;
    }
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
        return None;
    };
    let (_, key) = pairs.iter().find(|(name, _)| name == "key")?;
    if !authenticator.accepts_key(key) {
        return None;
    }
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("key="))
        .collect();
    let path = local_path(uri.path());
    let target = if rest.is_empty() {
        path
    } else {
        format!("{path}?{}", rest.join("&"))
    };
    Some(redirect_with_key(key, &target))
}

/// Sends a browser without valid credentials to the login form, and answers other clients with 401.
/// Either way, cookies that no longer work are forgotten, so that the next visit starts afresh.
pub(crate) fn guide_anonymous(
    authenticator: &Authenticator,
    anonymity: Anonymity,
    visit: Option<&Uri>,
) -> Response {
    let mut response = match visit {
        Some(page) if authenticator.requires_key() && anonymity != Anonymity::UnknownPersona => {
            let page = page.path_and_query().map_or("/", |page| page.as_str());
            redirect_to(&format!("/login?next={}", percent_encode(page)))
        }
        _ => anonymity.problem().into_response(),
    };
    match anonymity {
        Anonymity::NoCredentials => {}
        Anonymity::UnknownKey => forget_cookie(&mut response, KEY_COOKIE),
        Anonymity::UnknownPersona => forget_cookie(&mut response, PERSONA_COOKIE),
    }
    response
}

/// Whether a request is a browser's visit to a page rather than a call of the API.
pub(crate) fn is_page_visit(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::GET && accepts_html(headers)
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn redirect_with_key(key: &str, target: &str) -> Response {
    if !can_hold(key) {
        return Problem::new(ProblemKind::Unauthenticated)
            .detail("this key has characters that a cookie cannot hold; use the header")
            .into_response();
    }
    let mut response = redirect_to(target);
    set_cookie(&mut response, KEY_COOKIE, key);
    response
}

fn redirect_to(target: &str) -> Response {
    let headers = [
        (header::LOCATION, target),
        (header::CACHE_CONTROL, "no-store"),
        // The address of the page just left may hold a key.
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// The path if it leads to a page of this server, and `/` otherwise: `//host` and `/\host` would
/// lead a browser elsewhere.
fn local_path(path: &str) -> String {
    let local = path.starts_with('/')
        && !path.starts_with("//")
        && path.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    if local {
        path.to_owned()
    } else {
        "/".to_owned()
    }
}

fn percent_encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encoded = text.bytes().map(|byte| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    encoded.collect()
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::AccessTable;
    use crate::api_key::KeyHash;
    use crate::authentication::{Authentication, Persona};
    use crate::edge::Edge;
    use crate::roles::Roles;
    use axum::body::Body;
    use axum::extract::Request;
    use tower::ServiceExt;

    const KEY: &str = "accord_test-key";

    fn authenticator() -> Authenticator {
        let ana = Persona {
            id: "ana".to_owned(),
            name: "Ana".to_owned(),
            roles: Roles::ANY,
            person: None,
        };
        Authenticator::new(Authentication::KeyThenPersonas {
            key_sha256: KeyHash::of(KEY).to_hex(),
            personas: vec![ana],
        })
        .unwrap()
    }

    async fn post(path: &str, form: &'static str) -> Response {
        post_accepting("*/*", path, form).await
    }

    async fn post_accepting(accept: &str, path: &str, form: &'static str) -> Response {
        let edge = Edge::new(authenticator(), None);
        let table = AccessTable::new(&[LOGIN_ROUTES]);
        let router = mount_login(Mounting::<()>::new(table, &edge)).finish();
        let request = Request::post(path)
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        router.oneshot(request).await.unwrap()
    }

    fn location(response: &Response) -> &str {
        response.headers()[header::LOCATION].to_str().unwrap()
    }

    fn cookie_set(response: &Response) -> &str {
        response.headers()[header::SET_COOKIE].to_str().unwrap()
    }

    #[tokio::test]
    async fn the_right_key_becomes_a_cookie_that_scripts_and_other_sites_cannot_use() {
        let response = post("/login", "key=accord_test-key&next=%2Fcases%3Fopen%3D1").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(location(&response), "/cases?open=1");
        assert_eq!(
            cookie_set(&response),
            "accord_key=accord_test-key; Max-Age=2592000; Path=/; HttpOnly; SameSite=Strict"
        );
    }

    #[tokio::test]
    async fn a_wrong_key_sets_no_cookie() {
        let response = post("/login", "key=wrong").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(response.headers().get(header::SET_COOKIE).is_none());
    }

    #[tokio::test]
    async fn a_browser_with_a_wrong_key_sees_the_form_again() {
        use http_body_util::BodyExt;
        let response = post_accepting("text/html", "/login", "key=wrong&next=%2Fcases").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8(body.to_vec()).unwrap();
        assert!(page.contains("That key is not valid."), "{page}");
        assert!(page.contains("value=\"/cases\""), "{page}");
    }

    #[tokio::test]
    async fn logging_in_never_leads_to_another_site() {
        for next in [
            "//evil.example",
            "https%3A%2F%2Fevil.example",
            "%2F%5Cevil.example",
            "x",
        ] {
            let form: &'static str = format!("key={KEY}&next={next}").leak();
            assert_eq!(location(&post("/login", form).await), "/", "{next}");
        }
    }

    #[tokio::test]
    async fn logging_out_forgets_the_key() {
        let response = post("/logout", "").await;
        assert_eq!(location(&response), "/login");
        assert!(cookie_set(&response).starts_with("accord_key=; Max-Age=0;"));
    }

    #[tokio::test]
    async fn only_personas_that_exist_can_be_chosen() {
        let response = post("/persona", "persona=ana&next=%2Fcases").await;
        assert_eq!(location(&response), "/cases");
        assert!(cookie_set(&response).starts_with("accord_persona=ana; "));
        assert_eq!(
            post("/persona", "persona=eve").await.status(),
            StatusCode::UNAUTHORIZED
        );
    }

    #[test]
    fn a_key_in_the_address_is_exchanged_and_removed() {
        let exchange = |method: Method, uri: &str| {
            exchange_key_in_query(&authenticator(), &method, &uri.parse().unwrap())
        };
        let visited = exchange(Method::GET, "/cases?open=1&key=accord_test-key&page=2").unwrap();
        assert_eq!(location(&visited), "/cases?open=1&page=2");
        assert!(cookie_set(&visited).contains("accord_key=accord_test-key"));
        assert_eq!(visited.headers()[header::REFERRER_POLICY], "no-referrer");
        let root = exchange(Method::GET, "/?key=accord_test-key").unwrap();
        assert_eq!(location(&root), "/");
        let foreign = exchange(Method::GET, "//evil.example/?key=accord_test-key").unwrap();
        assert_eq!(location(&foreign), "/");
        assert!(exchange(Method::GET, "/?key=wrong").is_none());
        assert!(exchange(Method::GET, "/?monkey=accord_test-key").is_none());
        assert!(exchange(Method::POST, "/?key=accord_test-key").is_none());
        assert!(exchange(Method::GET, "/").is_none());
    }

    #[tokio::test]
    async fn the_form_escapes_where_it_leads() {
        use http_body_util::BodyExt;
        let query = StrictQuery(FormQuery {
            next: "/a?b=\"><script>".to_owned(),
        });
        let body = show_form(query)
            .await
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes();
        let page = String::from_utf8(body.to_vec()).unwrap();
        assert!(page.contains("value=\"/a?b=&quot;>&lt;script>\""), "{page}");
    }
}
