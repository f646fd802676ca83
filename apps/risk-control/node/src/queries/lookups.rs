//! What is known of one customer or one terminal, over their newest transactions.
//!
//! Everything is counted over at most [`LOOKUP_ROWS_MAX`] rows that an index gives, so that a busy terminal costs no more
//! than a quiet one.

use std::collections::HashMap;

use risk_control::{Decision, Label};

use super::transactions::{PageStart, TransactionFilter, TransactionRow};
use crate::{application::ApplicationError, node::BankNode, queries::transactions::PAGE_ROWS_MAX};

/// Newest transactions that a look-up counts over.
pub const LOOKUP_ROWS_MAX: usize = 5_000;
/// Linked entities that are named.
const LINKS_MAX: usize = 20;
/// Newest transactions that are shown.
const RECENT_ROWS: usize = 20;

/// Counts and sums over transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub transactions: u64,
    pub amount_minor: i64,
    pub amount_max_minor: i64,
    /// By decision, mildest first.
    pub decisions: [u64; 4],
    pub confirmed_fraud: u64,
    pub confirmed_fraud_minor: i64,
    /// Event times in epoch microseconds.
    pub first_us: Option<i64>,
    pub last_us: Option<i64>,
    /// There are older transactions that are not counted.
    pub truncated: bool,
}

/// Another entity that occurs in the same transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedEntity {
    pub id: String,
    pub transactions: u64,
    pub amount_minor: i64,
    pub confirmed_fraud: u64,
    pub last_us: i64,
}

/// What is known of a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerLookup {
    /// Customer reference.
    pub customer: u64,
    pub statistics: Statistics,
    /// Most frequent first.
    pub terminals: Vec<LinkedEntity>,
    pub cards: Vec<LinkedEntity>,
    pub devices: Vec<LinkedEntity>,
    /// Newest first.
    pub recent: Vec<TransactionRow>,
}

/// What is known of a terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct TerminalLookup {
    pub statistics: Statistics,
    /// Distinct customers, also those whose personal data is erased.
    pub customer_count: u64,
    /// Most frequent first.
    pub customers: Vec<LinkedEntity>,
    /// Newest first.
    pub recent: Vec<TransactionRow>,
}

impl BankNode {
    /// Looks a customer up by the bank's number; `None` where nothing is known.
    pub async fn customer_lookup(
        &self,
        customer_id: &str,
    ) -> Result<Option<CustomerLookup>, ApplicationError> {
        let Some(customer) = self.customer_reference(customer_id) else {
            return Ok(None);
        };
        let (rows, truncated) = self
            .newest_transactions(&TransactionFilter {
                customer: Some(customer),
                ..TransactionFilter::default()
            })
            .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut terminals = Links::default();
        let mut cards = Links::default();
        let mut devices = Links::default();
        for row in &rows {
            terminals.add(&row.terminal_id, row);
            let personal = self.personal(row);
            let (card, device) =
                personal.map_or((None, None), |fields| (fields.card_id, fields.device_id));
            if let Some(card) = card {
                cards.add(&card, row);
            }
            if let Some(device) = device {
                devices.add(&device, row);
            }
        }
        Ok(Some(CustomerLookup {
            customer,
            statistics: Statistics::of(&rows, truncated),
            terminals: terminals.most_frequent(),
            cards: cards.most_frequent(),
            devices: devices.most_frequent(),
            recent: rows.into_iter().take(RECENT_ROWS).collect(),
        }))
    }

