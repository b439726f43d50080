//! The comparison of the chain with the last checkpoint, and of the file with what the database knows of it.

use super::{
    CheckpointError, Checkpoints, LockedFile, Next, PublicKey, cut_off,
    file::{Signatures, parse},
    rewritten,
};
use crate::server::adapters::store::{KnownFile, Store};

impl Checkpoints {
    /// Compares the chain with the last checkpoint, and the file with what the database knows of it.
    ///
    /// # Errors
    /// If they don't match, which [`CheckpointError::finding`] tells, or can't be compared.
    pub(super) async fn compare(&self, store: &Store) -> Result<Next, CheckpointError> {
        let newest = store.newest_chain_alarm().await?;
        let after = newest.as_ref().and_then(|alarm| self.acknowledged(alarm));
        if let (Some(alarm), None) = (newest, &after) {
            return Ok(Next::Alarm(alarm));
        }
        let file = LockedFile::open(&self.file).await?;
        let files = store.checkpoint_files().await?;
        let known = files.iter().find(|known| known.name == self.name());
        // Each file takes an acknowledgement once.
        let is_new = |mac: &str| {
            known.is_some_and(|known| known.begun_after != mac) && !file.has(mac, &PublicKey::of(&self.key))
        };
        if let Some(after) = after.clone().filter(|after| is_new(&after.alarm.mac)) {
            return Ok(Next::Anew { file, after });
        }
        match known {
            Some(known) => self.compare_with_known(&file, known)?,
            None => self.compare_with_others(&file, &files, store).await?,
        }
        self.compare_with_chain(&file, store).await?;
        Ok(Next::Checkpoint { file, after })
    }

    /// The file must still have the last line that the database knows.
    fn compare_with_known(&self, file: &LockedFile, known: &KnownFile) -> Result<(), CheckpointError> {
        let (count, lines) = (file.count(), usize::try_from(known.lines).unwrap_or(usize::MAX));
        if count < lines {
            return Err(self.lost(format!("has {count} checkpoints, and the database knows of {lines}")));
        }
        match file.hash_of_line(lines) {
            Some(hash) if hash != known.last_hash => {
                Err(self.lost(format!("is another one: its line {lines} isn't the one that the database knows")))
            }
            _ => Ok(()),
        }
    }

    /// A new file of another instance is no loss while an instance runs that has compared its own.
    async fn compare_with_others(
        &self,
        file: &LockedFile,
        files: &[KnownFile],
        store: &Store,
    ) -> Result<(), CheckpointError> {
        let is_first = files.is_empty() || !file.whole().is_empty();
        if is_first || store.is_any_alive(files.iter().map(|known| known.instance.as_str())).await? {
            return Ok(());
        }
        Err(self.lost("is empty or new, and the database knows of checkpoints in another file".to_owned()))
    }

    /// The chain must still have the last checkpoint's row.
    async fn compare_with_chain(&self, file: &LockedFile, store: &Store) -> Result<(), CheckpointError> {
        let lines = parse(&self.file, file.whole(), &PublicKey::of(&self.key), Signatures::Last)?;
        let Some((number, last)) = lines.last().filter(|(_, last)| last.seq > 0) else { return Ok(()) };
        let row = store.audit_rows(last.seq, 1).await?.pop().filter(|row| row.seq == last.seq);
        let why = match row {
            Some(row) if row.hash == last.head => return Ok(()),
            Some(_) => rewritten(last.seq),
            None => cut_off(last.seq, store.audit_head().await?.map_or(0, |(seq, _)| seq)),
        };
        Err(CheckpointError::Line { path: self.file.display().to_string(), line: *number, why })
    }

    /// Instances take over each other's changes and acknowledgements, which only their common key authenticates.
    ///
    /// # Errors
    /// If an instance with another key is running, or the database can't be read.
    pub(super) async fn require_one_key(&self, store: &Store) -> Result<(), CheckpointError> {
        let own = self.key.public();
        let files = store.checkpoint_files().await?;
        let others = files.iter().filter(|file| file.public_key != own).map(|file| file.instance.as_str());
        if !store.is_any_alive(others).await? {
            return Ok(());
        }
        let why = "an instance that is running on this database has another key; give all of them the same".to_owned();
        Err(CheckpointError::Key { path: "KEYSTREAM_CHECKPOINT_KEY".to_owned(), why })
    }

    fn lost(&self, why: String) -> CheckpointError {
        CheckpointError::Lost { path: self.file.display().to_string(), why }
    }
}
