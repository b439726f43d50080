//! The list of changes, and one change.

use serde::{Deserialize, Serialize};

use crate::{
    model::{
        forms::FormMistake,
        inventory::{StreamRow, TargetCard},
        time::Timestamp,
    },
    view::change_card::ChangeCard,
};

/// `/changes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// Newest first.
    pub changes: Vec<ChangeCard>,
    /// The ids of those that can be taken back now.
    pub undoable: Vec<String>,
    /// From 1.
    pub page: u32,
    pub has_more: bool,
}

/// `/changes/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePage {
    pub change: ChangeCard,
    /// A mistake in one of its forms.
    pub mistake: Option<FormMistake>,
    /// What was typed as the reason to close it, before that mistake.
    pub typed_reason: String,
    /// What is known of its stream; `None` when no target reaches it any more.
    pub row: Option<StreamRow>,
    /// When the stream that it is about was created: the stream of that name may be another one by now.
    pub stream_created: Timestamp,
    pub target: TargetCard,
    /// How long it has taken or took, beside what is usual here; `None` before it was sent.
    pub pace: Option<Pace>,
    /// What to look at while it is slow.
    pub checks: Vec<String>,
    /// Everything that a support case needs, to copy.
    pub support: String,
}

/// How long a change takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    pub sent_at: Timestamp,
    pub reached_at: Option<Timestamp>,
    /// The end, where it came without *reached*.
    pub ended_at: Option<Timestamp>,
    /// `usual here 14 s (p95 40 s)`.
    pub usual: String,
}
