//! One job, live: what goes on, who answers, what it costs.

use accord_console::figure::{Figure, figures};
use accord_console::live::{self, Format};
use accord_console::table::{Align, Column, Narrow, record_table};
use accord_console::time::{self, TimeFormat};
use accord_console::{Tone, badge, notice, number};
use maud::{Markup, html};

use crate::coordinator::views::{InstitutionState, JobView, StatusName};

const COLUMNS: [Column; 6] = [
    column("Institution", Align::Start, Narrow::TopStart),
    column("Now", Align::Start, Narrow::TopEnd),
    column("In sums", Align::End, Narrow::MiddleStart),
    column("Drop-outs", Align::End, Narrow::MiddleEnd),
    column("Bytes sent", Align::End, Narrow::BottomStart),
    column("Bytes received", Align::End, Narrow::BottomEnd),
];

const fn column(title: &'static str, align: Align, narrow: Narrow) -> Column {
    Column {
        title,
        align,
        narrow,
    }
}

/// The job's figures and institutions; fields follow the event `job`.
pub(super) fn section(job: &JobView, now_us: i64) -> Markup {
    html! {
        section class="stack" aria-labelledby="job" data-live="job" {
            div class="section-heading" {
                h2 id="job" { (job.job) " " span class="muted small" { (job.kind) } }
                (badge::live_badge("status.name", status_name(job.status.name), &STATUSES))
            }
            @if let Some(reason) = &job.status.reason {
                (notice::notice(Tone::Attention, "The job ended without a result", &html! { p { (reason) } }))
            }
            (figures(&headline(job, now_us)))
            (institutions(job))
        }
    }
}

fn headline(job: &JobView, now_us: i64) -> [Figure<'_>; 4] {
    let phase = job.phase.as_ref();
    let of =
        |field: &str, text: Option<&str>| live::value(field, Format::Text, text.unwrap_or("–"));
    let seconds = job
        .seconds(now_us)
        .map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.0} s"));
    let integer = |field: &str, value: u32| {
        live::value(field, Format::Integer, &number::integer(u64::from(value)))
    };
    [
        Figure {
            label: "Phase",
            value: of("phase.name", phase.map(|phase| phase.name.as_str())),
            note: Some(html! {
                "summing " (of("phase.query", phase.and_then(|phase| phase.query.as_deref())))
            }),
        },
        Figure {
            label: "Sums released",
            value: integer("sums", job.sums),
            note: Some(html! {
                "of " (number::integer(u64::from(job.sums_expected))) " expected; " (seconds) " so far"
            }),
        },
        Figure {
            label: "Interruptions",
            value: integer("units_closed", job.units_closed),
            note: Some(html! {
                "units closed early; " (integer("attempts_abandoned", job.attempts_abandoned)) " attempts repeated"
            }),
        },
        Figure {
            label: "Privacy spent",
            value: match job.privacy.epsilon_spent {
                Some(epsilon) => html! { "ε " (format!("{epsilon:.2}")) },
                None => html! { "exact" },
            },
            note: Some(match job.privacy.epsilon_budget {
                Some(budget) => html! { "of a budget of ε " (format!("{budget:.2}")) },
                None => html! { "no noise: nothing hides what the sums themselves tell" },
            }),
        },
    ]
}

fn institutions(job: &JobView) -> Markup {
    let [name, now, sums, drop_outs, sent, received] = COLUMNS;
    let count = |place: usize, field: &str, value: u64| {
        let field = format!("institutions.{place}.{field}");
        live::value(&field, Format::Integer, &number::integer(value))
    };
    let body = html! {
        tbody {
            @for (place, one) in job.institutions.iter().enumerate() {
                tr {
                    (name.cell(html! { (one.name) }))
                    (now.cell(badge::live_badge(
                        &format!("institutions.{place}.state"),
                        state_name(one.state),
                        &STATES,
                    )))
                    (sums.cell(count(place, "sums", u64::from(one.sums))))
                    (drop_outs.cell(count(place, "drop_outs", u64::from(one.drop_outs))))
                    (sent.cell(count(place, "bytes_up", one.bytes_up)))
                    (received.cell(count(place, "bytes_down", one.bytes_down)))
                }
            }
        }
    };
    record_table("Institutions of the job", &COLUMNS, &body)
}