    /// Looks a terminal up; `None` where nothing is known.
    pub async fn terminal_lookup(
        &self,
        terminal_id: &str,
    ) -> Result<Option<TerminalLookup>, ApplicationError> {
        let (rows, truncated) = self
            .newest_transactions(&TransactionFilter {
                terminal_id: Some(terminal_id.to_owned()),
                ..TransactionFilter::default()
            })
            .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut by_reference: HashMap<u64, (LinkedEntity, &TransactionRow)> = HashMap::new();
        for row in &rows {
            let (link, _) = by_reference
                .entry(row.customer)
                .or_insert_with(|| (LinkedEntity::new(String::new(), row), row));
            link.add(row);
        }
        let customer_count = by_reference.len() as u64;
        let mut links: Vec<(LinkedEntity, &TransactionRow)> = by_reference.into_values().collect();
        links.sort_by(|(left, _), (right, _)| {
            right
                .transactions
                .cmp(&left.transactions)
                .then(right.last_us.cmp(&left.last_us))
        });
        // Only those that are shown are decrypted.
        let customers = links
            .into_iter()
            .take(LINKS_MAX)
            .filter_map(|(link, row)| {
                let id = self.personal(row)?.customer_id;
                Some(LinkedEntity { id, ..link })
            })
            .collect();
        Ok(Some(TerminalLookup {
            statistics: Statistics::of(&rows, truncated),
            customer_count,
            customers,
            recent: rows.into_iter().take(RECENT_ROWS).collect(),
        }))
    }

    /// The newest transactions of a filter, page by page, and whether there are older ones.
    async fn newest_transactions(
        &self,
        filter: &TransactionFilter,
    ) -> Result<(Vec<TransactionRow>, bool), sqlx::Error> {
        let mut rows: Vec<TransactionRow> = Vec::new();
        let mut start = PageStart::Newest;
        loop {
            let page = self.transaction_page(filter, start, PAGE_ROWS_MAX).await?;
            rows.extend(page.rows);
            let Some(last) = rows.last().filter(|_| page.has_older) else {
                return Ok((rows, false));
            };
            if rows.len() >= LOOKUP_ROWS_MAX {
                return Ok((rows, true));
            }
            start = PageStart::Below(last.sequence);
        }
    }
}

impl Statistics {
    fn of(rows: &[TransactionRow], truncated: bool) -> Self {
        let mut statistics = Self {
            truncated,
            ..Self::default()
        };
        for row in rows {
            statistics.transactions += 1;
            statistics.amount_minor += row.amount_minor;
            statistics.amount_max_minor = statistics.amount_max_minor.max(row.amount_minor);
            let decision = Decision::ALL
                .iter()
                .position(|known| *known == row.decision)
                .unwrap_or(0);
            statistics.decisions[decision] += 1;
            if row.label == Some(Label::Fraud) {
                statistics.confirmed_fraud += 1;
                statistics.confirmed_fraud_minor += row.amount_minor;
            }
            let at_us = row.occurred_at_us;
            statistics.first_us = Some(statistics.first_us.map_or(at_us, |first| first.min(at_us)));
            statistics.last_us = Some(statistics.last_us.map_or(at_us, |last| last.max(at_us)));
        }
        statistics
    }
}

impl LinkedEntity {
    fn new(id: String, row: &TransactionRow) -> Self {
        Self {
            id,
            transactions: 0,
            amount_minor: 0,
            confirmed_fraud: 0,
            last_us: row.occurred_at_us,
        }
    }

    fn add(&mut self, row: &TransactionRow) {
        self.transactions += 1;
        self.amount_minor += row.amount_minor;
        self.confirmed_fraud += u64::from(row.label == Some(Label::Fraud));
        self.last_us = self.last_us.max(row.occurred_at_us);
    }
}

#[derive(Default)]
struct Links {
    by_id: HashMap<String, LinkedEntity>,
}

impl Links {
    fn add(&mut self, id: &str, row: &TransactionRow) {
        if !self.by_id.contains_key(id) {
            let link = LinkedEntity::new(id.to_owned(), row);
            self.by_id.insert(id.to_owned(), link);
        }
        if let Some(link) = self.by_id.get_mut(id) {
            link.add(row);
        }
    }

    fn most_frequent(self) -> Vec<LinkedEntity> {
        let mut links: Vec<LinkedEntity> = self.by_id.into_values().collect();
        links.sort_by(|left, right| {
            right
                .transactions
                .cmp(&left.transactions)
                .then_with(|| right.last_us.cmp(&left.last_us))
                .then_with(|| left.id.cmp(&right.id))
        });
        links.truncate(LINKS_MAX);
        links
    }
}
