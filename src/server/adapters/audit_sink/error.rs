//! Why a batch wasn't delivered.

use std::io;

use axum::http::StatusCode;
use thiserror::Error;

use crate::model::access::chain_place::ChainPlace;

/// Why a batch wasn't delivered, or may not have been. The messages name no path of a URL: it may be a secret.
#[derive(Debug, Error)]
pub enum SinkError {
    /// The file doesn't end with the row before the batch; nothing was written.
    #[error("the file ends with row {}", .0.seq)]
    EndsWith(ChainPlace),
    #[error("the file can't be written: {0}")]
    File(io::Error),
    #[error("standard output can't be written: {0}")]
    Pipe(io::Error),
    #[error("the receiver could not be reached: {0}")]
    Unreachable(String),
    #[error("the receiver did not answer within 10 s")]
    Silent,
    #[error("the receiver answered {0}")]
    Status(StatusCode),
}
