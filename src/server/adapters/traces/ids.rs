//! Ids of traces and spans, derived from the id of the change: every instance, and every process after a restart, makes
//! the same ones, so what they record of a change is one trace.

use std::fmt;

use sha2::{Digest, Sha256};

/// The id of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub [u8; 16]);

/// The id of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub [u8; 8]);

impl TraceId {
    /// Returns the id of a change's trace.
    pub fn of_change(change_id: &str) -> Self {
        Self(derived("trace", change_id))
    }
}

impl SpanId {
    /// Returns the id of a span in a change's trace. `what` is unique in the trace.
    pub fn of_change(change_id: &str, what: &str) -> Self {
        Self(derived(&format!("span {what}"), change_id))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

/// Returns the first bytes of a hash.
fn derived<const N: usize>(what: &str, change_id: &str) -> [u8; N] {
    let digest: [u8; 32] = Sha256::digest(format!("keystream {what} of {change_id}").as_bytes()).into();
    let mut id = [0; N];
    for (byte, hashed) in id.iter_mut().zip(digest) {
        *byte = hashed;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_same_in_every_process_and_version() {
        let trace = TraceId::of_change("0123456789abcdef");
        assert_eq!(trace.to_string(), "a1ed7ab3b69cc68c325a8d657c7c2dd9");
        assert_eq!(SpanId::of_change("0123456789abcdef", "change").to_string(), "f35d6e4a56748c1a");
        assert_ne!(trace, TraceId::of_change("0123456789abcdeg"));
        assert_ne!(SpanId::of_change("a", "sent"), SpanId::of_change("a", "settled"));
    }
}
