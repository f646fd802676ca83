//! Models: the one that decides, those in shadow, all others, and how to train another one.

use accord_console::Tone;
use accord_console::badge::badge;
use accord_console::figure::{Figure, figures};
use accord_console::notice::{empty_state, notice};
use accord_console::table::{Align, Column, Narrow, record_table};
use accord_console::time::{TimeFormat, time};
use maud::{Markup, html};

use super::form_field::{post_button, select_field};
use super::frame::{BankFrame, Section};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelsView {
    pub frame: BankFrame,
    /// `None` before any model decides.
    pub champion: Option<ModelLine>,
    pub shadows: Vec<ShadowBlock>,
    /// How many may score in shadow at once.
    pub shadows_max: usize,
    /// Newest first, without champion and shadows.
    pub others: Vec<ModelLine>,
    /// Newest first.
    pub jobs: Vec<JobLine>,
    pub roll_back: RollBack,
    pub problem: Option<String>,
    /// Key of the next step.
    pub key: String,
}

/// A model in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelLine {
    /// Hash of its artefact.
    pub model: String,
    pub role: Role,
    /// "Trees, trained here by ravi".
    pub words: String,
    pub rows: u64,
    pub frauds: u64,
    /// Average precision on held-out rows, in words.
    pub average_precision: String,
    pub published_at_us: i64,
}

/// What a model does at this bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Champion,
    Shadow,
    Former,
    Candidate,
}

/// A model in shadow with what its scores come to so far.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowBlock {
    pub line: ModelLine,
    /// `None` while its scores over the history are being made.
    pub figures: Option<ShadowFigures>,
}

/// A challenger in a few figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowFigures {
    pub transactions: String,
    pub decided_alike: String,
    pub average_precision: String,
    pub champion_average_precision: String,
    pub fraud_stopped: String,
    pub champion_fraud_stopped: String,
    pub genuine_stopped: String,
    pub champion_genuine_stopped: String,
}

/// A training.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLine {
    pub job: u64,
    /// "Trees for ravi".
    pub words: String,
    pub state: JobState,
    pub started_at_us: i64,
}

/// How far a training is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Per cent.
    Running(u32),
    Done(String),
    Cancelled,
    Failed(String),
}

/// The way back to the previous model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollBack {
    /// No other model ever decided.
    Nowhere,
    /// One person may put the previous model back.
    Possible,
    /// Somebody has, and a second person must look at it.
    Waiting {
        model: String,
        restored: String,
        reason: String,
        person: String,
        at_us: i64,
        /// The reader is that person.
        own: bool,
    },
}

impl Role {
    pub fn badge(self) -> Markup {
        match self {
            Self::Champion => badge(Tone::Good, "Decides"),
            Self::Shadow => badge(Tone::Check, "In shadow"),
            Self::Former => badge(Tone::Neutral, "Decided once"),
            Self::Candidate => badge(Tone::Neutral, "Candidate"),
        }
    }
}

const MODEL: Column = Column {
    title: "Model",
    align: Align::Start,
    narrow: Narrow::TopStart,
};
const ROLE: Column = Column {
    title: "Role",
    align: Align::Start,
    narrow: Narrow::TopEnd,
};
const ROWS: Column = Column {
    title: "Trained on",
    align: Align::End,
    narrow: Narrow::MiddleStart,
};
const PRECISION: Column = Column {
    title: "Held-out AP",
    align: Align::End,
    narrow: Narrow::MiddleEnd,
};
const PUBLISHED: Column = Column {
    title: "Published",
    align: Align::Start,
    narrow: Narrow::BottomStart,
};

/// First letters of a hash, which tell a bank's models apart.
pub fn short(model: &str) -> &str {
    model.get(..12).unwrap_or(model)
}

/// The page.
pub fn models(view: &ModelsView) -> Markup {
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Models" }
                p class="lede" {
                    "One decides. Others score the same transactions in shadow, until two people agree that one of them should."
                }
            }
        }
        @if let Some(problem) = &view.problem {
            (notice(Tone::Attention, "Not done", &html! { (problem) }))
        }
        (roll_back_notice(view))
        div class="columns columns-wide-narrow" {
            div class="stack" {
                section aria-labelledby="champion" {
                    div class="section-heading" { h2 id="champion" { "Champion" } p { "Decides every transaction" } }
                    @match &view.champion {
                        Some(champion) => (model_table("The champion", view, std::slice::from_ref(champion))),
                        None => (empty_state("No model decides yet", &html! { p { "The first one decides as soon as it is trained." } })),
                    }
                }
                section aria-labelledby="shadows" {
                    div class="section-heading" {
                        h2 id="shadows" { "Challengers" }
                        p { (view.shadows.len()) " of at most " (view.shadows_max) " in shadow" }
                    }
                    @if view.shadows.is_empty() {
                        (empty_state("Nothing in shadow", &html! {
                            p { "Train a candidate, or let one of the models below score in shadow." }
                        }))
                    }
                    div class="stack stack-tight" {
                        @for shadow in &view.shadows { (shadow_block(view, shadow)) }
                    }
                }
                @if !view.others.is_empty() {
                    section aria-labelledby="others" {
                        div class="section-heading" { h2 id="others" { "Other models" } p { "Newest first" } }
                        (model_table("Other models", view, &view.others))
                    }
                }
            }
            div class="stack" {
                (training_form(view))
                @if !view.jobs.is_empty() { (jobs(view)) }
                (roll_back_form(view))
            }
        }
    };
    view.frame.page("Models", Some(Section::Models), None, main)
}

