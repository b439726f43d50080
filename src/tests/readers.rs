//! Several instances on one Postgres: one of them reads a target, and all of them show it.

use std::{collections::HashMap, time::Duration};

use serde_json::json;

use super::{
    database::{Kind, end_connections},
    events::heard,
    fleet::stream_id,
    support::{ACCOUNT, Actor, REGION, Setup, TestApp, borrowed, until, with},
};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        change::Action,
        inventory::TargetHealth,
        stream::{Digest, StreamId, encryption::EncryptionState},
    },
    server::{adapters::store::Page, web::listen::Bounds},
};

/// The streams of the target that tests have by default.
const STREAMS: usize = 14;

fn on_postgres() -> Setup {
    Setup { database: Kind::Postgres, is_mortal: true, ..Setup::default() }
}

/// Three instances, of which the first one reads.
async fn three(setup: Setup) -> [TestApp; 3] {
    let first = TestApp::with(setup).await;
    until(|| async { reads(&first).then_some(()) }).await;
    let (second, third) = (first.another().await, first.another().await);
    [first, second, third]
}

fn reads(app: &TestApp) -> bool {
    let inventory = &app.state.inventory;
    inventory.reads(&inventory.targets()[0])
}

fn health(app: &TestApp) -> TargetHealth {
    app.state.inventory.health(&Scope::everything()).remove(0)
}

/// Waits until an instance shows every stream with its state and its tags.
async fn shows_all(app: &TestApp) {
    until(|| async {
        let rows = app.state.inventory.rows(&Scope::everything());
        let is_complete = rows.len() == STREAMS && rows.iter().all(|row| row.read_at.is_some() && row.tags.is_some());
        is_complete.then_some(())
    })
    .await;
}

/// The same person's browser at another instance.
fn led_to<'a>(app: &'a TestApp, actor: &Actor<'_>) -> Actor<'a> {
    Actor { cookie: actor.cookie.clone(), ..app.anonymous() }
}

#[tokio::test]
async fn three_instances_call_aws_as_often_as_one_and_show_the_same() {
    let [first, second, third] = three(on_postgres()).await;
    let begun = first.state.clock.steady();
    for app in [&first, &second, &third] {
        shows_all(app).await;
    }
    assert_eq!([&first, &second, &third].map(reads), [true, false, false]);
    until(|| async { (first.calls("ListStreams").await >= 2).then_some(()) }).await;
    let log = first.call_log().await;
    // A little more, for what was read before the clock was looked at.
    let passed = first.state.clock.steady().saturating_sub(begun).as_secs() + 10;
    let count = |operation: &str| log.iter().filter(|call| call["operation"] == operation).count() as u64;
    assert!(count("ListStreams") <= 1 + passed / 30, "{} listings in {passed} s", count("ListStreams"));
    assert!(count("GetResources") <= 1 + passed / 300, "{} readings of tags", count("GetResources"));
    let count_by = |operation: &str, what: &str| {
        let mut counts: HashMap<String, u64> = HashMap::new();
        for call in log.iter().filter(|call| call["operation"] == operation) {
            *counts.entry(call[what].to_string()).or_default() += 1;
        }
        counts
    };
    let reads = count_by("DescribeStreamSummary", "stream");
    assert_eq!(reads.len(), STREAMS);
    assert!(reads.values().all(|reads| *reads <= 1 + passed / 30), "in {passed} s: {reads:?}");
    let looks = count_by("DescribeKey", "key");
    assert!(!looks.is_empty() && looks.values().all(|looks| *looks <= 1 + passed / 60), "in {passed} s: {looks:?}");
    // The times are those of AWS's reports, wherever they are shown.
    let shown = |app: &TestApp| {
        let rows = app.state.inventory.rows(&Scope::everything());
        rows.into_iter().map(|row| (row.id, row.read_at, row.rev)).collect::<Vec<_>>()
    };
    until(|| async { (shown(&first) == shown(&second) && shown(&first) == shown(&third)).then_some(()) }).await;
    until(|| async { (health(&second).last_listed == health(&first).last_listed).then_some(()) }).await;
    // What KMS says is known everywhere, although one asks.
    let looked_up = |app: &TestApp| {
        let keys = app.state.changes.keys.needed(&app.state.inventory, &Scope::everything());
        keys.iter().filter(|key| key.look.is_some()).count()
    };
    until(|| async { (looked_up(&first) > 0 && looked_up(&second) == looked_up(&first)).then_some(()) }).await;
}

