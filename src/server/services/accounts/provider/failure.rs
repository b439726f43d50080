//! Why a sign-in with the provider failed.

use thiserror::Error;

use crate::{
    model::{
        access::provider::{NoRights, ProviderSubject},
        forms::FormMistake,
    },
    server::adapters::{oidc::ProviderError, store::StoreError},
};

/// Answers of the provider that say nothing about the person (OpenID Connect Core, section 3.1.2.6).
const PASSING: [&str; 2] = ["temporarily_unavailable", "server_error"];
/// Answers that ask for the person.
const PERSON_NEEDED: [&str; 4] =
    ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/// Why a sign-in failed: what the person reads, and what the audit chain records.
#[derive(Debug)]
pub(super) enum Failure {
    Sentence(FormMistake, String),
    /// The provider didn't answer.
    Down(ProviderError),
    /// The session ended meanwhile, or isn't this browser's.
    SessionGone,
    /// The browser came back with word that the provider is in trouble. Whoever has the browser can write that.
    Trouble(String),
    /// The person, if the token names one, may do nothing here.
    NoRights {
        why: NoRights,
        of: Option<ProviderSubject>,
    },
    Disabled,
    Store(StoreError),
}

/// Why a person wasn't admitted.
#[derive(Debug, Error)]
pub(super) enum NotAdmitted {
    #[error("the user is disabled")]
    Disabled,
    #[error("no claim can be used as a name: 1 to 100 letters, digits and spaces")]
    NoName,
    #[error("the names {0} and {0} with the subject are both somebody else's")]
    NameTaken(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Down(_) => Self::Down(error),
            ProviderError::Refused(_) => Self::Sentence(FormMistake::ProviderRefused, error.to_string()),
            ProviderError::Token(_) => Self::Sentence(FormMistake::ProviderAnswerInvalid, error.to_string()),
        }
    }
}

impl From<NotAdmitted> for Failure {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Store(error) => Self::Store(error),
            NotAdmitted::Disabled => Self::Disabled,
            NotAdmitted::NoName | NotAdmitted::NameTaken(_) => {
                Self::Sentence(FormMistake::ProviderAnswerInvalid, error.to_string())
            }
        }
    }
}

impl From<NoRights> for Failure {
    fn from(why: NoRights) -> Self {
        Self::NoRights { why, of: None }
    }
}

impl Failure {
    /// Returns the sentence for the person, and the reason.
    pub(super) fn told(&self) -> (FormMistake, String) {
        match self {
            Self::Sentence(problem, why) => (*problem, why.clone()),
            Self::Down(error) => (FormMistake::ProviderDown, error.to_string()),
            Self::SessionGone => (FormMistake::SignInAgain, "the session has ended meanwhile".to_owned()),
            Self::Trouble(why) => (FormMistake::ProviderDown, why.clone()),
            Self::NoRights { why: NoRights::Subject, .. } => {
                (FormMistake::ProviderAnswerInvalid, NoRights::Subject.to_string())
            }
            Self::NoRights { why, .. } => (FormMistake::NotInGroup, why.to_string()),
            Self::Disabled => (FormMistake::ProviderUserDisabled, NotAdmitted::Disabled.to_string()),
            Self::Store(error) => (FormMistake::ProviderDown, error.to_string()),
        }
    }
}

/// Returns the failure for an error that the provider sent a browser back with.
pub(super) fn refusal(error: &str) -> Failure {
    let why = ProviderError::refused(error).to_string();
    if PASSING.contains(&error) {
        return Failure::Trouble(why);
    }
    let problem = if PERSON_NEEDED.contains(&error) { FormMistake::SignInAgain } else { FormMistake::ProviderRefused };
    Failure::Sentence(problem, why)
}
