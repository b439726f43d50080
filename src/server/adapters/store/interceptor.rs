//! A hook around write transactions. A server has none; tests use it to end the process, fill the disk, or lose the
//! answer to a commit.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{StoreError, on::TxConnection};
use crate::model::change::Change;

/// A hook around the write transactions of a [`super::Store`].
#[async_trait]
pub trait Interceptor: Debug + Send + Sync {
    /// Called when the transaction has begun and holds the write lock.
    ///
    /// # Errors
    /// The error with which the transaction ends.
    async fn begun(&self, on: TxConnection<'_>) -> Result<(), StoreError>;

    /// Called right before the commit; `moved` is the change that it moves, if any.
    async fn before_commit(&self, moved: Option<&Change>);

    /// Called right after the commit, which is on disk.
    ///
    /// # Errors
    /// The error that the writer gets for the commit.
    async fn after_commit(&self, moved: Option<&Change>) -> Result<(), StoreError>;
}
