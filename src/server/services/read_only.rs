//! Whether changes are refused: by the configuration, or while the audit chain doesn't match its checkpoints.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::{
    model::access::chain_alarm::ChainAlarm,
    server::adapters::{
        metrics::families::AUDIT_ALARM,
        store::{StoreError, Tx, checkpoints as table},
    },
};

/// Whether changes are refused. Cheap to clone; all clones say the same.
#[derive(Debug, Clone, Default)]
pub struct ReadOnly {
    is_configured: bool,
    alarm: Arc<Mutex<Option<ChainAlarm>>>,
}

impl ReadOnly {
    /// Creates the state of a server that is read-only by its configuration, or isn't, without an alarm.
    pub fn new(is_configured: bool) -> Self {
        metrics::gauge!(AUDIT_ALARM.name).set(0.0);
        Self { is_configured, alarm: Arc::default() }
    }

    /// Returns whether changes are refused.
    pub fn is_on(&self) -> bool {
        self.is_configured || self.alarm.lock().is_some()
    }

    /// Like [`ReadOnly::is_on`], also for an alarm that another instance has just raised.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn is_on_in(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let newest = table::newest_alarm(tx).await?;
        Ok(self.is_on() || newest.is_some_and(|alarm| alarm.acknowledgement.is_none()))
    }

    /// Returns the alarm about the audit chain, if there is one.
    pub fn alarm(&self) -> Option<ChainAlarm> {
        self.alarm.lock().clone()
    }

    /// Sets the alarm. Returns whether there was none.
    pub fn raise_alarm(&self, alarm: ChainAlarm) -> bool {
        metrics::gauge!(AUDIT_ALARM.name).set(1.0);
        self.alarm.lock().replace(alarm).is_none()
    }

    /// Ends the alarm. Returns whether there was one.
    pub fn end_alarm(&self) -> bool {
        metrics::gauge!(AUDIT_ALARM.name).set(0.0);
        self.alarm.lock().take().is_some()
    }
}
