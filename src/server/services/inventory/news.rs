//! What browsers are told: the rows, targets and changes that moved.

use std::{collections::BTreeMap, sync::Arc};

use crate::model::{
    change::Change,
    inventory::{StreamRow, TargetHealth},
    stream::StreamId,
};

/// The rows, targets and changes that moved. Each connection makes its own frame from them.
#[derive(Debug, Clone, Default)]
pub struct News {
    /// The `rev` up to which everything committed is included, here or earlier.
    pub rev: i64,
    /// Rows that moved, and whether anything besides times did.
    pub rows: BTreeMap<StreamId, (Arc<StreamRow>, bool)>,
    pub changes: Vec<Arc<Change>>,
    /// Changes up to this `rev` were in the reader's page, as far as is known. They are here because of those that were
    /// committed late.
    pub seen: i64,
    /// The health of all targets; empty if none has moved.
    pub targets: Vec<TargetHealth>,
    /// Whether readers have to start over.
    pub is_reset: bool,
}

impl News {
    /// Adds a row, replacing an older one of the same stream.
    pub fn add_row(&mut self, row: Arc<StreamRow>, is_news: bool) {
        let was_news = self.rows.get(&row.id).is_some_and(|(_, was_news)| *was_news);
        self.rows.insert(row.id.clone(), (row, is_news || was_news));
    }

    /// Returns whether it brings anything besides times.
    pub(super) fn is_more_than_times(&self) -> bool {
        let has_moved = self.rows.values().any(|(_, is_news)| *is_news);
        has_moved || !self.changes.is_empty() || !self.targets.is_empty() || self.is_reset
    }

    /// Adds later news.
    pub(super) fn add(&mut self, later: Self) {
        self.rev = self.rev.max(later.rev);
        self.is_reset |= later.is_reset;
        for (row, is_news) in later.rows.into_values() {
            self.add_row(row, is_news);
        }
        // The newest state of a change includes all earlier ones. News from another instance may arrive late.
        for change in later.changes {
            match self.changes.iter_mut().find(|known| known.id == change.id) {
                Some(known) if known.rev > change.rev => {}
                Some(known) => *known = change,
                None => self.changes.push(change),
            }
        }
        if !later.targets.is_empty() {
            self.targets = later.targets;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{change::tests::requested_change, inventory::tests::well};

    #[test]
    fn an_older_state_of_a_change_covers_no_newer_one() {
        let change = |id: &str, rev: i64| Arc::new(Change { id: id.to_owned(), rev, ..requested_change() });
        let news = |changes: &[Arc<Change>]| News { rev: 9, changes: changes.to_vec(), ..News::default() };
        let mut told = news(&[change("a", 12), change("b", 3)]);
        told.add(news(&[change("a", 11), change("b", 4), change("c", 1)]));
        let revs: Vec<_> = told.changes.iter().map(|change| (change.id.as_str(), change.rev)).collect();
        assert_eq!(revs, [("a", 12), ("b", 4), ("c", 1)]);
    }

    #[test]
    fn later_news_lie_over_earlier_ones() {
        let health = |streams: u32| TargetHealth { streams, ..well() };
        let mut news = News { rev: 5, targets: vec![health(1)], ..News::default() };
        news.add(News { rev: 4, ..News::default() });
        news.add(News { rev: 6, targets: vec![health(2)], ..News::default() });
        assert_eq!((news.rev, news.targets[0].streams), (6, 2));
    }
}
