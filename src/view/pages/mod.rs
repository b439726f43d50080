//! What each page shows, as the server hands it to the view: whole, read from memory, with the time and the `rev` of
//! the read.

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

/// What a page shows that wasm takes over. One type for all of them, so that the browser half has one machinery for
/// loading and waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PageContent {
    Streams(ListPage),
    Stream(StreamPage),
    Changes(ChangesPage),
    Change(Box<ChangePage>),
    Confirmation(Confirmation),
}

impl PageContent {
    /// The streams that somebody looks at on the page, as a browser names them to the server.
    pub fn rows_in_view(&self) -> String {
        match self {
            Self::Streams(page) => page.selection.rows.iter().map(|row| row.id.digest()).collect::<Vec<_>>().join(","),
            Self::Stream(page) => page.row.id.digest(),
            Self::Change(page) => page.row.as_ref().map(|row| row.id.digest()).unwrap_or_default(),
            _ => String::new(),
        }
    }
}
