//! A checkpoint file: locking it, parsing its lines, and adding one.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{
    super::GENESIS,
    signing::{Checkpoint, CheckpointError, PublicKey, in_file},
};
use crate::server::adapters::tasks;

/// The largest file that is read: decades of hourly checkpoints.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A checkpoint file that is locked: nobody else adds a line meanwhile.
#[derive(Debug)]
pub struct LockedFile {
    path: PathBuf,
    file: File,
    /// Its complete lines, without the rest of an interrupted write.
    whole: Vec<u8>,
    is_torn: bool,
}

/// The checkpoints since they last began anew, each with the number of its line.
#[derive(Debug, Default)]
pub struct Lines(pub Vec<(usize, Checkpoint)>);

impl LockedFile {
    /// Opens and locks a file, creating it if it is missing, and reads it.
    ///
    /// # Errors
    /// If it can't be opened, created, locked or read, or is too large.
    pub async fn open(path: &Path) -> Result<Self, CheckpointError> {
        let path = path.to_owned();
        blocking(&path.clone(), move || {
            let mut file = File::options().create(true).read(true).append(true).mode(0o600).open(&path)?;
            // Or two writers would follow the same line.
            file.lock()?;
            let mut whole = content_of(&mut file)?;
            let length = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let is_torn = length < whole.len();
            whole.truncate(length);
            Ok(Self { path, file, whole, is_torn })
        })
        .await
    }

    /// Returns its content, up to the last whole line.
    pub fn whole(&self) -> &[u8] {
        &self.whole
    }

    /// Returns whether checkpoints began anew after this acknowledgement, named by its MAC.
    pub fn has(&self, mac: &str, key: &PublicKey) -> bool {
        let begun = lines_of(&self.whole).filter_map(acknowledgement).filter(|checkpoint| key.has_signed(checkpoint));
        begun.filter_map(|checkpoint| checkpoint.acknowledged).any(|acknowledged| acknowledged.mac == mac)
    }

    /// Returns the number of its lines.
    pub fn count(&self) -> usize {
        lines_of(&self.whole).count()
    }

    /// Returns the hash of the line with a number, from 1.
    pub fn hash_of_line(&self, number: usize) -> Option<String> {
        lines_of(&self.whole).nth(number.checked_sub(1)?).map(hash_of)
    }

    /// Returns the hash of the last line.
    pub fn last_hash(&self) -> Option<String> {
        lines_of(&self.whole).last().map(hash_of)
    }

    /// Adds a line, which is on disk when this returns.
    ///
    /// # Errors
    /// If it can't be written; then the file is as it was, as far as it can be.
    pub async fn add(mut self, line: &str) -> Result<Self, CheckpointError> {
        let (path, line) = (self.path.clone(), format!("{line}\n"));
        blocking(&path, move || {
            let length = u64::try_from(self.whole.len()).map_err(io::Error::other)?;
            if self.is_torn {
                self.file.set_len(length)?;
                self.is_torn = false;
            }
            if let Err(error) = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all()) {
                // A full disk may have taken a part of it.
                self.file.set_len(length)?;
                return Err(error);
            }
            self.whole.extend_from_slice(line.as_bytes());
            Ok(self)
        })
        .await
    }
}

/// Reads a file as it is, for `keystream audit verify`.
///
/// # Errors
/// If it can't be read, or is too large.
pub fn read(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    File::open(path).and_then(|mut file| content_of(&mut file)).map_err(|source| in_file(path, source))
}

fn content_of(file: &mut File) -> io::Result<Vec<u8>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it isn't a file"));
    }
    if metadata.len() > LARGEST {
        return Err(io::Error::other("it is larger than 64 MiB"));
    }
    let mut content = Vec::new();
    file.take(LARGEST).read_to_end(&mut content)?;
    Ok(content)
}

/// Which signatures to verify. Each line contains the hash of the one before it, so the last signature vouches for all;
/// but only all of them tell which line was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    All,
    Last,
}

/// Parses the checkpoints since they last began anew, each signed, following the previous one, and not going back.
///
/// # Errors
/// Returns the first line that doesn't fit.
pub fn parse(path: &Path, content: &[u8], key: &PublicKey, signatures: Signatures) -> Result<Lines, CheckpointError> {
    let begun = begin(content, key);
    let (offset, lines_before) = begun.unwrap_or_default();
    let mut checkpoints: Vec<(usize, Checkpoint)> = Vec::new();
    let mut previous = GENESIS.to_owned();
    let mut lines = lines_of(content.get(offset..).unwrap_or_default()).enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let number = lines_before + index + 1;
        let wrong =
            |why: &str| CheckpointError::Line { path: path.display().to_string(), line: number, why: why.to_owned() };
        let checkpoint: Checkpoint = serde_json::from_slice(line).map_err(|_| wrong("this is not a checkpoint"))?;
        if (signatures == Signatures::All || lines.peek().is_none()) && !key.has_signed(&checkpoint) {
            return Err(wrong("this key has not signed it"));
        }
        // Where they began anew, all of the file before was compared.
        if checkpoint.previous != previous && (index > 0 || begun.is_none()) {
            return Err(wrong("it does not follow the line before it: a line is missing"));
        }
        if checkpoints.last().is_some_and(|(_, before)| before.seq > checkpoint.seq) {
            return Err(wrong("the chain is shorter in it than before"));
        }
        previous = hash_of(line);
        checkpoints.push((number, checkpoint));
    }
    Ok(Lines(checkpoints))
}

/// Returns the offset of the line with which checkpoints last began anew, and the number of lines before it: the last
/// acknowledgement that this key has signed and that fits all of the file before it.
fn begin(content: &[u8], key: &PublicKey) -> Option<(usize, usize)> {
    let mut offset = 0;
    let mut begun = None;
    for (index, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let checkpoint = acknowledgement(line).filter(|checkpoint| key.has_signed(checkpoint));
        let before = content.get(..offset).unwrap_or_default();
        if checkpoint.is_some_and(|checkpoint| checkpoint.previous == hash_of(before)) {
            begun = Some((offset, index));
        }
        offset += line.len();
    }
    begun
}

fn acknowledgement(line: &[u8]) -> Option<Checkpoint> {
    // Parsing every line of an old file would take long.
    memchr::memmem::find(line, b"\"acknowledged\"")?;
    let checkpoint: Checkpoint = serde_json::from_slice(line).ok()?;
    checkpoint.acknowledged.is_some().then_some(checkpoint)
}

fn lines_of(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

impl Lines {
    /// Returns the last checkpoint, and the number of its line.
    pub fn last(&self) -> Option<&(usize, Checkpoint)> {
        self.0.last()
    }
}

async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, CheckpointError> {
    let done = tasks::spawn_blocking(work).await.map_err(io::Error::other).flatten();
    done.map_err(|source| in_file(path, source))
}

/// Returns the SHA-256 of a part of a file, in hex.
pub fn hash_of(part: &[u8]) -> String {
    hex::encode(Sha256::digest(part))
}
