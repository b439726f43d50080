//! How long changes take here, from *sent* to *reached*: the last ones of each kind.

use parking_lot::Mutex;

use crate::model::change::{Action, Change, TypicalDuration};

/// How many past changes are loaded at a start, and remembered.
pub const REMEMBERED: usize = 200;

/// The durations, oldest first.
#[derive(Debug, Default)]
pub struct Durations(Mutex<Vec<(Action, i64)>>);

impl Durations {
    /// Adds changes that have reached the wanted state, oldest first.
    pub fn learn(&self, changes: &[Change]) {
        let took = changes.iter().filter_map(|change| Some((change.intent.action, change.took_ms()?)));
        let mut known = self.0.lock();
        known.extend(took);
        let surplus = known.len().saturating_sub(REMEMBERED);
        known.drain(..surplus);
    }

    /// Returns the typical duration of changes of this kind.
    pub fn of(&self, action: Action) -> Option<TypicalDuration> {
        let known = self.0.lock();
        TypicalDuration::of(known.iter().filter(|(kind, _)| *kind == action).map(|(_, took)| *took).collect())
    }
}
