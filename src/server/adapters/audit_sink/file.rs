//! A file that the audit chain is appended to. What it ends with says how far it came, so each row is in it once,
//! whenever Keystream was killed.
//!
//! The file is opened anew for every batch: it may have been rotated since.

use std::{
    fs::{File, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{batch::Batch, error::SinkError};
use crate::{model::access::chain_place::ChainPlace, server::adapters::tasks};

/// How much of the file's end is read to find the last row: enough for nearly all, and for the longest.
const WINDOWS: [u64; 2] = [64 * 1024, 4 * 1024 * 1024];
/// What the line of every row begins with.
const ROW_BEGINS: &[u8] = b"{\"seq\":";

/// A file that the audit chain is appended to.
#[derive(Debug, Clone)]
pub struct FileSink(pub PathBuf);

/// The end of a file.
struct End {
    /// The length up to the last whole line.
    whole: u64,
    /// Whether a part of a line follows.
    is_torn: bool,
    last: Option<ChainPlace>,
}

/// What a line says of its place.
#[derive(Deserialize)]
struct Line {
    seq: i64,
    hash: String,
}

impl FileSink {
    /// Appends a batch that follows the row `after`, unless the file ends with another one. The rows are on disk when
    /// this returns.
    ///
    /// # Errors
    /// If the file ends with another row, isn't one of the audit chain, or can't be written.
    pub async fn deliver(&self, after: &ChainPlace, batch: &Batch) -> Result<(), SinkError> {
        let (path, after, lines) = (self.0.clone(), after.clone(), batch.lines.clone());
        let appended = tasks::spawn_blocking(move || append(&path, &after, &lines)).await;
        match appended.map_err(io::Error::other).flatten() {
            Ok(None) => Ok(()),
            Ok(Some(last)) => Err(SinkError::EndsWith(last)),
            Err(error) => Err(SinkError::File(error)),
        }
    }
}

/// Appends lines, unless the file ends with another row than `after`, which is then returned. An empty file follows
/// any row: it was rotated.
fn append(path: &Path, after: &ChainPlace, lines: &[u8]) -> io::Result<Option<ChainPlace>> {
    let mut file = File::options().create(true).read(true).append(true).mode(0o600).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it isn't a file"));
    }
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(io::Error::other("another process has locked it")),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let End { whole, is_torn, last } = end_of(&mut file)?;
    match last {
        Some(last) if last != *after => {
            // Whoever wrote it may have been killed before it was on disk.
            file.sync_all()?;
            return Ok(Some(last));
        }
        Some(_) => {}
        // A new file is lost with its name.
        None => sync_directory(path)?,
    }
    if is_torn {
        file.set_len(whole)?;
    }
    if let Err(error) = file.write_all(lines).and_then(|()| file.sync_all()) {
        // A full disk may have taken a part of them.
        file.set_len(whole)?;
        return Err(error);
    }
    Ok(None)
}

/// Reads the end of a file, and changes nothing: it may be one of something else.
fn end_of(file: &mut File) -> io::Result<End> {
    let length = file.metadata()?.len();
    for window in WINDOWS {
        let begin = length.saturating_sub(window);
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(begin))?;
        Read::take(&mut *file, window).read_to_end(&mut text)?;
        let is_all = begin == 0;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map(|end| end + 1);
        let Some(whole) = whole.or(is_all.then_some(0)) else { continue };
        let (lines, torn) = text.split_at(whole);
        if !ROW_BEGINS.starts_with(torn) && !torn.starts_with(ROW_BEGINS) {
            return Err(not_ours());
        }
        let line = lines.strip_suffix(b"\n").unwrap_or(lines);
        let start = line.iter().rposition(|byte| *byte == b'\n').map(|end| end + 1);
        let Some(start) = start.or(is_all.then_some(0)) else { continue };
        let last = if lines.is_empty() { None } else { Some(place_of(line.split_at(start).1)?) };
        let before = u64::try_from(whole).map_err(io::Error::other)?;
        return Ok(End { whole: begin + before, is_torn: !torn.is_empty(), last });
    }
    Err(not_ours())
}

fn place_of(line: &[u8]) -> io::Result<ChainPlace> {
    let Line { seq, hash } = serde_json::from_slice(line).map_err(|_| not_ours())?;
    Ok(ChainPlace { seq, hash })
}

fn not_ours() -> io::Error {
    io::Error::other("it ends with something other than rows of the audit chain, and is left as it is")
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seq: i64) -> String {
        format!("{{\"seq\":{seq},\"prev_hash\":\"\",\"hash\":\"h{seq}\",\"reason\":\"\"}}\n")
    }

    fn place(seq: i64) -> ChainPlace {
        ChainPlace { seq, hash: format!("h{seq}") }
    }

    /// Appends a row after another one to a file with this text. Returns what that said, and the file's text.
    fn after(text: &str, last: i64) -> (Result<Option<ChainPlace>, String>, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        std::fs::write(&path, text).unwrap();
        let said = append(&path, &place(last), row(last + 1).as_bytes()).map_err(|error| error.to_string());
        (said, std::fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn a_row_follows_the_row_before_it() {
        let two = format!("{}{}", row(1), row(2));
        let three = format!("{two}{}", row(3));
        assert_eq!(after(&two, 2), (Ok(None), three.clone()));
        assert_eq!(after("", 2), (Ok(None), row(3)), "the file was rotated");
        assert_eq!(after(&three, 1), (Ok(Some(place(3))), three.clone()));
        assert_eq!(after(&row(1), 2), (Ok(Some(place(1))), row(1)));
        let torn = row(3);
        for end in 1..torn.len() {
            let torn = &torn[..end];
            assert_eq!(after(&format!("{two}{torn}"), 2), (Ok(None), three.clone()), "{torn}");
            assert_eq!(after(torn, 2), (Ok(None), row(3)), "{torn}");
            let other = format!("{two}{torn}");
            assert_eq!(after(&other, 1), (Ok(Some(place(2))), other), "it may be the end of another chain");
        }
    }

    #[test]
    fn a_file_of_something_else_is_left_as_it_is() {
        for text in ["x", "x\n", "{}\n", "{\"seq\":1}\n", "SQLite format 3\0\0\n\0\0"] {
            let (said, left) = after(text, 2);
            assert_eq!((said, left.as_str()), (Err(not_ours().to_string()), text));
        }
        let noise = format!("{}{}", row(1), "x".repeat(5_000_000));
        assert_eq!(after(&noise, 1), (Err(not_ours().to_string()), noise));
    }

    #[test]
    fn a_row_may_be_long() {
        let long = row(1).replace("\"reason\":\"", &format!("\"reason\":\"{}", "\\u0001".repeat(50_000)));
        for before in [String::new(), row(0)] {
            let text = format!("{before}{long}");
            assert_eq!(after(&text, 1), (Ok(None), format!("{text}{}", row(2))));
        }
    }

    #[test]
    fn a_file_that_another_process_writes_is_not_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let other = File::create(&path).unwrap();
        other.lock().unwrap();
        let said = append(&path, &place(0), row(1).as_bytes()).unwrap_err().to_string();
        assert_eq!(said, "another process has locked it");
        drop(other);
        assert_eq!(append(&path, &place(0), row(1).as_bytes()).unwrap(), None);
        let said = append(directory.path(), &place(0), b"").unwrap_err();
        assert_eq!(said.kind(), io::ErrorKind::IsADirectory);
    }
}
