//! The one error page, for every request that gets no page, whichever part refused it.

use super::forms;
use crate::{
    error::{AppError, Refusal},
    model::access::identity::Permission,
};

/// The id of a request in the log. It is in the context of a page that is being rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(pub String);

/// An error page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPage {
    pub title: &'static str,
    /// What happened, what didn't, and what to do next.
    pub text: String,
    /// The link to continue from here: its address and text.
    pub link: (&'static str, &'static str),
    /// The line that refers to the log; empty if the request isn't known.
    pub reference: String,
}

impl ErrorPage {
    /// Returns the page of an error in the request with this reference.
    pub fn of_error(error: &AppError, reference: Option<&Reference>) -> Self {
        Self {
            title: title_of(error),
            text: match error {
                AppError::Mistake { mistake, .. } => forms::mistake(*mistake, None),
                error => error.to_string(),
            },
            link: match error {
                AppError::SignedOut | AppError::LinkOver => ("/sign-in", "Sign in"),
                _ => ("/streams", "Go to the streams"),
            },
            reference: match (error, reference) {
                // The error's own text has the reference.
                (AppError::Internal { .. }, _) | (_, None) => String::new(),
                (_, Some(Reference(id))) => format!("Reference: {id}"),
            },
        }
    }

    /// Returns the page of a refusal by the layers in front of the pages.
    pub fn of_refusal(refusal: &Refusal, reference: &Reference) -> Self {
        let page = Self::of_error(&refusal.error(), Some(reference));
        match words_of(refusal) {
            Some((title, text)) => Self { title, text: text.to_owned(), ..page },
            None => page,
        }
    }
}

const fn title_of(error: &AppError) -> &'static str {
    match error {
        AppError::SignedOut => "Signed out",
        AppError::NotPermitted | AppError::ReadOnly | AppError::TargetReadOnly { .. } => "Not permitted",
        AppError::NotFound | AppError::LinkOver => "Not found",
        AppError::TooOften { .. } | AppError::SearchRunning => "Too many requests",
        AppError::Unavailable
        | AppError::JournalDown { .. }
        | AppError::SearchesBusy
        | AppError::Overloaded
        | AppError::Unreachable => "Not available",
        AppError::ConfirmIdentity { .. }
        | AppError::Mistake { .. }
        | AppError::OtherValues
        | AppError::Outdated
        | AppError::Internal { .. } => "Not possible",
    }
}

/// Returns the title and text of a refusal that says more than its error.
const fn words_of(refusal: &Refusal) -> Option<(&'static str, &'static str)> {
    let words = match refusal {
        Refusal::Error(_) => return None,
        Refusal::Role(needed) => ("Not permitted", role_needed(*needed)),
        Refusal::NoSuchAddress => (
            "Not found",
            "There's nothing at this address. Nothing was sent. Check the address, or start from the list of streams.",
        ),
        Refusal::OtherMethod { .. } => {
            let text =
                "This address doesn't take that kind of request. Nothing was sent. Start from the list of streams.";
            ("Not possible", text)
        }
        Refusal::OtherOrigin => (
            "Not permitted",
            "The request didn't come from a page of this site. Nothing was sent. Open the page here and try again. \
             Behind a proxy, KEYSTREAM_PUBLIC_URL must be the origin in the address bar, and the proxy must forward \
             the Origin header.",
        ),
        Refusal::OtherHost => (
            "Wrong address",
            "Keystream serves a different host name than the one in your address bar. Nothing was sent. Use the \
             configured address. Whoever runs Keystream sets it with KEYSTREAM_PUBLIC_URL, and a proxy must forward \
             the Host header.",
        ),
        Refusal::OtherContentType => (
            "Not possible",
            "This address doesn't take that content type. Nothing was sent. Reload the page and try again.",
        ),
        Refusal::TooLarge => {
            ("Too large", "The request is larger than 64 KiB. Nothing was sent. Shorten what you typed.")
        }
        Refusal::SlowBody => (
            "Not possible",
            "The request didn't arrive completely within 5 s. Nothing was sent. Check the network and try again.",
        ),
        Refusal::TooSlow => (
            "Not available",
            "Keystream took too long to answer. If you sent a form, check Changes before sending it again.",
        ),
        Refusal::NoDatabase => (
            "Not available",
            "Keystream can't use its database. Nothing was sent. Try again in a minute. If it keeps failing, tell \
             whoever runs Keystream.",
        ),
    };
    Some(words)
}

const fn role_needed(permission: Permission) -> &'static str {
    match permission {
        Permission::Change => {
            "This takes the operator role. Nothing was sent. Ask a Keystream administrator if you need it."
        }
        Permission::Audit => {
            "This takes the auditor role. Nothing was sent. Ask a Keystream administrator if you need it."
        }
        Permission::Administer => "Only administrators can do this. Nothing was sent. Ask one of them.",
        Permission::Public | Permission::View => "You don't have permission to do this. Nothing was sent.",
    }
}
