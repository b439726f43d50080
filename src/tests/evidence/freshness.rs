//! Nothing is sent on a read that is too old.

use std::time::Duration;

use serde_json::json;
use tokio::{io::AsyncReadExt, net::TcpListener};

use super::{arm, deny_kms, fault, how, precondition, stream};
use crate::{
    model::{
        access::identity::Role,
        change::{
            Action, Change, End,
            refusal::{Obstacle, Precondition, Refusal, RefusalKind},
        },
        time::{HOUR_MS, SECOND_MS},
    },
    server::{
        adapters::{
            aws::{SendOutcome, targets},
            clock::{Clock, Freshness},
        },
        config::TargetSettings,
    },
    tests::support::{ACCOUNT, MovedClock, REGION, TestApp, borrowed, until},
};

#[tokio::test]
async fn nothing_is_sent_on_a_read_from_before_the_machine_slept() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.enabling("orders-prod", "alias/ledger").await;
    fault(&app, "DescribeKey", 10, json!({"delay-ms": 1_500})).await;
    let asked = app.calls("DescribeKey").await;
    let fields = borrowed(&fields);
    let (answer, ()) = tokio::join!(operator.post("/api/enable", &fields), async {
        // The stream has been read and KMS is being asked: the machine sleeps, and somebody disables the stream.
        until(|| async {
            (app.calls("DescribeKey").await > asked || app.calls("DescribeStreamSummary").await > 0).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        stream(&app, "orders-prod", json!({"key": ""})).await;
        app.clock.set_by(8 * SECOND_MS);
    });
    let id = answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("{}", answer.location())).to_owned();
    let change = app.change_when(&id, |change| !change.is_active()).await;
    assert!(matches!(precondition(&change), Precondition::Changed { .. }), "{change:?}");
    assert_eq!((app.calls("StartStreamEncryption").await, change.evidence.sent_at), (0, None));
}

#[tokio::test]
async fn a_change_that_waits_is_not_sent_hours_later_by_a_machine_that_slept() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    stream(&app, "orders-prod", json!({"reshard_ms": 2_000})).await;
    let operator = app.actor(Role::Operator).await;
    let id = arm(&operator).await;
    app.change_when(&id, Change::is_waiting).await;
    // The steady clock stood still meanwhile.
    app.clock.set_by(5 * HOUR_MS);
    let change = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(how(&change), &End::Expired);
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn an_enable_whose_key_can_no_longer_be_seen_waits() {
    let app = TestApp::start().await;
    app.known("web-clicks").await;
    let operator = app.actor(Role::Operator).await;
    stream(&app, "web-clicks", json!({"reshard_ms": 2_000})).await;
    let mut fields = operator.enabling("web-clicks", "alias/orders").await;
    fields.push(("wait_minutes".to_owned(), "15".to_owned()));
    let answer = operator.post("/api/enable", &borrowed(&fields)).await;
    let id = answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("{}", answer.location())).to_owned();
    app.change_when(&id, Change::is_waiting).await;
    deny_kms(&app).await;
    let asked = app.calls("DescribeKey").await;
    let last_read = |change: &Change| change.evidence.last_read.as_ref().map(|read| read.observed.to_string());
    let is_active = |change: &Change| last_read(change).is_some_and(|words| words.starts_with("ACTIVE"));
    until(|| async { (app.calls("DescribeKey").await >= asked + 3).then_some(()) }).await;
    let change = app.store.change(&id).await.unwrap().unwrap();
    assert!(change.is_waiting() || is_active(&change), "{change:?}");
    assert_eq!(app.calls("StartStreamEncryption").await, 0);
    app.forget_faults().await;
    app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
    assert_eq!(app.calls("StartStreamEncryption").await, 1);
}

#[tokio::test]
async fn no_byte_leaves_once_the_read_is_too_old() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let moved = std::sync::Arc::new(MovedClock::default());
    let clock: std::sync::Arc<dyn Clock> = moved.clone();
    let settings = TargetSettings {
        account: Some(ACCOUNT.parse().unwrap()),
        region: Some(REGION.parse().unwrap()),
        endpoint: Some(endpoint),
        simulator_access_key: Some(ACCOUNT.to_owned()),
        ..TargetSettings::default()
    };
    let target = targets::load(&[settings], &clock, None).await.unwrap().remove(0);
    let arn = target.arn(&"orders-prod".parse().unwrap()).unwrap();
    for (asleep, steady) in [(6 * SECOND_MS, 0), (0, 6 * SECOND_MS), (-HOUR_MS, 0)] {
        let read = Freshness::begin(&clock);
        moved.set_by(asleep);
        moved.advance(steady);
        let (key, stream) = ("alias/orders".parse().unwrap(), target.ref_of(&arn));
        let sent = target.kinesis.change_encryption(Action::Disable, &stream, &key, &read);
        let received = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            connection.read_to_end(&mut bytes).await.map(|_| bytes).unwrap_or_default()
        };
        let (outcome, received) = tokio::join!(sent, received);
        assert!(
            matches!(
                &outcome,
                SendOutcome::Rejected(Refusal { kind: RefusalKind::NotSent { obstacle: Obstacle::HeldUp, .. }, .. })
            ),
            "{asleep} {steady}: {outcome:?}"
        );
        assert_eq!(String::from_utf8_lossy(&received), "", "{asleep} {steady}");
    }
}

#[tokio::test]
async fn a_shared_read_is_not_reused_after_the_clock_was_set_back() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let page = format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable");
    assert!(operator.get(&page).await.body.contains("alias/orders"));
    stream(&app, "orders-prod", json!({"key": "alias/fraud"})).await;
    app.clock.set_by(-HOUR_MS);
    assert!(
        operator.get(&page).await.body.contains("alias/fraud"),
        "the plan from an hour ahead is not shown as fresh"
    );
}
