//! The audit events of changes.

use crate::{
    model::{
        access::{audit_action::AuditAction, requester::Requester},
        change::{
            Action, Change, End, OutcomeUnknown, SentAs,
            refusal::{Precondition, Refusal, RefusalKind},
        },
        stream::encryption::{EncryptionReport, KeyId},
        time::Timestamp,
    },
    server::services::audit::AuditEvent,
};

/// Returns the event of a change's progress.
pub fn moved(change: &Change, action: AuditAction, now: Timestamp) -> AuditEvent {
    let result =
        change.end.as_ref().map_or_else(|| change.last_lit().word().to_owned(), |end| end.how.word().to_owned());
    // Includes the session, to find the entry in CloudTrail.
    let result = match (&change.evidence.sent_as, &change.evidence.late_refusal) {
        (Some(SentAs { role, session }), _) if action == AuditAction::ChangeSent => {
            format!("{result}, as {role} in session {session}")
        }
        (_, Some(Refusal { aws: Some(aws), .. })) if action == AuditAction::ChangeRejected => {
            format!("{result}; AWS refused late: {}", aws.code)
        }
        _ => result,
    };
    let result = match change.end.as_ref().map(|ending| &ending.how) {
        Some(End::Rejected(Refusal {
            kind: RefusalKind::Precondition(Precondition::NotAuthentic { flaw }), ..
        })) => format!("{result}, not sent: {}", flaw.words()),
        _ => result,
    };
    let request_id = change.evidence.accepted.as_ref().and_then(|acceptance| acceptance.request_id.clone());
    AuditEvent {
        reason: change.intent.reason.clone(),
        before: state_in_words(&change.before()),
        after: change.evidence.last_read.as_ref().map_or_else(String::new, |read| read.observed.to_string()),
        aws_request_id: request_id.unwrap_or_default(),
        result: match &change.evidence.outcome_unknown {
            Some(OutcomeUnknown { why, .. }) if change.evidence.accepted.is_none() => {
                format!("{result}; outcome unknown: {why}")
            }
            _ => result,
        },
        ..AuditEvent::by_server(now, action, &change.intent.arn.to_string())
    }
}

/// Returns the event of a user's request.
pub fn intent(change: &Change, requester: &Requester, action: AuditAction) -> AuditEvent {
    AuditEvent {
        at: change.evidence.cancelled.as_ref().map_or(change.intent.requested_at, |cancelled| cancelled.at),
        actor: requester.user_name.clone(),
        address: requester.address.clone(),
        user_agent: requester.user_agent.clone(),
        action: action.into(),
        target: change.intent.arn.to_string(),
        reason: match &change.intent.quota_reason {
            Some(quota_reason) => format!("{} (with 25 counted in 24 h: {quota_reason})", change.intent.reason),
            None => change.intent.reason.clone(),
        },
        before: state_in_words(&change.before()),
        after: state_wanted(change),
        aws_request_id: String::new(),
        result: change.end.as_ref().map_or("Requested", |end| end.how.word()).to_owned(),
    }
}

/// Returns a state as written to the audit chain.
fn state_in_words(encryption: &EncryptionReport) -> String {
    match encryption {
        EncryptionReport::Encrypted(key) => with_key(key.as_ref()),
        EncryptionReport::NotEncrypted => "NONE".to_owned(),
        EncryptionReport::Unstated(_) => encryption.type_word().to_owned(),
    }
}

/// Returns the state that a change wants.
fn state_wanted(change: &Change) -> String {
    match change.intent.action {
        Action::Disable => "NONE".to_owned(),
        Action::Enable => with_key(change.intent.key.as_ref()),
    }
}

fn with_key(key: Option<&KeyId>) -> String {
    format!("KMS {}", key.map_or("", |key| key.as_str()))
}
