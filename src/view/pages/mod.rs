//! The models of the pages, as the server hands them to the views: complete, read from memory, with the time and the
//! `rev` of the read.

mod accounts;
mod audit;
mod changes;
mod confirmation;
mod frame;
mod keys;
mod settings;
mod stream;
mod streams;
mod users;

use serde::{Deserialize, Serialize};

pub use self::{
    accounts::{IdentityPage, SetupPage, SignInPage},
    audit::{AuditCard, AuditPage},
    changes::{ChangePage, ChangesPage, Pace},
    confirmation::{Confirmation, Draft, EnableFacts, OtherForm, Plan, PlanOutcome, Requested, Undo},
    frame::{EventFrame, Frame, KeyAlarm, SignedIn},
    keys::{KeyCard, KeyPage, KeyUseRow, KeysPage},
    settings::{SessionCard, SettingsPage},
    stream::{Quota, StreamPage},
    streams::ListPage,
    users::{UserPage, UserTyped, UsersPage},
};

/// The content of a page that wasm takes over. One type for all of them, so that the browser half needs only one
/// mechanism for loading and waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PageContent {
    Streams(ListPage),
    Stream(StreamPage),
    Changes(ChangesPage),
    Change(Box<ChangePage>),
    Confirmation(Confirmation),
}

impl PageContent {
    /// Returns the streams that the page shows, in the form that a browser sends to the server.
    pub fn rows_in_view(&self) -> String {
        match self {
            Self::Streams(page) => page.selection.rows.iter().map(|row| row.id.digest()).collect::<Vec<_>>().join(","),
            Self::Stream(page) => page.row.id.digest(),
            Self::Change(page) => page.row.as_ref().map(|row| row.id.digest()).unwrap_or_default(),
            _ => String::new(),
        }
    }
}
