//! Simulated card transactions with known fraud.
//!
//! Two things can be simulated:
//!
//! - [`Simulation`]: one bank. With [`SimulationSettings::handbook`] it is the public yardstick of
//!   the *Fraud Detection Handbook* (Le Borgne, Siblini, Lebichot, Bontempi; chapter 3): the same
//!   distributions and rules, our own generator.
//! - [`Network`]: several banks whose customers use the same terminals, so that what one bank
//!   learns about a terminal is worth something to the others.
//!
//! Both have **random access by day**: `day(n)` is a pure function of the settings and `n`. Nothing
//! is carried from one day to the next, so a live stream is resumed at any day without replaying
//! what came before, and days go on past the nominal length of the settings.
//!
//! What holds it up, in the order of the data flow:
//!
//! | file | holds |
//! |---|---|
//! | `settings` | what is simulated, checked before use |
//! | `purpose` | what the independent random streams are used for (`accord-random-stream`) |
//! | `terminals` | terminal locations and the grid that finds those within a radius |
//! | `population` | customer profiles and the terminals that each of them can reach |
//! | `purchases` | what a customer buys on a day, before any fraud |
//! | `compromises` | which terminals and customers are compromised from which day |
//! | `scenarios` | the three fraud scenarios and their order |
//! | `reporting` | when the bank learns of a fraud |
//! | `simulation`, `network` | the two public entry points |
//! | `attacks` | further frauds on top of a network's days, switched on while it runs |
//! | `csv` | the handbook's table of transactions |
//!
//! Deliberately absent: clocks, threads, I/O other than through a writer that the caller gives, and
//! the platform's own `ln`, `exp` and `cos` (they may differ in the last bit; the `libm` crate does
//! not). The same settings therefore give the same bytes everywhere; `tests/golden.rs` pins them.

mod attacks;
mod bank;
mod compromises;
mod csv;
mod network;
mod population;
mod purchases;
mod purpose;
mod reporting;
mod scenarios;
mod settings;
mod simulation;
mod terminals;
mod transaction;

pub use attacks::{ATTACK_SLICE_SECONDS, Attack, AttackTransaction};
pub use bank::{Bank, BankProfile, BankTransaction, demonstration_banks};
pub use csv::write_handbook_csv;
pub use network::Network;
pub use population::CustomerProfile;
pub use scenarios::FraudScenario;
pub use settings::{
    CustomerGroup, CustomerMix, FraudSettings, InvalidSettings, MAP_SIDE, MICROSECONDS_PER_DAY,
    MICROSECONDS_PER_SECOND, SECONDS_PER_DAY, SimulationSettings,
};
pub use simulation::{LAST_DAY, Simulation};
pub use terminals::Location;
pub use transaction::{SimulatedTransaction, TransactionId};
