//! A fleet: several accounts and Regions, many streams, within AWS's limits, each target's troubles its own.

use std::{collections::HashSet, time::Duration};

use axum::http::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    database::Kind,
    support::{ACCOUNT, Actor, REGION, Setup, TestApp, until},
};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        inventory::{Condition, StreamRow, TargetHealth},
        list::ListQuery,
        stream::{StreamId, encryption::EncryptionState},
    },
    server::{
        adapters::store::users,
        cli::check_config,
        config::{Flags, IdentifyBy, Settings, TargetSettings},
        web::handlers::events::frame,
    },
    view::target_health,
};

pub const OTHER_ACCOUNT: &str = "444455556666";
const SEE: &str = "arn:aws:iam::111122223333:role/see-guarded";

pub fn target(simulator: &str, account: &str, region: &str) -> TargetSettings {
    TargetSettings {
        account: account.parse().ok(),
        region: region.parse().ok(),
        name: Some(format!("{account} {region}")),
        endpoint: Some(simulator.to_owned()),
        simulator_access_key: Some(account.to_owned()),
        ..TargetSettings::default()
    }
}

/// One account and Region, and another of each.
fn three(simulator: &str) -> Vec<TargetSettings> {
    vec![
        target(simulator, ACCOUNT, REGION),
        target(simulator, OTHER_ACCOUNT, REGION),
        target(simulator, OTHER_ACCOUNT, "eu-central-1"),
    ]
}

pub fn stream_id(account: &str, region: &str, name: &str) -> StreamId {
    StreamId::parse(account, region, name).unwrap()
}

pub fn health_of(app: &TestApp, index: usize) -> TargetHealth {
    app.state.inventory.health(&Scope::everything())[index].clone()
}

pub async fn health_when(app: &TestApp, index: usize, is_it: impl Fn(&TargetHealth) -> bool) -> TargetHealth {
    until(|| async { Some(health_of(app, index)).filter(&is_it) }).await
}

async fn is_known(app: &TestApp, id: &StreamId) -> StreamRow {
    until(|| async { app.state.inventory.stream(id).map(|(row, _)| row).filter(|row| row.read_at.is_some()) }).await
}

