//! The outcome of a call: its output, or AWS's refusal.

use serde_json::Value;

/// The outcome of a call: its output, if it has one, or AWS's refusal.
pub type Outcome = Result<Option<Value>, Refused>;

/// An AWS error: HTTP 400 with a code and a message.
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
