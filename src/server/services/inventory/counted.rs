//! The number of streams per target in a scope, counted once per scope until something moves.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use super::memory::Memory;
use crate::model::access::scope::Scope;

/// The counts for the scopes in use.
#[derive(Debug, Default)]
pub struct Counted(Mutex<Counts>);

/// The counts for one generation of the memory.
#[derive(Debug, Default)]
struct Counts {
    generation: u64,
    scopes: HashMap<String, Arc<[(u32, u32)]>>,
}

impl Counted {
    /// Returns the number of streams of each target in a scope, and how many of them were never read.
    pub fn within(&self, memory: &Memory, scope: &Scope) -> Arc<[(u32, u32)]> {
        let mut counted = self.0.lock();
        if counted.generation != memory.generation {
            *counted = Counts { generation: memory.generation, ..Counts::default() };
        }
        if let Some(counts) = counted.scopes.get(&scope.to_string()) {
            return counts.clone();
        }
        let mut counts = vec![(0u32, 0u32); memory.health.len()];
        for known in memory.streams.values().filter(|known| known.stored.gone_at.is_none()) {
            if let Some((all, unread)) = known.target.and_then(|target| counts.get_mut(target))
                && scope.covers(&known.stored.id)
            {
                *all += 1;
                *unread += u32::from(known.stored.report.is_none());
            }
        }
        let counts: Arc<[(u32, u32)]> = counts.into();
        counted.scopes.insert(scope.to_string(), counts.clone());
        counts
    }
}
