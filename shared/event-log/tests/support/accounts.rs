//! A bank of accounts: the smallest domain with everything the log cares about.
//!
//! Accounts live in data partitions and never fall below zero. The control partition sets the limit of a single
//! withdrawal, which a data partition must adopt before anything can be withdrawn. A transfer makes two events of one
//! command; a deposit of nothing makes none.

use std::collections::BTreeMap;

use accord_decider::{Decider, PartitionOffset};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug)]
pub struct Accounts;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Control(Control),
    Accounts(AccountPartition),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    pub offset: PartitionOffset,
    pub limit: Option<Limit>,
}

/// The most that one withdrawal may take, and where the control partition set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    pub control_offset: PartitionOffset,
    pub amount: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPartition {
    pub accounts: BTreeMap<u64, Account>,
    pub adopted: Option<Limit>,
    pub adoptions: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub balance: u64,
    pub version: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Deposit { account: u64, amount: u64 },
    Withdraw { account: u64, amount: u64 },
    Transfer { from: u64, to: u64, amount: u64 },
    AdoptLimit(Limit),
    SetLimit { amount: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Deposited(Movement),
    Withdrawn(Movement),
    LimitAdopted(Limit),
    LimitSet { amount: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Stored as the entity of the envelope, not in the payload.
    #[serde(skip)]
    pub account: u64,
    pub amount: u64,
    /// The context's time, in epoch microseconds.
    pub booked_at: i64,
}

/// What comes from outside: the recorded-at time of the commit.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    pub now_us: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    Overdrawn,
    NoLimit,
    AboveLimit,
    WrongPartition,
}

impl Decider for Accounts {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Context = Context;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        context: &Context,
        command: &Command,
    ) -> Result<Vec<Event>, Rejection> {
        match (state, command) {
            (State::Accounts(state), command) => decide_in_data(state, context.now_us, command),
            (State::Control(state), Command::SetLimit { amount }) => {
                let unchanged = state.limit.is_some_and(|limit| limit.amount == *amount);
                Ok(if unchanged {
                    Vec::new()
                } else {
                    vec![Event::LimitSet { amount: *amount }]
                })
            }
            (State::Control(_), _) => Err(Rejection::WrongPartition),
        }
    }

    fn evolve(state: &mut State, event: &Event) {
        match (state, event) {
            (State::Accounts(state), event) => evolve_data(state, event),
            (State::Control(state), event) => {
                state.offset += 1;
                if let Event::LimitSet { amount } = event {
                    state.limit = Some(Limit {
                        control_offset: state.offset,
                        amount: *amount,
                    });
                }
            }
        }
    }
}

fn decide_in_data(
    state: &AccountPartition,
    booked_at: i64,
    command: &Command,
) -> Result<Vec<Event>, Rejection> {
    let movement = |account, amount| Movement {
        account,
        amount,
        booked_at,
    };
    match *command {
        Command::Deposit { amount: 0, .. } => Ok(Vec::new()),
        Command::Deposit { account, amount } => {
            Ok(vec![Event::Deposited(movement(account, amount))])
        }
        Command::Withdraw { account, amount } => {
            check_withdrawal(state, account, amount)?;
            Ok(vec![Event::Withdrawn(movement(account, amount))])
        }
        Command::Transfer { from, to, amount } => {
            check_withdrawal(state, from, amount)?;
            Ok(vec![
                Event::Withdrawn(movement(from, amount)),
                Event::Deposited(movement(to, amount)),
            ])
        }
        Command::AdoptLimit(limit) => Ok(if limit.control_offset > adopted_offset(state) {
            vec![Event::LimitAdopted(limit)]
        } else {
            Vec::new()
        }),
        Command::SetLimit { .. } => Err(Rejection::WrongPartition),
    }
}

fn check_withdrawal(state: &AccountPartition, account: u64, amount: u64) -> Result<(), Rejection> {
    let limit = state.adopted.ok_or(Rejection::NoLimit)?;
    if amount > limit.amount {
        return Err(Rejection::AboveLimit);
    }
    let balance = state
        .accounts
        .get(&account)
        .map_or(0, |account| account.balance);
    if amount > balance {
        return Err(Rejection::Overdrawn);
    }
    Ok(())
}

fn evolve_data(state: &mut AccountPartition, event: &Event) {
    match event {
        Event::Deposited(movement) => {
            let account = state.accounts.entry(movement.account).or_default();
            account.balance += movement.amount;
            account.version += 1;
        }
        Event::Withdrawn(movement) => {
            let account = state.accounts.entry(movement.account).or_default();
            account.balance -= movement.amount;
            account.version += 1;
        }
        Event::LimitAdopted(limit) => {
            state.adopted = Some(*limit);
            state.adoptions += 1;
        }
        Event::LimitSet { .. } => {}
    }
}

pub fn adopted_offset(state: &AccountPartition) -> PartitionOffset {
    state.adopted.map_or(0, |limit| limit.control_offset)
}
