//! The list as pages show it, computed once per address and generation, however many people look at it.

use std::sync::Arc;

use super::Inventory;
use crate::{
    model::{
        access::scope::Scope,
        list::{Found, ListQuery},
    },
    view::pages::ListPage,
};

/// The number of addresses whose results are kept; the oldest goes first.
const KEPT: usize = 32;

/// The results for the current generation of the memory.
#[derive(Debug, Default)]
pub struct ListCache {
    generation: u64,
    found: Vec<(ListQuery, String, Arc<Found>)>,
}

impl Inventory {
    /// The requested page of the list, for the streams in a scope.
    pub fn list(&self, query: ListQuery, ignored: Vec<String>, scope: &Scope) -> ListPage {
        let found = self.find(&query, scope);
        let mut selection = query.page_of(&found.rows);
        let memory = self.read();
        let has_tags = query.columns().contains(&crate::model::list::ExtraColumn::Tags);
        for row in &mut selection.rows {
            // The rows may have been read again since.
            if let Some(known) = memory.streams.get(&row.id) {
                row.clone_from(&known.row);
            }
            if !has_tags {
                row.tags = None;
            }
        }
        drop(memory);
        ListPage { selection, counts: found.counts, facets: found.facets.clone(), query, ignored }
    }

    fn find(&self, query: &ListQuery, scope: &Scope) -> Arc<Found> {
        let query = ListQuery { cols: None, ..ListQuery { per: ListQuery::default().per, ..query.on_page(1) } };
        let scope_text = scope.to_string();
        let now = self.clock.now();
        let memory = self.read();
        let generation = memory.generation;
        if query.is_timeless() {
            let cache = self.lists.lock();
            let known = cache
                .found
                .iter()
                .find(|(known, of, _)| cache.generation == generation && *known == query && *of == scope_text);
            if let Some((_, _, found)) = known {
                return found.clone();
            }
        }
        let is_all = scope.is_everything();
        let rows = memory
            .streams
            .values()
            .filter(|known| known.target.is_some() && (is_all || scope.covers(&known.stored.id)));
        let rows: Vec<_> = rows.map(|known| known.row.clone()).collect();
        drop(memory);
        let found = Arc::new(query.find(&rows, now));
        if query.is_timeless() {
            let mut cache = self.lists.lock();
            if cache.generation != generation {
                cache.found.clear();
                cache.generation = generation;
            }
            if cache.found.len() == KEPT {
                cache.found.remove(0);
            }
            cache.found.push((query, scope_text, found.clone()));
        }
        found
    }
}
