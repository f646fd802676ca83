//! How often each rule was fulfilled, by day.

use std::{collections::BTreeMap, sync::Arc};

use accord_event_log::Recorded;
use accord_read_store::{Poison, Projection, ProjectionError, RowInsert, TableSet};
use futures::future::BoxFuture;
use risk_control::{Event, MICROSECONDS_PER_DAY, RuleHit, TransactionAssessed};
use sqlx::SqliteConnection;

/// Projection of rule hits.
pub struct RuleHits;

type Key = (String, i64, i64, i64);

impl Projection<Event> for RuleHits {
    fn name(&self) -> &'static str {
        "rule_hits"
    }

    fn version(&self) -> u32 {
        1
    }

    fn poison(&self) -> Poison {
        Poison::StopsProjection
    }

    fn create_tables(&self, tables: TableSet) -> String {
        include_str!("../../../../../migrations/risk-control/rule_hits.sql")
            .replace("{set}", &format!("g{}", tables.generation))
    }

    fn tables(&self) -> &'static [&'static str] {
        &["rule_hits"]
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut SqliteConnection,
        tables: TableSet,
        events: &'a [Arc<Recorded<Event>>],
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let mut totals: BTreeMap<Key, (i64, i64)> = BTreeMap::new();
            for recorded in events {
                if let Event::TransactionAssessed(event) = &recorded.event {
                    count(&mut totals, event, &event.hits, 0);
                    count(&mut totals, event, &event.shadow_hits, 1);
                }
            }
            if totals.is_empty() {
                return Ok(());
            }
            let totals: Vec<_> = totals.into_iter().collect();
            let table = tables.table("rule_hits");
            RowInsert::new(
                "rule_hits_add",
                &table,
                &[
                    "rule",
                    "rule_version",
                    "shadow",
                    "day",
                    "hits",
                    "amount_sum",
                ],
                &format!(
                    "ON CONFLICT (rule, rule_version, shadow, day) DO UPDATE SET \
                     hits = {table}.hits + excluded.hits, \
                     amount_sum = {table}.amount_sum + excluded.amount_sum"
                ),
            )
            .insert(
                connection,
                &totals,
                |query, ((rule, version, shadow, day), (hits, amount_sum))| {
                    query
                        .bind(rule.clone())
                        .bind(*version)
                        .bind(*shadow)
                        .bind(*day)
                        .bind(*hits)
                        .bind(*amount_sum)
                },
            )
            .await?;
            Ok(())
        })
    }
}

fn count(
    totals: &mut BTreeMap<Key, (i64, i64)>,
    event: &TransactionAssessed,
    hits: &[RuleHit],
    shadow: i64,
) {
    let day = event
        .transaction
        .occurred_at_us
        .div_euclid(MICROSECONDS_PER_DAY)
        * MICROSECONDS_PER_DAY;
    for hit in hits {
        let key = (hit.rule().to_owned(), i64::from(hit.version()), shadow, day);
        let (count, amount_sum) = totals.entry(key).or_default();
        *count += 1;
        *amount_sum += event.transaction.amount_minor;
    }
}
