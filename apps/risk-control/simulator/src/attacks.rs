//! Attacks beyond the handbook's three scenarios, which a presenter switches on while the traffic runs.
//!
//! They come on top of a network's days and change none of them, so the handbook's setting stays as it is to the bit.
//! `attack` is a pure function of settings, bank, attack and slice of time: switched on, it gives the same transactions
//! wherever and whenever it is asked. Every one of them is a fraud.
//!
//! | attack | what happens | where it shows |
//! |---|---|---|
//! | card testing | a thief tries stolen cards with many tiny purchases on one device, then spends | card and customer counts, device shared by customers |
//! | account take-over | a stranger pays from a new device, several times the customer's usual amounts | new device, amount to median |
//! | mule terminals | a few terminals collect stolen money from customers of every bank | terminal counts, later its confirmed frauds |

use std::sync::Arc;

use accord_random_stream::RandomStream;
use serde::Serialize;

use crate::network::Network;
use crate::purpose::Purpose;
use crate::reporting::report_delay;
use crate::settings::MICROSECONDS_PER_SECOND;

/// Length of a slice: ten minutes.
pub const ATTACK_SLICE_SECONDS: i64 = 600;
const SLICES_PER_DAY: u32 = 144;
/// Positions from here on belong to attacks; no customer purchases that often in a day.
const FIRST_POSITION: u16 = 50_000;
/// Terminals that collect stolen money on a day, over all banks.
const MULE_TERMINALS: u32 = 3;

/// A kind of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Attack {
    CardTesting,
    AccountTakeOver,
    MuleTerminals,
}

impl Attack {
    pub const ALL: [Self; 3] = [
        Self::CardTesting,
        Self::AccountTakeOver,
        Self::MuleTerminals,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::CardTesting => "card-testing",
            Self::AccountTakeOver => "account-take-over",
            Self::MuleTerminals => "mule-terminals",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attack| attack.name() == name)
    }

    fn purpose(self) -> Purpose {
        match self {
            Self::CardTesting => Purpose::CardTesting,
            Self::AccountTakeOver => Purpose::AccountTakeOver,
            Self::MuleTerminals => Purpose::MuleTerminals,
        }
    }
}

/// A transaction of an attack, as the bank that it hits sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttackTransaction {
    pub attack: Attack,
    /// Name of the bank.
    pub bank: Arc<str>,
    pub slice: u32,
    /// Among the slice's transactions of this attack.
    pub number: u16,
    /// Epoch microseconds, whole seconds.
    pub occurred_at: i64,
    /// When the bank learns of it, epoch microseconds.
    pub reported_at: i64,
    /// Index of the customer within the bank.
    pub customer: u32,
    pub terminal: u32,
    /// Minor currency units.
    pub amount_minor: i64,
    /// The thief's device; `None`: the customer's own.
    pub stranger: Option<u32>,
}

impl AttackTransaction {
    /// Such as `alder-attack-card-testing-0004711-003`, unique within the network.
    pub fn transaction_id(&self) -> String {
        let (slice, number) = (self.slice, self.number);
        format!(
            "{}-attack-{}-{slice:07}-{number:03}",
            self.bank,
            self.attack.name()
        )
    }

    /// As in the bank's other transactions.
    pub fn customer_id(&self) -> String {
        format!("{}-customer-{:05}", self.bank, self.customer)
    }

    /// As in the bank's other transactions.
    pub fn card_id(&self) -> String {
        format!("{}-card-{:05}", self.bank, self.customer)
    }

    /// The customer's own, or one that nobody has seen before.
    pub fn device_id(&self) -> String {
        match self.stranger {
            Some(device) => format!("stranger-device-{device:010}"),
            None => format!("{}-device-{:05}", self.bank, self.customer),
        }
    }

    /// Such as `terminal-04711`, the same at every bank.
    pub fn terminal_id(&self) -> String {
        format!("terminal-{:05}", self.terminal)
    }
}

