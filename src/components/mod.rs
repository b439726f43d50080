//! The components that pages are made of. They show what they are given and what is live; they never call the server.

mod age;
mod confirmation;
mod drawing;
mod drawn;
mod encryption;
mod error_page;
mod filters;
mod frame;
mod keys;
mod ladder;
mod outcome;
mod password_field;
mod quota;
mod self_refresh;
mod status;
mod streams_table;
mod table;
mod target_strip;

pub use self::{
    age::{Age, When},
    confirmation::{ConfirmationText, TargetLine},
    drawing::{BRAND, CLOSED_LOCK, DOT, OPEN_LOCK, drawing},
    drawn::drawn,
    encryption::{EncryptionLabel, KeyLabel},
    error_page::{ErrorPage, ErrorSection},
    filters::Filters,
    frame::{Announcer, Header},
    keys::{KeyField, KeyPicker},
    ladder::{Ladder, LadderAhead, LadderMarks},
    outcome::{Done, Mistake},
    password_field::{PasswordField, SHOW_CHARACTERS},
    quota::{NeededKeys, QuotaWords, Undo, UndoLink},
    self_refresh::SelfRefresh,
    status::StatusLabel,
    streams_table::{ConfirmLink, FollowLink, OnConfirm, StreamsTable},
    table::Table,
    target_strip::TargetStrip,
};
