//! All cases of a partition that can still change.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    case::{AlertResolution, Case, CaseAlert, Closing},
    case_id::CaseId,
    events::{AlertRaised, CaseEvent, CaseHappening, CaseResolved},
};
use crate::{ids::CustomerReference, transaction::Label};

/// Open cases of one partition; the oldest expires when there would be more.
pub const OPEN_CASES_MAX: usize = 10_000;
/// Closed cases of one partition that are kept to be undone; the one closed first leaves when there would be more.
const CLOSED_CASES_MAX: usize = 10_000;

/// The cases of a data partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseBook {
    /// Cases opened so far; the number of the newest.
    opened: u64,
    open: BTreeMap<u64, Case>,
    closed: BTreeMap<u64, Case>,
    /// Closed cases in the order of their closing, with the time up to which they are kept. One that was reopened
    /// stays in here until its turn.
    leaving: VecDeque<(i64, u64)>,
    /// Numbers of all cases in memory, by customer, oldest first.
    by_customer: HashMap<u64, Vec<u64>>,
}

impl CaseBook {
    /// A case that is open or can still be undone.
    pub fn find(&self, id: CaseId) -> Option<&Case> {
        self.open
            .get(&id.number)
            .or_else(|| self.closed.get(&id.number))
            .filter(|case| case.id == id)
    }

    /// The open case that gathers the next alert of a customer.
    pub fn gathering(&self, customer: CustomerReference) -> Option<&Case> {
        let newest = self.by_customer.get(&customer.0)?.last()?;
        self.open.get(newest).filter(|case| !case.is_full())
    }

    /// The id of the next case of a customer.
    pub fn next_id(&self, customer: CustomerReference) -> CaseId {
        CaseId {
            customer,
            number: self.opened + 1,
        }
    }

    /// The case that expires if one more is opened.
    pub fn expiring(&self) -> Option<CaseId> {
        (self.open.len() >= OPEN_CASES_MAX)
            .then(|| self.open.first_key_value())
            .flatten()
            .map(|(_, case)| case.id)
    }

    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    pub fn closed_count(&self) -> usize {
        self.closed.len()
    }

    /// Events of a case so far.
    pub(crate) fn version_of(&self, id: CaseId) -> u64 {
        self.find(id).map_or(0, |case| case.version)
    }

    /// Folds an event of a case. A case that has left memory has no further events.
    pub(crate) fn evolve(&mut self, event: &CaseEvent) {
        let id = event.case;
        match &event.happened {
            CaseHappening::AlertRaised(alert) => {
                self.forget(alert.raised_at_us);
                self.alert(id, alert);
            }
            CaseHappening::Assigned(assigned) => self.change(id, |case| {
                case.assignee = Some(assigned.assignee.clone());
            }),
            CaseHappening::Released(_) => self.change(id, |case| case.assignee = None),
            CaseHappening::Noted(_) => self.change(id, |_| {}),
            CaseHappening::Escalated(_) => self.change(id, |case| {
                case.escalated = true;
                case.assignee = None;
            }),
            CaseHappening::Resolved(resolved) => {
                self.forget(resolved.resolved_at_us);
                self.change(id, |case| resolve(case, resolved));
                self.close(id.number, resolved.undo_until_us);
            }
            CaseHappening::Expired(expired) => {
                self.change(id, |case| {
                    case.closing = Some(Closing {
                        resolved_by: None,
                        undo_until_us: expired.expired_at_us,
                    });
                });
                self.close(id.number, expired.expired_at_us);
            }
            CaseHappening::Reopened(_) => {
                self.change(id, reopen);
                if let Some(case) = self.closed.remove(&id.number) {
                    self.open.insert(id.number, case);
                }
            }
        }
    }

    /// Notes a label of a customer's transaction; `None` withdraws it.
    pub(crate) fn label(
        &mut self,
        customer: CustomerReference,
        transaction_id: &str,
        label: Option<Label>,
    ) {
        for number in self.by_customer.get(&customer.0).into_iter().flatten() {
            let case = match self.open.get_mut(number) {
                None => self.closed.get_mut(number),
                open => open,
            };
            if let Some(case) = case {
                case.label(transaction_id, label);
            }
        }
    }

    fn alert(&mut self, id: CaseId, alert: &AlertRaised) {
        if !self.open.contains_key(&id.number) {
            self.opened = self.opened.max(id.number);
            self.open.insert(id.number, Case::new(id));
            self.by_customer
                .entry(id.customer.0)
                .or_default()
                .push(id.number);
        }
        self.change(id, |case| {
            case.alerts.push(CaseAlert {
                transaction_id: alert.transaction_id.clone(),
                purchase: alert.purchase.clone(),
                label: None,
                resolution: AlertResolution::None,
            });
            case.expected_loss_minor += alert.expected_loss_minor;
            case.severity = alert.severity;
            case.due_at_us = alert.due_at_us;
        });
    }

    fn change(&mut self, id: CaseId, change: impl FnOnce(&mut Case)) {
        let case = match self.open.get_mut(&id.number) {
            None => self.closed.get_mut(&id.number),
            open => open,
        };
        if let Some(case) = case {
            case.version += 1;
            change(case);
        }
    }

    fn close(&mut self, number: u64, kept_until_us: i64) {
        if let Some(case) = self.open.remove(&number) {
            self.closed.insert(number, case);
            self.leaving.push_back((kept_until_us, number));
        }
    }

    /// Drops closed cases that cannot be undone any more at `at_us`.
    fn forget(&mut self, at_us: i64) {
        while let Some((kept_until_us, number)) = self.leaving.front().copied() {
            if kept_until_us >= at_us && self.leaving.len() <= CLOSED_CASES_MAX {
                return;
            }
            self.leaving.pop_front();
            // One that was reopened and closed again stands in the queue a second time.
            let closed_then = self.closed.get(&number).is_some_and(|case| {
                let closing = case.closing.as_ref();
                closing.is_some_and(|closing| closing.undo_until_us == kept_until_us)
            });
            if closed_then {
                self.remove(number);
            }
        }
    }

    fn remove(&mut self, number: u64) {
        let Some(case) = self.closed.remove(&number) else {
            return;
        };
        if let Some(numbers) = self.by_customer.get_mut(&case.id.customer.0) {
            numbers.retain(|known| *known != number);
            if numbers.is_empty() {
                self.by_customer.remove(&case.id.customer.0);
            }
        }
    }
}

fn resolve(case: &mut Case, resolved: &CaseResolved) {
    case.closing = Some(Closing {
        resolved_by: Some(resolved.by.clone()),
        undo_until_us: resolved.undo_until_us,
    });
    for alert in &mut case.alerts {
        alert.resolution = if resolved.labelled.contains(&alert.transaction_id) {
            AlertResolution::Labelling {
                before: alert.label,
            }
        } else {
            AlertResolution::None
        };
    }
}

fn reopen(case: &mut Case) {
    case.closing = None;
    for alert in &mut case.alerts {
        alert.resolution = AlertResolution::None;
    }
}
