//! What the frame of every page shows, and how it goes on.

use serde::{Deserialize, Serialize};

use crate::{
    model::{
        access::identity::Role,
        inventory::{StreamRow, TargetHealth},
        time::Timestamp,
    },
    view::change_card::ChangeCard,
};

/// What the frame of every page needs: who is signed in and how the targets are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// `None` on pages that nobody needs to be signed in for.
    pub user: Option<SignedIn>,
    pub is_demo: bool,
    pub is_read_only: bool,
    pub targets: Vec<TargetHealth>,
    /// Everything committed up to here is in the page; the event source asks for what comes after.
    pub rev: i64,
    /// The server's time at the reading: ages count from here.
    pub now: Timestamp,
    /// When the account for emergencies was last signed in, for a day after it.
    pub break_glass_at: Option<Timestamp>,
    /// Keys that will not be there as long as they are needed.
    #[serde(default)]
    pub key_alarms: Vec<KeyAlarm>,
    /// Parts of the server that failed and are started again in a moment.
    #[serde(default)]
    pub parts_down: Vec<String>,
    /// Which build of the browser half is being served.
    #[serde(default)]
    pub version: String,
}

/// The person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub name: String,
    pub role: Role,
    /// Whether changes may be asked for at all: the role allows it and Keystream is not read-only.
    pub may_change: bool,
    /// Whether all of the audit chain is shown.
    pub sees_whole_audit: bool,
}

/// A key that will not be there as long as it is needed: every page warns of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyAlarm {
    pub text: String,
    pub href: String,
}

/// One frame of the event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFrame {
    /// Everything committed up to here has been sent.
    pub rev: i64,
    /// Rows that somebody looks at in this tab.
    pub streams: Vec<StreamRow>,
    /// Something besides times has moved, in view or not: order, counts and what is in view may be others now.
    pub is_list_moved: bool,
    pub changes: Vec<ChangeCard>,
    /// How all targets are; empty when none of them moved.
    pub targets: Vec<TargetHealth>,
}
