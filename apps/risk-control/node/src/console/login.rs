//! Where a reader shows an access key.

use accord_console::{Header, Page};
use maud::{Markup, html};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginView {
    /// Where the form posts the fields `access_key` and `return_to`.
    pub action: String,
    /// Path to go to afterwards.
    pub return_to: String,
    /// Why the last attempt failed, in words.
    pub problem: Option<String>,
}

/// The page.
pub fn login(view: &LoginView) -> Markup {
    let header = Header {
        home_href: "/".to_owned(),
        institution: None,
        navigation: Vec::new(),
        clock: None,
        personas: None,
    };
    let described_by = view.problem.as_ref().map(|_| "login-problem");
    let main = html! {
        div class="narrow-page" {
            div {
                h1 { "Sign in" }
                p class="lede" { "With the access key that your institution gave you." }
            }
            form class="form panel" method="post" action=(view.action) {
                input type="hidden" name="return_to" value=(view.return_to);
                div class="field" {
                    label for="access_key" { "Access key" }
                    input id="access_key" name="access_key" type="password" required
                        autocomplete="current-password" spellcheck="false" autofocus
                        aria-invalid=[described_by.map(|_| "true")] aria-describedby=[described_by];
                }
                @if let Some(problem) = &view.problem {
                    p class="form-error" id="login-problem" role="alert" { (problem) }
                }
                div { button type="submit" { "Sign in" } }
            }
        }
    };
    Page {
        title: "Sign in",
        header: &header,
        stream: None,
        main,
        footer: &[],
    }
    .render()
}
