//! Evidence is neither invented nor lost: changes that AWS's reports can't show, answers that come when another
//! instance has taken over, reads that are too old to send anything on, and refused changes that take nothing from the
//! one before.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpListener};

use super::support::{ACCOUNT, Actor, MovedClock, REGION, Setup, TestApp, borrowed, hidden_fields, until, with};
use crate::{
    model::{
        access::identity::Role,
        change::{
            Action, Change, End, Ending, Observed, Rung, RungState,
            refusal::{Obstacle, Precondition, Refusal, RefusalKind},
        },
        inventory::StreamRow,
        time::{HOUR_MS, MINUTE_MS, SECOND_MS},
    },
    server::{
        adapters::{
            aws::{SendOutcome, targets},
            clock::{Clock, Freshness},
        },
        config::TargetSettings,
        services::changes::Asking,
    },
};

const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/";

async fn order(app: &TestApp, path: &str, mut order: Value) {
    (order["account"], order["region"]) = (json!(ACCOUNT), json!(REGION));
    app.control(path, order).await;
}

async fn stream(app: &TestApp, name: &str, mut what: Value) {
    what["name"] = json!(name);
    order(app, "streams", what).await;
}

async fn fault(app: &TestApp, operation: &str, times: u32, fault: Value) {
    app.control("faults", json!({"operation": operation, "times": times, "fault": fault})).await;
}

async fn deny_kms(app: &TestApp) {
    fault(app, "DescribeKey", 1_000_000, json!({"refuse": {"code": "AccessDeniedException", "message": "not you"}}))
        .await;
}

async fn row(app: &TestApp, name: &str) -> StreamRow {
    app.state.inventory.stream(&app.known(name).await).unwrap().0
}

fn how(change: &Change) -> &End {
    &change.end.as_ref().unwrap_or_else(|| panic!("no end: {change:?}")).how
}

fn precondition(change: &Change) -> &Precondition {
    match how(change) {
        End::Rejected(Refusal { kind: RefusalKind::Precondition(precondition), .. }) => precondition,
        other => panic!("{other:?}"),
    }
}

/// Confirms an enable whose key can't be seen, and returns the id of its change.
async fn enable_unseen(operator: &Actor<'_>, name: &str, key: &str) -> String {
    let fields = with(&operator.enabling(name, key).await, "warned_key", key);
    let answer = operator.post("/api/enable", &borrowed(&fields)).await;
    answer
        .location()
        .strip_prefix("/changes/")
        .unwrap_or_else(|| panic!("{} {}", answer.status, answer.body))
        .to_owned()
}

/// Confirms a disable that waits for its stream, and returns the id of its change.
async fn arm(operator: &Actor<'_>) -> String {
    let mut fields = operator.confirmation("orders-prod").await;
    fields.push(("wait_minutes".to_owned(), "15".to_owned()));
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    answer
        .location()
        .strip_prefix("/changes/")
        .unwrap_or_else(|| panic!("{} {}", answer.status, answer.body))
        .to_owned()
}

/// Enables `web-clicks` by an alias that can't be seen: AWS applies it, its answer is lost, and it reports the key's
/// ARN.
async fn lose_unseen_enable(app: &TestApp, operator: &Actor<'_>) -> String {
    deny_kms(app).await;
    app.control("settings", json!({"canonical_keys": true, "transition_ms": 1})).await;
    fault(app, "StartStreamEncryption", 1, json!("drop-answer")).await;
    enable_unseen(operator, "web-clicks", "alias/ledger").await
}

