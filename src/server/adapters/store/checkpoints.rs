//! The tables of checkpoint files and of alarms about the audit chain.

use super::{
    On, Store, StoreError, Tx,
    database::{execute, fetch, from_row},
    presence,
};
use crate::model::{
    access::chain_alarm::{Acknowledgement, ChainAlarm},
    time::Timestamp,
};

/// What the database knows of a checkpoint file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// The host's name and the file's path.
    pub name: String,
    /// How many lines it has.
    pub lines: i64,
    /// SHA-256 of the last line.
    pub last_hash: String,
    /// The public key that signed the last line.
    pub public_key: String,
    /// The MAC of the newest acknowledgement when the last line was written; empty if there was none.
    pub begun_after: String,
    /// The instance that wrote it.
    pub instance: String,
}

struct FileRow {
    name: String,
    lines: i64,
    last_hash: String,
    public_key: String,
    begun_after: String,
    instance: String,
}
from_row!(FileRow { name, lines, last_hash, public_key, begun_after, instance });

impl From<FileRow> for KnownFile {
    fn from(row: FileRow) -> Self {
        let FileRow { name, lines, last_hash, public_key, begun_after, instance } = row;
        Self { name, lines, last_hash, public_key, begun_after, instance }
    }
}

struct AlarmRow {
    number: i64,
    found_at: i64,
    finding: String,
    acknowledged_at: Option<i64>,
    acknowledged_by: String,
    reason: String,
    mac: String,
}
from_row!(AlarmRow { number, found_at, finding, acknowledged_at, acknowledged_by, reason, mac });

impl From<AlarmRow> for ChainAlarm {
    fn from(row: AlarmRow) -> Self {
        let (by, reason, mac) = (row.acknowledged_by, row.reason, row.mac);
        let acknowledgement = |at| Acknowledgement { at: Timestamp::from_millis(at), by, reason, mac };
        Self {
            number: row.number,
            found_at: Timestamp::from_millis(row.found_at),
            finding: row.finding,
            acknowledgement: row.acknowledged_at.map(acknowledgement),
        }
    }
}

impl Store {
    /// All checkpoint files that the database knows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn checkpoint_files(&self) -> Result<Vec<KnownFile>, StoreError> {
        let rows = fetch!(
            all as FileRow,
            &self.reader,
            "SELECT name, lines, last_hash, public_key, begun_after, instance FROM checkpoint_files ORDER BY name"
        )?;
        Ok(rows.into_iter().map(KnownFile::from).collect())
    }

    /// Notes the last line of a checkpoint file. Unless checkpoints start over, a later line that is noted already
    /// stays. A command is no instance: the file stays that of the one it belongs to.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_checkpoint(&self, file: &KnownFile, is_anew: bool, now: Timestamp) -> Result<(), StoreError> {
        let instance = if self.shared.presence.is_some() { self.instance() } else { "" };
        let mut tx = self.write().await?;
        execute!(
            tx.on(),
            "INSERT INTO checkpoint_files (name, lines, last_hash, written_at, public_key, begun_after, instance)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (name) DO UPDATE SET lines = excluded.lines, last_hash = excluded.last_hash,
                written_at = excluded.written_at, public_key = excluded.public_key,
                begun_after = excluded.begun_after,
                instance = CASE WHEN excluded.instance = '' THEN checkpoint_files.instance
                    ELSE excluded.instance END
             WHERE checkpoint_files.lines <= excluded.lines OR $8 = 1",
            &file.name,
            file.lines,
            &file.last_hash,
            now.as_millis(),
            &file.public_key,
            &file.begun_after,
            instance,
            i64::from(is_anew),
        )?;
        tx.commit().await
    }

    /// Whether one of these instances, other than this one, is running.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn is_any_alive(&self, instances: impl Iterator<Item = &str> + Send) -> Result<bool, StoreError> {
        let others: Vec<&str> = instances.filter(|instance| !["", self.instance()].contains(instance)).collect();
        if !self.is_shared() || others.is_empty() {
            return Ok(false);
        }
        let mut tx = self.write().await?;
        for instance in others {
            if let On::Postgres(on) = tx.on()
                && !presence::is_gone(on, instance).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The newest alarm about the audit chain.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn newest_chain_alarm(&self) -> Result<Option<ChainAlarm>, StoreError> {
        let row =
            fetch!(optional as AlarmRow, &self.reader, "SELECT * FROM chain_alarms ORDER BY number DESC LIMIT 1")?;
        Ok(row.map(ChainAlarm::from))
    }
}

/// Makes a file known that has no line yet, unless it is known.
///
/// # Errors
/// When the database cannot be written.
pub async fn ensure_file(tx: &mut Tx, name: &str, public_key: &str, now: Timestamp) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "INSERT INTO checkpoint_files (name, lines, last_hash, written_at, public_key, begun_after, instance)
         VALUES ($1, 0, '', $2, $3, '', '') ON CONFLICT (name) DO NOTHING",
        name,
        now.as_millis(),
        public_key,
    )?;
    Ok(())
}

/// The newest alarm, as this transaction sees it.
///
/// # Errors
/// When the database cannot be read.
pub async fn newest_alarm(tx: &mut Tx) -> Result<Option<ChainAlarm>, StoreError> {
    let row = fetch!(optional as AlarmRow, tx.on(), "SELECT * FROM chain_alarms ORDER BY number DESC LIMIT 1")?;
    Ok(row.map(ChainAlarm::from))
}

/// Records an alarm that nobody has acknowledged.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_alarm(tx: &mut Tx, alarm: &ChainAlarm) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "INSERT INTO chain_alarms (number, found_at, finding) VALUES ($1, $2, $3)",
        alarm.number,
        alarm.found_at.as_millis(),
        &alarm.finding,
    )?;
    Ok(())
}

/// Records the acknowledgement of an alarm.
///
/// # Errors
/// When the database cannot be written.
pub async fn acknowledge_alarm(tx: &mut Tx, number: i64, acknowledgement: &Acknowledgement) -> Result<(), StoreError> {
    execute!(
        tx.on(),
        "UPDATE chain_alarms SET acknowledged_at = $1, acknowledged_by = $2, reason = $3, mac = $4 WHERE number = $5",
        acknowledgement.at.as_millis(),
        &acknowledgement.by,
        &acknowledgement.reason,
        &acknowledgement.mac,
        number,
    )?;
    Ok(())
}

/// Forgets files that nobody has written since `before`. Returns how many.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    execute!(tx.on(), "DELETE FROM checkpoint_files WHERE written_at < $1", before.as_millis())
}
