//! Streams with the same name in several accounts and Regions.

use super::Inventory;
use crate::model::{
    access::scope::Scope,
    inventory::{Namesake, TargetCard},
    stream::StreamId,
};

impl Inventory {
    /// Returns the other streams of a scope that have the same name, ordered by account and Region.
    pub fn namesakes(&self, id: &StreamId, scope: &Scope) -> Vec<Namesake> {
        let memory = self.read();
        let others = memory.streams.values().filter(|known| {
            let other = &known.stored.id;
            other.name == id.name && other != id && known.stored.gone_at.is_none() && scope.covers(other)
        });
        let card = |target: usize| self.targets.get(target).map_or_else(TargetCard::default, |target| target.card());
        others.filter_map(|known| Some(Namesake { id: known.stored.id.clone(), target: card(known.target?) })).collect()
    }
}
