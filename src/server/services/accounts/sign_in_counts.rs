//! Counts attempts to sign in and to confirm an identity, for metrics.

use super::new_session::How;
use crate::{
    model::access::audit_action::AuditAction,
    server::adapters::metrics::families::{BREAK_GLASS_SIGN_INS, SIGN_INS},
};

/// The way of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Password,
    Provider,
    /// One of the demo's buttons.
    Demo,
}

impl Method {
    const fn label(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Provider => "provider",
            Self::Demo => "demo",
        }
    }
}

/// Counts a session that has begun.
pub fn count_session(how: How, is_break_glass: bool) {
    let (method, purpose) = match how {
        How::Password => (Method::Password, "sign_in"),
        How::Demo => (Method::Demo, "sign_in"),
        How::Provider => (Method::Provider, "sign_in"),
        How::Again { .. } => (Method::Password, "confirmation"),
        How::ProviderAgain { .. } => (Method::Provider, "confirmation"),
    };
    count(method, purpose, "ok");
    if is_break_glass && how == How::Password {
        metrics::counter!(BREAK_GLASS_SIGN_INS.name).increment(1);
    }
}

/// Counts an attempt that was refused, by its event in the audit chain; other events aren't refusals of attempts.
pub fn count_refusal(method: Method, action: AuditAction) {
    match action {
        AuditAction::SessionRefused => count(method, "sign_in", "refused"),
        AuditAction::SessionConfirmationRefused => count(method, "confirmation", "refused"),
        _ => {}
    }
}

fn count(method: Method, purpose: &'static str, outcome: &'static str) {
    metrics::counter!(SIGN_INS.name, "method" => method.label(), "purpose" => purpose, "outcome" => outcome)
        .increment(1);
}
