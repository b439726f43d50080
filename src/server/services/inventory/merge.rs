//! What becomes of a row that this instance has changed but not written, and another instance wrote meanwhile.

use super::notes::take_report;
use crate::{model::time::Timestamp, server::adapters::store::StoredStream};

/// Puts together what is known here (`mine`) and what another instance wrote (`theirs`). The newer read counts, and no
/// key that either has seen is lost. What only listings and tags say is `mine` if this instance reads the target.
pub fn merged(mine: &StoredStream, theirs: StoredStream, is_reader: bool, now: Timestamp) -> StoredStream {
    let mut merged = theirs;
    if let Some(report) = mine.report.as_ref().filter(|report| merged.report.as_ref() != Some(*report)) {
        take_report(&mut merged, report.clone(), now);
    }
    merged.keys = merged.keys.joined(&mine.keys);
    let tried_at = |stream: &StoredStream| {
        stream.report.as_ref().map(|report| report.read_at).max(stream.problem.as_ref().map(|problem| problem.at))
    };
    if mine.problem.is_some() && tried_at(mine) > tried_at(&merged) {
        merged.problem.clone_from(&mine.problem);
    }
    if is_reader {
        merged.listed.clone_from(&mine.listed);
        merged.tags.clone_from(&mine.tags);
        // Whoever read the stream since has found it.
        let read = merged.report.as_ref().map(|report| report.asked_at);
        merged.gone_at = mine.gone_at.filter(|gone| read.is_none_or(|read| read <= *gone));
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        inventory::{ReadProblem, Reported},
        stream::{
            StreamId, StreamReport, StreamStatus,
            encryption::{EncryptionReport, EncryptionState},
        },
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn report(second: i64, key: Option<&str>) -> StreamReport {
        StreamReport {
            arn: "arn:aws:kinesis:eu-west-1:111122223333:stream/s".parse().unwrap(),
            status: StreamStatus::Active,
            encryption: EncryptionReport::from_aws(Some(if key.is_some() { "KMS" } else { "NONE" }), key),
            created: at(1),
            retention_hours: 24,
            open_shards: 1,
            mode: None,
            consumers: None,
            key_arn: None,
            asked_at: at(second),
            read_at: at(second),
        }
    }

    fn read(base: &StoredStream, second: i64, key: Option<&str>) -> StoredStream {
        let mut stream = base.clone();
        take_report(&mut stream, report(second, key), at(1_000));
        stream
    }

    fn unread() -> StoredStream {
        StoredStream::unread(StreamId::parse("111122223333", "eu-west-1", "s").unwrap())
    }

    fn keys(stream: &StoredStream) -> Vec<&str> {
        stream.keys.uses.iter().map(|one| one.key.as_str()).collect()
    }

    #[test]
    fn the_newer_read_counts_whoever_made_it() {
        let base = read(&unread(), 10, Some("alias/a"));
        let (older, newer) = (read(&base, 20, Some("alias/a")), read(&base, 30, None));
        let now = at(40);
        for is_reader in [false, true] {
            let kept = merged(&older, newer.clone(), is_reader, now);
            assert_eq!(kept.report, newer.report, "a late writer overwrites nothing");
            let taken = merged(&newer, older.clone(), is_reader, now);
            assert_eq!(taken.report, newer.report);
            assert_eq!(taken.encryption_since, Some(at(30)));
        }
    }

    #[test]
    fn no_key_is_lost_that_either_has_seen() {
        let base = read(&unread(), 10, Some("alias/a"));
        let mine = read(&read(&base, 20, Some("alias/mine")), 30, None);
        let theirs = read(&read(&base, 25, Some("alias/theirs")), 40, Some("alias/a"));
        for (mine, theirs) in [(&mine, &theirs), (&theirs, &mine)] {
            let merged = merged(mine, theirs.clone(), false, at(50));
            for key in ["alias/a", "alias/mine", "alias/theirs"] {
                assert!(keys(&merged).contains(&key), "{key}: {:?}", merged.keys);
            }
            assert_eq!(merged.report.as_ref().map(|report| report.asked_at), Some(at(40)));
            assert_eq!(merged.keys.in_use().map(|one| one.key.as_str()), Some("alias/a"));
        }
    }

    #[test]
    fn listings_and_tags_are_the_readers() {
        let base = read(&unread(), 10, None);
        let mine = StoredStream {
            tags: Some([("team".to_owned(), "payments".to_owned())].into()),
            listed: Some(Reported { value: StreamStatus::Updating, at: at(20) }),
            gone_at: Some(at(25)),
            ..base.clone()
        };
        let kept = merged(&mine, base.clone(), true, at(40));
        assert_eq!((&kept.tags, &kept.listed, kept.gone_at), (&mine.tags, &mine.listed, mine.gone_at));
        let found = merged(&mine, read(&base, 30, None), true, at(40));
        assert_eq!((found.gone_at, &found.tags), (None, &mine.tags), "it was read after the listing");
        let other = merged(&mine, base.clone(), false, at(40));
        assert_eq!((&other.tags, other.gone_at), (&None, None));
    }

    #[test]
    fn a_failed_read_shows_unless_a_later_one_succeeded() {
        let base = read(&unread(), 10, None);
        let problem = ReadProblem { why: "no answer".to_owned(), at: at(20), next_try: at(50) };
        let mine = StoredStream { problem: Some(problem.clone()), ..base.clone() };
        assert_eq!(merged(&mine, base.clone(), false, at(40)).problem.as_ref(), Some(&problem));
        assert_eq!(merged(&base, mine.clone(), false, at(40)).problem, Some(problem));
        assert_eq!(merged(&mine, read(&base, 30, None), false, at(40)).problem, None);
        assert_eq!(read(&base, 30, None).report.unwrap().encryption.state(), EncryptionState::NotEncrypted);
    }
}
