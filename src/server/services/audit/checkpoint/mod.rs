//! Signed checkpoints of the audit chain: its length and the hash of its last row, at a time.
//!
//! The chain by itself reveals changed rows, but someone who can write to the database can truncate it, rewrite all of
//! it, or put an old database back. A checkpoint kept elsewhere, signed with a key that isn't in the database, reveals
//! that too.

mod compare;
mod file;
mod mac;
mod signing;
mod verify;
mod watch;

use std::path::PathBuf;

use self::{
    file::{LockedFile, hash_of},
    signing::in_file,
};
pub use self::{
    mac::MacKey,
    signing::{AcknowledgedAlarm, Checkpoint, CheckpointError, PublicKey, SigningKey},
    verify::{Held, verify},
    watch::{AcknowledgeError, ChainWatch},
};
use super::{GENESIS, Verified, walk};
use crate::{
    model::{
        access::chain_alarm::{Acknowledgement, ChainAlarm},
        time::Timestamp,
    },
    server::adapters::store::{KnownFile, Store, StoreError, Tx, checkpoints as table},
};

/// A key, and the file to append checkpoints to.
#[derive(Debug)]
pub struct Checkpoints {
    pub key: SigningKey,
    pub file: PathBuf,
}

/// What a comparison allows to write next.
enum Next {
    /// Nothing: an alarm is open.
    Alarm(ChainAlarm),
    /// The next checkpoint. The newest alarm, if there was one, was acknowledged, and this file doesn't have to record
    /// that.
    Checkpoint { file: LockedFile, after: Option<Acknowledged> },
    /// The checkpoint with which they start over after an acknowledged alarm.
    Anew { file: LockedFile, after: Acknowledged },
}

/// An alarm that was acknowledged.
#[derive(Debug, Clone)]
struct Acknowledged {
    number: i64,
    alarm: AcknowledgedAlarm,
}

impl Checkpoints {
    /// Compares the chain with the last checkpoint, appends one of the current chain, and returns its line. Only two
    /// rows are read; [`verify`] checks the whole chain.
    ///
    /// # Errors
    /// If they don't match, an alarm is open, the database can't be read, or the file can't be written.
    pub async fn add(&self, store: &Store, now: Timestamp) -> Result<String, CheckpointError> {
        let next = self.compare(store).await?;
        self.write(next, store, now).await?.ok_or(CheckpointError::Alarm)
    }

    /// Writes what a comparison allows, and returns the line; `None` while an alarm is open.
    async fn write(&self, next: Next, store: &Store, now: Timestamp) -> Result<Option<String>, CheckpointError> {
        let (file, previous, begun_after, acknowledged) = match next {
            Next::Alarm(_) => return Ok(None),
            Next::Checkpoint { file, after } => {
                let previous = file.last_hash().unwrap_or_else(|| GENESIS.to_owned());
                (file, previous, after.map_or_else(String::new, |after| after.alarm.mac), None)
            }
            Next::Anew { file, after: Acknowledged { alarm, .. } } => {
                let previous = hash_of(file.whole());
                (file, previous, alarm.mac.clone(), Some(alarm))
            }
        };
        // The file is locked, so that no checkpoint goes back.
        let (seq, head) = store.audit_head().await?.unwrap_or_else(|| (0, GENESIS.to_owned()));
        let is_anew = acknowledged.is_some();
        let checkpoint =
            self.key.sign(Checkpoint { seq, head, at: now, previous, acknowledged, signature: String::new() });
        let line = serde_json::to_string(&checkpoint).map_err(|error| in_file(&self.file, error.into()))?;
        let file = file.add(&line).await?;
        // After the file: what the database knows of it is never ahead of it.
        let known = KnownFile {
            name: self.name(),
            lines: i64::try_from(file.count()).unwrap_or(i64::MAX),
            last_hash: hash_of(line.as_bytes()),
            public_key: self.key.public(),
            begun_after,
            instance: String::new(),
        };
        store.note_checkpoint(&known, is_anew, now).await?;
        Ok(Some(line))
    }

    /// Makes the file known to the database, if it isn't.
    async fn ensure_known(&self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        table::ensure_file(tx, &self.name(), &self.key.public(), now).await
    }

    /// The name of the file among those of all instances: the host's, and the path.
    fn name(&self) -> String {
        let host = rustix::system::uname();
        let path = std::path::absolute(&self.file).unwrap_or_else(|_| self.file.clone());
        format!("{} {}", host.nodename().to_string_lossy(), path.display())
    }

    /// Returns an alarm with its acknowledgement, if there is one that Keystream wrote.
    fn acknowledged(&self, alarm: &ChainAlarm) -> Option<Acknowledged> {
        let acknowledgement = alarm.acknowledgement.as_ref()?;
        let values = authenticated(alarm, acknowledgement);
        let is_valid = self.key.acknowledgements.has_made(&acknowledgement.mac, &values);
        let Acknowledgement { at, by, reason, mac } = acknowledgement.clone();
        let (number, found_at, finding) = (alarm.number, alarm.found_at, alarm.finding.clone());
        let alarm = AcknowledgedAlarm { found_at, finding, at, by, reason, mac };
        is_valid.then_some(Acknowledged { number, alarm })
    }

    /// Returns the acknowledgement with its MAC.
    fn authenticate(
        &self,
        alarm: &ChainAlarm,
        acknowledgement: Acknowledgement,
    ) -> Result<Acknowledgement, serde_json::Error> {
        let mac = self.key.acknowledgements.mac(&authenticated(alarm, &acknowledgement))?;
        Ok(Acknowledgement { mac, ..acknowledgement })
    }
}

/// What the MAC of an acknowledgement covers.
fn authenticated<'a>(
    alarm: &'a ChainAlarm,
    acknowledgement: &'a Acknowledgement,
) -> (i64, i64, &'a str, i64, &'a str, &'a str) {
    let Acknowledgement { at, by, reason, mac: _ } = acknowledgement;
    (alarm.number, alarm.found_at.as_millis(), &alarm.finding, at.as_millis(), by, reason)
}

fn rewritten(seq: i64) -> String {
    format!("row {seq} of the chain isn't the one it was: rows were rewritten, or an older database was put back")
}

fn cut_off(then: i64, now: i64) -> String {
    format!("the chain had {then} rows then and has {now} now: its end was removed, or an older database was put back")
}
