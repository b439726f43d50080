//! Audit rows as the audit page shows them.

use super::pages::AuditCard;
use crate::model::{
    access::{
        audit_action::{AuditAction, StoredAction},
        audit_event::{AuditRow, SERVER},
        audit_query::Ignored,
    },
    stream::{StreamArn, StreamId},
};

impl From<AuditRow> for AuditCard {
    fn from(row: AuditRow) -> Self {
        let event = row.event;
        let stream = event.target.parse().ok().map(|arn: StreamArn| StreamId::from(&arn));
        let states = match (event.before.as_str(), event.after.as_str()) {
            ("", after) => after.to_owned(),
            (before, "") => format!("was {before}"),
            (before, after) => format!("{before} \u{2192} {after}"),
        };
        Self {
            seq: row.seq,
            at: event.at,
            is_by_server: event.actor == SERVER,
            event: event_in_words(&event.action),
            actor: event.actor,
            action: event.action.name().to_owned(),
            target: stream.as_ref().map_or(event.target, |stream| stream.name.to_string()),
            stream,
            reason: event.reason,
            states,
            result: event.result,
            aws_request_id: event.aws_request_id,
            address: event.address,
            user_agent: event.user_agent,
        }
    }
}

/// Says which value of the address was ignored.
pub fn ignored(ignored: &Ignored) -> String {
    format!("{} \u{201c}{}\u{201d} was ignored", ignored.parameter, ignored.value)
}

/// Says what happened.
const fn event_in_words(action: &StoredAction) -> &'static str {
    match action {
        StoredAction::Known(action) => words_of(*action),
        StoredAction::Unknown(_) => "Event of another version",
    }
}

const fn words_of(action: AuditAction) -> &'static str {
    match action {
        AuditAction::ChangeRequested => "Change requested",
        AuditAction::ChangeArmed => "Change to be sent when ACTIVE",
        AuditAction::ChangeRefused => "Change refused",
        AuditAction::ChangeRejected => "Change rejected",
        AuditAction::ChangeCancelled => "Change cancelled",
        AuditAction::ChangeExpired => "Change expired",
        AuditAction::ChangeSent => "Change sent to AWS",
        AuditAction::ChangeAccepted => "Change accepted by AWS",
        AuditAction::ChangeOutcomeUnknown => "Outcome unknown",
        AuditAction::ChangeUpdating => "AWS reported UPDATING",
        AuditAction::ChangeSlow => "Change is slow",
        AuditAction::ChangeReached => "Wanted state reached",
        AuditAction::ChangeEnded => "Change ended",
        AuditAction::ChangeClosed => "Change closed as not established",
        AuditAction::ChangeReverted => "Change reverted",
        AuditAction::ChangeProofByWriteAsked => "Check by writing requested",
        AuditAction::ChangeProofByReadAsked => "Check by reading requested",
        AuditAction::ChangeProofDone => "Check finished",
        AuditAction::ChangeProofReported => "Producer's answer reported",
        AuditAction::SessionSignedIn => "Signed in",
        AuditAction::SessionConfirmed => "Identity confirmed",
        AuditAction::SessionRefused => "Sign-in refused",
        AuditAction::SessionConfirmationRefused => "Confirmation refused",
        AuditAction::SessionSignedOut => "Signed out",
        AuditAction::SessionEnded => "Session ended",
        AuditAction::SessionLogoutRefused => "Logout of the company's provider refused",
        AuditAction::SessionOthersEnded => "Other sessions ended",
        AuditAction::UserAdded => "User added",
        AuditAction::UserRightsSet => "Role and streams set",
        AuditAction::UserPasswordSet => "Password set",
        AuditAction::UserLinkMade => "One-time link made",
        AuditAction::UserLinkRevoked => "One-time link revoked",
        AuditAction::UserLinkRefused => "One-time link refused",
        AuditAction::UserUnlocked => "Sign-in delay cleared",
        AuditAction::UserDisabled => "User disabled",
        AuditAction::UserEnabled => "User enabled",
        AuditAction::TargetPaused => "Target paused",
        AuditAction::TargetResumed => "Target resumed",
        AuditAction::RequestRefused => "Request refused",
        AuditAction::AuditExported => "Audit chain exported",
        AuditAction::AuditAlarm => "Audit chain doesn't match its checkpoints",
        AuditAction::AuditAlarmAcknowledged => "Audit alarm acknowledged",
        AuditAction::ServerStarted => "Server started",
        AuditAction::ServerStopped => "Server stopped",
    }
}
