//! Results of list queries, kept until something that they show changes.

use std::sync::Arc;

use crate::model::list::{Found, ListQuery};

/// The most results to keep; the oldest is dropped first.
const KEPT: usize = 32;

/// The results of one generation of the memory.
#[derive(Debug, Default)]
pub struct ListCache {
    generation: u64,
    found: Vec<(ListQuery, String, Arc<Found>)>,
}

impl ListCache {
    /// Returns the result of a query for a scope, if it was computed in this generation.
    pub fn get(&self, generation: u64, query: &ListQuery, scope: &str) -> Option<Arc<Found>> {
        let of_generation = self.found.iter().filter(|_| self.generation == generation);
        let mut same = of_generation.filter(|(known, of, _)| known == query && of == scope);
        same.next().map(|(_, _, found)| found.clone())
    }

    /// Stores the result of a query, and drops the results of other generations.
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
