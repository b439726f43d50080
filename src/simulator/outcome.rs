//! What a call gives: its output, or how AWS refuses it.

use serde_json::Value;

/// What a call gives: its output, if it has one.
pub type Outcome = Result<Option<Value>, Refused>;

/// An error of AWS's: HTTP 400 with its code and message.
#[derive(Debug, Clone)]
pub struct Refused {
    pub code: String,
    pub message: String,
}

impl Refused {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}
