//! The numbers of streams in each state.

use leptos::prelude::*;

use crate::model::list::Counts;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    All,
    Encrypted,
    NotEncrypted,
    Unknown,
    Changing,
}

impl Counted {
    pub const ALL: [Self; 5] = [Self::All, Self::Encrypted, Self::NotEncrypted, Self::Unknown, Self::Changing];

    const fn id(self) -> &'static str {
        match self {
            Self::All => "count-all",
            Self::Encrypted => "count-encrypted",
            Self::NotEncrypted => "count-not-encrypted",
            Self::Unknown => "count-unknown",
            Self::Changing => "count-changing",
        }
    }

    const fn of(self, counts: &Counts) -> u32 {
        match self {
            Self::All => counts.all,
            Self::Encrypted => counts.encrypted,
            Self::NotEncrypted => counts.not_encrypted,
            Self::Unknown => counts.unknown,
            Self::Changing => counts.changing,
        }
    }
}

/// One number over the whole inventory as of `rev`: a live part.
#[component]
pub fn Count(of: Counted, counts: Counts, rev: i64) -> impl IntoView {
    view! { <span id=of.id() class="count" data-live="" data-rev=rev>{of.of(&counts)}</span> }
}
