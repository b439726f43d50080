//! The users as the web asks for them.

use std::sync::Arc;

use super::Accounts;
use crate::{
    model::access::actor::Actor,
    server::adapters::{
        clock::Clock,
        store::{Store, StoreError, User},
    },
};

/// Everybody who may sign in, or might once.
#[derive(Debug)]
pub struct Directory {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Directory {
    pub const fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The users as somebody manages them now.
    pub fn managed_by(&self, actor: Actor) -> Accounts<'_> {
        Accounts { store: &self.store, actor, now: self.clock.now() }
    }

    /// All users.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn all(&self) -> Result<Vec<User>, StoreError> {
        self.store.users().await
    }

    /// One user.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn find(&self, user_id: &str) -> Result<Option<User>, StoreError> {
        self.store.user(user_id).await
    }
}
