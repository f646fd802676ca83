//! The design system of the consoles: server-rendered pages, tables, badges,
//! SVG charts and live updates.
//!
//! Every component is a pure function from plain data to [`maud::Markup`]. Pages
//! are complete without a script; the one embedded script ([`assets`]) makes them
//! live (see [`live`]) and needs no inline code, so that
//! [`CONTENT_SECURITY_POLICY`] can forbid it.
//!
//! This crate knows nothing of any application: what a decision, a bank or a
//! shopper is, the pages built from it say themselves, by way of a [`Tone`].

pub mod assets;
pub mod badge;
pub mod charts;
pub mod code_block;
pub mod description;
pub mod figure;
pub mod header;
pub mod live;
pub mod money;
pub mod notice;
pub mod number;
pub mod page;
pub mod table;
pub mod time;
pub mod timeline;
pub mod tone;

pub use assets::{Asset, CONTENT_SECURITY_POLICY};
pub use header::{
    DemoClock, Header, HeaderInstitution, NavigationCount, NavigationLink, PersonaSwitcher,
};
pub use page::Page;
pub use tone::Tone;
