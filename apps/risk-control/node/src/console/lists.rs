//! The lists: who is blocked, let through or watched.

use accord_console::Tone;
use accord_console::badge::badge;
use accord_console::notice::{empty_state, notice};
use accord_console::table::{Align, Column, Narrow, record_table};
use accord_console::time::{TimeFormat, time};
use maud::{Markup, html};

use super::form_field::{FieldFault, faults_of, post_button, select_field, text_field};
use super::frame::{BankFrame, Section};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ListsView {
    pub frame: BankFrame,
    /// Newest first.
    pub entries: Vec<ListEntryRow>,
    /// As it was entered.
    pub form: ListForm,
    pub faults: Vec<FieldFault>,
    pub problem: Option<String>,
    pub key: String,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntryRow {
    /// `allow`, `block` or `watch`.
    pub list: String,
    pub kind: String,
    pub fingerprint: String,
    pub hint: String,
    pub expires_at_us: Option<i64>,
    pub has_expired: bool,
    pub comment: String,
    pub added_at_us: i64,
}

/// The form for a new entry, named as it is posted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListForm {
    pub list: String,
    pub kind: String,
    pub value: String,
    pub expires_at: String,
    pub comment: String,
}

const LIST: Column = Column {
    title: "List",
    align: Align::Start,
    narrow: Narrow::TopEnd,
};
const ENTRY: Column = Column {
    title: "Entry",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const COMMENT: Column = Column {
    title: "Comment",
    align: Align::Start,
    narrow: Narrow::MiddleStart,
};
const UNTIL: Column = Column {
    title: "Until",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};
const ADDED: Column = Column {
    title: "Added",
    align: Align::Start,
    narrow: Narrow::Hidden,
};
const REMOVE: Column = Column {
    title: "Take off",
    align: Align::End,
    narrow: Narrow::BottomEnd,
};

/// The page.
pub fn lists(view: &ListsView) -> Markup {
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Lists" }
                p class="lede" {
                    "A block declines and nothing overrides it; an allow entry approves whatever score and rules say; "
                    "a watch entry is for rules to ask for. Changes are drafts that someone else approves."
                }
            }
        }
        @if let Some(problem) = &view.problem {
            (notice(Tone::Attention, "Not saved", &html! { (problem) }))
        }
        section class="panel" aria-label="New entry" { (new_entry(view)) }
        section aria-label="Entries" {
            @if view.entries.is_empty() {
                (empty_state("Nobody is listed", &html! { p { "Entries appear here once their draft is activated." } }))
            } @else {
                (table(view))
            }
        }
    };
    view.frame.page("Lists", Some(Section::Lists), None, main)
}

fn new_entry(view: &ListsView) -> Markup {
    let form = &view.form;
    html! {
        form class="filters" method="post" action=(view.frame.href("/lists")) {
            input type="hidden" name="key" value=(view.key);
            input type="hidden" name="action" value="add";
            (select_field("list", "List", &form.list, &[("block", "Block"), ("watch", "Watch"), ("allow", "Allow")]))
            (select_field("kind", "Of a", &form.kind, &[
                ("card", "Card"), ("customer", "Customer"), ("device", "Device"), ("terminal", "Terminal"),
            ]))
            (text_field("value", "Number or id", &form.value, true, &view.faults))
            div class="field field-wide" {
                label for="expires_at" { "Until, UTC, if not for ever" }
                input id="expires_at" name="expires_at" type="datetime-local" value=(form.expires_at);
                (faults_of(&view.faults, "expires_at"))
            }
            (text_field("comment", "Comment, no names", &form.comment, false, &view.faults))
            div class="filters-actions" { button type="submit" { "Draft the entry" } }
        }
    }
}

fn table(view: &ListsView) -> Markup {
    let columns = [LIST, ENTRY, COMMENT, UNTIL, ADDED, REMOVE];
    let action = view.frame.href("/lists");
    let body = html! {
        tbody {
            @for entry in &view.entries {
                tr {
                    (LIST.cell(list_badge(&entry.list)))
                    (ENTRY.cell(html! { (entry.kind) " " code { (entry.hint) } }))
                    td class={ (COMMENT.class()) " reason" } { (entry.comment) }
                    (UNTIL.cell(html! {
                        @match entry.expires_at_us {
                            Some(at_us) => { (time(at_us, TimeFormat::Full)) @if entry.has_expired { " (over)" } },
                            None => span class="muted" { "for ever" },
                        }
                    }))
                    (ADDED.cell(time(entry.added_at_us, TimeFormat::Full)))
                    (REMOVE.cell(post_button(&action, "Draft", true, &[
                        ("key", format!("{}-{}", view.key, entry.fingerprint).as_str()), ("action", "remove"),
                        ("list", entry.list.as_str()), ("kind", entry.kind.as_str()),
                        ("fingerprint", entry.fingerprint.as_str()),
                    ])))
                }
            }
        }
    };
    record_table("Entries of the lists", &columns, &body)
}

fn list_badge(list: &str) -> Markup {
    match list {
        "allow" => badge(Tone::Good, "Allow"),
        "block" => badge(Tone::Bad, "Block"),
        _ => badge(Tone::Attention, "Watch"),
    }
}

#[cfg(test)]
impl ListsView {
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            entries: vec![ListEntryRow {
                list: "block".to_owned(),
                kind: "card".to_owned(),
                fingerprint: "00000000000000ff".to_owned(),
                hint: "…0042".to_owned(),
                expires_at_us: Some(1_523_541_751_250_000),
                has_expired: false,
                comment: "<stolen>".to_owned(),
                added_at_us: 1_523_541_751_250_000,
            }],
            form: ListForm::default(),
            faults: Vec::new(),
            problem: None,
            key: "k".to_owned(),
        }
    }
}
