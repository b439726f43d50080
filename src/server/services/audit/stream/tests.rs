//! Steps of a stream to a file, one by one.

use std::{fs, path::PathBuf};

use tempfile::TempDir;
use tracing::subscriber;

use super::*;
use crate::{
    model::time::Timestamp,
    server::{
        adapters::store::Opener,
        services::audit::{AuditAction, AuditEvent, append_alone},
    },
    tests::support::Written,
};

/// A stream of five rows to a file, and what its instance knows.
struct Streaming {
    directory: TempDir,
    stream: ChainStream,
    progress: Progress,
}

impl Streaming {
    async fn begin() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("k.db").display());
        let store = Store::open(&url, Opener::Server).await.unwrap();
        for _ in 0..5 {
            let event = AuditEvent::by_server(Timestamp::from_millis(0), AuditAction::ServerStarted, "test");
            append_alone(&store, event).await.unwrap();
        }
        let place = format!("file:{}", directory.path().join("audit.jsonl").display()).parse().unwrap();
        let settings = StreamSettings { place, authorization: None, ca_file: None };
        let stream = ChainStream::new(store, &settings).unwrap();
        Self { directory, stream, progress: Progress::default() }
    }

    async fn step(&mut self) -> Result<Step, StreamError> {
        self.stream.step(&mut self.progress).await
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("audit.jsonl")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap_or_default()
    }

    fn seqs(&self) -> Vec<i64> {
        let seq = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_i64().unwrap();
        self.text().lines().map(seq).collect()
    }

    async fn place(&self, seq: i64) -> ChainPlace {
        let row = self.stream.store.audit_rows(seq, 1).await.unwrap().remove(0);
        ChainPlace { seq: row.seq, hash: row.hash }
    }

    /// Records that this row arrived, while the instance knows of a later one.
    async fn lose_rows_after(&mut self, recorded: &ChainPlace) {
        let Self { stream, progress, .. } = self;
        assert!(stream.hold(progress).await.unwrap());
        assert!(stream.store.record_streamed(&stream.id, recorded).await.unwrap());
        (progress.at, progress.is_unrecorded) = (lost(), true);
    }

    async fn recorded(&self) -> i64 {
        self.stream.store.last_streamed(&self.stream.id).await.unwrap().unwrap().seq
    }
}

/// A row that the chain doesn't have.
fn lost() -> ChainPlace {
    ChainPlace { seq: 90, hash: "of another chain".to_owned() }
}

#[tokio::test]
async fn rows_are_delivered_until_there_are_none() {
    let mut streaming = Streaming::begin().await;
    assert_eq!(streaming.step().await.unwrap(), Step::Delivered);
    assert_eq!(streaming.step().await.unwrap(), Step::Idle);
    assert_eq!((streaming.seqs(), streaming.recorded().await), (vec![1, 2, 3, 4, 5], 5));
}

#[tokio::test]
async fn if_the_database_lost_rows_that_were_streamed_the_others_are_not_sent_again() {
    let mut streaming = Streaming::begin().await;
    let third = streaming.place(3).await;
    streaming.lose_rows_after(&third).await;
    assert!(matches!(streaming.step().await, Err(StreamError::Behind(90))));
    assert_eq!((&streaming.progress.at, streaming.progress.is_unrecorded), (&third, false));
    assert_eq!(streaming.step().await.unwrap(), Step::Delivered);
    assert_eq!((streaming.seqs(), streaming.recorded().await), (vec![4, 5], 5));
}

