//! Counts of consecutive reads that agree.

use serde::{Deserialize, Serialize};

use crate::model::time::{SECOND_MS, Timestamp};

/// The series of reads being counted. A read of another kind restarts all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tallies {
    /// Since when every report, including the last, said UPDATING.
    #[serde(default)]
    pub updating_since: Option<Timestamp>,
    /// Consecutive reads after *sent* of ACTIVE with the old state.
    pub old_state: Tally,
    /// Consecutive reads of ACTIVE with a state that is neither the old nor the wanted one; after *reached*, any state
    /// but the wanted one.
    pub contrary: Tally,
    /// Consecutive reads after *sent* in which AWS didn't find the stream.
    pub missing: Tally,
    /// Since when no read could judge the change: reads fail, AWS states no encryption type, or the keys can't be
    /// compared.
    #[serde(default)]
    pub unjudged_since: Option<Timestamp>,
}

impl Tallies {
    /// Counts a report of UPDATING.
    pub(super) fn count_updating(&mut self, at: Timestamp) {
        *self = Self { updating_since: self.updating_since.or(Some(at)), ..Self::default() };
    }

    /// Counts a report of ACTIVE with the old state.
    pub(super) fn count_old_state(&mut self, at: Timestamp) {
        *self = Self { old_state: self.old_state.with(at), ..Self::default() };
    }

    /// Counts a report of ACTIVE with a contrary state.
    pub(super) fn count_contrary(&mut self, at: Timestamp) {
        *self = Self { contrary: self.contrary.with(at), ..Self::default() };
    }

    /// Counts a read that did not find the stream.
    pub(super) fn count_missing(&mut self, at: Timestamp) {
        *self = Self { missing: self.missing.with(at), ..Self::default() };
    }

    /// Counts a report that says nothing for or against the change.
    pub(super) fn count_unclear(&mut self, at: Timestamp) {
        *self = Self { unjudged_since: self.unjudged_since.or(Some(at)), ..Self::default() };
    }

    /// Counts a failed read, which breaks no series.
    pub(super) fn count_failed(&mut self, at: Timestamp) {
        self.unjudged_since = self.unjudged_since.or(Some(at));
    }

    /// Restarts every series.
    pub(super) fn start_over(&mut self) {
        *self = Self::default();
    }

    /// Returns the time of the newest counted read.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        [&self.old_state, &self.contrary, &self.missing].into_iter().filter_map(|tally| tally.last_counted).max()
    }
}

/// Reads of one kind, counted at most once every 10 s, so that a burst of reads is one observation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub reads: u32,
    /// The first counted read.
    #[serde(default)]
    pub since: Option<Timestamp>,
    pub last_counted: Option<Timestamp>,
}

impl Tally {
    const SPACING_MS: i64 = 10 * SECOND_MS;

    /// This tally with one more read at `at`, if that is at least 10 s after the last counted one.
    #[must_use]
    pub fn with(&self, at: Timestamp) -> Self {
        match self.last_counted {
            Some(last) if at.millis_since(last) < Self::SPACING_MS => self.clone(),
            _ => Self { reads: self.reads.saturating_add(1), since: self.since.or(Some(at)), last_counted: Some(at) },
        }
    }
}
