//! The kinds of audit events. Their dotted names are written here and nowhere else.

use std::fmt;

use serde::{Serialize, Serializer};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Every kind of event that this version writes to the audit chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, EnumString, VariantArray)]
pub enum AuditAction {
    #[strum(serialize = "change.requested")]
    ChangeRequested,
    #[strum(serialize = "change.armed")]
    ChangeArmed,
    #[strum(serialize = "change.refused")]
    ChangeRefused,
    #[strum(serialize = "change.rejected")]
    ChangeRejected,
    #[strum(serialize = "change.cancelled")]
    ChangeCancelled,
    #[strum(serialize = "change.expired")]
    ChangeExpired,
    #[strum(serialize = "change.sent")]
    ChangeSent,
    #[strum(serialize = "change.accepted")]
    ChangeAccepted,
    #[strum(serialize = "change.outcome-unknown")]
    ChangeOutcomeUnknown,
    #[strum(serialize = "change.updating")]
    ChangeUpdating,
    #[strum(serialize = "change.slow")]
    ChangeSlow,
    #[strum(serialize = "change.reached")]
    ChangeReached,
    #[strum(serialize = "change.ended")]
    ChangeEnded,
    #[strum(serialize = "change.closed")]
    ChangeClosed,
    #[strum(serialize = "change.reverted")]
    ChangeReverted,
    #[strum(serialize = "change.proof-by-write-asked")]
    ChangeProofByWriteAsked,
    #[strum(serialize = "change.proof-by-read-asked")]
    ChangeProofByReadAsked,
    #[strum(serialize = "change.proof-done")]
    ChangeProofDone,
    #[strum(serialize = "change.proof-reported")]
    ChangeProofReported,
    #[strum(serialize = "session.signed-in")]
    SessionSignedIn,
    #[strum(serialize = "session.confirmed")]
    SessionConfirmed,
    #[strum(serialize = "session.refused")]
    SessionRefused,
    #[strum(serialize = "session.confirmation-refused")]
    SessionConfirmationRefused,
    #[strum(serialize = "session.signed-out")]
    SessionSignedOut,
    #[strum(serialize = "session.ended")]
    SessionEnded,
    #[strum(serialize = "session.others-ended")]
    SessionOthersEnded,
    #[strum(serialize = "session.logout-refused")]
    SessionLogoutRefused,
    #[strum(serialize = "user.added")]
    UserAdded,
    #[strum(serialize = "user.rights-set")]
    UserRightsSet,
    #[strum(serialize = "user.password-set")]
    UserPasswordSet,
    #[strum(serialize = "user.link-made")]
    UserLinkMade,
    #[strum(serialize = "user.link-revoked")]
    UserLinkRevoked,
    #[strum(serialize = "user.link-refused")]
    UserLinkRefused,
    #[strum(serialize = "user.unlocked")]
    UserUnlocked,
    #[strum(serialize = "user.disabled")]
    UserDisabled,
    #[strum(serialize = "user.enabled")]
    UserEnabled,
    #[strum(serialize = "target.paused")]
    TargetPaused,
    #[strum(serialize = "target.resumed")]
    TargetResumed,
    #[strum(serialize = "request.refused")]
    RequestRefused,
    #[strum(serialize = "audit.exported")]
    AuditExported,
    #[strum(serialize = "audit.alarm")]
    AuditAlarm,
    #[strum(serialize = "audit.alarm-acknowledged")]
    AuditAlarmAcknowledged,
    #[strum(serialize = "server.started")]
    ServerStarted,
    #[strum(serialize = "server.stopped")]
    ServerStopped,
}

impl AuditAction {
    /// Returns the dotted name, used in storage and filters.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The action of a stored event. One from a newer version, unknown to this version, is kept and shown as is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredAction {
    Known(AuditAction),
    Unknown(String),
}

impl StoredAction {
    /// Returns the dotted name.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(action) => action.name(),
            Self::Unknown(name) => name,
        }
    }

    /// Returns whether its events are about a user, whose name is their target.
    pub fn is_about_users(&self) -> bool {
        self.name().split_once('.').is_some_and(|(group, _)| matches!(group, "session" | "user"))
    }
}

impl From<AuditAction> for StoredAction {
    fn from(action: AuditAction) -> Self {
        Self::Known(action)
    }
}

impl From<String> for StoredAction {
    fn from(name: String) -> Self {
        name.parse().map_or(Self::Unknown(name), Self::Known)
    }
}

impl From<&str> for StoredAction {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

impl Serialize for StoredAction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_is_of_one_event() {
        let names: HashSet<&str> = AuditAction::VARIANTS.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), AuditAction::VARIANTS.len());
        for action in AuditAction::VARIANTS {
            assert_eq!(StoredAction::from(action.name()), StoredAction::Known(*action));
            let (group, rest) = action.name().split_once('.').unwrap();
            let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            assert!(is_word(group) && is_word(rest), "{action}");
        }
    }

    #[test]
    fn a_name_of_a_newer_version_is_kept() {
        let action = StoredAction::from("change.teleported");
        assert_eq!(action, StoredAction::Unknown("change.teleported".to_owned()));
        assert_eq!(action.name(), "change.teleported");
        assert_eq!(serde_json::to_string(&action).unwrap(), "\"change.teleported\"");
    }
}