fn model_table(caption: &str, view: &ModelsView, lines: &[ModelLine]) -> Markup {
    let body = html! {
        tbody {
            @for line in lines {
                tr {
                    (MODEL.cell(html! {
                        a href=(view.frame.model_href(&line.model)) { code { (short(&line.model)) } }
                        " " span class="muted small" { (line.words) }
                    }))
                    (ROLE.cell(line.role.badge()))
                    (ROWS.cell(html! {
                        (accord_console::number::integer(line.rows))
                        span class="muted small" { " rows, " (line.frauds) " frauds" }
                    }))
                    (PRECISION.cell(html! { (line.average_precision) }))
                    (PUBLISHED.cell(time(line.published_at_us, TimeFormat::Short)))
                }
            }
        }
    };
    record_table(caption, &[MODEL, ROLE, ROWS, PRECISION, PUBLISHED], &body)
}

fn shadow_block(view: &ModelsView, shadow: &ShadowBlock) -> Markup {
    let line = &shadow.line;
    html! {
        article class="panel stack stack-tight" {
            div class="section-heading" {
                h3 { a href=(view.frame.model_href(&line.model)) { code { (short(&line.model)) } } }
                p { (line.words) }
            }
            @match &shadow.figures {
                None => p class="muted" { "Its scores over the history are being made." },
                Some(figure) => (figures(&[
                    Figure {
                        label: "Decided alike",
                        value: html! { (figure.decided_alike) },
                        note: Some(html! { "of " (figure.transactions) " transactions" }),
                    },
                    Figure {
                        label: "Average precision",
                        value: html! { (figure.average_precision) },
                        note: Some(html! { "champion " (figure.champion_average_precision) }),
                    },
                    Figure {
                        label: "Fraud stopped",
                        value: html! { (figure.fraud_stopped) },
                        note: Some(html! { "champion " (figure.champion_fraud_stopped) }),
                    },
                    Figure {
                        label: "Genuine stopped",
                        value: html! { (figure.genuine_stopped) },
                        note: Some(html! { "champion " (figure.champion_genuine_stopped) }),
                    },
                ])),
            }
            div class="filters-actions" {
                (post_button(&view.frame.href("/models/promote"), "Propose to decide", false, &[
                    ("key", format!("{}-p-{}", view.key, short(&line.model)).as_str()),
                    ("model", &line.model),
                ]))
                (post_button(&view.frame.href("/models/shadow"), "Take out of shadow", true, &[
                    ("key", format!("{}-s-{}", view.key, short(&line.model)).as_str()),
                    ("model", &line.model), ("action", "end"),
                ]))
            }
        }
    }
}

fn training_form(view: &ModelsView) -> Markup {
    html! {
        section class="panel stack stack-tight" aria-labelledby="train" {
            h2 id="train" { "Train a candidate" }
            p class="muted small" {
                "On everything in this bank's log whose frauds would have been reported by now. It is published with a card and scores in shadow; it decides nothing."
            }
            form class="stack stack-tight" method="post" action=(view.frame.href("/models/train")) {
                (select_field("learner", "Learner", "trees", &[("trees", "Gradient-boosted trees"), ("logistic", "Logistic regression")]))
                div class="field" {
                    label for="trees" { "Trees" }
                    input id="trees" name="trees" type="number" min="1" max="1000" value="200";
                }
                div class="field" {
                    label for="depth" { "Levels of a tree" }
                    input id="depth" name="depth" type="number" min="1" max="8" value="4";
                }
                div class="field" {
                    label for="purpose" { "Purpose" }
                    input id="purpose" name="purpose" type="text" maxlength="500" autocomplete="off";
                }
                button type="submit" { "Train" }
            }
        }
    }
}

