//! What pages say beside a stream's row.

use crate::model::{inventory::StreamRow, stream::is_same_creation, time::Timestamp};

/// Returns the caveats beside the row on a change's page: the row is of another stream than the one created then, or
/// the stream is gone.
pub fn caveats(row: &StreamRow, stream_created: Timestamp) -> Vec<String> {
    let other = row.created.filter(|created| !is_same_creation(*created, stream_created)).map(|created| {
        format!(
            "The stream was deleted and re-created on {}. This change was about the earlier stream.",
            created.date_and_clock()
        )
    });
    let gone = row.is_gone.then(|| "AWS no longer lists this stream. Showing its last report.".to_owned());
    [other, gone].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{list::tests::row, stream::encryption::EncryptionState};

    #[test]
    fn what_must_be_known_beside_a_row_is_said() {
        let at = Timestamp::from_millis;
        let known = StreamRow::clone(&row("orders-prod", EncryptionState::Encrypted, "ACTIVE"));
        let row = StreamRow { created: Some(at(5_000)), ..known };
        assert!(caveats(&row, at(5_400)).is_empty(), "AWS rounds creation times");
        let other = "The stream was deleted and re-created on 1 Jan 1970 00:00:05 UTC. This change was about the \
            earlier stream.";
        assert_eq!(caveats(&row, at(9_000)), [other]);
        let gone = StreamRow { is_gone: true, ..row };
        assert_eq!(caveats(&gone, at(5_000)), ["AWS no longer lists this stream. Showing its last report."]);
    }
}