/// What a page of its own tells in addition.
pub(super) fn details(job: &JobView, base_path: &str) -> Markup {
    html! {
        section class="stack stack-tight" aria-labelledby="rules" {
            h2 id="rules" { "What everybody signed" }
            p {
                "At least " (job.survivors_min) " of " (job.institutions.len())
                " institutions are ever summed; " (job.threshold)
                " of them must sign who they are and open their shares; up to " (job.colluders)
                " may conspire with the coordinator without learning another's answer."
            }
            p {
                a href={ (base_path) "/v1/jobs/" (job.job) } { "As JSON" } " · "
                a href={ (base_path) "/v1/jobs/" (job.job) "/transcript" } { "Transcript" }
                @if job.status.result.is_some() {
                    " · " a href={ (base_path) "/v1/jobs/" (job.job) "/result" } { "Result" }
                }
            }
        }
        @if !job.drop_outs.is_empty() {
            section class="stack stack-tight" aria-labelledby="drop-outs" {
                h2 id="drop-outs" { "Drop-outs" }
                ul {
                    @for one in job.drop_outs.iter().rev() {
                        li {
                            (time::time(one.at_us, TimeFormat::Full)) " · " (one.institution) " · " (one.phase)
                            @if let Some(query) = &one.query { " · " (query) }
                        }
                    }
                }
            }
        }
        @if !job.faults.is_empty() {
            section class="stack stack-tight" aria-labelledby="faults" {
                h2 id="faults" { "Refused" }
                ul { @for fault in job.faults.iter().rev() { li { (fault) } } }
            }
        }
    }
}

/// The job's state as a badge that stands still.
pub(super) fn status_badge(job: &JobView) -> Markup {
    let name = status_name(job.status.name);
    let (_, tone, label) = STATUSES
        .into_iter()
        .find(|(known, ..)| *known == name)
        .unwrap_or(STATUSES[0]);
    badge::badge(tone, label)
}

/// Drop-outs of all institutions.
pub(super) fn drop_outs(job: &JobView) -> u64 {
    let each = job.institutions.iter().map(|one| u64::from(one.drop_outs));
    each.sum()
}

const STATUSES: [(&str, Tone, &str); 4] = [
    ("proposed", Tone::Neutral, "Proposed"),
    ("running", Tone::Check, "Running"),
    ("finished", Tone::Good, "Finished"),
    ("aborted", Tone::Bad, "Aborted"),
];

const STATES: [(&str, Tone, &str); 5] = [
    ("signing", Tone::Neutral, "Not signed"),
    ("awaited", Tone::Check, "Awaited"),
    ("answered", Tone::Good, "Answered"),
    ("absent", Tone::Bad, "Absent"),
    ("done", Tone::Neutral, "Done"),
];

fn status_name(status: StatusName) -> &'static str {
    match status {
        StatusName::Proposed => "proposed",
        StatusName::Running => "running",
        StatusName::Finished => "finished",
        StatusName::Aborted => "aborted",
    }
}

fn state_name(state: InstitutionState) -> &'static str {
    match state {
        InstitutionState::Signing => "signing",
        InstitutionState::Awaited => "awaited",
        InstitutionState::Answered => "answered",
        InstitutionState::Absent => "absent",
        InstitutionState::Done => "done",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_written_alike_in_events_and_in_pages() {
        for status in [
            StatusName::Proposed,
            StatusName::Running,
            StatusName::Finished,
            StatusName::Aborted,
        ] {
            let json = serde_json::to_string(&status).expect("plain data");
            assert_eq!(json, format!("\"{}\"", status_name(status)));
        }
        for state in [
            InstitutionState::Signing,
            InstitutionState::Awaited,
            InstitutionState::Answered,
            InstitutionState::Absent,
            InstitutionState::Done,
        ] {
            let json = serde_json::to_string(&state).expect("plain data");
            assert_eq!(json, format!("\"{}\"", state_name(state)));
        }
    }
}
