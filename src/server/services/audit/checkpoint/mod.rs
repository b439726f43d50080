//! Signed checkpoints of the audit chain: its length and the hash of its last row, at a time.
//!
//! The chain by itself reveals changed rows, but someone who can write to the database can truncate it or rewrite all
//! of it. A checkpoint kept elsewhere, signed with a key that isn't in the database, reveals that too.

mod signing;

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use self::signing::in_file;
pub use self::signing::{Checkpoint, CheckpointError, PublicKey, SigningKey};
use super::{GENESIS, Verified, walk};
use crate::{
    model::time::{HOUR_MS, Timestamp},
    server::adapters::{clock::Clock, store::Store, tasks},
};

/// The time between two checkpoints of a running server.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// A longer gap is reported: a server was down, or someone removed the last checkpoints.
const GAP_MS: i64 = 2 * HOUR_MS;

/// A key, and the file to append checkpoints to.
#[derive(Debug)]
pub struct Checkpoints {
    pub key: SigningKey,
    pub file: PathBuf,
}

impl Checkpoints {
    /// Appends a checkpoint of the current chain, and returns its line. Only the last row is read; `keystream audit
    /// verify` checks the whole chain.
    ///
    /// # Errors
    /// If the database can't be read or the file can't be written.
    pub async fn add(&self, store: &Store, now: Timestamp) -> Result<String, CheckpointError> {
        let failed = |source| in_file(&self.file, source);
        // Locked until the line is written, or two writers of one file would follow the same line. The last row is read
        // under the lock, so that no checkpoint goes back.
        let mut file = File::options().create(true).read(true).append(true).open(&self.file).map_err(failed)?;
        file = tasks::spawn_blocking(move || file.lock().map(|()| file))
            .await
            .map_err(std::io::Error::other)
            .flatten()
            .map_err(failed)?;
        let (seq, head) = store.audit_head().await?.unwrap_or_else(|| (0, GENESIS.to_owned()));
        let mut written = String::new();
        file.read_to_string(&mut written).map_err(failed)?;
        if !written.is_empty() && !written.ends_with('\n') {
            let why = "it is not whole: a write broke off. Take it out, and this file goes on".to_owned();
            return Err(CheckpointError::Line {
                path: self.file.display().to_string(),
                line: written.lines().count(),
                why,
            });
        }
        let previous = written.lines().next_back().map_or_else(|| GENESIS.to_owned(), hash_of);
        let checkpoint = self.key.sign(Checkpoint { seq, head, at: now, previous, signature: String::new() });
        let line = serde_json::to_string(&checkpoint).unwrap_or_default();
        file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(line)
    }

    /// Adds checkpoints at the start, every hour, and at the end.
    pub async fn run(self: Arc<Self>, store: Store, clock: Arc<dyn Clock>, stop: CancellationToken) {
        loop {
            let is_last = stop.is_cancelled();
            if let Err(error) = self.add(&store, clock.now()).await {
                tracing::error!(%error, "no checkpoint of the audit chain could be written: {error}");
            }
            if is_last {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = clock.sleep(EVERY) => {}
            }
        }
    }
}

/// The result of a successful verification.
#[derive(Debug, PartialEq, Eq)]
pub struct Held {
    pub rows: i64,
    pub head: String,
    pub checkpoints: usize,
    /// When the last checkpoint was made, and the number of rows since.
    pub last: Option<(Timestamp, i64)>,
    /// Gaps of more than two hours.
    pub gaps: Vec<(Timestamp, Timestamp)>,
}

/// Verifies the chain, and the checkpoints of a file against it.
///
/// # Errors
/// Returns the first row or line that doesn't match.
pub async fn verify(store: &Store, path: &Path, key: &PublicKey) -> Result<Held, CheckpointError> {
    let text = std::fs::read_to_string(path).map_err(|source| in_file(path, source))?;
    let lines = read_lines(path, &text, key)?;
    let mut to_meet = lines.iter().enumerate().filter(|(_, checkpoint)| checkpoint.seq > 0).peekable();
    let mut differing = None;
    let verified = walk(store, |seq, hash| {
        while let Some((index, checkpoint)) = to_meet.next_if(|(_, checkpoint)| checkpoint.seq <= seq) {
            if checkpoint.head != hash && differing.is_none() {
                differing = Some((index, seq));
            }
        }
    })
    .await?;
    let does_not_hold =
        |index: usize, why: String| CheckpointError::Line { path: path.display().to_string(), line: index + 1, why };
    if let Some((index, seq)) = differing {
        return Err(does_not_hold(index, format!("row {seq} is another one than it was: the chain was written anew")));
    }
    let (rows, head) = match verified {
        Verified::Whole { rows, head } => (rows, head),
        Verified::Broken { seq, why } => return Err(CheckpointError::Chain { seq, why }),
    };
    if let Some((index, checkpoint)) = to_meet.peek() {
        let why = format!("the chain had {} rows then and has {rows} now: its end was cut off", checkpoint.seq);
        return Err(does_not_hold(*index, why));
    }
    let gaps = lines
        .windows(2)
        .map(|pair| (pair[0].at, pair[1].at))
        .filter(|(from, to)| to.millis_since(*from) > GAP_MS)
        .collect();
    let last = lines.last().map(|checkpoint| (checkpoint.at, rows - checkpoint.seq));
    Ok(Held { rows, head, checkpoints: lines.len(), last, gaps })
}

/// Parses a file's checkpoints, each signed, following the previous one, and not going back.
fn read_lines(path: &Path, text: &str, key: &PublicKey) -> Result<Vec<Checkpoint>, CheckpointError> {
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    let mut previous = GENESIS.to_owned();
    for (index, line) in text.lines().enumerate() {
        let wrong = |why: &str| CheckpointError::Line {
            path: path.display().to_string(),
            line: index + 1,
            why: why.to_owned(),
        };
        let checkpoint: Checkpoint = serde_json::from_str(line).map_err(|_| wrong("this is not a checkpoint"))?;
        if !key.has_signed(&checkpoint) {
            return Err(wrong("this key has not signed it"));
        }
        if checkpoint.previous != previous {
            return Err(wrong("it does not follow the line before it: a line is missing"));
        }
        if checkpoints.last().is_some_and(|before| before.seq > checkpoint.seq) {
            return Err(wrong("the chain is shorter in it than before"));
        }
        previous = hash_of(line);
        checkpoints.push(checkpoint);
    }
    Ok(checkpoints)
}

fn hash_of(line: &str) -> String {
    hex::encode(Sha256::digest(line.as_bytes()))
}
