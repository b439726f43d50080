//! The verification of the whole chain, and of all checkpoints of a file against it.

use std::path::Path;

use super::{
    AcknowledgedAlarm, CheckpointError, PublicKey, Verified, cut_off,
    file::{Lines, Signatures, parse, read},
    rewritten, walk,
};
use crate::{
    model::time::{HOUR_MS, Timestamp},
    server::adapters::store::Store,
};

/// A longer gap is reported: a server was down, or someone removed the last checkpoints.
const GAP_MS: i64 = 2 * HOUR_MS;

/// The result of a successful verification.
#[derive(Debug, PartialEq, Eq)]
pub struct Held {
    pub rows: i64,
    pub head: String,
    /// The number of checkpoints since they began, or began anew.
    pub checkpoints: usize,
    /// If they began anew: the alarm that was acknowledged before, and the row after which the chain is verified.
    pub begun_after: Option<(AcknowledgedAlarm, i64)>,
    /// When the last checkpoint was made, and the number of rows since.
    pub last: Option<(Timestamp, i64)>,
    /// Gaps of more than two hours.
    pub gaps: Vec<(Timestamp, Timestamp)>,
}

/// Verifies the chain, and the checkpoints of a file against it. Where checkpoints began anew, so does the chain: what
/// was wrong before was acknowledged.
///
/// # Errors
/// Returns the first row or line that doesn't match.
pub async fn verify(store: &Store, path: &Path, key: &PublicKey) -> Result<Held, CheckpointError> {
    verify_content(store, path, &read(path)?, key).await
}

/// Like [`verify`], with the content of the file.
pub(super) async fn verify_content(
    store: &Store,
    path: &Path,
    content: &[u8],
    key: &PublicKey,
) -> Result<Held, CheckpointError> {
    let Lines(lines) = parse(path, content, key, Signatures::All)?;
    let first = lines.first().map(|(_, first)| first);
    let begun_after = first.and_then(|first| Some((first.acknowledged.clone()?, first.seq)));
    let begin = first.filter(|first| first.acknowledged.is_some()).map(|first| (first.seq, first.head.clone()));
    // Those of an empty chain meet no row.
    let mut met = lines.partition_point(|(_, checkpoint)| checkpoint.seq <= 0);
    let mut differing = None;
    let verified = walk(store, begin, |seq, hash| {
        while let Some((number, checkpoint)) = lines.get(met).filter(|(_, checkpoint)| checkpoint.seq <= seq) {
            if checkpoint.head != hash && differing.is_none() {
                differing = Some((*number, seq));
            }
            met += 1;
        }
    })
    .await?;
    let does_not_hold =
        |line: usize, why: String| CheckpointError::Line { path: path.display().to_string(), line, why };
    if let Some((number, seq)) = differing {
        return Err(does_not_hold(number, rewritten(seq)));
    }
    let (rows, head) = match verified {
        Verified::Whole { rows, head } => (rows, head),
        Verified::Broken { seq, why } => return Err(CheckpointError::Chain { seq, why }),
    };
    if let Some((number, checkpoint)) = lines.get(met) {
        return Err(does_not_hold(*number, cut_off(checkpoint.seq, rows)));
    }
    let times = lines.iter().map(|(_, checkpoint)| checkpoint.at);
    let gaps = times.clone().zip(times.skip(1)).filter(|(from, to)| to.millis_since(*from) > GAP_MS).collect();
    let last = lines.last().map(|(_, checkpoint)| (checkpoint.at, rows - checkpoint.seq));
    Ok(Held { rows, head, checkpoints: lines.len(), begun_after, last, gaps })
}
