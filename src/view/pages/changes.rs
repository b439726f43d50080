//! The list of changes, and one change.

use crate::{
    model::{
        forms::FormMistake,
        inventory::{StreamRow, TargetCard},
        list::ChangesQuery,
        time::Timestamp,
    },
    view::change_card::ChangeCard,
};

/// The model of `/changes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesPage {
    /// Newest first.
    pub changes: Vec<ChangeCard>,
    /// The ids of the changes that can be undone now.
    pub undoable: Vec<String>,
    pub query: ChangesQuery,
    /// The ignored parts of the address, in sentences.
    pub ignored: Vec<String>,
    pub has_more: bool,
}

/// The model of `/changes/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    pub change: ChangeCard,
    /// The mistake in one of the page's forms.
    pub mistake: Option<FormMistake>,
    /// The reason for closing the change, as typed before that mistake.
    pub typed_reason: String,
    /// The row of its stream; `None` if no target covers the stream any more.
    pub row: Option<StreamRow>,
    /// When the change's stream was created: the stream of that name may be a different one by now.
    pub stream_created: Timestamp,
    pub target: TargetCard,
    /// How long it has taken or took, beside the typical duration here; `None` before it was sent.
    pub pace: Option<Pace>,
    /// What to check while the change is slow.
    pub checks: Vec<String>,
    /// The text for a support case, to copy.
    pub support: String,
}

/// The duration of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    pub sent_at: Timestamp,
    pub reached_at: Option<Timestamp>,
    /// When the change ended, if it ended without *reached*.
    pub ended_at: Option<Timestamp>,
    /// `usual here 14 s (p95 40 s)`.
    pub usual: String,
}
