//! Batches of rows, as lines of JSON.

use std::io;

use crate::{
    model::access::{audit_event::AuditRow, chain_place::ChainPlace},
    server::{adapters::audit_sink::Batch, services::audit::write_line},
};

/// The size from which a batch takes no further row, in bytes.
const MOST_BYTES: usize = 256 * 1024;

/// Returns the first of these rows as a batch; `None` if there are none.
pub(super) fn batch_of(rows: impl Iterator<Item = AuditRow>) -> io::Result<Option<Batch>> {
    let mut batch = None;
    for row in rows {
        let begin = || Batch { lines: Vec::new(), first: row.seq, last: ChainPlace::default() };
        let filled: &mut Batch = batch.get_or_insert_with(begin);
        write_line(&row, &mut filled.lines)?;
        filled.last = ChainPlace { seq: row.seq, hash: row.hash };
        if filled.lines.len() >= MOST_BYTES {
            break;
        }
    }
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::time::Timestamp,
        server::services::audit::{AuditAction, AuditEvent},
    };

    fn row(seq: i64, length: usize) -> AuditRow {
        let event = AuditEvent::by_server(Timestamp::from_millis(0), AuditAction::ServerStarted, "");
        let event = AuditEvent { reason: "x".repeat(length), ..event };
        AuditRow { seq, prev_hash: String::new(), hash: format!("h{seq}"), event }
    }

    #[test]
    fn a_batch_has_at_most_a_row_more_than_its_size() {
        assert_eq!(batch_of(std::iter::empty()).unwrap(), None);
        let batch = batch_of((5..100).map(|seq| row(seq, MOST_BYTES / 4))).unwrap().unwrap();
        assert_eq!((batch.first, batch.last.seq, batch.last.hash.as_str()), (5, 8, "h8"));
        let lines = batch.lines.split_inclusive(|byte| *byte == b'\n');
        let seqs: Vec<i64> = lines
            .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()["seq"].as_i64().unwrap())
            .collect();
        assert_eq!(seqs, [5, 6, 7, 8]);
    }
}
