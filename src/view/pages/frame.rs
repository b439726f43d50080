//! The frame of every page, and the events that update it.

use serde::{Deserialize, Serialize};

use crate::{
    model::{
        access::identity::Role,
        inventory::{StreamRow, TargetHealth},
        time::Timestamp,
    },
    view::change_card::ChangeCard,
};

/// The data for the frame of every page: the signed-in user and the health of the targets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// `None` on pages that don't require sign-in.
    pub user: Option<SignedIn>,
    pub is_demo: bool,
    pub is_read_only: bool,
    pub targets: Vec<TargetHealth>,
    /// The revision of the page, which contains everything committed up to it. The event source requests what comes
    /// after.
    pub rev: i64,
    /// The server's time of the read; ages count from here.
    pub now: Timestamp,
    /// When the break-glass account last signed in, for a day afterwards.
    pub break_glass_at: Option<Timestamp>,
    /// Keys that won't be available for as long as they are needed.
    #[serde(default)]
    pub key_alarms: Vec<KeyAlarm>,
    /// Parts of the server that failed and are about to be restarted.
    #[serde(default)]
    pub parts_down: Vec<String>,
    /// The build of the browser half that is being served.
    #[serde(default)]
    pub version: String,
}

/// The signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub name: String,
    pub role: Role,
    /// Whether the user may request changes at all: the role allows it and Keystream isn't read-only.
    pub may_change: bool,
    /// Whether the user sees the whole audit chain.
    pub sees_whole_audit: bool,
}

/// A key that won't be available for as long as it is needed; every page warns of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyAlarm {
    pub text: String,
    pub href: String,
}

/// One frame of the event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFrame {
    /// The revision up to which everything committed has been sent.
    pub rev: i64,
    /// The rows that this tab shows.
    pub streams: Vec<StreamRow>,
    /// Whether anything but a time has changed, shown or not: the order, the counts and the rows shown may differ now.
    pub is_list_moved: bool,
    pub changes: Vec<ChangeCard>,
    /// The health of all targets; empty if none has changed.
    pub targets: Vec<TargetHealth>,
}