#[tokio::test]
async fn a_change_of_key_that_was_lost_is_not_settled_by_somebody_elses_reshard() {
    let app = TestApp::with(Setup { pace: 20, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    deny_kms(&app).await;
    fault(&app, "StartStreamEncryption", 1, json!("drop-request")).await;
    let id = enable_unseen(&operator, "orders-prod", "alias/ledger").await;
    app.change_when(&id, |change| change.evidence.outcome_unknown.is_some()).await;
    stream(&app, "orders-prod", json!({"reshard_ms": 400})).await;
    let change = app.change_when(&id, |change| !change.is_active()).await;
    assert!(change.evidence.updating_at.is_some(), "{change:?}");
    assert_eq!((how(&change), change.evidence.reached_at), (&End::NotApplied, None));
}

#[tokio::test]
async fn an_enable_with_a_re_pointed_alias_is_never_called_not_applied() {
    let app = TestApp::with(Setup { pace: 20, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    app.control("settings", json!({"transition_ms": 1})).await;
    let orders = app.known("orders-prod").await;
    let key = until(|| async { app.state.inventory.keys_in_use(&orders).first().map(|meant| meant.arn.clone()) }).await;
    order(&app, "keys", json!({"alias": "alias/orders", "id": "bbbbbbbb-0000-4000-8000-000000000001"})).await;
    // What KMS said is remembered for a minute.
    app.clock.advance(2 * MINUTE_MS);
    let answer = operator.try_enable("orders-prod", "alias/orders").await;
    let id = answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("{}", answer.location())).to_owned();
    let change = app
        .change_when(&id, |change| change.evidence.accepted.is_some() && change.tallies.unjudged_since.is_some())
        .await;
    assert_ne!(
        change.intent.resolved.as_ref().map(|resolved| resolved.arn.clone()),
        Some(key),
        "it means another key now"
    );
    app.clock.advance(10 * MINUTE_MS);
    let change = app.change_when(&id, Change::can_be_closed).await;
    assert_eq!((change.end.as_ref(), change.evidence.reached_at), (None, None), "AWS's reports can't show it");
}

#[tokio::test]
async fn a_disable_with_another_form_of_its_key_blames_nobody() {
    let app = TestApp::with(Setup { pace: 20, ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let invalid = json!({"refuse": {"code": "InvalidArgumentException", "message": "no"}});
    fault(&app, "StopStreamEncryption", 1, invalid).await;
    let refused = operator.disable("orders-prod").await;
    app.change_when(&refused, |change| !change.is_active()).await;
    fault(&app, "StopStreamEncryption", 1, json!("drop-request")).await;
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await.body;
    let arn = page.split(KEY_ARN).nth(1).unwrap().split(['"', '<']).next().unwrap();
    let mut fields = hidden_fields(&page);
    for (name, value) in [("typed_name", "orders-prod"), ("reason", "OPS-1"), ("key", &format!("{KEY_ARN}{arn}"))] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    let id = answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("{}", answer.location())).to_owned();
    let change = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(how(&change), &End::NotApplied, "{change:?}");
}

#[tokio::test]
async fn a_change_that_cannot_be_judged_is_closed_by_a_person_and_frees_its_stream() {
    let app = TestApp::start().await;
    app.known("web-clicks").await;
    let operator = app.actor(Role::Operator).await;
    let id = lose_unseen_enable(&app, &operator).await;
    app.change_when(&id, |change| change.tallies.unjudged_since.is_some()).await;
    let early = operator.post("/api/close-change", &[("id", &id), ("reason", "OPS-9")]).await;
    assert!(early.location().contains("problem=change-still-judged"), "{}", early.location());
    app.clock.advance(6 * MINUTE_MS);
    app.change_when(&id, Change::can_be_closed).await;
    for (reason, problem) in [("  ", "reason-missing"), (&"x".repeat(501), "reason-too-long")] {
        let answer = operator.post("/api/close-change", &[("id", &id), ("reason", reason)]).await;
        assert!(answer.location().contains(problem), "{}", answer.location());
    }
    let viewer = app.actor(Role::Viewer).await.post("/api/close-change", &[("id", &id), ("reason", "OPS-9")]).await;
    assert_eq!(viewer.status, StatusCode::FORBIDDEN);
    let closed = operator.post("/api/close-change", &[("id", &id), ("reason", "OPS-9: no access to KMS")]).await;
    assert_eq!((closed.status, closed.location()), (StatusCode::SEE_OTHER, format!("/changes/{id}").as_str()));
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(page.contains("<strong>Not established") && page.contains("Counted as unknown."), "{page}");
    let audit = operator.get("/audit?stream=web-clicks").await.body;
    assert!(audit.contains("change.closed") && audit.contains("OPS-9: no access to KMS"), "{audit}");
    until(|| async { row(&app, "web-clicks").await.change.is_none().then_some(()) }).await;
    let arn = app.known("web-clicks").await.arn();
    let count = app.state.changes.quotas.of_stream(Action::Enable, &arn, Asking::FromMemory).await.unwrap().count;
    assert_eq!((count.least, count.most), (0, 1), "counted as unknown");
    app.forget_faults().await;
    let next = operator.disable("web-clicks").await;
    app.change_when(&next, |change| change.evidence.settled_at.is_some()).await;
}

#[tokio::test]
async fn kms_that_becomes_visible_resolves_a_change() {
    let app = TestApp::start().await;
    app.known("web-clicks").await;
    let operator = app.actor(Role::Operator).await;
    let id = lose_unseen_enable(&app, &operator).await;
    let unjudged = app.change_when(&id, |change| change.tallies.unjudged_since.is_some()).await;
    assert_eq!((unjudged.evidence.reached_at, unjudged.intent.resolved), (None, None));
    app.forget_faults().await;
    let settled = app.change_when(&id, |change| !change.is_active()).await;
    assert_eq!(how(&settled), &End::Settled);
    assert!(settled.intent.resolved.is_some());
}

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
    let is_active = |change: &Change| {
        change.evidence.last_read.as_ref().is_some_and(|read| read.observed.to_string().starts_with("ACTIVE"))
    };
    until(|| async { (app.calls("DescribeKey").await >= asked + 3).then_some(()) }).await;
    let change = app.state.store.change(&id).await.unwrap().unwrap();
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
async fn an_answer_that_comes_when_another_instance_has_taken_over_is_kept() {
    for (answer, is_accepted) in
        [(None, true), (Some(json!({"refuse": {"code": "AccessDeniedException", "message": "no"}})), false)]
    {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        let operator = app.actor(Role::Operator).await;
        let fields = operator.confirmation("orders-prod").await;
        if let Some(refusal) = answer {
            fault(&app, "StopStreamEncryption", 1, refusal).await;
        }
        app.control("settings", json!({"rtt_ms": 1_500, "transition_ms": 1})).await;
        let answer = operator.post("/api/disable", &borrowed(&fields)).await;
        let id = answer.location().strip_prefix("/changes/").unwrap().to_owned();
        app.change_when(&id, |change| change.evidence.sent_at.is_some()).await;
        // As a takeover leaves it, while the answer is on its way.
        app.database().run("UPDATE changes SET fence = fence + 1").await;
        let change = app.change_when(&id, |change| change.evidence.accepted.is_some() || !change.is_active()).await;
        assert_eq!(change.evidence.accepted.is_some(), is_accepted, "{change:?}");
        app.control("settings", json!({"rtt_ms": 0})).await;
        let change = app.change_when(&id, |change| !change.is_active()).await;
        assert_eq!(change.evidence.settled_at.is_some(), is_accepted, "{change:?}");
        assert!(change.evidence.outcome_unknown.is_none(), "{change:?}");
        assert_eq!(matches!(how(&change), End::Rejected(refusal) if refusal.is_by_aws()), !is_accepted);
    }
}

#[tokio::test]
async fn a_refusal_is_on_disk_before_aws_is_asked_for_anything_else() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    fault(&app, "StopStreamEncryption", 1, json!({"refuse": {"code": "ResourceInUseException", "message": "busy"}}))
        .await;
    app.control("settings", json!({"rtt_ms": 2_500})).await;
    let answer = operator.post("/api/disable", &borrowed(&fields)).await;
    let id = answer.location().strip_prefix("/changes/").unwrap().to_owned();
    let rejected = app.change_when(&id, |change| !change.is_active()).await;
    let read_after = |change: &Change| match how(change) {
        End::Rejected(refusal) => refusal.read_after.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(read_after(&rejected), None, "the read that explains it is still under way");
    let explained = app.change_when(&id, |change| read_after(change).is_some()).await;
    assert!(matches!(read_after(&explained), Some(Observed::State { .. })));
}

#[tokio::test]
async fn a_browser_that_closes_leaves_no_row_under_way() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    stream(&app, "orders-prod", json!({"reshard_ms": 600_000})).await;
    let operator = app.actor(Role::Operator).await;
    let id = arm(&operator).await;
    until(|| async { row(&app, "orders-prod").await.change.map(|_| ()) }).await;
    let write_lock = app.state.store.write().await.unwrap();
    {
        let fields = [("id", id.as_str())];
        let cancelling = operator.post("/api/cancel-change", &fields);
        tokio::select! {
            _ = cancelling => panic!("it waits for the write lock"),
            () = tokio::time::sleep(Duration::from_millis(300)) => {}
        }
    }
    write_lock.rollback().await.unwrap();
    let cancelled = app.change_when(&id, |change| !change.is_active()).await;
    assert!(cancelled.evidence.cancelled.is_some());
    until(|| async { row(&app, "orders-prod").await.change.is_none().then_some(()) }).await;
}

#[tokio::test]
async fn a_refused_undo_takes_nothing_from_the_disable_before_it() {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    app.known("orders-prod").await;
    app.control("settings", json!({"transition_ms": 1})).await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
    let denied = json!({"refuse": {"code": "KMSAccessDeniedException", "message": "not you"}});
    fault(&app, "StartStreamEncryption", 1, denied).await;
    let undo = operator.enable("orders-prod", "alias/orders").await;
    let refused = app.change_when(&undo, |change| !change.is_active()).await;
    assert!(matches!(how(&refused), End::Rejected(_)));
    let cookie = operator.cookie.clone();
    let check = async |app: &TestApp, operator: &Actor<'_>| {
        until(|| async { row(app, "orders-prod").await.undo.filter(|undo| *undo == id) }).await;
        let page = operator.get(&format!("/changes/{id}")).await.body;
        assert!(page.contains("class=\"action undo\""), "{page}");
        let asked = operator.post("/api/prove-by-read", &[("id", &id)]).await;
        assert_eq!(asked.location(), format!("/changes/{id}"), "records may be asked");
    };
    check(&app, &operator).await;
    let app = app.killed_and_started_again().await;
    check(&app, &Actor { cookie, ..app.anonymous() }).await;
    stream(&app, "orders-prod", json!({"key": "alias/other"})).await;
    for _ in 0..4 {
        app.clock.advance(MINUTE_MS);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    app.change_when(&id, |change| change.evidence.reverted.is_some()).await;
    until(|| async { row(&app, "orders-prod").await.undo.is_none().then_some(()) }).await;
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

#[tokio::test]
async fn an_ended_change_that_another_instance_moved_is_shown_as_it_is() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.control("settings", json!({"transition_ms": 600_000})).await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let change = app.change_when(&id, |change| change.evidence.updating_at.is_some()).await;
    let mut elsewhere = change;
    elsewhere.end = Some(Ending { at: app.state.clock.now(), how: End::NotApplied });
    let mut tx = app.state.store.write().await.unwrap();
    crate::server::adapters::store::changes::write(&mut tx, &mut elsewhere).await.unwrap();
    tx.commit().await.unwrap();
    until(|| async { row(&app, "orders-prod").await.change.is_none().then_some(()) }).await;
    assert_eq!(elsewhere.rung(Rung::Reached), RungState::NotObserved);
}
