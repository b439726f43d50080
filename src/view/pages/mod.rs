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

pub use self::{
    accounts::{IdentityPage, ProviderLink, SetupLink, SetupPage, SignInPage},
    audit::{AuditCard, AuditPage},
    changes::{ChangePage, ChangesPage, Pace},
    confirmation::{Confirmation, Draft, EnableFacts, OtherForm, Plan, PlanOutcome, Undo},
    frame::{Frame, KeyAlarm, SignedIn},
    keys::{KeyCard, KeyPage, KeyUseRow, KeysPage},
    settings::{AlarmTyped, PauseChoice, SessionCard, SettingsPage, TargetLine},
    stream::{Quota, StreamPage},
    streams::ListPage,
    users::{UserPage, UserTyped, UsersPage},
};
