//! The errors of requests for changes.

use thiserror::Error;

use crate::{model::access::requester::Uncertain, server::adapters::store::StoreError};

/// Why a request for a change failed, other than a mistake in a form.
#[derive(Debug, Error)]
pub enum RequestError {
    #[error("there is no such stream in any target, or no such change")]
    NotFound,
    #[error("changes are switched off here")]
    ReadOnly,
    #[error("the same form was sent before with other values")]
    OtherValues,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the task that records the change ended: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl From<Uncertain> for RequestError {
    fn from(uncertain: Uncertain) -> Self {
        Self::Store(uncertain.into())
    }
}
