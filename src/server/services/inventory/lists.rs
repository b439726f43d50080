//! The list as pages show it, computed once per address and generation, however many users view it.

use std::sync::Arc;

use super::{
    Inventory,
    memory::{Known, Memory},
};
use crate::model::{
    access::scope::Scope,
    inventory::StreamRow,
    list::{Counts, FacetGroup, Found, ListQuery, Selection},
    time::Timestamp,
};

/// The result of a query, of which one page is shown.
#[derive(Debug)]
pub struct Listed {
    pub selection: Selection,
    /// The counts over all streams, without any filter.
    pub counts: Counts,
    pub facets: Vec<FacetGroup>,
}

/// All rows that a query selects, as they were known at one moment.
#[derive(Debug)]
pub struct SelectedRows {
    /// The moment. No row was read later.
    pub as_of: Timestamp,
    /// In the query's order. Shared with the inventory, not copied.
    pub rows: Vec<Arc<StreamRow>>,
}

impl Inventory {
    /// Returns all rows of the list that a query selects, from the streams of a scope.
    pub fn select(&self, query: &ListQuery, scope: &Scope) -> SelectedRows {
        let memory = self.read();
        let as_of = self.clock.now();
        let rows = memory.rows_of(scope);
        drop(memory);
        SelectedRows { as_of, rows: query.find(&rows, as_of).rows }
    }

    /// Returns the page of the list that a query requests, from the streams of a scope.
    pub fn list(&self, query: &ListQuery, scope: &Scope) -> Listed {
        let found = self.find(query, scope);
        let mut selection = query.page_of(&found.rows);
        let memory = self.read();
        for row in &mut selection.rows {
            // The rows may have been read again since.
            if let Some(known) = memory.streams.get(&row.id) {
                row.clone_from(&known.row);
            }
        }
        Listed { selection, counts: found.counts, facets: found.facets.clone() }
    }

    /// Returns the counts over all streams of a scope.
    pub fn counts(&self, scope: &Scope) -> Counts {
        self.find(&ListQuery::default(), scope).counts
    }

    fn find(&self, query: &ListQuery, scope: &Scope) -> Arc<Found> {
        let query = ListQuery { cols: None, ..ListQuery { per: ListQuery::default().per, ..query.on_page(1) } };
        let scope_text = scope.to_string();
        let now = self.clock.now();
        let memory = self.read();
        let generation = memory.generation;
        let is_kept = query.is_timeless();
        if is_kept && let Some(found) = self.lists.lock().get(generation, &query, &scope_text) {
            return found;
        }
        let rows = memory.rows_of(scope);
        drop(memory);
        let found = Arc::new(query.find(&rows, now));
        if is_kept {
            self.lists.lock().put(generation, query, scope_text, found.clone());
        }
        found
    }
}

impl Memory {
    /// Returns the rows of a scope that belong to a target.
    fn rows_of(&self, scope: &Scope) -> Vec<Arc<StreamRow>> {
        let is_all = scope.is_everything();
        let is_of = |known: &&Known| known.target.is_some() && (is_all || scope.covers(&known.stored.id));
        self.streams.values().filter(is_of).map(|known| known.row.clone()).collect()
    }
}
