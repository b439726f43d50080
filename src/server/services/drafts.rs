//! Drafts: the contents of a form with a mistake, kept 15 minutes for its author. Never a password.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::{
    model::forms::Typed,
    server::adapters::{
        clock::Clock,
        random,
        store::{Store, StoreError},
    },
};

/// Why a draft wasn't kept.
#[derive(Debug, Error)]
pub enum DraftError {
    #[error("the draft could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everyone's drafts.
#[derive(Debug)]
pub struct Drafts {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Drafts {
    pub const fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Keeps a draft, no field longer than its form takes. Returns the id with which its author finds it.
    ///
    /// `user_id` is empty for someone who isn't signed in.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn keep(&self, user_id: &str, draft: &impl Typed) -> Result<String, DraftError> {
        let id = random::text(26);
        let body = serde_json::to_string(&draft.bounded())?;
        self.store.keep_draft(&id, user_id, &body, self.clock.now()).await?;
        Ok(id)
    }

    /// Finds a draft of this author. If it is gone, expired, someone else's or unreadable, the form is empty; the page
    /// still names the mistake.
    pub async fn find<T: Default + DeserializeOwned>(&self, user_id: &str, id: &str) -> T {
        match self.store.draft(id, user_id, self.clock.now()).await {
            Ok(body) => body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, "a draft could not be read: {error}");
                T::default()
            }
        }
    }
}
