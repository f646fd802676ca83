//! Everything that is remembered of one terminal, card, device or address.

use serde::{Deserialize, Serialize};

use super::{
    activity::{Activity, Totals},
    confirmed_frauds::ConfirmedFrauds,
    customers::RecentCustomers,
    shared::SharedCell,
    summary::EntitySummary,
};
use crate::{
    history::{MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR},
    transaction::{FUTURE_TOLERANCE_US, LATENESS_MAX_US},
};

const DAY_US: i64 = MICROSECONDS_PER_DAY;
/// After so long, a transaction that nobody reported counts as genuine.
pub(super) const REPORTING_US: i64 = 7 * DAY_US;
/// How long purchases are kept, given that the longest window is this long.
const fn retention(window_us: i64) -> i64 {
    window_us + LATENESS_MAX_US + FUTURE_TOLERANCE_US
}

/// How long an entity's purchases are of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// 30 days and the time of reporting: terminals.
    DelayedMonth,
    /// 7 days: cards, devices, addresses.
    Week,
}

impl Retention {
    const fn microseconds(self) -> i64 {
        match self {
            Self::DelayedMonth => retention(REPORTING_US + 30 * DAY_US),
            Self::Week => retention(7 * DAY_US),
        }
    }
}

/// One entity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityRecord {
    first_us: Option<i64>,
    last_us: i64,
    activity: Activity,
    customers: RecentCustomers,
    pub(super) frauds: ConfirmedFrauds,
}

impl EntityRecord {
    /// A customer purchased with it.
    pub(super) fn add(
        &mut self,
        customer: u64,
        at_us: i64,
        amount_minor: i64,
        retention: Retention,
    ) {
        self.first_us = Some(self.first_us.map_or(at_us, |first| first.min(at_us)));
        self.last_us = self.last_us.max(at_us);
        self.activity
            .add(at_us, amount_minor, retention.microseconds());
        self.customers.add(customer, at_us);
    }

    /// Other institutions' customers purchased with it, or became known as defrauded on it.
    pub(super) fn add_shared(&mut self, cell: &SharedCell, retention: Retention) {
        if cell.uses > 0 {
            let at_us = cell.at_us;
            self.first_us = Some(self.first_us.map_or(at_us, |first| first.min(at_us)));
            self.last_us = self.last_us.max(at_us);
            let uses = Totals {
                count: cell.uses,
                amount_sum: cell.amount_minor,
            };
            self.activity
                .add_many(at_us, uses, retention.microseconds());
        }
        for _ in 0..cell.frauds {
            self.frauds.confirm_shared(cell.at_us, cell.happened_us);
        }
        for _ in cell.frauds..0 {
            self.frauds.retract_shared(cell.happened_us);
        }
    }

    /// Event time of the newest use.
    pub(super) fn last_us(&self) -> i64 {
        self.last_us
    }

    /// Adds what this record knew at `at_us`, for a purchase of `customer`.
    pub(super) fn add_to(&self, summary: &mut EntitySummary, customer: u64, at_us: i64) {
        let back = |age_us: i64| at_us.saturating_sub(age_us);
        let recent = |width_us: i64| self.activity.between(back(width_us), at_us);
        let delayed = |days: i64| {
            let window = self
                .activity
                .between(back(REPORTING_US + days * DAY_US), back(REPORTING_US));
            window.count
        };
        let day = recent(DAY_US);
        summary.count_1_hour += recent(MICROSECONDS_PER_HOUR).count;
        summary.count_1_day += day.count;
        summary.amount_1_day = summary.amount_1_day.saturating_add(day.amount_sum);
        summary.delayed_count_7_days += delayed(7);
        summary.delayed_count_30_days += delayed(30);
        summary.frauds_7_days += self.frauds.known_within(at_us, 7 * DAY_US);
        summary.frauds_30_days += self.frauds.known_within(at_us, 30 * DAY_US);
        let others = |days: i64| self.customers.others_since(customer, back(days * DAY_US));
        summary.other_customers_1_day += others(1);
        summary.other_customers_7_days += others(7);
        let first_us = self.first_us.filter(|first| *first <= at_us);
        summary.first_us = match (summary.first_us, first_us) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Transactions after `after_us` up to and including `through_us`.
    pub(super) fn count_between(&self, after_us: i64, through_us: i64) -> u64 {
        self.activity.between(after_us, through_us).count
    }

    /// When the frauds happened that had become known at `at_us`, within the longest window.
    pub(super) fn frauds_known(&self, at_us: i64) -> impl Iterator<Item = i64> {
        self.frauds.occurrences(at_us)
    }
}