impl Network {
    /// What an attack does to a bank in a slice of ten minutes since the simulation's beginning, by time and then by
    /// number. Some of it may happen up to an hour after the slice.
    ///
    /// # Panics
    /// When there is no such bank.
    pub fn attack(&self, attack: Attack, bank: usize, slice: u32) -> Vec<AttackTransaction> {
        let settings = self.simulation().settings();
        let hit = &self.banks()[bank];
        let day = slice / SLICES_PER_DAY;
        // Slices of one day tell themselves apart by the subject, beside the bank.
        let subject = (bank as u64) << 32 | u64::from(slice % SLICES_PER_DAY);
        let mut stream = RandomStream::new(settings.seed, attack.purpose(), subject, day);
        let begins_at =
            settings.starts_at + i64::from(slice) * ATTACK_SLICE_SECONDS * MICROSECONDS_PER_SECOND;
        let customers = hit.members().len() as u32;
        let mut strokes = Vec::new();
        match attack {
            Attack::CardTesting => {
                test_cards(&mut stream, customers, settings.terminals, &mut strokes);
            }
            Attack::AccountTakeOver => {
                let profile = |customer: u32| {
                    let member = hit.members()[customer as usize];
                    self.simulation().customer(member).mean_amount
                };
                take_over(
                    &mut stream,
                    customers,
                    settings.terminals,
                    profile,
                    &mut strokes,
                );
            }
            Attack::MuleTerminals => {
                // The same terminals for all banks, all day.
                let mut of_day = RandomStream::new(settings.seed, attack.purpose(), u64::MAX, day);
                let mules = of_day
                    .distinct_below(settings.terminals, MULE_TERMINALS.min(settings.terminals));
                collect(&mut stream, customers, &mules, &mut strokes);
            }
        }
        let mut transactions: Vec<AttackTransaction> = (0..)
            .zip(strokes)
            .map(|(number, stroke)| {
                let occurred_at = begins_at + stroke.second * MICROSECONDS_PER_SECOND;
                let position = FIRST_POSITION + number;
                AttackTransaction {
                    attack,
                    bank: Arc::from(hit.name()),
                    slice,
                    number,
                    occurred_at,
                    reported_at: occurred_at
                        + report_delay(settings.seed, stroke.customer, slice, position),
                    customer: stroke.customer,
                    terminal: stroke.terminal,
                    amount_minor: stroke.amount_minor,
                    stranger: stroke.stranger,
                }
            })
            .collect();
        transactions.sort_by_key(|transaction| (transaction.occurred_at, transaction.number));
        transactions
    }
}

/// One purchase of an attack.
struct Stroke {
    /// Seconds after the slice's beginning.
    second: i64,
    customer: u32,
    terminal: u32,
    amount_minor: i64,
    stranger: Option<u32>,
}

/// A thief with one device tries two stolen cards at one terminal, and spends on the second.
fn test_cards(
    stream: &mut RandomStream,
    customers: u32,
    terminals: u32,
    strokes: &mut Vec<Stroke>,
) {
    let (device, terminal) = (stream.below(u32::MAX), stream.below(terminals));
    for card in 0..2 {
        let customer = stream.below(customers);
        let tries = 6 + stream.below(7);
        for number in 0..tries {
            strokes.push(Stroke {
                second: i64::from(card * 240 + number * 20 + stream.below(15)),
                customer,
                terminal,
                amount_minor: i64::from(stream.below(300)),
                stranger: Some(device),
            });
        }
        if card == 1 {
            strokes.push(Stroke {
                second: 1_200 + i64::from(stream.below(600)),
                customer,
                terminal: stream.below(terminals),
                amount_minor: 15_000 + i64::from(stream.below(30_000)),
                stranger: Some(device),
            });
        }
    }
}

/// A stranger pays with somebody's account from a new device, a few times within an hour.
fn take_over(
    stream: &mut RandomStream,
    customers: u32,
    terminals: u32,
    mean_amount: impl Fn(u32) -> f64,
    strokes: &mut Vec<Stroke>,
) {
    let (customer, device) = (stream.below(customers), stream.below(u32::MAX));
    let purchases = 2 + stream.below(3);
    for number in 0..purchases {
        let times_usual = stream.uniform(3.0, 8.0);
        strokes.push(Stroke {
            second: i64::from(number * 700 + stream.below(600)),
            customer,
            terminal: stream.below(terminals),
            amount_minor: (mean_amount(customer) * times_usual * 100.0) as i64,
            stranger: Some(device),
        });
    }
}

/// Customers of a bank are charged by terminals that belong to thieves.
fn collect(stream: &mut RandomStream, customers: u32, mules: &[u32], strokes: &mut Vec<Stroke>) {
    for _ in 0..3 {
        let mule = stream.below(mules.len() as u32) as usize;
        strokes.push(Stroke {
            second: i64::from(stream.below(ATTACK_SLICE_SECONDS as u32)),
            customer: stream.below(customers),
            terminal: mules[mule],
            amount_minor: 4_000 + i64::from(stream.below(12_000)),
            stranger: None,
        });
    }
}
