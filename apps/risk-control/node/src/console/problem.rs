//! What a browser shows when a page cannot be had.

use accord_console::{Header, Page};
use maud::{Markup, html};

/// A problem in words, as in the problem document that the API would send (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemView {
    /// Status of the HTTP answer.
    pub status: u16,
    pub title: String,
    /// What the reader can do about it.
    pub detail: Option<String>,
    /// Where the reader can go on.
    pub back_href: String,
    /// Name of this occurrence, for who asks for help.
    pub correlation_id: Option<String>,
}

/// The page.
pub fn problem(view: &ProblemView) -> Markup {
    let header = Header {
        home_href: "/".to_owned(),
        institution: None,
        navigation: Vec::new(),
        clock: None,
        personas: None,
    };
    let main = html! {
        div class="narrow-page" {
            p class="problem-status" aria-hidden="true" { (view.status) }
            h1 { (view.title) }
            @if let Some(detail) = &view.detail { p class="lede" { (detail) } }
            p { a class="button" href=(view.back_href) { "Back" } }
            @if let Some(correlation_id) = &view.correlation_id {
                p class="muted small" { "If you ask for help, name " code { (correlation_id) } }
            }
        }
    };
    Page {
        title: &view.title,
        header: &header,
        stream: None,
        main,
        footer: &[],
    }
    .render()
}
