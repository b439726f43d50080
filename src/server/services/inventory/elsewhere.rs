//! Adopts what other instances wrote: rows, and what was found at targets.

use std::{collections::BTreeSet, sync::Arc};

use super::{Inventory, News, health::is_news, memory::Memory, merge::merged};
use crate::{
    model::inventory::TargetHealth,
    server::adapters::{
        aws::targets::Target,
        store::{Store, StoreError, StoredFindings, StoredStream, inventory::StoredStreams},
    },
};

impl Inventory {
    /// Adopts rows that other instances wrote, and shows them to browsers. What this instance has read but not
    /// written is put together with them.
    pub fn adopt_streams(&self, stored: StoredStreams) {
        let StoredStreams { streams, unreadable } = stored;
        if streams.is_empty() && unreadable.is_empty() {
            return;
        }
        {
            let mut known = self.unreadable.lock();
            for stream in &streams {
                known.remove(&stream.id);
            }
            known.extend(unreadable);
        }
        let mut memory = self.write();
        let memory = &mut *memory;
        let before = memory.health.clone();
        let (mut news, mut touched) = (News::default(), BTreeSet::new());
        for theirs in streams {
            let id = theirs.id.clone();
            let mine = memory.streams.get(&id).map(|known| &known.stored);
            if mine.is_some_and(|mine| mine.rev >= theirs.rev) {
                continue;
            }
            let stored = self.put_together(mine, theirs);
            memory.put(&self.targets, stored);
            let Some(known) = memory.streams.get_mut(&id) else { continue };
            if let Some(index) = known.target {
                touched.insert(index);
                memory.health[index].last_read = memory.health[index].last_read.max(known.row.read_at);
            }
            news.add_row(known.row.clone(), std::mem::take(&mut known.is_news));
        }
        touched.into_iter().for_each(|index| memory.recount(&self.targets, index));
        if have_news(&before, &memory.health) {
            news.targets.clone_from(&memory.health);
        }
        // Under the lock, so that news is published in the order in which its rows were built.
        self.events.publish(news);
    }

    /// Reads everything again, after the database has lost commits: whatever their revisions say, rows and changes are
    /// as the database has them now. What was read here is put together with its rows, and written again.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn begin_again(&self, store: &Store) -> Result<(), StoreError> {
        let rev = store.last_rev().await?;
        let stored = store.streams_and_unreadable().await?;
        let marked = {
            let mut memory = self.write();
            let memory = &mut *memory;
            for (id, known) in &mut memory.streams {
                known.stored.rev = 0;
                self.unwritten.add(id.clone(), true);
            }
            memory.change_revs.clear();
            std::mem::take(&mut memory.active_changes)
        };
        self.adopt_streams(stored);
        // A change that moves meanwhile is newer than what is read here.
        for change in &store.active_changes().await? {
            self.record_change_elsewhere(change);
        }
        {
            let mut memory = self.write();
            marked.keys().for_each(|id| memory.refresh(&self.targets, id));
        }
        self.adopt_findings(store.findings_after(0).await?);
        self.events.advance(rev);
        self.events.raise_floor(rev);
        Ok(())
    }

    /// Returns the row as it is after another instance has written it.
    fn put_together(&self, mine: Option<&StoredStream>, theirs: StoredStream) -> StoredStream {
        let target = self.target(&theirs.id);
        let is_reader = target.as_ref().is_some_and(|target| self.reads(target));
        if let Some(target) = target.filter(|_| is_reader && was_read(mine, &theirs)) {
            target.limits.describe.was_called_elsewhere();
        }
        match mine {
            Some(mine) if self.unwritten.has(&mine.id) => {
                let merged = merged(mine, theirs, is_reader, self.clock.now());
                // If it is being written, that may be too old by now.
                self.unwritten.add(merged.id.clone(), false);
                merged
            }
            _ => theirs,
        }
    }

    /// Adopts what the readers of targets found, except at those that this instance reads.
    pub fn adopt_findings(&self, mut found: Vec<StoredFindings>) {
        let is_read_here = |id: &str| self.targets.iter().any(|target| target.id == id && self.reads(target));
        found.retain(|stored| !is_read_here(&stored.target));
        if found.is_empty() {
            return;
        }
        let mut memory = self.write();
        let before = memory.health.clone();
        for stored in found {
            memory.take_over(&self.targets, stored);
        }
        memory.match_targets(&self.targets);
        if have_news(&before, &memory.health) {
            let targets = memory.health.clone();
            self.events.publish(News { targets, ..News::default() });
        }
    }
}

impl Memory {
    /// Takes over what another instance found at a target.
    pub fn take_over(&mut self, targets: &[Arc<Target>], stored: StoredFindings) {
        let StoredFindings { target: id, findings } = stored;
        let Some(index) = targets.iter().position(|target| target.id == id) else { return };
        targets[index].resolve_account(&findings.account);
        self.health[index].take_over(findings);
        self.recount(targets, index);
    }
}

fn have_news(before: &[TargetHealth], after: &[TargetHealth]) -> bool {
    before.iter().zip(after).any(|(before, after)| is_news(before, after))
}

/// Returns whether another instance has asked AWS about a stream since it was last known here.
fn was_read(mine: Option<&StoredStream>, theirs: &StoredStream) -> bool {
    let read_at = |stream: &StoredStream| stream.report.as_ref().map(|report| report.read_at);
    read_at(theirs) > mine.and_then(read_at)
}
