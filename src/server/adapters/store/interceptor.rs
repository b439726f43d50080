//! Who stands beside every write transaction. In a server nobody does; tests end the process here, fill the disk, or
//! lose the answer to a commit.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{StoreError, on::TxConnection};
use crate::model::change::Change;

/// Called around each write transaction of a [`super::Store`] that was made with it.
#[async_trait]
pub trait Interceptor: Debug + Send + Sync {
    /// The transaction has begun, and holds the write lock.
    ///
    /// # Errors
    /// With which the transaction ends.
    async fn begun(&self, on: TxConnection<'_>) -> Result<(), StoreError>;

    /// Right before the commit; `moved` is the change that it writes a move of, if any.
    async fn before_commit(&self, moved: Option<&Change>);

    /// Right after the commit, which is on disk.
    ///
    /// # Errors
    /// Which the writer takes for the commit's own.
    async fn after_commit(&self, moved: Option<&Change>) -> Result<(), StoreError>;
}
