//! The audit chain as the web layer uses it: reading what a user may see, and events without another effect in the
//! database.

use std::sync::Arc;

use thiserror::Error;

use super::{AuditAction, AuditEvent, Newest, Next, NoPlace, Reader, Searches, append_alone, searches::SearchPlace};
use crate::{
    model::{
        access::{audit_query::AuditQuery, requester::Requester},
        time::Timestamp,
    },
    server::adapters::store::{Store, StoreError},
};

/// Why a search couldn't be run.
#[derive(Debug, Error)]
pub enum SearchError {
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The audit chain. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Chain {
    store: Store,
    pub searches: Arc<Searches>,
}

impl Chain {
    pub fn new(store: Store) -> Self {
        Self { store, searches: Arc::default() }
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

    /// Returns the newest rows of a selection, newest first, at most so many. Looks at a limited number of events.
    ///
    /// # Errors
    /// If other searches are running, or the database cannot be read.
    pub async fn newest(&self, reader: &Reader, query: &AuditQuery, most: usize) -> Result<Newest, SearchError> {
        let _place = self.searches.place(&reader.user_id).await?;
        Ok(reader.newest(&self.store, query, most).await?)
    }

    /// Takes the place of a user's one export.
    ///
    /// # Errors
    /// If another one is running.
    pub fn begin_export(&self, requester: &Requester) -> Result<SearchPlace, NoPlace> {
        self.searches.begin_export(&requester.user_id)
    }

    /// Returns the next rows of an export, oldest first. Looks at a limited number of events, so there may be none
    /// although there are later ones.
    ///
    /// # Errors
    /// If other searches are running, or the database cannot be read.
    pub async fn after(&self, reader: &Reader, query: &AuditQuery, seq: i64) -> Result<Next, SearchError> {
        let _place = self.searches.place_in_export(&reader.user_id).await?;
        Ok(reader.after(&self.store, query, seq).await?)
    }
}
