//! The states by which the list of changes is filtered.

use strum::{EnumString, IntoStaticStr};

use crate::model::change::{Change, ChangeState, EndKind};

/// A value of the state filter. Each change has one state, the one that its badge shows, and may be active beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum StateFilter {
    /// Without an end, whatever its state.
    Active,
    /// The outcome is unknown, and the change active.
    Unknown,
    /// Taking long, and active.
    Slow,
    /// And not reverted since.
    Settled,
    Reverted,
    Rejected,
    Expired,
    NotApplied,
    Superseded,
    Replaced,
    NotEstablished,
}

impl StateFilter {
    pub const ALL: [Self; 11] = [
        Self::Active,
        Self::Unknown,
        Self::Slow,
        Self::Settled,
        Self::Reverted,
        Self::Rejected,
        Self::Expired,
        Self::NotApplied,
        Self::Superseded,
        Self::Replaced,
        Self::NotEstablished,
    ];

    /// Returns the value that stands for it in the address.
    pub const fn slug(self) -> &'static str {
        self.into_str()
    }

    /// Returns how its changes have ended; `None` if they are active.
    pub const fn end(self) -> Option<EndKind> {
        Some(match self {
            Self::Active | Self::Unknown | Self::Slow => return None,
            Self::Settled | Self::Reverted => EndKind::Settled,
            Self::Rejected => EndKind::Rejected,
            Self::Expired => EndKind::Expired,
            Self::NotApplied => EndKind::NotApplied,
            Self::Superseded => EndKind::Superseded,
            Self::Replaced => EndKind::Replaced,
            Self::NotEstablished => EndKind::NotEstablished,
        })
    }

    pub(super) fn admits(self, change: &Change) -> bool {
        let state = ChangeState::from(change);
        match (self, self.end()) {
            (Self::Active, _) => change.is_active(),
            (Self::Unknown, _) => state == ChangeState::OutcomeUnknown,
            (Self::Slow, _) => state == ChangeState::Slow,
            (Self::Reverted, _) => state == ChangeState::Reverted,
            (_, end) => end.is_some_and(|end| state == ChangeState::Ended(end)),
        }
    }
}
