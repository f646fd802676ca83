//! What speaks for a model that is proposed: its card and its comparison with the champion, frozen as they were shown.

use risk_control::{Comparison, ModelCard, ModelEvidence};

use super::ApplicationError;
use crate::node::BankNode;

/// What is frozen when somebody proposes a model.
pub(crate) struct Proposed {
    pub evidence: ModelEvidence,
    pub card: ModelCard,
}

impl BankNode {
    /// Freezes what is known of a model now; `None` where there is no such model, or nothing is said of it.
    pub(crate) async fn propose_model(
        &self,
        model: &str,
    ) -> Result<Option<Proposed>, ApplicationError> {
        let Some(card) = self.registered_model(model).await?.and_then(|row| row.card) else {
            return Ok(None);
        };
        let comparison = match self.comparison(model).await? {
            Some(comparison) => Some(self.store_evidence(&comparison).await?),
            None => None,
        };
        let evidence = ModelEvidence {
            card: card.hash(),
            comparison,
        };
        Ok(Some(Proposed { evidence, card }))
    }

    /// A comparison as it was frozen; `None` where there is none of this hash.
    pub(crate) async fn frozen_comparison(
        &self,
        hash: &str,
    ) -> Result<Option<Comparison>, ApplicationError> {
        let (folder, name) = (self.shared.evidence.clone(), hash.to_owned());
        let bytes = tokio::task::spawn_blocking(move || folder.get(&name))
            .await
            .map_err(|error| ApplicationError::Training(error.to_string()))?;
        match bytes {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| ApplicationError::Training(error.to_string())),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::InvalidInput
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(ApplicationError::Training(error.to_string())),
        }
    }

    async fn store_evidence(&self, comparison: &Comparison) -> Result<String, ApplicationError> {
        let folder = self.shared.evidence.clone();
        let bytes = serde_json::to_vec(comparison)
            .map_err(|error| ApplicationError::Training(error.to_string()))?;
        tokio::task::spawn_blocking(move || folder.put(&bytes))
            .await
            .map_err(|error| ApplicationError::Training(error.to_string()))?
            .map_err(|error| ApplicationError::Training(error.to_string()))
    }
}
