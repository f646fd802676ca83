//! Webhooks: telling a bank's other systems what happened.
//!
//! ```text
//!  read model webhook_outbox ──► dispatcher ──► deliveries.db ──► one POST for each delivery, signed, tried again
//!  (where in the log)            (cursor and deliveries in one transaction)
//! ```
//!
//! - **Nothing is lost by a kill:** a delivery is stored in one transaction with the cursor that found it, and stays
//!   until it was answered with 2xx or given up.
//! - **A message may arrive twice** (a kill between the answer and its record), always under the same `webhook-id`.
//! - **A rebuild sends nothing:** the cursor is a place in the log and is kept apart from the read models.
//! - **Where to** is checked twice: the address when it is subscribed, and what its name resolves to for each attempt;
//!   the connection goes to the very address that was checked.
//!
//! Times of deliveries are on the real clock, also in the demo: receivers check the age of a message.

pub mod address;
mod client;
pub mod deliveries;
mod dispatcher;
mod message;
pub mod secret;
pub mod target;

pub use address::WebhookReach;
pub use client::WebhookClient;
pub use dispatcher::{real_now_us, run};
