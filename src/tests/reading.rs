//! Impossible answers by AWS: each is refused on arrival, and claims nothing.

use serde_json::{Value, json};

use super::{
    fleet::{health_of, health_when, target},
    support::{ACCOUNT, REGION, Setup, TestApp},
};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        change::{Action, End, refusal::RefusalKind},
        inventory::PauseLength,
        stream::{StreamName, StreamReport, encryption::EncryptionState},
    },
    server::{
        adapters::{
            aws::{ListFrom, ReadFailure, SendOutcome, StreamRef, targets},
            clock::{Clock, Freshness},
            store::targets as pauses,
        },
        config::{IdentifyBy, TargetSettings},
    },
};

fn orders() -> StreamName {
    "orders-prod".parse().unwrap()
}

/// One read of orders-prod with a patched answer.
async fn read_patched(app: &TestApp, patch: Value) -> Result<StreamReport, ReadFailure> {
    let fault = json!({
        "operation": "DescribeStreamSummary", "stream": "orders-prod",
        "fault": {"patch": {"StreamDescriptionSummary": patch}},
    });
    app.control("faults", fault).await;
    app.state.inventory.targets()[0].read(&orders()).await
}

/// An application whose collector makes no calls.
pub async fn paused() -> TestApp {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let target = &app.state.inventory.targets()[0];
    let pause = PauseLength::parse("240").unwrap().begun("test".to_owned(), app.clock.now());
    let mut tx = app.store.write().await.unwrap();
    pauses::pause(&mut tx, &target.id, &pause).await.unwrap();
    tx.commit().await.unwrap();
    app.state.inventory.set_pause(target, Some(pause));
    // Wait until a read in flight has finished.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    app
}

#[tokio::test]
async fn a_description_with_missing_or_impossible_numbers_is_unreadable() {
    let app = paused().await;
    for (patch, says) in [
        (json!({"RetentionPeriodHours": null}), "retention"),
        (json!({"RetentionPeriodHours": 0}), "retention"),
        (json!({"RetentionPeriodHours": -24}), "retention"),
        (json!({"RetentionPeriodHours": i32::MAX}), "retention"),
        (json!({"StreamCreationTimestamp": null}), "creation time"),
        (json!({"StreamCreationTimestamp": 0}), "creation time"),
        (json!({"StreamCreationTimestamp": -1.5}), "creation time"),
        (json!({"StreamCreationTimestamp": 9.2e15}), "creation time"),
        (json!({"StreamCreationTimestamp": 8_640_000_000_000.0}), "creation time"),
        (json!({"StreamStatus": null}), "could not be read"),
        (json!({"OpenShardCount": -1}), "shards"),
    ] {
        let failure = read_patched(&app, patch.clone()).await.expect_err(&patch.to_string());
        assert!(failure.why.starts_with("AWS's answer") && failure.why.contains(says), "{patch}: {failure}");
    }
    let fine = read_patched(&app, json!({"RetentionPeriodHours": 8_760, "ConsumerCount": -3})).await.unwrap();
    assert_eq!((fine.retention_hours, fine.consumers), (8_760, None));
}

#[tokio::test]
async fn a_listing_with_an_impossible_creation_time_replaces_no_stream() {
    let app = TestApp::start().await;
    let orders = app.known("orders-prod").await;
    for created in [json!(null), json!(0), json!(-1), json!(9.2e15)] {
        let summary = json!({
            "StreamName": "orders-prod",
            "StreamARN": format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders-prod"),
            "StreamStatus": "ACTIVE", "StreamCreationTimestamp": created,
        });
        let patch = json!({
            "StreamNames": ["orders-prod"], "StreamSummaries": [summary], "HasMoreStreams": false,
            "NextToken": null,
        });
        app.control("faults", json!({"operation": "ListStreams", "fault": {"patch": patch}})).await;
        let target = &app.state.inventory.targets()[0];
        let page = target.kinesis.list_streams(&ListFrom::Start).await.unwrap();
        assert_eq!(page.streams[0].created, None, "{created}");
        app.state.inventory.record_listed(target, &page.streams);
        assert_eq!(app.state.inventory.stream(&orders).unwrap().0.encryption, EncryptionState::Encrypted, "{created}");
    }
}

#[tokio::test]
async fn an_answer_about_another_stream_account_region_or_partition_is_refused() {
    let app = paused().await;
    for arn in [
        "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod2",
        "arn:aws:kinesis:eu-west-1:444455556666:stream/orders-prod",
        "arn:aws:kinesis:us-east-1:111122223333:stream/orders-prod",
        "arn:aws-cn:kinesis:eu-west-1:111122223333:stream/orders-prod",
    ] {
        let failure = read_patched(&app, json!({"StreamARN": arn})).await.expect_err(arn);
        assert!(failure.why.starts_with(&format!("AWS answered for {arn}, not for ")), "{failure}");
    }
}

fn by_name_without_account(simulator: &str) -> Vec<TargetSettings> {
    vec![TargetSettings { account: None, identify_by: IdentifyBy::Name, ..target(simulator, ACCOUNT, REGION) }]
}

