//! The chain as the web asks it: what somebody may see of it, and what is about nothing else in the database.

use super::{AuditAction, AuditEvent, AuditRow, Reader, append_alone};
use crate::{
    model::{
        access::{audit_query::AuditQuery, requester::Requester},
        time::Timestamp,
    },
    server::adapters::store::{Store, StoreError},
};

/// The audit chain. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Chain {
    store: Store,
}

impl Chain {
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Appends an event.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn append(&self, event: AuditEvent) -> Result<(), StoreError> {
        append_alone(&self.store, event).await
    }

    /// Appends that somebody asked for a file of the chain: what was asked for, and as which kind of file.
    ///
    /// # Errors
    /// When the database cannot be written, or it isn't certain that the person's session still counts.
    pub async fn append_export(
        &self,
        requester: &Requester,
        now: Timestamp,
        query: &AuditQuery,
        format: String,
    ) -> Result<(), StoreError> {
        requester.require_certain()?;
        let filters =
            query.filters().into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
        let event = AuditEvent::by(&requester.actor(), now, AuditAction::AuditExported, &requester.user_name);
        self.append(AuditEvent { after: filters, result: format, ..event }).await
    }

    /// The number that the next row will have.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next_seq(&self) -> Result<i64, StoreError> {
        Ok(self.store.audit_head().await?.map_or(1, |(seq, _)| seq + 1))
    }

    /// As [`Reader::newest`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn newest(&self, reader: &Reader, query: &AuditQuery, take: usize) -> Result<Vec<AuditRow>, StoreError> {
        reader.newest(&self.store, query, take).await
    }

    /// As [`Reader::after`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn after(
        &self,
        reader: &Reader,
        query: &AuditQuery,
        seq: i64,
    ) -> Result<Option<(Vec<AuditRow>, i64)>, StoreError> {
        reader.after(&self.store, query, seq).await
    }
}
