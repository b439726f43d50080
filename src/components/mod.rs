//! The components that pages are made of. They show what they are given; they never read anything.

mod active_filters;
mod age;
mod ago;
mod announcement;
mod bar;
mod chain_alarm;
mod changes_filters;
mod confirm_dialog;
mod confirm_fields;
mod confirmation;
mod copy_button;
mod counts;
mod drawing;
mod encryption;
mod error_page;
mod filters;
mod form_title;
mod frame;
mod keys;
mod keys_help;
mod ladder;
mod live_page;
mod outcome;
mod password_field;
mod plain_reason;
mod quota;
mod self_refresh;
mod status;
mod stream_state;
mod streams_table;
mod table;
mod target_strip;
mod targets_table;
mod targets_word;
mod user_agent;
mod user_name_field;
mod viewer;

pub use self::{
    active_filters::ActiveFilters,
    age::{Age, Elapsed, When},
    ago::{Ago, WhenAgo},
    announcement::Announcement,
    bar::PlainBar,
    chain_alarm::{ChainAlarmNote, ChainAlarmPart},
    changes_filters::ChangesFilters,
    confirm_dialog::ConfirmationDialog,
    confirm_fields::{FormAnswer, KeyField, MistakeAt, NameField, QuotaField, ReasonField, ShownFields, WaitField},
    confirmation::{ConfirmationDetails, ConfirmationText, TargetLine},
    copy_button::CopyButton,
    counts::{Count, Counted},
    drawing::{ASCENDING, BRAND, CLOSED_LOCK, CROSS, DESCENDING, DOT, OPEN_LOCK, UNSORTED, drawing},
    encryption::{EncryptionLabel, KeyLabel, KeyName, shortened},
    error_page::{ErrorPage, ErrorSection},
    filters::Filters,
    form_title::FormTitle,
    frame::{Announcer, Header},
    keys::{KeyNames, KeyPicker},
    keys_help::{KeyList, KeysHelp},
    ladder::{LadderAhead, LadderMarks, Progress},
    live_page::LivePage,
    outcome::Mistake,
    password_field::PasswordField,
    plain_reason::PlainReason,
    quota::{NeededKeys, QuotaWords, Undo, UndoLink},
    self_refresh::SelfRefresh,
    status::StatusLabel,
    stream_state::StreamState,
    streams_table::{ConfirmLink, FollowLink, StreamRowView, StreamsTable},
    table::Table,
    target_strip::TargetStrip,
    targets_table::TargetsTable,
    targets_word::TargetsWord,
    user_agent::UserAgent,
    user_name_field::UserNameField,
    viewer::Viewer,
};
