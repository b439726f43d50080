//! Changes sent in their own session, named after the requester.

use serde_json::json;

use super::{
    fleet::target,
    support::{ACCOUNT, REGION, Setup, TestApp},
};
use crate::{
    model::{
        access::identity::Role,
        change::{
            End, Ending, SentAs,
            refusal::{Obstacle, RefusalKind},
        },
    },
    server::{
        cli::check_config,
        config::{Flags, IdentifyBy, Settings, TargetSettings},
    },
};

const ROLE: &str = "arn:aws:iam::111122223333:role/ops/keystream-guarded";

async fn with_role(external_id: Option<&'static str>) -> TestApp {
    let app = TestApp::with(Setup { change_role: Some((ROLE, external_id)), ..Setup::default() }).await;
    app.known("orders-prod").await;
    app
}

#[tokio::test]
async fn the_persons_name_is_in_the_session_that_sends_and_reads_go_without() {
    let app = with_role(Some("keystream-external")).await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    let change = app.change_when(&id, |change| change.evidence.settled_at.is_some()).await;
    let session = format!("keystream-{id}-operator");
    let sent_as = SentAs { role: ROLE.to_owned(), session: session.clone() };
    assert_eq!(change.evidence.sent_as, Some(sent_as));
    let log = app.call_log().await;
    let sessions_of = |operation: &str| -> Vec<_> {
        log.iter().filter(|call| call["operation"] == operation).map(|call| call["session"].as_str()).collect()
    };
    assert_eq!(sessions_of("AssumeRole"), [Some(session.as_str())]);
    assert_eq!(sessions_of("StopStreamEncryption"), [Some(session.as_str())]);
    let assumed = log.iter().find(|call| call["operation"] == "AssumeRole").unwrap();
    assert_eq!(assumed["source_identity"], "operator");
    assert!(sessions_of("DescribeStreamSummary").iter().all(Option::is_none));
    let rows = app.store.audit_rows(0, 100).await.unwrap();
    let sent = rows.iter().find(|row| row.event.action.name() == "change.sent").unwrap();
    assert_eq!(sent.event.result, format!("Sent, as {ROLE} in session {session}"));
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(page.contains(&format!("As {ROLE}, session {session}.")), "{page}");
    let stop = log.iter().find(|call| call["operation"] == "StopStreamEncryption").unwrap();
    assert_eq!((stop["account"].as_str(), stop["region"].as_str()), (Some("111122223333"), Some(REGION)));
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_sends_nothing_and_says_why() {
    let app = with_role(None).await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    let change = app.change_when(&id, |change| !change.is_active()).await;
    let Some(Ending { how: End::Rejected(refusal), .. }) = &change.end else { panic!("{:?}", change.end) };
    assert!(matches!(&refusal.kind, RefusalKind::NotSent { obstacle: Obstacle::RoleNotAssumed, .. }), "{refusal:?}");
    assert_eq!(change.evidence.sent_at, None);
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
    let page = operator.get(&format!("/changes/{id}")).await.body;
    for part in [
        "Keystream could not assume the role that sends changes in 111122223333, eu-west-1",
        &format!("keystream-guarded as keystream-{id}-operator: AccessDenied: User is not authorized"),
        "Nothing was sent.",
        "trust policy",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn a_role_that_allows_no_source_identity_is_assumed_without_and_asked_once() {
    let role = "arn:aws:iam::111122223333:role/keystream-plain";
    let app = TestApp::with(Setup { change_role: Some((role, None)), ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    for (name, sources) in [("orders-prod", vec![Some("operator"), None]), ("checkout-events", vec![None])] {
        app.known(name).await;
        let before = app.call_log().await.len();
        let id = operator.disable(name).await;
        app.change_when(&id, |change| change.evidence.accepted.is_some()).await;
        let log = app.call_log().await;
        let assumed = log[before..].iter().filter(|call| call["operation"] == "AssumeRole");
        let found: Vec<_> = assumed.map(|call| call["source_identity"].as_str()).collect();
        assert_eq!(found, sources, "{name}");
    }
}

#[tokio::test]
async fn a_role_of_another_account_sends_nothing() {
    // By name, a session there would change that account's stream.
    let abroad = |simulator: &str| {
        vec![TargetSettings {
            account: None,
            change_role: Some("arn:aws:iam::444455556666:role/change".to_owned()),
            identify_by: IdentifyBy::Name,
            ..target(simulator, ACCOUNT, REGION)
        }]
    };
    let app = TestApp::with(Setup { targets: Some(abroad), ..Setup::default() }).await;
    app.known("orders-prod").await;
    let id = app.actor(Role::Operator).await.disable("orders-prod").await;
    let change = app.change_when(&id, |change| !change.is_active()).await;
    let Some(Ending { how: End::Rejected(refusal), .. }) = &change.end else { panic!("{:?}", change.end) };
    let RefusalKind::NotSent { obstacle: Obstacle::RoleNotAssumed, detail } = &refusal.kind else {
        panic!("{refusal:?}")
    };
    assert!(detail.ends_with("is a role of account 444455556666, and the streams are of 111122223333"), "{detail}");
    assert_eq!((app.calls("AssumeRole").await, app.calls("StopStreamEncryption").await), (0, 0));
}

#[tokio::test]
async fn check_config_tries_the_role_too() {
    for (external_id, expected, failed) in [
        (
            None,
            "sts:AssumeRole                 failed: arn:aws:iam::111122223333:role/ops/keystream-guarded as \
            keystream-check-config: AccessDenied",
            true,
        ),
        (Some("keystream-external"), "  kinesis:DescribeStreamSummary  ok: by ARN of audit-trail (127.0.0.1:", false),
    ] {
        let app = with_role(external_id).await;
        let mut settings =
            Settings::load(&Flags([("database_url".to_owned(), app.database_url.clone())].into()), None).unwrap();
        settings.fleet.targets = vec![TargetSettings {
            account: Some("111122223333".parse().unwrap()),
            region: Some(REGION.parse().unwrap()),
            endpoint: Some(app.simulator.clone()),
            simulator_access_key: Some("111122223333".to_owned()),
            change_role: Some(ROLE.to_owned()),
            external_id: external_id.map(ToOwned::to_owned),
            ..TargetSettings::default()
        }];
        let mut said = Vec::new();
        let checked = check_config::run(&settings, &mut said).await;
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains(expected), "{said}");
        assert_eq!(
            checked.err().map(|error| error.to_string()),
            failed.then(|| "1 of 1 target failed; the lines above say why".to_owned())
        );
    }
}

#[tokio::test]
async fn aws_refusing_the_role_is_told_with_its_session() {
    let app = with_role(Some("keystream-external")).await;
    let operator = app.actor(Role::Operator).await;
    let fault = json!({
        "operation": "StopStreamEncryption",
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
    app.control("faults", fault).await;
    let id = operator.disable("orders-prod").await;
    app.change_when(&id, |change| !change.is_active()).await;
    let page = operator.get(&format!("/changes/{id}")).await.body;
    assert!(
        page.contains(&format!("AWS refused role {ROLE} (session keystream-{id}-operator, operator operator).")),
        "{page}"
    );
}

#[tokio::test]
async fn a_role_in_the_configuration_is_one_or_it_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("k.toml");
    let load = |target: &str| {
        std::fs::write(&path, format!("[[target]]\naccount = \"111122223333\"\nregion = \"eu-west-1\"\n{target}\n"))
            .unwrap();
        Settings::load(&Flags::default(), Some(&path))
            .map(|settings| settings.fleet.targets[0].clone())
            .map_err(|error| error.to_string())
    };
    let target = load(&format!("change_role = \"{ROLE}\"\nexternal_id = \"keystream-external\"")).unwrap();
    assert_eq!(
        (target.change_role.as_deref(), target.external_id.as_deref()),
        (Some(ROLE), Some("keystream-external"))
    );
    for (text, key) in [
        ("change_role = \"keystream-change\"", "[[target]] change_role"),
        ("change_role = \"arn:aws:iam::1111:role/x\"", "[[target]] change_role"),
        ("change_role = \"arn:aws:iam::111122223333:user/x\"", "[[target]] change_role"),
        ("change_role = \"arn:aws:iam::111122223333:role/\"", "[[target]] change_role"),
        ("change_role = 1", "[[target]] change_role"),
        ("external_id = \"x\"", "[[target]] external_id"),
        ("external_id = \"keystream-external\"", "[[target]] external_id"),
    ] {
        let said = load(text).unwrap_err();
        assert!(said.starts_with(key) && said.contains("it takes") && !said.contains('\n'), "{said}");
    }
}
