//! The frame of every page.

use crate::model::{
    access::{chain_alarm::ChainAlarm, identity::Role},
    inventory::TargetHealth,
    time::Timestamp,
};

/// The data for the frame of every page: the signed-in user and the health of the targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// `None` on pages that don't require sign-in.
    pub user: Option<SignedIn>,
    pub is_demo: bool,
    pub is_read_only: bool,
    /// The alarm that the audit chain doesn't match its checkpoints, if there is one.
    pub chain_alarm: Option<ChainAlarm>,
    pub targets: Vec<TargetHealth>,
    /// The revision of the page, which contains everything committed up to it. The event source requests what comes
    /// after.
    pub rev: i64,
    /// The server's time of the read; ages count from here.
    pub now: Timestamp,
    /// When the break-glass account last signed in, for a day afterwards.
    pub break_glass_at: Option<Timestamp>,
    /// Keys that won't be available for as long as they are needed.
    pub key_alarms: Vec<KeyAlarm>,
    /// Parts of the server that failed and are about to be restarted.
    pub parts_down: Vec<String>,
    /// The build of the browser half that is being served.
    pub version: String,
    /// Ties the page to its session: `/events` takes it.
    pub events_tag: String,
}

/// The signed-in user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub name: String,
    pub role: Role,
    /// Whether the user may request changes at all: the role allows it and Keystream isn't read-only.
    pub may_change: bool,
    /// Whether the user sees the whole audit chain.
    pub sees_whole_audit: bool,
}

/// A key that won't be available for as long as it is needed; every page warns of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAlarm {
    pub text: String,
    pub href: String,
}
