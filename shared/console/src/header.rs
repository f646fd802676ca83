//! The header of every page: where you are, when you are (in a demo), who you are.

use maud::{Markup, html};

use crate::live::{self, Format};
use crate::number;
use crate::time::{self, TimeFormat};

/// All that the header shows; what is `None` or empty is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Where the word mark leads.
    pub home_href: String,
    /// The institution whose pages these are.
    pub institution: Option<HeaderInstitution>,
    /// The pages of the institution.
    pub navigation: Vec<NavigationLink>,
    /// The demo's own clock.
    pub clock: Option<DemoClock>,
    /// On whose behalf the pages are seen.
    pub personas: Option<PersonaSwitcher>,
}

/// An institution's name and first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderInstitution {
    pub name: String,
    pub href: String,
}

/// One page of the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavigationLink {
    pub label: String,
    pub href: String,
    /// Whether this is the page shown.
    pub current: bool,
    /// How much waits there.
    pub count: Option<NavigationCount>,
}

/// How much waits on a page, live on pages whose stream brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavigationCount {
    /// Live event that brings it, and its field there.
    pub event: &'static str,
    pub field: &'static str,
    pub value: u64,
}

/// A clock that may run faster than the world's; the script lets it run on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemoClock {
    /// Microseconds since the Unix epoch when the page was made.
    pub now_us: i64,
    /// Simulated seconds per second: 1,440 is a day a minute, 0 stands still.
    pub speed: f64,
}

/// A form that posts `persona` and `next` as form fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonaSwitcher {
    /// Where the form is posted, for example `/persona`.
    pub action: String,
    /// Path to come back to.
    pub return_to: String,
    /// Value and label of each choice.
    pub choices: Vec<(String, String)>,
    /// Value of the choice in force.
    pub current: String,
}

impl Header {
    /// The header's markup.
    pub fn render(&self) -> Markup {
        html! {
            header class="site-header" {
                div class="site-header-row" {
                    a class="word-mark" href=(self.home_href) { (mark()) span { "Accord" } }
                    @if let Some(institution) = &self.institution {
                        a class="site-institution" href=(institution.href) { (institution.name) }
                    }
                    div class="site-header-end" {
                        @if let Some(clock) = &self.clock { (clock.render()) }
                        @if let Some(personas) = &self.personas { (personas.render()) }
                    }
                }
                @if !self.navigation.is_empty() {
                    nav class="site-navigation" aria-label="Pages" {
                        @for link in &self.navigation {
                            a href=(link.href) aria-current=[link.current.then_some("page")] {
                                (link.label)
                                @if let Some(count) = &link.count { " " (count.render()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl NavigationCount {
    fn render(&self) -> Markup {
        let text = number::integer(self.value);
        html! {
            span class="navigation-count" data-live=(self.event) {
                (live::value(self.field, Format::Integer, &text))
            }
        }
    }
}

impl DemoClock {
    /// The clock's markup, which the script finds by `data-clock-speed`.
    pub fn render(&self) -> Markup {
        html! {
            div class="demo-clock" title="Simulated time, UTC" {
                span class="visually-hidden" { "Simulated time: " }
                time datetime=(time::machine_readable(self.now_us)) data-clock-speed=(self.speed) {
                    (time::text(self.now_us, TimeFormat::Clock))
                }
                span class="demo-clock-speed" { (self.speed_in_words()) }
            }
        }
    }

    fn speed_in_words(&self) -> String {
        if self.speed <= 0.0 {
            return "standing still".to_owned();
        }
        format!("{}×", number::integer(self.speed.round() as u64))
    }
}

impl PersonaSwitcher {
    fn render(&self) -> Markup {
        html! {
            form class="persona" method="post" action=(self.action) data-persona {
                input type="hidden" name="next" value=(self.return_to);
                label class="visually-hidden" for="persona" { "Seen as" }
                select id="persona" name="persona" autocomplete="off" {
                    @for (value, label) in &self.choices {
                        option value=(value) selected[*value == self.current] { (label) }
                    }
                }
                button type="submit" class="button-quiet" { "Switch" }
            }
        }
    }
}

/// The word mark's sign: a circle and a chord of it.
fn mark() -> Markup {
    html! {
        svg class="mark" viewBox="0 0 24 24" aria-hidden="true" {
            circle class="mark-circle" cx="12" cy="12" r="10.5" {}
            path class="mark-segment" d="M4.6 19.4A10.5 10.5 0 0 1 19.4 4.6z" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_page_is_marked_for_screen_readers() {
        let header = Header {
            home_href: "/".to_owned(),
            institution: None,
            navigation: vec![link("Overview", false), link("Transactions", true)],
            clock: None,
            personas: None,
        };
        let markup = header.render().into_string();
        assert_eq!(markup.matches("aria-current").count(), 1);
        assert!(
            markup.contains(r#"aria-current="page">Transactions"#),
            "{markup}"
        );
    }

    #[test]
    fn a_count_follows_the_live_event() {
        let count = NavigationCount {
            event: "overview",
            field: "open_cases",
            value: 1_234,
        };
        let markup = count.render().into_string();
        assert!(markup.contains(r#"data-live="overview""#), "{markup}");
        assert!(
            markup.contains(r#"data-field="open_cases""#) && markup.contains("1,234"),
            "{markup}"
        );
    }

    #[test]
    fn a_clock_that_stands_still_says_so() {
        let clock = DemoClock {
            now_us: 0,
            speed: 0.0,
        };
        assert!(clock.render().into_string().contains("standing still"));
        let fast = DemoClock {
            now_us: 0,
            speed: 1_440.0,
        };
        assert!(fast.render().into_string().contains("1,440×"));
    }

    fn link(label: &str, current: bool) -> NavigationLink {
        NavigationLink {
            label: label.to_owned(),
            href: "/".to_owned(),
            current,
            count: None,
        }
    }
}
