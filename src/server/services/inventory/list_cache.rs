//! What lists found, kept while what they show stays the same.

use std::sync::Arc;

use crate::model::list::{Found, ListQuery};

/// Addresses whose findings are kept; the oldest goes first.
const KEPT: usize = 32;

/// Findings of one generation of the memory.
#[derive(Debug, Default)]
pub struct ListCache {
    generation: u64,
    found: Vec<(ListQuery, String, Arc<Found>)>,
}

impl ListCache {
    /// What a query found for a scope in this generation, if it was asked before.
    pub fn get(&self, generation: u64, query: &ListQuery, scope: &str) -> Option<Arc<Found>> {
        let of_generation = self.found.iter().filter(|_| self.generation == generation);
        let mut same = of_generation.filter(|(known, of, _)| known == query && of == scope);
        same.next().map(|(_, _, found)| found.clone())
    }

    /// Keeps what a query found; what other generations found is dropped.
    pub fn put(&mut self, generation: u64, query: ListQuery, scope: String, found: Arc<Found>) {
        if self.generation != generation {
            self.found.clear();
            self.generation = generation;
        }
        if self.found.len() == KEPT {
            self.found.remove(0);
        }
        self.found.push((query, scope, found));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    #[test]
    fn what_another_generation_or_scope_found_is_not_given() {
        let query = ListQuery::default();
        let found = Arc::new(query.find(&[], Timestamp::from_millis(0)));
        let mut cache = ListCache::default();
        cache.put(1, query.clone(), "*".to_owned(), found.clone());
        assert!(cache.get(1, &query, "*").is_some_and(|known| Arc::ptr_eq(&known, &found)));
        assert!(cache.get(1, &query, "111122223333/*/*").is_none());
        assert!(cache.get(2, &query, "*").is_none());
        cache.put(2, query.on_page(2), "*".to_owned(), found);
        assert!(cache.get(1, &query, "*").is_none() && cache.get(2, &query, "*").is_none(), "dropped");
        for page in 1..=40 {
            cache.put(2, query.on_page(page), "*".to_owned(), Arc::new(query.find(&[], Timestamp::from_millis(0))));
        }
        assert_eq!(cache.found.len(), KEPT);
    }
}
