//! Background parts that panic: every page names each of them, and they restart and continue.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::http::StatusCode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    database::{Kind, TestDatabase},
    fleet::stream_id,
    support::{ACCOUNT, MovedClock, REGION, Setup, TestApp, until},
};
use crate::{
    model::{
        access::identity::Role,
        change::{Action, End},
        stream::{
            Account, StreamReport, StreamStatus,
            encryption::{EncryptionReport, EncryptionState, KeyId},
        },
        time::{DAY_MS, SECOND_MS},
    },
    server::{
        adapters::{
            aws::{
                Kinesis, ListFrom, ListedPage, ListedStream, ReadFailure, SendOutcome, StreamRef, TaggedPage,
                targets::Target,
            },
            clock::{Clock, Freshness},
            store::{Opener, Store},
        },
        config::TargetSettings,
        services::{
            inventory::{Inventory, collect, write_behind},
            supervisor::Supervisor,
        },
    },
};

const PARTS: [&str; 11] = [
    "saving what was read",
    "reading streams of 111122223333/eu-west-1",
    "following pauses",
    "housekeeping",
    "watching settled changes",
    "watching keys",
    "taking up changes",
    "renewing leases",
    "following other instances",
    "choosing who reads each target",
    "sharing which streams are viewed",
];

#[tokio::test]
async fn a_part_that_panics_is_named_on_every_page_starts_again_and_works_on() {
    let app = TestApp::with(Setup { database: Kind::Postgres, ..Setup::default() }).await;
    let orders = app.known("orders-prod").await;
    let viewer = app.actor(Role::Viewer).await;
    let supervisor = &app.state.supervisor;
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "made-meanwhile"})).await;
    for (panics, part) in PARTS.into_iter().enumerate() {
        let ready = app.anonymous().get("/readyz").await;
        if panics >= 3 {
            assert_eq!(
                (ready.status, ready.body.as_str()),
                (StatusCode::SERVICE_UNAVAILABLE, "a background part keeps failing\n")
            );
        } else {
            assert_eq!(ready.status, StatusCode::OK, "{panics} panics: {}", ready.body);
        }
        app.breakdowns.break_part(part);
        until(|| async { supervisor.down().iter().any(|down| down == part).then_some(()) }).await;
        for path in ["/streams", "/changes", "/settings"] {
            let page = viewer.get(path).await.body;
            let says = page.split("Part of Keystream failed: ").nth(1).unwrap_or_else(|| panic!("{path}: {page}"));
            assert!(says.split("It restarts").next().unwrap().contains(part), "{path}: {says}");
        }
        assert!(
            !app.anonymous().get("/sign-in").await.body.contains("Part of Keystream"),
            "nobody who isn't signed in hears of it"
        );
    }
    until(|| async { supervisor.down().is_empty().then_some(()) }).await;
    assert!(!viewer.get("/streams").await.body.contains("Part of Keystream failed"));
    // Reading and saving continue: a new stream appears.
    app.known("made-meanwhile").await;
    let is_saved = || async {
        let stored = app.store.streams().await.unwrap();
        stored.iter().any(|stream| stream.id.name.as_str() == "made-meanwhile" && stream.report.is_some()).then_some(())
    };
    until(is_saved).await;
    // So do changes, and their watch afterwards.
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let ended = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(ended.end.map(|end| end.how), Some(End::Settled));
    assert_eq!(app.state.inventory.stream(&orders).unwrap().0.encryption, EncryptionState::NotEncrypted);
}

/// An AWS with two streams. The first read of one panics.
#[derive(Debug)]
struct Panicking {
    clock: Arc<MovedClock>,
    reads: AtomicUsize,
}

#[async_trait]
impl Kinesis for Panicking {
    async fn list_streams(&self, _: &ListFrom) -> Result<ListedPage, ReadFailure> {
        let stream = |name: &str| ListedStream {
            name: name.parse().unwrap(),
            arn: format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}").parse().ok(),
            status: None,
            created: None,
            asked_at: self.clock.now(),
        };
        Ok(ListedPage { streams: vec![stream("bad"), stream("good")], ..ListedPage::default() })
    }

    async fn describe_stream_summary(&self, stream: &StreamRef) -> Result<StreamReport, ReadFailure> {
        let StreamRef::Arn(arn) = stream else { panic!("by ARN, as the account is known") };
        let is_bad = arn.name.as_str() == "bad";
        assert!(!is_bad || self.reads.fetch_add(1, Ordering::SeqCst) > 0, "in a test");
        let now = self.clock.now();
        Ok(StreamReport {
            arn: arn.clone(),
            status: StreamStatus::Active,
            encryption: EncryptionReport::NotEncrypted,
            created: now.plus_millis(-DAY_MS),
            retention_hours: 24,
            open_shards: 1,
            mode: None,
            consumers: None,
            key_arn: None,
            asked_at: now,
            read_at: now,
        })
    }

    async fn change_encryption(&self, _: Action, _: &StreamRef, _: &KeyId, _: &Freshness) -> SendOutcome {
        SendOutcome::Unknown { why: "not here".to_owned() }
    }

    async fn get_resources(&self, _: Option<&str>) -> Result<TaggedPage, ReadFailure> {
        Ok(TaggedPage::default())
    }

    async fn caller_account(&self) -> Result<Account, ReadFailure> {
        Ok(ACCOUNT.parse().unwrap())
    }
}

#[tokio::test]
async fn a_read_that_panics_gives_its_stream_back_and_is_counted() {
    let clock = Arc::new(MovedClock::default());
    let kinesis = Arc::new(Panicking { clock: clock.clone(), reads: AtomicUsize::new(0) });
    let settings = TargetSettings { account: ACCOUNT.parse().ok(), ..TargetSettings::default() };
    let target = Arc::new(Target::new(&settings, REGION.parse().unwrap(), kinesis.clone()));
    let database = TestDatabase::new(Kind::Sqlite).await;
    let store = Store::open(&database.url, Opener::Server).await.unwrap();
    let inventory = Inventory::open(&store, vec![target.clone()], clock.clone()).await.unwrap();
    tokio::spawn(write_behind(store, inventory.clone()));
    let supervisor = Arc::new(Supervisor::default());
    tokio::spawn(collect(supervisor.clone(), inventory.clone(), target, CancellationToken::new()));
    let row = |name: &str| inventory.stream(&stream_id(ACCOUNT, REGION, name)).map(|(row, _)| row);
    until(|| async { row("good").filter(|row| row.read_at.is_some()) }).await;
    let bad = until(|| async { row("bad").filter(|row| row.problem.is_some()) }).await;
    assert_eq!(bad.problem.unwrap().why, "Keystream failed while it read this stream; its log says why");
    assert_eq!(bad.encryption, EncryptionState::Unknown);
    assert!(supervisor.down().is_empty(), "the part itself goes on");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(kinesis.reads.load(Ordering::SeqCst), 1, "not again and again");
    clock.advance(31 * SECOND_MS);
    let read = until(|| async { row("bad").filter(|row| row.read_at.is_some()) }).await;
    assert_eq!((read.encryption, read.problem), (EncryptionState::NotEncrypted, None));
}