/// The order in which streams were described.
async fn described(app: &TestApp) -> Vec<String> {
    let log = app.call_log().await;
    let reads = log.iter().filter(|call| call["operation"] == "DescribeStreamSummary");
    reads.map(|call| call["stream"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_somebody_looks_at_is_read_first_and_nothing_is_read_faster_than_a_quarter() {
    let fleet = vec![
        ("settings", json!({"enforces_rates": true})),
        ("fleet", json!({"account": ACCOUNT, "region": REGION, "count": 250})),
    ];
    let app = TestApp::with(Setup { before: fleet, ..Setup::default() }).await;
    let begun = Instant::now();
    // The last page of the list, of which nobody has heard yet.
    let viewer = app.actor(Role::Viewer).await;
    let last = stream_id(ACCOUNT, REGION, "stream-00250");
    until(|| async { app.state.inventory.stream(&last) }).await;
    let seen_before = described(&app).await.len();
    let page = viewer.get("/streams?q=stream-00&sort=-name&per=25").await.body;
    assert!(page.contains("stream-00250") && page.contains("stream-00226"), "{page}");
    is_known(&app, &last).await;
    let looked_at: HashSet<String> = (226..=250).map(|number| format!("stream-{number:05}")).collect();
    until(|| async { (described(&app).await.len() >= seen_before + 28).then_some(()) }).await;
    let order = described(&app).await;
    let among = order[seen_before..seen_before + 28].iter().filter(|name| looked_at.contains(*name)).count();
    assert!(among >= 25, "all of the page within 28 reads, not {among}: {order:?}");
    // Five a second, and the few that the first moments allow.
    let most = begun.elapsed().as_secs_f64() * 5.0 + 2.0;
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let reads = described(&app).await.len() as f64;
    assert!(reads <= most, "{reads} reads, at most {most}");
    let log = app.call_log().await;
    assert!(log.iter().all(|call| call["outcome"] == "ok"), "AWS throttled nothing");
}

#[tokio::test]
async fn viewers_cost_no_calls() {
    let app = TestApp::start().await;
    until(|| async { Some(health_of(&app, 0)).filter(|health| health.unread == 0 && health.streams == 14) }).await;
    until(|| async { (app.calls("GetResources").await > 0).then_some(()) }).await;
    // KMS is asked for the keys in use every few minutes, whoever looks.
    let of_kinesis = async || app.call_log().await.iter().filter(|call| call["operation"] != "DescribeKey").count();
    let before = of_kinesis().await;
    let begun = Instant::now();
    let viewer = app.actor(Role::Viewer).await;
    let rows: Vec<String> = app.state.inventory.rows(&Scope::everything()).iter().map(|row| row.id.digest()).collect();
    for index in 0..40 {
        assert_eq!(viewer.get(&format!("/streams?page={index}&q=o")).await.status, StatusCode::OK);
        let view = app.state.inventory.mark_viewed_ids(&rows.join(","), &Scope::everything());
        assert!(view.has(&stream_id(ACCOUNT, REGION, "orders-prod")));
    }
    let after = of_kinesis().await;
    // All rows were read within the last 30 s; at most a listing fell into the time.
    assert!(begun.elapsed() < Duration::from_secs(20), "too slow to tell");
    assert!(after - before <= 1, "{} calls", after - before);
}

#[tokio::test]
async fn a_target_in_trouble_leaves_the_others_and_the_server_alone() {
    let holes = ["ListStreams", "DescribeStreamSummary", "GetResources"].map(|operation| {
        ("faults", json!({"operation": operation, "account": OTHER_ACCOUNT, "region": REGION, "times": 100_000, "fault": "black-hole"}))
    });
    let denied = json!({"operation": "DescribeStreamSummary", "account": OTHER_ACCOUNT, "region": "eu-central-1", "times": 100_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "not authorized to perform: \
        kinesis:DescribeStreamSummary on resource: arn:aws:kinesis:eu-central-1:444455556666:stream/secret-name"}}});
    let mut before = holes.to_vec();
    before.push(("faults", denied));
    let begun = Instant::now();
    let app = TestApp::with(Setup { targets: Some(three), before, ..Setup::default() }).await;
    let well = health_when(&app, 0, |health| health.unread == 0 && health.streams == 14).await;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(20), "14 reads at five a second took {took:?}");
    assert_eq!((well.condition(), well.problem), (Condition::Well, None));
    let dead = health_when(&app, 1, |health| health.problem.is_some()).await;
    assert_eq!(dead.problem.as_ref().unwrap().why, "AWS did not answer in time");
    let denied = health_when(&app, 2, |health| health.problem.is_some()).await;
    let why = denied.problem.clone().unwrap().why;
    assert_eq!(why, "AWS refused the read: AccessDeniedException");
    let words = target_health::sentence(&denied);
    assert!(
        words.contains("its streams can't be read: AWS refused the read: AccessDeniedException. Never read."),
        "{words}"
    );
    assert!(!why.contains("secret-name"), "a target's health names streams that not everybody may see: {why}");
    assert!(denied.last_listed.is_some() && denied.streams == 7 && denied.unread == 7);
    let viewer = app.actor(Role::Viewer).await;
    assert_eq!(app.anonymous().get("/readyz").await.status, StatusCode::OK, "AWS does not count");
    let page = viewer.get("/streams").await.body;
    assert!(page.contains("444455556666 eu-west-1") && page.contains("AWS did not answer in time"), "{page}");
    let row = app.state.inventory.stream(&stream_id(OTHER_ACCOUNT, "eu-central-1", "consent-changes")).unwrap().0;
    assert_eq!(row.encryption, EncryptionState::Unknown, "what cannot be read is not \u{201c}not encrypted\u{201d}");
    let settings = viewer.get("/settings").await.body;
    assert!(settings.contains("has been behind since") && settings.contains("Next try"), "{settings}");
}