fn jobs(view: &ModelsView) -> Markup {
    html! {
        section aria-labelledby="jobs" {
            div class="section-heading" { h2 id="jobs" { "Trainings" } }
            @for job in &view.jobs {
                div class="panel stack stack-tight" {
                    p { (job.words) " · " (time(job.started_at_us, TimeFormat::Full)) }
                    @match &job.state {
                        JobState::Running(percent) => {
                            progress max="100" value=(percent) { (percent) " %" }
                            p class="muted small" { (percent) " % — " a href=(view.frame.href("/models")) { "look again" } }
                            (post_button(&view.frame.href("/models/cancel"), "Cancel", true, &[
                                ("job", job.job.to_string().as_str()),
                            ]))
                        },
                        JobState::Done(model) => p {
                            (badge(Tone::Good, "Done")) " "
                            a href=(view.frame.model_href(model)) { code { (short(model)) } }
                        },
                        JobState::Cancelled => p { (badge(Tone::Neutral, "Cancelled")) },
                        JobState::Failed(why) => p { (badge(Tone::Bad, "Failed")) " " (why) },
                    }
                }
            }
        }
    }
}

fn roll_back_notice(view: &ModelsView) -> Markup {
    let RollBack::Waiting {
        model,
        restored,
        reason,
        person,
        at_us,
        own,
    } = &view.roll_back
    else {
        return html! {};
    };
    let action = view.frame.href("/models/rollback/review");
    let body = html! {
        p {
            (person) " took " code { (short(model)) } " off at " (time(*at_us, TimeFormat::Full)) ": “" (reason) "”. "
            code { (short(restored)) } " decides again."
        }
        @if *own {
            p { "Someone else must look at it." }
        } @else {
            form class="filters" method="post" action=(action) {
                input type="hidden" name="key" value=(view.key);
                div class="field field-wide" {
                    label for="review-reason" { "What you found" }
                    input id="review-reason" name="reason" type="text" required autocomplete="off";
                }
                div class="filters-actions" {
                    button type="submit" name="confirmed" value="true" { "It stays" }
                    button class="button-quiet" type="submit" name="confirmed" value="false" { "Undo the roll-back" }
                }
            }
        }
    };
    notice(
        Tone::Attention,
        "A model was put back and waits for a second look",
        &body,
    )
}

fn roll_back_form(view: &ModelsView) -> Markup {
    if view.roll_back != RollBack::Possible {
        return html! {};
    }
    html! {
        section class="panel stack stack-tight" aria-labelledby="rollback" {
            h2 id="rollback" { "Put the previous model back" }
            p class="muted small" { "At once, alone. A second person must look at it afterwards." }
            form class="stack stack-tight" method="post" action=(view.frame.href("/models/rollback")) {
                input type="hidden" name="key" value=(view.key);
                div class="field" {
                    label for="reason" { "Because" }
                    input id="reason" name="reason" type="text" required maxlength="200" autocomplete="off";
                }
                button class="button-quiet" type="submit" { "Put it back" }
            }
        }
    }
}

#[cfg(test)]
impl ModelLine {
    pub(super) fn example() -> Self {
        Self {
            model: "0f".repeat(32),
            role: Role::Champion,
            words: "Trees, trained here by <ravi>".to_owned(),
            rows: 61_234,
            frauds: 512,
            average_precision: "0.713".to_owned(),
            published_at_us: 1_523_541_751_250_000,
        }
    }
}

#[cfg(test)]
impl ModelsView {
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            champion: Some(ModelLine::example()),
            shadows: vec![ShadowBlock {
                line: ModelLine {
                    model: "ab".repeat(32),
                    role: Role::Shadow,
                    ..ModelLine::example()
                },
                figures: None,
            }],
            shadows_max: 4,
            others: Vec::new(),
            jobs: vec![JobLine {
                job: 1,
                words: "Trees for ravi".to_owned(),
                state: JobState::Running(40),
                started_at_us: 1_523_541_751_250_000,
            }],
            roll_back: RollBack::Possible,
            problem: None,
            key: "k".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_put_a_model_back_cannot_review_it() {
        let mut view = ModelsView::example();
        let waiting = |own| RollBack::Waiting {
            model: "ab".repeat(32),
            restored: "0f".repeat(32),
            reason: "Too <strict>".to_owned(),
            person: "ravi".to_owned(),
            at_us: 0,
            own,
        };
        view.roll_back = waiting(false);
        assert!(models(&view).into_string().contains("It stays"));
        view.roll_back = waiting(true);
        let page = models(&view).into_string();
        assert!(!page.contains("It stays"), "{page}");
        assert!(page.contains("Too &lt;strict&gt;"), "{page}");
    }
}
