//! A checkpoint, and the keys that sign and verify it.

use std::{fs::OpenOptions, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use aws_lc_rs::{
    encoding::AsBigEndian as _,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::mac::MacKey;
use crate::{
    model::time::Timestamp,
    server::adapters::{random, store::StoreError},
};

/// No file of a key is larger.
const LONGEST_KEY: u64 = 64 * 1024;

/// Why a checkpoint couldn't be made or verified.
#[derive(Debug, Error)]
pub enum CheckpointError {
    #[error("{path}: {why}")]
    Key { path: String, why: String },
    /// The message has its cause, which is therefore not a `source`.
    #[error("{path}: {cause}")]
    File { path: String, cause: std::io::Error },
    #[error("{path}, line {line}: {why}")]
    Line { path: String, line: usize, why: String },
    #[error("{path} {why}")]
    Lost { path: String, why: String },
    #[error("the audit chain is broken at row {seq}: {why}")]
    Chain { seq: i64, why: &'static str },
    #[error("an alarm about the audit chain is open; an administrator acknowledges it in Settings")]
    Alarm,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CheckpointError {
    /// Returns what was found, as a sentence without paths, if the chain and its checkpoints don't match; `None` if
    /// they couldn't be compared.
    pub fn finding(&self) -> Option<String> {
        match self {
            Self::Line { line, why, .. } => Some(format!("Line {line} of the checkpoint file: {why}.")),
            Self::Lost { why, .. } => Some(format!("The checkpoint file {why}.")),
            Self::Chain { seq, why } => Some(format!("Row {seq} of the audit chain: {why}.")),
            Self::Key { .. } | Self::File { .. } | Self::Alarm | Self::Store(_) => None,
        }
    }
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
    /// SHA-256 of the previous line, or zeros on the first, so that a removed line shows. With `acknowledged`, of all
    /// of the file before it.
    pub previous: String,
    /// Set where checkpoints start over: the alarm that an administrator acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<AcknowledgedAlarm>,
    /// Ed25519 signature over the other fields, in hex.
    pub signature: String,
}

/// An alarm, and the acknowledgement after which checkpoints start over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgedAlarm {
    pub found_at: Timestamp,
    pub finding: String,
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
    /// The acknowledgement's MAC in the database, which tells it from others.
    pub mac: String,
}

impl Checkpoint {
    fn signed_bytes(&self) -> Vec<u8> {
        let Self { seq, head, at, previous, acknowledged, signature: _ } = self;
        let at = at.as_millis();
        let text = format!("keystream audit checkpoint 1\n{seq}\n{head}\n{at}\n{previous}\n");
        let acknowledged = acknowledged.as_ref().and_then(|acknowledged| serde_json::to_string(acknowledged).ok());
        // On one line: JSON escapes line breaks.
        let more = acknowledged.map_or_else(String::new, |acknowledged| format!("{acknowledged}\n"));
        (text + &more).into_bytes()
    }
}

/// The signing key, and what is derived from it.
#[derive(Debug)]
pub struct SigningKey {
    pair: Ed25519KeyPair,
    /// For what changes send.
    pub intents: MacKey,
    /// For acknowledgements of alarms.
    pub(super) acknowledgements: MacKey,
}

impl SigningKey {
    /// Creates a key and writes it, as PKCS#8 in PEM, to a new file that only its owner can read.
    ///
    /// # Errors
    /// If the file exists or can't be written.
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
    /// If the file can't be read, others may read it, or it contains no such key.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        use std::os::unix::fs::MetadataExt as _;

        let metadata = std::fs::metadata(path).map_err(|source| in_file(path, source))?;
        if !metadata.is_file() || metadata.len() > LONGEST_KEY {
            return Err(not_a_key(path));
        }
        if others_may_use(metadata.uid(), metadata.mode(), rustix::process::geteuid().as_raw()) {
            let why = "others than its owner may read this key; take that from them with chmod 600".to_owned();
            return Err(CheckpointError::Key { path: path.display().to_string(), why });
        }
        Self::parse(path, &std::fs::read_to_string(path).map_err(|source| in_file(path, source))?)
    }

    fn parse(path: &Path, pem: &str) -> Result<Self, CheckpointError> {
        let unusable = || not_a_key(path);
        let document = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unusable())?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(document.secret_pkcs8_der()).map_err(|_| unusable())?;
        let seed = pair.seed().and_then(|seed| seed.as_be_bytes()).map_err(|_| unusable())?;
        let derive = |purpose| MacKey::derive(seed.as_ref(), purpose).map_err(|_| unusable());
        let intents = derive("intents of changes 1")?;
        let acknowledgements = derive("acknowledgements of alarms 1")?;
        Ok(Self { pair, intents, acknowledgements })
    }

    /// Returns the public key in hex, with which checkpoints can be verified but not signed.
    pub fn public(&self) -> String {
        hex::encode(self.pair.public_key().as_ref())
    }

    pub(super) fn sign(&self, mut checkpoint: Checkpoint) -> Checkpoint {
        checkpoint.signature = hex::encode(self.pair.sign(&checkpoint.signed_bytes()).as_ref());
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

    pub(super) fn of(key: &SigningKey) -> Self {
        Self(key.pair.public_key().as_ref().to_vec())
    }

    pub(super) fn has_signed(&self, checkpoint: &Checkpoint) -> bool {
        let signature = hex::decode(&checkpoint.signature).unwrap_or_default();
        UnparsedPublicKey::new(&ED25519, &self.0).verify(&checkpoint.signed_bytes(), &signature).is_ok()
    }
}

/// Returns whether others than the user `own` and root may read or change a file. Kubernetes and systemd hand over a
/// secret as a file of root's that the program's group may read.
fn others_may_use(owner: u32, mode: u32, own: u32) -> bool {
    let is_handed_over = owner == 0 && own != 0;
    mode & if is_handed_over { 0o037 } else { 0o077 } != 0
}

fn not_a_key(path: &Path) -> CheckpointError {
    CheckpointError::Key {
        path: path.display().to_string(),
        why: "not an Ed25519 private key in PEM; make one with `keystream audit key`".to_owned(),
    }
}

pub(super) fn in_file(path: &Path, cause: std::io::Error) -> CheckpointError {
    CheckpointError::File { path: path.display().to_string(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_of_root_may_be_readable_by_a_group() {
        for (owner, mode, own, refused) in [
            (65_532, 0o100_600, 65_532, false),
            (65_532, 0o100_640, 65_532, true),
            (0, 0o100_440, 65_532, false),
            (0, 0o100_640, 65_532, false),
            (0, 0o100_660, 65_532, true),
            (0, 0o100_444, 65_532, true),
            (0, 0o100_640, 0, true),
            (0, 0o100_400, 0, false),
        ] {
            assert_eq!(others_may_use(owner, mode, own), refused, "{owner} {mode:o} {own}");
        }
    }
}
