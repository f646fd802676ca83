//! Pages: the jobs of a coordinator, the newest one live, and one job in detail.

mod job_section;

use accord_console::table::{Align, Column, Narrow, record_table};
use accord_console::time::{self, TimeFormat};
use accord_console::{CONTENT_SECURITY_POLICY, Header, HeaderInstitution, Page, number};
use accord_console::{PersonaSwitcher, live, notice};
use accord_service::{Principal, Problem, ProblemKind, StrictPath};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::http::{Service, ServiceState};
use super::views::JobView;
use crate::machine_log::now_us;

/// Jobs in the list; older ones are found through the API.
const LISTED_MAX: usize = 30;

const COLUMNS: [Column; 6] = [
    column("Job", Align::Start, Narrow::TopStart),
    column("State", Align::Start, Narrow::TopEnd),
    column("Proposed", Align::Start, Narrow::MiddleStart),
    column("Sums", Align::End, Narrow::MiddleEnd),
    column("Drop-outs", Align::End, Narrow::BottomStart),
    column("Result", Align::Start, Narrow::BottomEnd),
];

const fn column(title: &'static str, align: Align, narrow: Narrow) -> Column {
    Column {
        title,
        align,
        narrow,
    }
}

/// `GET /`: the newest job live, and those before it.
pub(super) async fn jobs(State(service): ServiceState, principal: Principal) -> Response {
    let jobs = service.shared.book.jobs();
    let newest = jobs.first().map(|job| job.job.clone());
    let main = html! {
        div class="page-heading" {
            div {
                h1 { "Training together" }
                p class="lede" {
                    "The institutions train one model without showing their rows, or even their sums, to each other or to "
                    "the coordinator: only the total of all answers can be unmasked."
                }
            }
            @if !jobs.is_empty() { (live::stream_controls(None)) }
        }
        @match jobs.first() {
            Some(job) => (job_section::section(job, now_us())),
            None => (notice::empty_state("No job yet", &html! {
                p { "Order one with " code { "accord federation run plan.toml" } " or " code { "POST /v1/jobs" } "." }
            })),
        }
        (list(&service, &jobs))
        (roster(&service))
    };
    let stream = stream_of(&service, newest.as_deref());
    document(
        &service,
        &principal,
        "Training together",
        "",
        stream.as_deref(),
        main,
    )
}

/// `GET /jobs/{job}`: one job.
pub(super) async fn job(
    State(service): ServiceState,
    StrictPath(name): StrictPath<String>,
    principal: Principal,
) -> Result<Response, Problem> {
    let job = service.shared.book.job(&name).ok_or_else(|| {
        Problem::new(ProblemKind::NotFound).detail("There is no job of this name.")
    })?;
    let is_open = job.ended_at_us.is_none();
    let main = html! {
        div class="page-heading" {
            div { h1 { "Job " (job.job) } }
            @if is_open { (live::stream_controls(None)) }
        }
        (job_section::section(&job, now_us()))
        (job_section::details(&job, &service.placement.base_path))
    };
    let stream = is_open
        .then(|| stream_of(&service, Some(&job.job)))
        .flatten();
    let path = format!("/jobs/{name}");
    let title = format!("Job {name}");
    Ok(document(
        &service,
        &principal,
        &title,
        &path,
        stream.as_deref(),
        main,
    ))
}

fn stream_of(service: &Service, job: Option<&str>) -> Option<String> {
    // Names have no characters that a query would need encoded.
    job.map(|job| format!("{}/v1/stream?job={job}", service.placement.base_path))
}

fn list(service: &Service, jobs: &[JobView]) -> Markup {
    let base_path = &service.placement.base_path;
    let [job_column, state, proposed, sums, drop_outs, result] = COLUMNS;
    let body = html! {
        tbody {
            @for job in jobs.iter().take(LISTED_MAX) {
                tr {
                    (job_column.cell(html! {
                        a href={ (base_path) "/jobs/" (job.job) } { (job.job) }
                        " " span class="muted small" { (job.kind) }
                    }))
                    (state.cell(job_section::status_badge(job)))
                    (proposed.cell(time::time(job.proposed_at_us, TimeFormat::Full)))
                    (sums.cell(html! { (number::integer(u64::from(job.sums))) }))
                    (drop_outs.cell(html! { (number::integer(job_section::drop_outs(job))) }))
                    (result.cell(match (&job.status.result, &job.status.reason) {
                        (Some(hash), _) => html! { code { (hash.chars().take(12).collect::<String>()) } },
                        (None, Some(reason)) => html! { span class="small" { (reason) } },
                        (None, None) => html! { span class="muted" { "–" } },
                    }))
                }
            }
        }
    };
    html! {
        @if !jobs.is_empty() {
            section class="stack stack-tight" aria-labelledby="all-jobs" {
                h2 id="all-jobs" { "Jobs" }
                (record_table("Jobs, newest first", &COLUMNS, &body))
            }
        }
    }
}

fn roster(service: &Service) -> Markup {
    let known = service
        .shared
        .roster
        .iter()
        .zip(service.shared.book.roster());
    html! {
        section class="stack stack-tight" aria-labelledby="roster" {
            h2 id="roster" { "Who may take part" }
            p class="small" {
                "The roster is closed: keys are pinned on both sides, and every message is signed. Institutions open all "
                "connections themselves."
            }
            dl class="description" {
                @for (one, (name, heard)) in known {
                    div {
                        dt { (name) }
                        dd {
                            @match heard {
                                Some(seconds) => { "heard of " (format!("{seconds:.0}")) " s ago" },
                                None => span class="muted" { "not heard of since the start" },
                            }
                            " · " code class="small" { (format!("{:?}", one.identity).chars().take(16).collect::<String>()) }
                        }
                    }
                }
            }
        }
    }
}

fn document(
    service: &Service,
    principal: &Principal,
    title: &str,
    path: &str,
    stream: Option<&str>,
    main: Markup,
) -> Response {
    let placement = &service.placement;
    let personas = placement.edge.authenticator().personas();
    let header = Header {
        home_href: placement.home_href.clone(),
        institution: Some(HeaderInstitution {
            name: "Coordinator".to_owned(),
            href: placement.base_path.clone(),
        }),
        navigation: Vec::new(),
        clock: None,
        personas: (personas.len() > 1).then(|| PersonaSwitcher {
            action: "/persona".to_owned(),
            return_to: format!("{}{path}", placement.base_path),
            choices: personas
                .iter()
                .map(|persona| (persona.id().to_owned(), persona.name().to_owned()))
                .collect(),
            current: principal.id().to_owned(),
        }),
    };
    let markup = Page {
        title,
        header: &header,
        stream,
        main,
        footer: &[(
            "OpenAPI".to_owned(),
            format!("{}/openapi.json", placement.base_path),
        )],
    }
    .render();
    (
        StatusCode::OK,
        [
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        Html(markup.into_string()),
    )
        .into_response()
}
