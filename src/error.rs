//! The wire error: what a server function may tell a browser. A closed set, so that nothing internal can leak in it.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::{access::identity::Permission, forms::FormMistake};

/// The error that a server function returns instead of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum AppError {
    /// 401: no session, or an ended one.
    #[error("You're signed out. Nothing was sent. Sign in again.")]
    SignedOut,
    /// 403: the user lacks the permission.
    #[error("You don't have permission to do this. Nothing was sent. Ask a Keystream administrator for access.")]
    NotPermitted,
    /// 403: changes are switched off.
    #[error("Keystream is read-only, so it sends no changes. Nothing was sent. Ask whoever runs Keystream.")]
    ReadOnly,
    /// 403: changes are switched off for a target.
    #[error(
        "{target} is read-only in Keystream, so its streams can't be changed here. Nothing was sent. Ask whoever runs \
        Keystream."
    )]
    TargetReadOnly { target: String },
    /// 403: the user must enter the password again, on the page at this address.
    #[error(
        "Confirm it's you: you last entered your password over 10 minutes ago, or your rights have changed since. \
        Nothing was sent. Your draft is saved."
    )]
    ConfirmIdentity { address: String },
    /// 404.
    #[error(
        "There's nothing here. It may have been deleted, or the address may be wrong. Go back to the list of streams."
    )]
    NotFound,
    /// 404: a one-time link that was used or revoked, or has expired.
    #[error(
        "This link was already used or revoked, or has expired. No password was set. Ask a Keystream administrator for \
        a new link."
    )]
    LinkOver,
    /// 422: a form with a mistake. `parts` is the HTML of the parts of the form that say so, each with its id; empty
    /// for forms that only lead back to their page.
    #[error("There's a mistake in the form. Nothing was sent. Go back and correct it.")]
    Mistake { mistake: FormMistake, parts: String },
    /// 422: a form was submitted a second time with other values.
    #[error(
        "This form was already sent with other values. Nothing was sent again. Reload the page and fill it in again."
    )]
    OtherValues,
    /// 503: the database or the server is temporarily unavailable.
    #[error(
        "Keystream can't write to its database. Nothing was sent. Try again in a minute; if it keeps failing, tell \
        whoever runs Keystream."
    )]
    Unavailable,
    /// 503: a change could not be recorded, so it was not sent. Carries the call for the user to run, built from the
    /// last known values.
    #[error(
        "Keystream can't write to its journal. Nothing was sent. Try again in a minute. If it can't wait, this is the \
        call, based on what AWS reported {known}: {command}"
    )]
    JournalDown { command: String, known: String },
    /// 429: one session or one network is over its request limit.
    #[error("Too many requests from you or your network. Nothing was sent. Try again in {seconds} s.")]
    TooOften { seconds: u64 },
    /// 429: the same user's search or export of the audit chain is still running.
    #[error(
        "Another search or export of yours is still running. Nothing was searched. Wait until it has finished, then \
        try again."
    )]
    SearchRunning,
    /// 503: other users' searches of the audit chain are running.
    #[error("Other people are searching the audit chain right now. Nothing was searched. Try again in a few seconds.")]
    SearchesBusy,
    /// 503: too many requests overall.
    #[error("Keystream is overloaded. Nothing was sent. Try again in a few seconds.")]
    Overloaded,
    /// 400: this version does not understand the request.
    #[error("This page is outdated or the request was damaged. Nothing was sent. Reload the page.")]
    Outdated,
    /// 500: an internal fault of Keystream, logged under this reference.
    #[error(
        "Something went wrong in Keystream. If you sent a form, check Changes before sending it again. Reference for \
        the log: {reference}."
    )]
    Internal { reference: String },
    /// In the browser only: the server could not be reached.
    #[error(
        "Keystream couldn't be reached. If you sent a form, check Changes before sending it again. Check the network, \
        then reload the page."
    )]
    Unreachable,
}

impl AppError {
    /// Returns the HTTP status of the error.
    pub const fn status(&self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::NotPermitted | Self::ReadOnly | Self::TargetReadOnly { .. } | Self::ConfirmIdentity { .. } => 403,
            Self::NotFound | Self::LinkOver => 404,
            Self::Mistake { .. } | Self::OtherValues => 422,
            Self::Unavailable
            | Self::JournalDown { .. }
            | Self::SearchesBusy
            | Self::Overloaded
            | Self::Unreachable => 503,
            Self::TooOften { .. } | Self::SearchRunning => 429,
            Self::Outdated => 400,
            Self::Internal { .. } => 500,
        }
    }
}

/// The reason why a request was refused before it reached a page or a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An error of the closed set, which is the whole reason.
    Error(AppError),
    /// 403: the role lacks this permission.
    Role(Permission),
    /// 404.
    NoSuchAddress,
    /// 405: the path takes these methods only.
    OtherMethod { allowed: &'static str },
    /// 403: the request does not come from our own pages.
    OtherOrigin,
    /// 421.
    OtherHost,
    /// 415.
    OtherContentType,
    /// 413.
    TooLarge,
    /// 408: the body of the request didn't arrive in time.
    SlowBody,
    /// 503: work already begun may continue.
    TooSlow,
    /// 503: the user cannot be identified.
    NoDatabase,
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        Self::Error(error)
    }
}

impl Refusal {
    /// Returns the HTTP status of the refusal.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Error(error) => error.status(),
            Self::Role(_) | Self::OtherOrigin => 403,
            Self::NoSuchAddress => 404,
            Self::OtherMethod { .. } => 405,
            Self::OtherHost => 421,
            Self::OtherContentType => 415,
            Self::TooLarge => 413,
            Self::SlowBody => 408,
            Self::TooSlow | Self::NoDatabase => 503,
        }
    }

    /// Returns the error that represents the refusal on the wire.
    pub fn error(&self) -> AppError {
        match self {
            Self::Error(error) => error.clone(),
            Self::Role(_) | Self::OtherOrigin | Self::OtherHost => AppError::NotPermitted,
            Self::NoSuchAddress => AppError::NotFound,
            Self::OtherMethod { .. } | Self::OtherContentType | Self::TooLarge | Self::SlowBody => AppError::Outdated,
            Self::TooSlow => AppError::Unreachable,
            Self::NoDatabase => AppError::Unavailable,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::Outdated,
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::Response(_) => Self::Internal { reference: "none".to_owned() },
        }
    }
}