#[tokio::test]
async fn a_throttle_slows_the_target_and_keeps_what_is_known() {
    let app = TestApp::start().await;
    let orders = app.known("orders-prod").await;
    let throttled = json!({"operation": "DescribeStreamSummary", "times": 2,
        "fault": {"refuse": {"code": "LimitExceededException", "message": "Rate exceeded for account 111122223333."}}});
    app.control("faults", throttled).await;
    let slowed = health_when(&app, 0, |health| health.pace_percent < 100).await;
    assert_eq!(slowed.condition(), Condition::Slowed);
    let words = target_health::sentence(&slowed);
    assert!(words.contains("% of its budget"), "{words}");
    let rows = app.state.inventory.rows(&Scope::everything());
    assert!(rows.iter().all(|row| row.read_at.is_some() || row.encryption == EncryptionState::Unknown));
    let failed = rows.iter().find(|row| row.problem.is_some());
    assert!(failed.is_none_or(|row| row.problem.as_ref().unwrap().why == "AWS is throttling reads"));
    assert_eq!(app.state.inventory.stream(&orders).unwrap().0.encryption, EncryptionState::Encrypted);
}

/// What the audit chain has of pauses.
async fn audited(app: &TestApp) -> Vec<(String, String, String)> {
    let rows = app.state.store.audit_rows(0, 1_000).await.unwrap();
    let of_targets = rows.into_iter().filter(|row| row.event.action.name().starts_with("target."));
    of_targets.map(|row| (row.event.actor, row.event.action.name().to_owned(), row.event.target)).collect()
}

