//! Signed checkpoints of the audit chain: its length and the hash of its last row, at a time.
//!
//! The chain by itself reveals changed rows, but someone who can write to the database can truncate it or rewrite all
//! of it. A checkpoint kept elsewhere, signed with a key that isn't in the database, reveals that too.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::{GENESIS, Verified, walk};
use crate::{
    model::time::{HOUR_MS, Timestamp},
    server::adapters::{
        clock::Clock,
        random,
        store::{Store, StoreError},
        tasks,
    },
};

/// The time between two checkpoints of a running server.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// A longer gap is reported: a server was down, or someone removed the last checkpoints.
const GAP_MS: i64 = 2 * HOUR_MS;

/// Why a checkpoint couldn't be made or verified.
#[derive(Debug, Error)]
pub enum CheckpointError {
    #[error("{path}: {why}")]
    Key { path: String, why: String },
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path}, line {line}: {why}")]
    Line { path: String, line: usize, why: String },
    #[error("the audit chain is broken at row {seq}: {why}")]
    Chain { seq: i64, why: &'static str },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One line of a checkpoint file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The number of rows in the chain.
    pub seq: i64,
    /// The hash of the last row.
    pub head: String,
    /// The time, in milliseconds since 1970 UTC.
    pub at: Timestamp,
    /// SHA-256 of the previous line, or zeros on the first, so that a removed line shows.
    pub previous: String,
    /// Ed25519 signature over the other fields, in hex.
    pub signature: String,
}

impl Checkpoint {
    fn signed_bytes(&self) -> Vec<u8> {
        format!(
            "keystream audit checkpoint 1\n{}\n{}\n{}\n{}\n",
            self.seq,
            self.head,
            self.at.as_millis(),
            self.previous
        )
        .into_bytes()
    }
}

/// The signing key.
#[derive(Debug)]
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Creates a key and writes it, as PKCS#8 in PEM, to a new file that only its owner can read.
    ///
    /// # Errors
    /// When the file exists or can't be written.
    pub fn create(path: &Path) -> Result<Self, CheckpointError> {
        let unusable = |why: &str| CheckpointError::Key { path: path.display().to_string(), why: why.to_owned() };
        let document =
            Ed25519KeyPair::generate_pkcs8v1(&random::for_keys()).map_err(|_| unusable("no key could be made"))?;
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(document.as_ref()));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| in_file(path, source))?;
        file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(|source| in_file(path, source))?;
        Self::parse(path, &pem)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// When the file can't be read, others may read it, or it contains no such key.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = std::fs::metadata(path).map_err(|source| in_file(path, source))?.permissions().mode();
        if mode & 0o077 != 0 {
            let why = "others than its owner may read this key; take that from them with chmod 600".to_owned();
            return Err(CheckpointError::Key { path: path.display().to_string(), why });
        }
        Self::parse(path, &std::fs::read_to_string(path).map_err(|source| in_file(path, source))?)
    }

    fn parse(path: &Path, pem: &str) -> Result<Self, CheckpointError> {
        let unusable = || CheckpointError::Key {
            path: path.display().to_string(),
            why: "not an Ed25519 private key in PEM; make one with `keystream audit key`".to_owned(),
        };
        let document = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unusable())?;
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(document.secret_pkcs8_der()).map(Self).map_err(|_| unusable())
    }

    /// The public key in hex, with which checkpoints can be verified but not signed.
    pub fn public(&self) -> String {
        hex::encode(self.0.public_key().as_ref())
    }

    fn sign(&self, mut checkpoint: Checkpoint) -> Checkpoint {
        checkpoint.signature = hex::encode(self.0.sign(&checkpoint.signed_bytes()).as_ref());
        checkpoint
    }
}

/// A public key, as [`SigningKey::public`] writes it.
#[derive(Debug, Clone)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Parses 32 bytes in hex; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode(text.trim()).ok().filter(|bytes| bytes.len() == 32).map(Self)
    }

    fn has_signed(&self, checkpoint: &Checkpoint) -> bool {
        let signature = hex::decode(&checkpoint.signature).unwrap_or_default();
        UnparsedPublicKey::new(&ED25519, &self.0).verify(&checkpoint.signed_bytes(), &signature).is_ok()
    }
}

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
    /// When the database can't be read or the file can't be written.
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
/// The first row or line that doesn't match.
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

fn in_file(path: &Path, source: std::io::Error) -> CheckpointError {
    CheckpointError::File { path: path.display().to_string(), source }
}
