//! What the tables of targets can configure.

use axum::http::StatusCode;
use serde_json::json;

use super::{OTHER_ACCOUNT, health_when, stream_id, target};
use crate::{
    model::access::identity::Role,
    server::{
        cli::check_config,
        config::{Flags, IdentifyBy, Settings, TargetSettings},
    },
    tests::support::{ACCOUNT, REGION, Setup, TestApp, until},
};

const SEE: &str = "arn:aws:iam::111122223333:role/see-guarded";

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
    let denied = json!({
        "operation": "ListStreams", "times": 1_000,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
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

/// What `check-config` says of one target, and whether it finds it well.
async fn checked(app: &TestApp, target: TargetSettings) -> (String, bool) {
    let mut all = Settings::load(&Flags([("database_url".to_owned(), app.database_url.clone())].into()), None).unwrap();
    all.fleet.targets = vec![target];
    let mut said = Vec::new();
    let checked = check_config::run(&all, &mut said).await;
    (String::from_utf8(said).unwrap(), checked.is_ok())
}

#[tokio::test]
async fn check_config_says_which_hosts_and_permissions_there_are() {
    let app = TestApp::start().await;
    let host = app.simulator.strip_prefix("http://").unwrap();
    let (said, is_well) = checked(&app, target(&app.simulator, ACCOUNT, REGION)).await;
    for line in [
        "  sts:GetCallerIdentity          ok\n".to_owned(),
        format!(
            "  host                           {host} for STS, lists, reads and changes, checks \
             of records, KMS, CloudTrail, tags\n"
        ),
        format!("  kinesis:ListStreams            ok: 14 streams ({host})\n"),
        format!("  kinesis:DescribeStreamSummary  ok: by name of audit-trail ({host})\n"),
        format!("  kinesis:DescribeStreamSummary  ok: by ARN of audit-trail ({host})\n"),
        format!("  kinesis:ListShards             ok ({host})\n"),
        format!("  kinesis:GetShardIterator       ok ({host})\n"),
        format!("  kinesis:GetRecords             ok ({host})\n"),
        "  kms:ListAliases                ok\n".to_owned(),
        "  kms:ListKeys                   ok\n".to_owned(),
        "  kms:DescribeKey                ok\n".to_owned(),
        "  kms:GetKeyRotationStatus       ok\n".to_owned(),
        "  cloudtrail:LookupEvents        ok\n".to_owned(),
        "  tag:GetResources               ok\n".to_owned(),
    ] {
        assert!(said.contains(&line), "{line}: {said}");
    }
    assert!(is_well);
    let (said, is_well) = checked(
        &app,
        TargetSettings { account: OTHER_ACCOUNT.parse().ok(), ..target(&app.simulator, ACCOUNT, REGION) },
    )
    .await;
    assert!(said.contains("failed: the credentials are of account 111122223333") && !is_well, "{said}");
    let denied = json!({
        "operation": "DescribeStreamSummary", "region": "us-east-1", "times": 2,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
    app.control("faults", denied).await;
    let settings = TargetSettings { region: "us-east-1".parse().ok(), ..target(&app.simulator, ACCOUNT, "us-east-1") };
    let (said, is_well) = checked(&app, settings).await;
    assert!(said.contains("the permission kinesis:DescribeStreamSummary is missing") && !is_well, "{said}");
    assert!(said.contains("by name: does not work, and Keystream does not use it here"), "{said}");
    // Where nothing is listed, both hosts are asked for a stream that is not there.
    let empty = TargetSettings { region: "sa-east-1".parse().ok(), ..target(&app.simulator, ACCOUNT, "sa-east-1") };
    let (said, is_well) = checked(&app, empty.clone()).await;
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
    let (said, is_well) = checked(&app, empty).await;
    assert!(said.contains("failed: by ARN: the connection to AWS broke") && !is_well, "{said}");
}

#[tokio::test]
async fn check_config_tries_the_targets_whatever_is_wrong_with_the_database() {
    let app = TestApp::start().await;
    let nowhere = "sqlite:///nowhere/at/all/keystream.db".to_owned();
    let mut all = Settings::load(&Flags([("database_url".to_owned(), nowhere)].into()), None).unwrap();
    all.fleet.targets = vec![target(&app.simulator, ACCOUNT, REGION)];
    let mut said = Vec::new();
    let checked = check_config::run(&all, &mut said).await;
    let said = String::from_utf8(said).unwrap();
    let why = "KEYSTREAM_DATABASE_URL takes a file in a directory where Keystream may write";
    assert!(said.starts_with(&format!("database sqlite:///nowhere/at/all/keystream.db: failed: {why}")), "{said}");
    assert!(said.contains("  kinesis:ListStreams            ok: 14 streams"), "{said}");
    assert!(checked.unwrap_err().to_string().starts_with(why));
}

#[tokio::test]
async fn check_config_names_a_role_and_a_host_that_cannot_be_reached() {
    let app = TestApp::start().await;
    // A role that cannot be assumed is called by its name, and nothing else is tried.
    let (said, is_well) =
        checked(&app, TargetSettings { read_role: Some(SEE.to_owned()), ..target(&app.simulator, ACCOUNT, REGION) })
            .await;
    let line = format!(
        "  sts:AssumeRole                 failed: {SEE} in session keystream: AWS gave no credentials: AccessDenied \
        (User is not authorized"
    );
    assert!(said.contains(&line) && !said.contains("ListStreams") && !is_well, "{said}");
    let nowhere = TargetSettings {
        endpoint: Some("http://nowhere.invalid".to_owned()),
        ..target(&app.simulator, ACCOUNT, REGION)
    };
    let (said, is_well) = checked(&app, nowhere).await;
    assert!(said.contains("name not found"), "{said}");
    assert!(said.contains("(nowhere.invalid:80)") && !is_well, "{said}");
}

#[tokio::test]
async fn check_config_says_what_is_missed_without_an_optional_permission() {
    let app = TestApp::start().await;
    for (permission, without) in [
        ("kinesis:ListShards", "records cannot be checked by reading"),
        ("kinesis:GetShardIterator", "records cannot be checked by reading"),
        ("kinesis:GetRecords", "records cannot be checked by reading"),
        ("kms:ListAliases", "keys cannot be picked from a list"),
        ("kms:ListKeys", "keys cannot be picked from a list"),
        ("kms:DescribeKey", "the states of keys will not be known"),
        ("kms:GetKeyRotationStatus", "whether keys are rotated will not be known"),
        ("cloudtrail:LookupEvents", "changes made elsewhere will not be counted"),
        ("tag:GetResources", "tags will not be shown"),
    ] {
        let (_, operation) = permission.split_once(':').unwrap();
        let denied = json!({
            "operation": operation, "times": 100,
            "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
        });
        app.control("faults", denied).await;
        let (said, is_well) = checked(&app, target(&app.simulator, ACCOUNT, REGION)).await;
        let line = format!("  {permission:<31}{without}: AWS refused the read: AccessDeniedException (no)");
        assert!(said.contains(&line) && is_well, "{line}: {said}");
        assert!(said.contains(&format!("; the permission {permission} is missing")), "{said}");
        app.forget_faults().await;
    }
}

#[tokio::test]
async fn check_config_calls_no_permission_missing_that_it_had_nothing_to_try_with() {
    let app = TestApp::start().await;
    for permission in ["kinesis:ListShards", "kinesis:GetShardIterator", "kms:DescribeKey"] {
        let (_, operation) = permission.split_once(':').unwrap();
        let denied = json!({
            "operation": operation, "region": "sa-east-1", "times": 100,
            "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
        });
        app.control("faults", denied).await;
        let empty = TargetSettings { region: "sa-east-1".parse().ok(), ..target(&app.simulator, ACCOUNT, "sa-east-1") };
        let (said, is_well) = checked(&app, empty).await;
        let line = format!("  {permission:<31}AWS answers, and there is nothing to try the permission with: ");
        assert!(said.contains(&line) && is_well, "{line}: {said}");
        assert!(!said.contains("is missing"), "{said}");
        app.forget_faults().await;
    }
}