#[tokio::test]
async fn an_operator_pauses_a_target_and_a_change_is_watched_all_the_same() {
    let app = TestApp::with(Setup { is_mortal: true, targets: Some(three), ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let id = format!("{ACCOUNT}/{REGION}");
    assert_eq!(
        app.actor(Role::Viewer).await.post("/api/pause-target", &[("id", &id)]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        operator.post("/api/pause-target", &[("id", "999999999999/eu-west-1")]).await.status,
        StatusCode::NOT_FOUND
    );
    for _ in 0..2 {
        let paused = operator.post("/api/pause-target", &[("id", &id)]).await;
        assert_eq!(paused.location(), "/settings?done=target-paused");
    }
    let page = operator.get("/settings").await.body;
    assert!(
        page.contains("by operator") && page.contains("Resume") && page.contains("reading of 111122223333 eu-west-1"),
        "{page}"
    );
    // What was under way comes in.
    sleep(Duration::from_millis(1_500)).await;
    let of_target = |log: &[serde_json::Value]| {
        log.iter().filter(|call| call["account"] == ACCOUNT && call["region"] == REGION).count()
    };
    let before = of_target(&app.call_log().await);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(of_target(&app.call_log().await), before, "nothing is read in the background");
    let change = operator.disable("orders-prod").await;
    app.change_when(&change, |change| change.evidence.settled_at.is_some()).await;
    let app = app.killed_and_started_again().await;
    assert_eq!(health_of(&app, 0).pause.map(|pause| pause.by).as_deref(), Some("operator"), "a restart keeps it");
    let operator = app.actor(Role::Operator).await;
    let calls = of_target(&app.call_log().await);
    assert_eq!(operator.post("/api/resume-target", &[("id", &id)]).await.location(), "/settings?done=target-resumed");
    until(|| async { (of_target(&app.call_log().await) > calls).then_some(()) }).await;
    assert_eq!(
        audited(&app).await,
        [("target.paused", ()), ("target.resumed", ())].map(|(action, ())| (
            "operator".to_owned(),
            action.to_owned(),
            format!("{ACCOUNT} {REGION}")
        )),
        "each once, though the first button was pressed twice"
    );
}

#[tokio::test]
async fn a_pause_is_not_for_targets_outside_of_the_scope_and_counts_at_every_instance() {
    let app =
        TestApp::with(Setup { database: Kind::Postgres, is_mortal: true, targets: Some(three), ..Setup::default() })
            .await;
    let second = app.another().await;
    let operator = app.state.store.users().await.unwrap().into_iter().find(|user| user.name == "operator").unwrap().id;
    let mut tx = app.state.store.write().await.unwrap();
    users::set_rights(&mut tx, &operator, Role::Operator, &Scope::parse(&format!("{OTHER_ACCOUNT}/*/*")).unwrap())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let operator = app.actor(Role::Operator).await;
    assert_eq!(
        operator.post("/api/pause-target", &[("id", &format!("{ACCOUNT}/{REGION}"))]).await.status,
        StatusCode::NOT_FOUND
    );
    let own = format!("{OTHER_ACCOUNT}/{REGION}");
    assert_eq!(operator.post("/api/pause-target", &[("id", &own)]).await.status, StatusCode::SEE_OTHER);
    health_when(&second, 1, |health| health.pause.is_some()).await;
    assert_eq!(health_of(&second, 0).pause, None);
}

#[tokio::test]
async fn reads_go_through_the_read_role_and_nothing_is_changed_without_a_change_role() {
    let read_in_role = |simulator: &str| {
        let role = TargetSettings {
            read_role: Some(SEE.to_owned()),
            external_id: Some("keystream-external".to_owned()),
            ..target(simulator, ACCOUNT, REGION)
        };
        let denied =
            TargetSettings { read_role: Some(SEE.replace("1111", "4444")), ..target(simulator, OTHER_ACCOUNT, REGION) };
        vec![role, denied]
    };
    let app = TestApp::with(Setup { targets: Some(read_in_role), ..Setup::default() }).await;
    app.known("orders-prod").await;
    let log = app.call_log().await;
    let reads: Vec<_> = log.iter().filter(|call| call["operation"] == "DescribeStreamSummary").collect();
    assert!(reads.iter().all(|call| call["session"] == "keystream"), "{reads:?}");
    let assumed = log.iter().filter(|call| call["operation"] == "AssumeRole" && call["outcome"] == "ok").count();
    assert_eq!(assumed, 1, "once for all calls");
    let denied = health_when(&app, 1, |health| health.problem.is_some()).await;
    let why = denied.problem.unwrap().why;
    assert!(why.starts_with("AWS gave no credentials: AccessDenied (") && !why.contains("request_id"), "{why}");
    let operator = app.actor(Role::Operator).await;
    let list = operator.get("/streams").await.body;
    assert!(list.contains("orders-prod") && !list.contains("/disable\""), "{list}");
    let page = operator.get(&format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(operator.get("/settings").await.body.contains("Read-only"));
}

#[tokio::test]
async fn streams_that_the_configuration_names_need_no_listing() {
    let named = |simulator: &str| {
        let arn = |name: &str| format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}").parse().unwrap();
        vec![TargetSettings {
            streams: vec![arn("orders-prod"), arn("no-such-stream")],
            ..target(simulator, ACCOUNT, REGION)
        }]
    };
    let denied = json!({"operation": "ListStreams", "times": 1_000, "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}}});
    let app = TestApp::with(Setup { targets: Some(named), before: vec![("faults", denied)], ..Setup::default() }).await;
    app.known("orders-prod").await;
    let health = health_when(&app, 0, |health| health.last_read.is_some()).await;
    assert_eq!((health.streams, health.problem), (2, None));
    assert_eq!(health.last_listed, None, "names of the configuration are no answer of AWS");
    assert_eq!(app.calls("ListStreams").await, 0);
    let missing = until(|| async {
        app.state
            .inventory
            .stream(&stream_id(ACCOUNT, REGION, "no-such-stream"))
            .and_then(|(row, _)| row.problem.map(|problem| problem.why))
    });
    assert_eq!(missing.await, "AWS does not find the stream");
}

#[tokio::test]
async fn by_name_nothing_goes_by_arn() {
    let by_name =
        |simulator: &str| vec![TargetSettings { identify_by: IdentifyBy::Name, ..target(simulator, ACCOUNT, REGION) }];
    let app = TestApp::with(Setup { targets: Some(by_name), ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let change = operator.disable("orders-prod").await;
    app.change_when(&change, |change| change.evidence.settled_at.is_some()).await;
    let log = app.call_log().await;
    let of_streams: Vec<_> = log.iter().filter(|call| call["stream"].is_string()).collect();
    assert!(of_streams.len() > 10 && of_streams.iter().all(|call| call["is_by_arn"] == false), "{of_streams:?}");
    assert!(of_streams.iter().any(|call| call["operation"] == "StopStreamEncryption"));
}

#[tokio::test]
async fn tags_are_read_in_bulk_shown_by_choice_and_filtered() {
    let app = TestApp::start().await;
    let orders = app.known("orders-prod").await;
    let tags = until(|| async { app.state.inventory.stream(&orders).unwrap().0.tags }).await;
    assert!(tags.contains(&("team".to_owned(), "payments".to_owned())), "{tags:?}");
    assert_eq!(app.calls("GetResources").await, 1, "one call for all");
    let viewer = app.actor(Role::Viewer).await;
    let plain = viewer.get("/streams").await;
    assert!(!plain.body.contains("team=payments") && !plain.headers.contains_key("set-cookie"), "{}", plain.body);
    let chosen = viewer.get("/streams?cols=tags,created&tag=team%3Dpayments").await;
    assert!(chosen.body.contains("team=payments") && chosen.body.contains(">Created<!></th>"), "{}", chosen.body);
    assert_eq!(
        chosen.header("set-cookie"),
        "keystream-columns=tags.created; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000"
    );
    let with_cookie = Actor {
        cookie: viewer.cookie.as_ref().map(|cookie| format!("{cookie}; keystream-columns=tags.created")),
        ..app.anonymous()
    };
    let remembered = with_cookie.get("/streams").await;
    assert!(remembered.body.contains("team=payments") && !remembered.headers.contains_key("set-cookie"));
    let none = with_cookie.get("/streams?cols=none").await;
    assert!(!none.body.contains("team=payments"));
    assert!(none.header("set-cookie").starts_with("keystream-columns=none;"));
    let hostile = Actor {
        cookie: viewer.cookie.as_ref().map(|cookie| format!("{cookie}; keystream-columns=<script>;;=")),
        ..app.anonymous()
    };
    let page = hostile.get("/streams").await;
    assert!(page.status == StatusCode::OK && !page.body.contains("<script>;"));
    let denied = json!({"operation": "GetResources", "times": 10, "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}}});
    let other = TestApp::with(Setup { before: vec![("faults", denied)], ..Setup::default() }).await;
    let health = health_when(&other, 0, |health| health.tags_problem.is_some()).await;
    assert_eq!(health.condition(), Condition::Well, "nothing else depends on tags");
    assert!(
        other
            .actor(Role::Viewer)
            .await
            .get("/settings")
            .await
            .body
            .contains("Tags can't be read: AWS refused the read: AccessDeniedException")
    );
}

#[tokio::test]
async fn the_whole_fleet_is_filtered_counted_and_paged_by_the_server() {
    let fleet = vec![("fleet", json!({"account": ACCOUNT, "region": REGION, "count": 230}))];
    let app = TestApp::with(Setup { targets: Some(three), before: fleet, ..Setup::default() }).await;
    let all = [(0, 244), (1, 11), (2, 7)];
    for (index, streams) in all {
        health_when(&app, index, |health| health.streams == streams).await;
    }
    is_known(&app, &stream_id(OTHER_ACCOUNT, "eu-central-1", "consent-changes")).await;
    let viewer = app.actor(Role::Viewer).await;
    let page = viewer.get("/streams").await.body;
    assert!(page.contains("<span class=\"count\">262<") && page.contains("Page 1 of 6"), "{page}");
    assert!(page.contains("444455556666 (18)") && page.contains("eu-central-1 (7)"), "{page}");
    let narrowed = viewer.get("/streams?account=444455556666&per=25").await.body;
    assert!(narrowed.contains("18 of 262 streams match.") && narrowed.contains("111122223333 (244)"), "{narrowed}");
    assert!(!narrowed.contains("stream-00001"));
    let several = viewer.get("/streams?account=444455556666&region=eu-west-1&region=eu-central-1&q=APP").await.body;
    assert!(several.contains("2 of 262 streams match."), "{several}");
    let narrow = Scope::parse(&format!("{OTHER_ACCOUNT}/*/*")).unwrap();
    let within = app.state.inventory.list(ListQuery::default(), Vec::new(), &narrow);
    assert_eq!((within.counts.all, within.selection.matching), (18, 18));
    let accounts = within.facets.iter().find(|group| group.filter.slug() == "account").unwrap();
    assert_eq!(accounts.options.len(), 1, "what is outside of the scope is no option");
}

#[tokio::test]
async fn a_tab_hears_of_its_rows_and_that_others_have_moved() {
    let app = TestApp::start().await;
    let orders = app.known("orders-prod").await;
    app.known("refunds").await;
    let everything = Scope::everything();
    let view =
        app.state.inventory.mark_viewed_ids(&format!("{},no-digest,0123456789abcdef", orders.digest()), &everything);
    let news = app.state.inventory.news_after(0, 0).unwrap();
    let heard = frame(&news, &everything, Some(&view), Vec::new).unwrap();
    assert!(heard.streams.len() == 1 && heard.streams[0].id == orders, "{heard:?}");
    assert!(heard.is_list_moved && news.rows.len() > 1);
    // A scope without the row: neither a look at it nor a word of it.
    let narrow = Scope::parse("*/*/refunds").unwrap();
    assert!(!app.state.inventory.mark_viewed_ids(&orders.digest(), &narrow).has(&orders));
    // Reading the same again is no news to whom the row is not in view.
    let mut receiver = app.state.inventory.events().subscribe();
    let report = app.state.inventory.stream(&orders).unwrap().1.unwrap();
    let again = crate::model::stream::StreamReport {
        asked_at: app.state.clock.now(),
        read_at: app.state.clock.now(),
        ..report
    };
    app.state.inventory.record_report(again.clone());
    let elsewhere = app.state.inventory.mark_viewed_ids("", &everything);
    loop {
        let crate::server::services::inventory::Delivery::News(news) =
            crate::server::services::inventory::Events::next(&mut receiver).await
        else {
            panic!("reset")
        };
        let Some((row, is_news)) = news.rows.get(&orders).filter(|(row, _)| row.read_at == Some(again.read_at)) else {
            continue;
        };
        assert!(!is_news, "{row:?}");
        let told = frame(&news, &everything, Some(&view), Vec::new).unwrap();
        assert_eq!(told.streams.len(), 1, "the age in view moves");
        assert!(frame(&news, &everything, Some(&elsewhere), Vec::new).is_none_or(|frame| frame.streams.is_empty()));
        break;
    }
}

#[tokio::test]
async fn check_config_says_which_hosts_and_permissions_there_are() {
    let app = TestApp::start().await;
    let checked = async |settings: TargetSettings| {
        let mut all =
            Settings::load(&Flags([("database_url".to_owned(), app.database_url.clone())].into()), None).unwrap();
        all.fleet.targets = vec![settings];
        let mut said = Vec::new();
        let checked = check_config::run(&all, &mut said).await;
        (String::from_utf8(said).unwrap(), checked.is_ok())
    };
    let host = app.simulator.strip_prefix("http://").unwrap();
    let (said, is_well) = checked(target(&app.simulator, ACCOUNT, REGION)).await;
    for line in [
        "  sts:GetCallerIdentity          ok\n".to_owned(),
        format!("  kinesis:ListStreams            ok: 14 streams ({host})\n"),
        format!("  kinesis:DescribeStreamSummary  ok: by name of audit-trail ({host})\n"),
        format!("  kinesis:DescribeStreamSummary  ok: by ARN of audit-trail ({host})\n"),
        "  tag:GetResources               ok\n".to_owned(),
    ] {
        assert!(said.contains(&line), "{line}: {said}");
    }
    assert!(is_well);
    let (said, is_well) =
        checked(TargetSettings { account: OTHER_ACCOUNT.parse().ok(), ..target(&app.simulator, ACCOUNT, REGION) })
            .await;
    assert!(said.contains("failed: the credentials are of account 111122223333") && !is_well, "{said}");
    let denied = json!({"operation": "DescribeStreamSummary", "times": 2, "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}}});
    app.control("faults", denied).await;
    let settings = TargetSettings { region: "us-east-1".parse().ok(), ..target(&app.simulator, ACCOUNT, "us-east-1") };
    let (said, is_well) = checked(settings).await;
    assert!(said.contains("the permission kinesis:DescribeStreamSummary is missing") && !is_well, "{said}");
    assert!(said.contains("by name: does not work, and Keystream does not use it here"), "{said}");
    // Where nothing is listed, both hosts are asked for a stream that is not there.
    let empty = TargetSettings { region: "sa-east-1".parse().ok(), ..target(&app.simulator, ACCOUNT, "sa-east-1") };
    let (said, is_well) = checked(empty.clone()).await;
    for how in ["name", "ARN"] {
        let line = format!(
            "  kinesis:DescribeStreamSummary  ok: by {how}: AWS answers; there is no stream to read ({host})\n"
        );
        assert!(said.contains(&line) && is_well, "{line}: {said}");
    }
    app.control(
        "faults",
        json!({"operation": "DescribeStreamSummary", "region": "sa-east-1", "times": 2, "fault": "drop-request"}),
    )
    .await;
    let (said, is_well) = checked(empty).await;
    assert!(said.contains("failed: by ARN: the connection to AWS broke") && !is_well, "{said}");
    // A role that cannot be assumed is called by its name, and nothing else is tried.
    let (said, is_well) =
        checked(TargetSettings { read_role: Some(SEE.to_owned()), ..target(&app.simulator, ACCOUNT, REGION) }).await;
    let line = format!(
        "  sts:AssumeRole                 failed: {SEE} in session keystream: AWS gave no credentials: AccessDenied \
        (User is not authorized"
    );
    assert!(said.contains(&line) && !said.contains("ListStreams") && !is_well, "{said}");
    let untagged =
        json!({"operation": "GetResources", "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}}});
    app.control("faults", untagged).await;
    let (said, is_well) = checked(target(&app.simulator, ACCOUNT, REGION)).await;
    assert!(
        said.contains("tags will not be shown")
            && said.contains("the permission tag:GetResources is missing")
            && is_well,
        "{said}"
    );
    let nowhere = TargetSettings {
        endpoint: Some("http://nowhere.invalid".to_owned()),
        ..target(&app.simulator, ACCOUNT, REGION)
    };
    let (said, is_well) = checked(nowhere).await;
    assert!(said.contains("name not found"), "{said}");
    assert!(said.contains("(nowhere.invalid:80)") && !is_well, "{said}");
}
