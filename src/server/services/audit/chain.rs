//! The audit chain as the web layer uses it: reading what a user may see, and events without another effect in the
//! database.

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
    /// If the database cannot be written.
    pub async fn append(&self, event: AuditEvent) -> Result<(), StoreError> {
        append_alone(&self.store, event).await
    }

    /// Appends the event of an export: the rows requested and the file format.
    ///
    /// # Errors
    /// If the database cannot be written, or hasn't confirmed the user's session.
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

    /// Returns the number of the next row.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn next_seq(&self) -> Result<i64, StoreError> {
        Ok(self.store.audit_head().await?.map_or(1, |(seq, _)| seq + 1))
    }

    /// Returns the newest rows; see [`Reader::newest`].
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn newest(&self, reader: &Reader, query: &AuditQuery, take: usize) -> Result<Vec<AuditRow>, StoreError> {
        reader.newest(&self.store, query, take).await
    }

    /// Returns one page of rows; see [`Reader::after`].
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn after(
        &self,
        reader: &Reader,
        query: &AuditQuery,
        seq: i64,
    ) -> Result<Option<(Vec<AuditRow>, i64)>, StoreError> {
        reader.after(&self.store, query, seq).await
    }
}