#[tokio::test]
async fn if_the_chain_lacks_the_recorded_row_too_all_rows_are_sent() {
    let mut streaming = Streaming::begin().await;
    streaming.lose_rows_after(&lost()).await;
    assert_eq!(streaming.step().await.unwrap(), Step::Idle);
    assert_eq!(streaming.recorded().await, 0);
    assert_eq!(streaming.step().await.unwrap(), Step::Delivered);
    assert_eq!(streaming.seqs(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_file_that_ends_with_a_row_of_another_chain_is_left_as_it_is() {
    let mut streaming = Streaming::begin().await;
    let text = "{\"seq\":90,\"prev_hash\":\"\",\"hash\":\"of another chain\"}\n";
    fs::write(streaming.path(), text).unwrap();
    for _ in 0..2 {
        assert_eq!(streaming.step().await.unwrap(), Step::Found);
        assert!(matches!(streaming.step().await, Err(StreamError::NotOurs(90))));
        assert_eq!(streaming.text(), text);
    }
    fs::remove_file(streaming.path()).unwrap();
    assert_eq!(streaming.step().await.unwrap(), Step::Delivered);
    assert_eq!(streaming.seqs(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_file_of_something_else_is_left_as_it_is() {
    let mut streaming = Streaming::begin().await;
    fs::write(streaming.path(), "notes of mine\n").unwrap();
    for _ in 0..2 {
        assert!(matches!(streaming.step().await, Err(StreamError::Sink(SinkError::File(_)))));
        assert_eq!(streaming.text(), "notes of mine\n");
    }
    fs::remove_file(streaming.path()).unwrap();
    assert_eq!(streaming.step().await.unwrap(), Step::Delivered);
}

#[tokio::test]
async fn pauses_grow_until_this_instance_delivers() {
    let Streaming { stream, directory: _directory, .. } = Streaming::begin().await;
    let mut trouble = None;
    let mut wait_after = |step| stream.wait_after(step, &mut trouble);
    assert_eq!(wait_after(Ok(Step::Elsewhere)), TRIED_EVERY);
    assert_eq!(wait_after(Err(StreamError::Behind(1))), FIRST_PAUSE);
    assert_eq!(wait_after(Ok(Step::Elsewhere)), TRIED_EVERY);
    assert_eq!(wait_after(Err(StreamError::Behind(1))), 2 * FIRST_PAUSE);
    assert_eq!(wait_after(Ok(Step::Found)), Duration::ZERO);
    assert_eq!(wait_after(Ok(Step::Late)), Duration::ZERO);
    assert_eq!(wait_after(Err(StreamError::Behind(2))), 4 * FIRST_PAUSE);
    assert_eq!((0..9).map(|_| wait_after(Err(StreamError::Behind(2)))).max(), Some(LONGEST_PAUSE));
    assert_eq!(wait_after(Ok(Step::Idle)), LOOKED_FOR_EVERY);
    assert_eq!(wait_after(Err(StreamError::Behind(2))), FIRST_PAUSE);
    assert_eq!(wait_after(Ok(Step::Delivered)), Duration::ZERO);
    assert_eq!(wait_after(Err(StreamError::Behind(2))), FIRST_PAUSE);
}

#[tokio::test]
async fn a_reason_is_logged_once_and_again_when_it_changes() {
    let Streaming { stream, directory: _directory, .. } = Streaming::begin().await;
    let written = Written::default();
    let writer = written.clone();
    let log = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let _logging = subscriber::set_default(log);
    let mut trouble = None;
    for (step, errors, works) in [
        (Err(StreamError::Behind(1)), 1, 0),
        (Err(StreamError::Behind(1)), 1, 0),
        (Ok(Step::Elsewhere), 1, 0),
        (Err(StreamError::Behind(1)), 1, 0),
        (Err(StreamError::NotOurs(1)), 2, 0),
        (Ok(Step::Delivered), 2, 1),
        (Ok(Step::Idle), 2, 1),
    ] {
        stream.wait_after(step, &mut trouble);
        assert_eq!((written.lines_with("can't be streamed"), written.lines_with(" again")), (errors, works));
    }
}

#[test]
fn a_lease_gets_old() {
    let leased = |at: Option<u64>| Progress { leased_at: at.map(Duration::from_secs), ..Progress::default() };
    assert!(!leased(None).is_leased(Duration::MAX, Duration::from_secs(100)));
    let is_leased = |at| leased(Some(at)).is_leased(DELIVERED_WITHIN, Duration::from_secs(100));
    assert_eq!([84, 85, 86, 100].map(is_leased), [false, false, true, true]);
    assert!(leased(Some(1)).is_leased(Duration::MAX, Duration::from_secs(100)), "nobody else can take it");
}
