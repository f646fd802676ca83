//! Putting load on a server and measuring what comes back.
//!
//! ```text
//!  RequestSource ──► Connection ──(TCP, HTTP/1.1 keep-alive)──► server
//!        ▲              │ one request in flight each
//!        │              ▼
//!   next request     ResponseReader ──► Tally ──► LoadReport
//! ```
//!
//! [`ClosedLoop`] keeps every connection busy and asks how much the server can do. [`OpenLoop`]
//! sends at a constant arrival rate whatever the answers do, and asks how long callers wait.
//!
//! The generator shares its processor with the server, so everything here is about cost: one thread
//! with a single-threaded runtime (no locks, no task moving between cores), requests rendered into
//! buffers that are kept, a parser that reads a status and a length and nothing else, and, per
//! request, one `send`, one `recv` and two looks at the clock.

mod arrivals;
mod closed_loop;
mod connection;
mod deadline;
mod error;
mod generator_thread;
mod limits;
mod load_report;
mod open_loop;
mod request;
mod response;
mod schedule;
mod tally;
mod target;
mod ticker;

pub use closed_loop::ClosedLoop;
pub use error::LoadError;
pub use limits::{CONNECTIONS_MAX, RATE_MAX, REQUESTS_MAX, RESPONSE_TIME_LIMIT_MAX, RUN_MAX};
pub use load_report::{Answers, Failures, LoadReport, OpenLoopFigures};
pub use open_loop::OpenLoop;
pub use request::{Checked, JsonPost, RequestSource, SameRequest};
pub use response::Response;
