//! The directory of users, as the web layer reads it.

use std::sync::Arc;

use super::Accounts;
use crate::{
    model::access::{actor::Actor, user_card::UserCard},
    server::adapters::{
        clock::Clock,
        store::{Store, StoreError, User},
    },
};

/// All users, including disabled ones.
#[derive(Debug)]
pub struct Directory {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Directory {
    pub const fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Returns user management on behalf of `actor`, as of now.
    pub fn managed_by(&self, actor: Actor) -> Accounts<'_> {
        Accounts { store: &self.store, actor, now: self.clock.now() }
    }

    /// Returns all users, as pages show them.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn all(&self) -> Result<Vec<UserCard>, StoreError> {
        Ok(self.store.users().await?.iter().map(User::card).collect())
    }

    /// Returns one user, if there is one with this id.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn find(&self, user_id: &str) -> Result<Option<User>, StoreError> {
        self.store.user(user_id).await
    }
}
