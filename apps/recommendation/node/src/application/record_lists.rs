//! Lists on their way to the log.
//!
//! Whoever asks for a list does not wait for the disk: a list goes into a bounded queue and is committed a moment later,
//! many together. The price, stated in every answer: a list whose record was still in the queue when the process died is
//! not in the log, and when the queue is full a list is shown unrecorded, counted, and says so (`recorded: false`). Lists
//! are measurements; what shoppers do, items and orders never go this way.

use std::sync::{Arc, atomic::Ordering};

use accord_event_log::Reply;
use futures::{StreamExt, stream::FuturesUnordered};
use recommendation::{Command, ListServed, RecordList, ShopperReference};
use tokio::sync::{mpsc, oneshot};

use super::{ApplicationError, CommandCaller, Identity};
use crate::{identity::ShopperIdentity, node::MerchantNode};

/// Lists that may wait.
const WAITING_MAX: usize = 4_096;
/// Lists that may be with the decider at once: one batch's worth.
const UNDER_WAY_MAX: usize = 512;
/// Actor of what the node records by itself.
const ACTOR: &str = "recommendation";

/// What the recorder is told.
pub enum PendingList {
    /// A list, still without its shopper's reference.
    List(Box<(ShopperIdentity, ListServed)>),
    /// Record what waits, then answer.
    End(oneshot::Sender<()>),
}

/// Brings lists to the log.
pub struct ListRecorder {
    node: MerchantNode,
    waiting: mpsc::Receiver<PendingList>,
}

impl ListRecorder {
    pub fn channel() -> (mpsc::Sender<PendingList>, mpsc::Receiver<PendingList>) {
        mpsc::channel(WAITING_MAX)
    }

    pub fn new(node: &MerchantNode, waiting: mpsc::Receiver<PendingList>) -> Self {
        Self {
            node: node.clone(),
            waiting,
        }
    }

    pub async fn run(mut self) {
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                pending = self.waiting.recv(), if under_way.len() < UNDER_WAY_MAX => match pending {
                    Some(PendingList::List(list)) => {
                        let node = self.node.clone();
                        under_way.push(async move {
                            let (shopper, served) = *list;
                            if let Err(error) = node.record_list(&shopper, served).await {
                                node.shared.lists_unrecorded.fetch_add(1, Ordering::Relaxed);
                                tracing::warn!(%error, "a list could not be recorded");
                            }
                        });
                    }
                    Some(PendingList::End(done)) => {
                        while under_way.next().await.is_some() {}
                        // Whoever waited may have gone.
                        let _ = done.send(());
                        return;
                    }
                    None => return,
                },
                Some(()) = under_way.next(), if !under_way.is_empty() => {}
            }
        }
    }
}

impl MerchantNode {
    /// Puts a list on its way; `false` where too many are.
    pub(super) fn record_later(&self, shopper: ShopperIdentity, served: ListServed) -> bool {
        let pending = PendingList::List(Box::new((shopper, served)));
        let accepted = self.shared.lists.try_send(pending).is_ok();
        if !accepted {
            self.shared.lists_unrecorded.fetch_add(1, Ordering::Relaxed);
        }
        accepted
    }

    async fn record_list(
        &self,
        shopper: &ShopperIdentity,
        served: ListServed,
    ) -> Result<(), ApplicationError> {
        let natural_id = shopper.natural_id();
        let subject = self.shared.keys.find_or_create(&natural_id).await?;
        let identity = Identity::new();
        let reference = ShopperReference(subject.reference);
        let command = Command::RecordList(RecordList {
            introduction: shopper.introduction(&subject, identity.command_id),
            served: ListServed {
                shopper: reference,
                ..served
            },
        });
        let caller = CommandCaller::patient(&Arc::from(ACTOR));
        let envelope = self.envelope(&caller, self.partition_of(reference), identity, command);
        match self.shared.bus.ask_patiently(envelope).await {
            Reply::Committed { .. } => Ok(()),
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            _ => Err(ApplicationError::Inconsistent),
        }
    }
}