#[tokio::test]
async fn when_the_reader_dies_or_stops_one_of_the_others_goes_on() {
    let [first, second, third] = three(on_postgres()).await;
    for app in [&first, &second, &third] {
        shows_all(app).await;
    }
    drop(first);
    until(|| async { (reads(&second) || reads(&third)).then_some(()) }).await;
    assert!(!(reads(&second) && reads(&third)), "one of them");
    let (reader, other) = if reads(&second) { (second, third) } else { (third, second) };
    // It reads, and the other one shows it.
    other.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "made-since"})).await;
    other.known("made-since").await;
    assert!(!reads(&other));
    reader.drain().await;
    until(|| async { reads(&other).then_some(()) }).await;
    assert!(!reads(&reader), "it has given up its lease");
}

#[tokio::test]
async fn what_one_of_them_reads_for_a_person_all_of_them_show() {
    let [first, second, third] = three(on_postgres()).await;
    let orders = second.known("orders-prod").await;
    let operator = second.actor(Role::Operator).await;
    let target = format!("{ACCOUNT}/{REGION}");
    operator.post("/api/pause-target", &[("id", &target), ("minutes", "60")]).await;
    // Nothing is read in the background.
    until(|| async { health(&first).pause.map(drop) }).await;
    let changed = json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "key": ""});
    first.control("streams", changed).await;
    let page = operator.get(&orders.confirm_path(Action::Disable)).await.body;
    assert!(page.contains("orders-prod"), "{page}");
    let read_at = until(|| async {
        let (row, _) = second.state.inventory.stream(&orders)?;
        row.read_at.filter(|_| row.encryption == EncryptionState::NotEncrypted)
    })
    .await;
    for app in [&first, &third] {
        until(|| async {
            let (row, _) = app.state.inventory.stream(&orders)?;
            (row.encryption == EncryptionState::NotEncrypted && row.read_at == Some(read_at)).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn the_reader_reads_first_what_people_view_at_other_instances() {
    let fleet = vec![("fleet", json!({"account": ACCOUNT, "region": REGION, "count": 250}))];
    let [first, second, _third] = three(Setup { before: fleet, ..on_postgres() }).await;
    let last = stream_id(ACCOUNT, REGION, "stream-00250");
    until(|| async { second.state.inventory.stream(&last) }).await;
    let viewed: Vec<_> = (226..=250).map(|number| stream_id(ACCOUNT, REGION, &format!("stream-{number:05}"))).collect();
    let digests: Vec<Digest> = viewed.iter().map(StreamId::digest).collect();
    let view = second.state.inventory.mark_viewed_ids(digests.into_iter(), &Scope::everything());
    assert!(view.has(&last));
    let is_read = |id: &StreamId| second.state.inventory.stream(id).is_some_and(|(row, _)| row.read_at.is_some());
    until(|| async { viewed.iter().all(is_read).then_some(()) }).await;
    let reads = first.calls("DescribeStreamSummary").await;
    assert!(reads < 200, "not in the order in which they were listed: {reads}");
    drop(view);
}

#[tokio::test]
async fn what_one_finds_wrong_with_a_target_all_of_them_say() {
    let denied = json!({
        "operation": "ListStreams", "times": 100_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
    let [first, second, third] = three(Setup { before: vec![("faults", denied)], ..on_postgres() }).await;
    let found = until(|| async { health(&first).problem }).await;
    for app in [&second, &third] {
        until(|| async { health(app).problem.filter(|problem| problem.why == found.why) }).await;
        assert_eq!(health(app).problem.unwrap().since, found.since);
    }
    let again = second.another().await;
    assert_eq!(health(&again).problem.map(|problem| problem.since), Some(found.since), "from the start");
    first.forget_faults().await;
    for app in [&first, &second, &third, &again] {
        until(|| async { health(app).problem.is_none().then_some(()) }).await;
    }
}

#[tokio::test]
async fn a_reader_that_fails_leaves_its_target_to_the_others() {
    let left_after = Some(Duration::from_secs(4));
    let [first, second, third] = three(Setup { left_after, ..on_postgres() }).await;
    for app in [&first, &second, &third] {
        shows_all(app).await;
    }
    let denied = json!({
        "operation": "ListStreams", "times": 100_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
    first.control("faults", denied).await;
    until(|| async { (reads(&second) || reads(&third)).then_some(()) }).await;
    assert!(!reads(&first));
    let since = health(&first).problem.unwrap().since;
    // Whoever can read the target keeps it.
    first.forget_faults().await;
    let succeeds = |app: &&TestApp| reads(app) && health(app).problem.is_none();
    let successor = until(|| async { [&first, &second, &third].into_iter().find(succeeds) }).await;
    assert!(health(successor).last_listed > Some(since));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(reads(successor));
}

#[tokio::test]
async fn a_reader_that_fails_alone_goes_on_trying() {
    let denied = json!({
        "operation": "ListStreams", "times": 100_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
    let left_after = Some(Duration::from_secs(1));
    let setup = Setup { left_after, before: vec![("faults", denied)], ..on_postgres() };
    let app = TestApp::with(setup).await;
    until(|| async { reads(&app).then_some(()) }).await;
    until(|| async { (!reads(&app)).then_some(()) }).await;
    app.forget_faults().await;
    shows_all(&app).await;
}

#[tokio::test]
async fn notifications_come_at_once_whatever_else_is_sent_and_also_after_a_connection_broke() {
    // Nobody looks without being told.
    let never = Duration::from_secs(24 * 3_600);
    let [first, second, _third] = three(Setup { polled_every: Some(never), ..on_postgres() }).await;
    let names = ["orders-prod", "refunds"];
    for name in names {
        first.known(name).await;
    }
    let hostile = "SELECT pg_notify('keystream_commits', payload) FROM (VALUES (''), (repeat('x', 7999)), \
        ('{\"rev\":9223372036854775807}'), ('9'), ('\u{202e}')) AS hostile (payload)";
    let here = first.actor(Role::Operator).await;
    let there = led_to(&second, &here);
    for name in names {
        until(|| async { second.store.commits().is_listening().then_some(()) }).await;
        second.database().run(hostile).await;
        let link = format!("/changes/{}", here.disable(name).await);
        // The row, which the other instance serves from its memory.
        until(|| async { there.get("/streams").await.body.contains(&link).then_some(()) }).await;
        end_connections(second.database().name()).await;
        until(|| async { (!second.store.commits().is_listening()).then_some(()) }).await;
    }
}

#[tokio::test]
async fn an_event_connection_hears_of_a_change_on_another_instance_without_a_poll() {
    let never = Duration::from_secs(24 * 3_600);
    let [first, second, _third] = three(Setup { polled_every: Some(never), ..on_postgres() }).await;
    first.known("orders-prod").await;
    let here = first.actor(Role::Operator).await;
    let cookie = here.cookie.clone().unwrap();
    let (address, _) = second.listen(Bounds::default()).await;
    until(|| async { second.store.commits().is_listening().then_some(()) }).await;
    let path = format!("/events?after={}", second.state.inventory.events().rev());
    let hearing = heard(address, &cookie, &path, None, |text| text.contains("event: announce"));
    let changing = async {
        // The connection is open, so that nothing is read for it later.
        tokio::time::sleep(Duration::from_secs(1)).await;
        here.disable("orders-prod").await
    };
    let ((_, text), change) = tokio::join!(hearing, changing);
    assert!(text.contains(&format!("data-change=\"{change}\"")), "{text}");
}

#[tokio::test]
async fn fifty_at_once_on_three_instances_are_one_change_and_one_call() {
    let apps = three(on_postgres()).await;
    for app in &apps {
        app.known("orders-prod").await;
    }
    let fields = apps[0].actor(Role::Operator).await.confirmation("orders-prod").await;
    let answers = (0..50_u8).map(|number| {
        let (app, fields) = (&apps[usize::from(number) % 3], &fields);
        async move {
            let fields = with(fields, "request_id", &format!("request{number:016}"));
            let operator = app.actor_at(Role::Operator, [192, 0, 2, number]).await;
            operator.post("/api/disable", &borrowed(&fields)).await
        }
    });
    let answers = futures_util::future::join_all(answers).await;
    let all = apps[0].store.changes(Page { skip: 0, take: 100 }).await.unwrap();
    let sent: Vec<_> = all.iter().filter(|change| change.evidence.sent_at.is_some()).collect();
    assert_eq!(sent.len(), 1);
    let link = format!("/changes/{}", sent[0].id);
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), answer.location()), (303, link.as_str()), "each is led to that change");
    }
    apps[0].change_when(&sent[0].id, |change| !change.is_active()).await;
    assert_eq!(apps[0].calls("StopStreamEncryption").await, 1);
}
