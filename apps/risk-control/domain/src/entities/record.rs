//! Everything that is remembered of one terminal, card, device or address.

use serde::{Deserialize, Serialize};

use super::{
    activity::Activity, confirmed_frauds::ConfirmedFrauds, customers::RecentCustomers,
    summary::EntitySummary,
};
use crate::{
    history::{MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR},
    transaction::{FUTURE_TOLERANCE_US, LATENESS_MAX_US},
};

const DAY_US: i64 = MICROSECONDS_PER_DAY;
/// How far back the delayed windows end.
const DELAY_US: i64 = 7 * DAY_US;
/// How long purchases are kept, given that the longest window is this long.
const fn retention(window_us: i64) -> i64 {
    window_us + LATENESS_MAX_US + FUTURE_TOLERANCE_US
}

/// How long an entity's purchases are of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// 30 days and the delay: terminals.
    DelayedMonth,
    /// 7 days: cards, devices, addresses.
    Week,
}

impl Retention {
    const fn microseconds(self) -> i64 {
        match self {
            Self::DelayedMonth => retention(DELAY_US + 30 * DAY_US),
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

    /// Event time of the newest use.
    pub(super) fn last_us(&self) -> i64 {
        self.last_us
    }

    /// The entity as it was known at `at_us`, to a purchase of `customer`.
    pub fn summary(&self, customer: u64, at_us: i64) -> EntitySummary {
        let back = |age_us: i64| at_us.saturating_sub(age_us);
        let recent = |width_us: i64| self.activity.between(back(width_us), at_us);
        let day = recent(DAY_US);
        let frauds = self.frauds.known_at(at_us);
        EntitySummary {
            count_1_hour: recent(MICROSECONDS_PER_HOUR).count,
            count_1_day: day.count,
            count_7_days: recent(7 * DAY_US).count,
            amount_1_day: day.amount_sum,
            delayed_counts: [1, 7, 30].map(|days| {
                let window = self
                    .activity
                    .between(back(DELAY_US + days * DAY_US), back(DELAY_US));
                window.count
            }),
            frauds: frauds.counts,
            other_customers: [1, 7]
                .map(|days| self.customers.others_since(customer, back(days * DAY_US))),
            first_us: self.first_us.filter(|first| *first <= at_us),
            previous_us: self.activity.previous_us(at_us),
            fraud_first_us: frauds.first_us,
            fraud_last_us: frauds.last_us,
        }
    }
}
