//! The errors of requests for changes.

use thiserror::Error;

use crate::{
    model::access::requester::Uncertain,
    server::{
        adapters::{aws::targets::Target, store::StoreError},
        services::read_only::ReadOnly,
    },
};

/// Why a request for a change failed, other than a mistake in a form.
#[derive(Debug, Error)]
pub enum RequestError {
    #[error("there is no such stream in any target, or no such change")]
    NotFound,
    #[error("changes are switched off")]
    ReadOnly,
    #[error("changes are switched off for {0}")]
    TargetReadOnly(String),
    #[error("the same form was sent before with other values")]
    OtherValues,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the task that records the change ended: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Refuses a change where changes are switched off.
///
/// # Errors
/// Says whether they are switched off everywhere or for this target.
pub fn require_changes(read_only: &ReadOnly, target: &Target) -> Result<(), RequestError> {
    if read_only.is_on() {
        Err(RequestError::ReadOnly)
    } else if target.is_read_only {
        Err(RequestError::TargetReadOnly(target.label()))
    } else {
        Ok(())
    }
}

impl From<Uncertain> for RequestError {
    fn from(uncertain: Uncertain) -> Self {
        Self::Store(uncertain.into())
    }
}
