//! Changes that look unsent and may have been sent: a failover of the database may have lost that.
//!
//! Such a change is never sent, and nobody says that it wasn't: its outcome is unknown until reads show it.

use crate::{
    model::{
        access::audit_action::AuditAction,
        change::{Change, Step},
        time::Timestamp,
    },
    server::{
        adapters::store::{
            StoreError, Tx, changes as table,
            history::{self, Continuity},
        },
        services::{audit, changes::audit_events},
    },
};

/// Why it isn't known whether a change was sent.
const FAILED_OVER: &str =
    "the database failed over or was restored after this change was recorded, and may have lost that it was sent";
const HIDDEN: &str =
    "the database may have failed over after this change was recorded, and may have lost that it was sent";

/// Who finds that a change looks unsent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finder {
    /// Whoever works on it, or cancels it meanwhile: only a failover can have lost anything.
    Present,
    /// Whoever takes it over, and can't know what happened before.
    Successor,
}

/// Records in a transaction that a change that looks unsent may have been sent, if so. Returns whether it was recorded:
/// then whoever found it has to commit that, and nothing else.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn record(tx: &mut Tx, change: &mut Change, finder: Finder, at: Timestamp) -> Result<bool, StoreError> {
    if change.evidence.sent_at.is_some() || !change.is_active() {
        return Ok(false);
    }
    let why = match history::continuity(tx, &change.id).await? {
        Continuity::Broken => FAILED_OVER,
        Continuity::Unknown if finder == Finder::Successor => HIDDEN,
        Continuity::Whole | Continuity::Unknown => return Ok(false),
    };
    change.apply(Step::MaybeSent { at: at.max(change.latest_evidence()), why: why.to_owned() });
    table::write(tx, change).await?;
    audit::append(tx, audit_events::moved(change, AuditAction::ChangeOutcomeUnknown, at)).await?;
    Ok(true)
}
