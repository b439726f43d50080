//! Adopts what other instances wrote: rows, and what was found at targets.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{Inventory, News, health::is_news, memory::Memory, merge::merged};
use crate::{
    model::{change::reconcile::WATCHED_AFTER_MS, inventory::TargetHealth, stream::StreamId},
    server::adapters::{
        aws::targets::Target,
        store::{Store, StoreError, StoredFindings, StoredStream, inventory::StoredStreams},
    },
};

/// How many rows are adopted at a time when everything is read again: pages wait meanwhile.
const AT_A_TIME: usize = 500;

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

    /// Reads everything again: whatever their revisions say, rows and changes are as the database has them now. If it
    /// has `lost_commits`, what was read here is put together with its rows, and written again where they differ.
    ///
    /// # Errors
    /// If the database can't be read. Then nothing has changed.
    pub async fn begin_again(&self, store: &Store, lost_commits: bool) -> Result<(), StoreError> {
        let rev = store.last_rev().await?;
        let StoredStreams { mut streams, unreadable } = store.streams_and_unreadable().await?;
        let findings = store.findings_after(0).await?;
        let active = store.active_changes().await?;
        let ended = store.newest_ended_since(self.clock.now().plus_millis(-WATCHED_AFTER_MS)).await?;
        let marked: BTreeSet<StreamId> = {
            let mut memory = self.write();
            memory.change_revs.clear();
            self.compare(&mut memory, &streams, lost_commits);
            let followed = std::mem::take(&mut memory.active_changes).into_keys();
            let undone = std::mem::take(&mut memory.acting).into_keys();
            followed.chain(undone).collect()
        };
        self.adopt_streams(StoredStreams { unreadable, ..StoredStreams::default() });
        while !streams.is_empty() {
            let rest = streams.split_off(streams.len().min(AT_A_TIME));
            self.adopt_streams(StoredStreams { streams, ..StoredStreams::default() });
            streams = rest;
        }
        self.record_newest(ended.values());
        // A change that has moved meanwhile is newer than what was read.
        for change in &active {
            self.record_change_elsewhere(change);
        }
        {
            let mut memory = self.write();
            marked.iter().for_each(|id| memory.refresh(&self.targets, id));
        }
        self.adopt_findings(findings);
        self.events.advance(rev);
        self.events.raise_floor(rev);
        self.events.publish(News { is_reset: true, ..News::default() });
        Ok(())
    }

    /// Has every row replaced by that of the database, and those written that it has lost.
    fn compare(&self, memory: &mut Memory, stored: &[StoredStream], lost_commits: bool) {
        let stored: HashMap<&StreamId, &StoredStream> = stored.iter().map(|stream| (&stream.id, stream)).collect();
        let mut past = Vec::new();
        for (id, known) in &mut memory.streams {
            let theirs = stored.get(id);
            if lost_commits {
                known.stored.rev = theirs.map_or(0, |theirs| theirs.rev);
                if theirs.is_none_or(|theirs| **theirs != known.stored) {
                    self.unwritten.add(id.clone(), true);
                }
            } else if theirs.is_none() && !self.unwritten.has(id) {
                past.push(id.clone());
            }
            known.stored.rev = 0;
        }
        past.iter().for_each(|id| memory.remove(&self.targets, id));
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
