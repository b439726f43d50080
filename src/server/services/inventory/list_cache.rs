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
