//! What records show about a change.

use crate::model::change::{
    Action,
    proof::{Done, Proof, ProofRequest, ReadResult, listed},
};

/// Says what proof was requested, and with what result.
pub fn sentences(proof: &Proof, action: Action) -> String {
    let mut sentences = Vec::new();
    if let Some(request) = &proof.write {
        sentences.push(reported("Verified by write", request, |result| result.outcome(action)));
    }
    if let Some(request) = &proof.read {
        sentences.push(reported("Seen on read", request, ReadResult::outcome));
    }
    for report in &proof.reports {
        let on = if report.shards.is_empty() {
            String::new()
        } else {
            format!(" on {}", listed(report.shards.iter().cloned()))
        };
        sentences.push(format!(
            "Reported by {} at {}: a producer's response said {}{on}. Keystream hasn't seen it.",
            report.by,
            report.at.day_and_minute(),
            report.encryption_type
        ));
    }
    sentences.join(" ")
}

fn reported<T>(what: &str, asked: &ProofRequest<T>, words: impl Fn(&T) -> String) -> String {
    match &asked.result {
        None => format!("{what}: requested by {} at {}; no result yet.", asked.by, asked.at.clock_seconds()),
        Some(Done { at, outcome: Ok(result) }) => format!("{what} ({}): {}.", at.clock_seconds(), words(result)),
        Some(Done { at, outcome: Err(why) }) => format!("{what} ({}): nothing proven: {why}.", at.clock_seconds()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{change::proof::WriteResult, time::Timestamp};

    fn done<T>(result: T) -> Option<ProofRequest<T>> {
        let at = Timestamp::from_millis(0);
        Some(ProofRequest { by: "mira".to_owned(), at, result: Some(Done { at, outcome: Ok(result) }) })
    }

    #[test]
    fn what_records_say_is_told_with_its_kind_and_time() {
        let whole = WriteResult { shards: 4, none: 4, ..WriteResult::default() };
        let partly =
            WriteResult { none: 3, failed: vec![("shard-3".to_owned(), "throttled".to_owned())], ..whole.clone() };
        let proof = |result| Proof { write: done(result), ..Proof::default() };
        assert_eq!(
            sentences(&proof(whole), Action::Disable),
            "Verified by write (00:00:00 UTC): PutRecords answered NONE on 4 of 4 shards."
        );
        let text = sentences(&proof(partly), Action::Disable);
        assert!(text.ends_with("NONE on 3 of 4 shards; without a record: shard-3: throttled."), "{text}");
        let read = ReadResult { shards: 3, none: 37, idle: vec!["shard-2".to_owned()], ..ReadResult::default() };
        assert_eq!(
            sentences(&Proof { read: done(read), ..Proof::default() }, Action::Disable),
            "Seen on read (00:00:00 UTC): 37 records NONE, 0 KMS; 1 shard without traffic, unproven (shard-2)."
        );
    }
}