#[tokio::test]
async fn a_first_report_of_another_account_than_sts_names_is_not_believed() {
    let before = vec![("faults", json!({"operation": "ListStreams", "times": 1_000, "fault": "black-hole"}))];
    let app = TestApp::with(Setup { targets: Some(by_name_without_account), before, ..Setup::default() }).await;
    let target = targets::load(&by_name_without_account(&app.simulator), &(app.clock.clone() as _), None)
        .await
        .unwrap()
        .remove(0);
    let arn = "arn:aws:kinesis:eu-west-1:444455556666:stream/orders-prod";
    let fault = json!({
        "operation": "DescribeStreamSummary",
        "fault": {"patch": {"StreamDescriptionSummary": {"StreamARN": arn}}},
    });
    app.control("faults", fault).await;
    let failure = target.read(&orders()).await.expect_err("it is of another account");
    assert!(failure.why.starts_with(&format!("AWS answered for {arn}, not for ")), "{failure}");
    assert_eq!(target.account().as_str(), ACCOUNT, "as STS names it");
    assert!(target.read(&orders()).await.is_ok());
}

#[tokio::test]
async fn a_success_without_a_request_id_is_an_unknown_outcome() {
    for fault in [json!("no-request-id"), json!("html")] {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        app.control("faults", json!({"operation": "StopStreamEncryption", "fault": fault})).await;
        let id = app.actor(Role::Operator).await.disable("orders-prod").await;
        let change = app.change_when(&id, |change| !change.is_active()).await;
        assert_eq!(change.evidence.accepted, None, "{fault}: {change:?}");
        assert!(change.evidence.outcome_unknown.is_some(), "{fault}: {change:?}");
        assert_eq!(change.end.map(|end| end.how), Some(End::Settled), "{fault}: the reads show what became of it");
        assert_eq!(app.calls("StopStreamEncryption").await, 1, "{fault}");
    }
}

#[tokio::test]
async fn a_name_that_is_none_takes_out_itself_alone() {
    let patch =
        json!({"StreamNames": ["not a name", "orders-prod", "<script>"], "HasMoreStreams": false, "NextToken": null});
    let before = vec![("faults", json!({"operation": "ListStreams", "times": 1_000, "fault": {"patch": patch}}))];
    let app = TestApp::with(Setup { before, ..Setup::default() }).await;
    health_when(&app, 0, |health| health.problem.is_some() || health.last_listed.is_some()).await;
    assert_eq!(health_of(&app, 0).problem, None);
    let rows = app.state.inventory.rows(&Scope::everything());
    assert_eq!(rows.iter().map(|row| row.id.name.as_str()).collect::<Vec<_>>(), ["orders-prod"]);
}

#[tokio::test]
async fn credentials_that_aws_does_not_know_here_may_be_of_a_region_that_is_not_enabled() {
    for (code, says) in [
        (
            "UnrecognizedClientException",
            "Credentials not valid here. AWS does not recognize the credentials in this Region. This request changed \
             nothing. Either they \
             are wrong, or the Region is not enabled for this account.",
        ),
        ("InvalidClientTokenId", "AWS does not recognize the credentials in this Region."),
        (
            "ExpiredTokenException",
            "Credentials expired. AWS refused the credentials. This request changed nothing. Next: renew them for \
             111122223333, eu-west-1; \
             Keystream picks up new ones within a minute.",
        ),
    ] {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        let fault =
            json!({"operation": "StopStreamEncryption", "fault": {"refuse": {"code": code, "message": "in a test"}}});
        app.control("faults", fault).await;
        let operator = app.actor(Role::Operator).await;
        let id = operator.disable("orders-prod").await;
        app.change_when(&id, |change| !change.is_active()).await;
        let page = operator.get(&format!("/changes/{id}")).await.body;
        assert!(page.contains(says), "{code}: {page}");
    }
}

fn by_fips(simulator: &str) -> Vec<TargetSettings> {
    vec![TargetSettings { is_fips: true, ..target(simulator, ACCOUNT, REGION) }]
}

#[tokio::test]
async fn a_change_for_which_there_is_no_fips_endpoint_is_not_sent_rather_than_unknown() {
    let app = TestApp::start().await;
    // With a configured endpoint, the SDK uses no FIPS endpoint.
    let clock: std::sync::Arc<dyn Clock> = app.clock.clone();
    let target = targets::load(&by_fips(&app.simulator), &clock, None).await.unwrap().remove(0);
    let (key, read) = ("alias/orders".parse().unwrap(), Freshness::begin(&clock));
    let sent = target.kinesis.change_encryption(Action::Disable, &StreamRef::Name(orders()), &key, &read).await;
    let SendOutcome::Rejected(refusal) = sent else { panic!("{sent:?}") };
    let RefusalKind::NotSent { detail, .. } = refusal.kind else { panic!("{refusal:?}") };
    assert!(detail.contains("FIPS") && detail.ends_with("Kinesis in eu-west-1 may have no FIPS endpoint"), "{detail}");
    let tags = target.tagged_page(None).await.unwrap_err();
    assert!(tags.why.ends_with("the Resource Groups Tagging API in eu-west-1 may have no FIPS endpoint"), "{tags}");
}
