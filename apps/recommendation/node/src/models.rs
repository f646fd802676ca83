//! The models of this node, loaded from its artefacts when they are asked for.

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use accord_event_log::artefacts::ArtefactFolder;
use recommendation::RecommendationModel;

/// Models that stay in memory; the one that makes the lists is among them as long as it is used.
const LOADED_MAX: usize = 4;

/// The models of a node. Cheap to clone.
#[derive(Clone)]
pub struct ModelShelf {
    artefacts: ArtefactFolder,
    loaded: Arc<Mutex<Loaded>>,
}

#[derive(Default)]
struct Loaded {
    models: HashMap<String, (u64, Arc<RecommendationModel>)>,
    uses: u64,
}

impl ModelShelf {
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        Ok(Self {
            artefacts: ArtefactFolder::open(folder)?,
            loaded: Arc::default(),
        })
    }

    /// Stores a model durably and gives its hash.
    pub fn add(&self, model: RecommendationModel) -> io::Result<String> {
        let hash = self.artefacts.put(&model.to_bytes())?;
        self.keep(&hash, Arc::new(model));
        Ok(hash)
    }

    /// A model by its hash, from the disk if it is not in memory.
    ///
    /// # Errors
    /// If there is none of this hash, or it is damaged.
    pub fn get(&self, hash: &str) -> io::Result<Arc<RecommendationModel>> {
        if let Some(model) = self.in_memory(hash) {
            return Ok(model);
        }
        let model = RecommendationModel::from_bytes(&self.artefacts.get(hash)?)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let model = Arc::new(model);
        self.keep(hash, Arc::clone(&model));
        Ok(model)
    }

    fn in_memory(&self, hash: &str) -> Option<Arc<RecommendationModel>> {
        let mut loaded = self.loaded();
        loaded.uses += 1;
        let uses = loaded.uses;
        let (last_use, model) = loaded.models.get_mut(hash)?;
        *last_use = uses;
        Some(Arc::clone(model))
    }

    fn keep(&self, hash: &str, model: Arc<RecommendationModel>) {
        let mut loaded = self.loaded();
        loaded.uses += 1;
        let uses = loaded.uses;
        loaded.models.insert(hash.to_owned(), (uses, model));
        if loaded.models.len() > LOADED_MAX {
            let oldest = loaded
                .models
                .iter()
                .min_by_key(|(_, (last_use, _))| *last_use);
            if let Some(oldest) = oldest.map(|(hash, _)| hash.clone()) {
                loaded.models.remove(&oldest);
            }
        }
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
