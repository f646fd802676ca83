//! The models that this node can score with, loaded from its artefacts.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use accord_event_log::artefacts::ArtefactFolder;
use risk_control::{ModelError, ModelLibrary, ScoringModel};

/// Loaded models. Cheap to clone.
#[derive(Clone)]
pub struct ModelShelf {
    artefacts: ArtefactFolder,
    library: Arc<RwLock<Arc<ModelLibrary>>>,
}

impl ModelShelf {
    /// Loads every artefact that is a model of a feature set that this binary computes. Others stay on the disk, for the record.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        let artefacts = ArtefactFolder::open(folder)?;
        let mut library = ModelLibrary::default();
        for name in artefacts.names()? {
            match ScoringModel::from_bytes(&artefacts.get(&name)?) {
                Ok(model) => library.insert(name, Arc::new(model)),
                Err(
                    error @ (ModelError::OtherFeatureSet { .. } | ModelError::OtherFeatures { .. }),
                ) => {
                    tracing::info!(model = name, %error, "a model is not loaded");
                }
                Err(ModelError::Unreadable(error)) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
            }
        }
        Ok(Self {
            artefacts,
            library: Arc::new(RwLock::new(Arc::new(library))),
        })
    }

    /// All loaded models, as they are now.
    pub fn library(&self) -> Arc<ModelLibrary> {
        Arc::clone(&self.library.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stores a model durably, loads it and gives its hash.
    pub fn add(&self, model: ScoringModel) -> io::Result<String> {
        let hash = self.artefacts.put(&model.to_bytes())?;
        let mut library = self.library.write().unwrap_or_else(PoisonError::into_inner);
        let mut grown = ModelLibrary::clone(&library);
        grown.insert(hash.clone(), Arc::new(model));
        *library = Arc::new(grown);
        Ok(hash)
    }

    pub fn get(&self, hash: &str) -> Option<Arc<ScoringModel>> {
        self.library().get(hash).cloned()
    }
}
