//! Credentials that are renewed while Keystream runs, and credentials that load slowly.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::json;

use super::{
    fleet::target,
    support::{ACCOUNT, REGION, Setup, TestApp, until},
};
use crate::{
    model::{
        change::{Action, refusal::RefusalKind},
        stream::StreamName,
    },
    server::{
        adapters::{
            aws::{
                ReadFailureKind, SendOutcome, StreamRef,
                targets::{self, Target},
            },
            clock::{Clock, Freshness, SystemClock},
        },
        config::TargetSettings,
    },
};

fn orders() -> StreamName {
    "orders-prod".parse().unwrap()
}

/// A target with the credentials of a profile in one of the SDK's files.
async fn with_profile(app: &TestApp, file: &Path) -> Arc<Target> {
    let settings = TargetSettings {
        profile: Some("payments".to_owned()),
        profile_file: Some(file.to_owned()),
        simulator_access_key: None,
        ..target(&app.simulator, ACCOUNT, REGION)
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    targets::load(&[settings], &clock, None).await.unwrap().remove(0)
}

/// Sends all AWS calls to the simulator.
fn write_keys(app: &TestApp, file: &Path, key: &str) {
    let endpoint = &app.simulator;
    let text = format!(
        "[profile payments]\naws_access_key_id = {key}\naws_secret_access_key = simulated\nendpoint_url = {endpoint}\n"
    );
    std::fs::write(file, text).unwrap();
}

async fn refuse(app: &TestApp, key: &str, code: &str) {
    app.control("access-keys", json!({"key": key, "code": code})).await;
}

#[tokio::test]
async fn a_rewritten_credentials_file_is_used_within_a_minute_of_the_first_refusal() {
    let app = TestApp::with(Setup::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    write_keys(&app, &file, "AKIAOLD");
    let target = with_profile(&app, &file).await;
    target.read(&orders()).await.unwrap();
    for (code, says) in [
        ("ExpiredTokenException", "the credentials expired: ExpiredTokenException"),
        ("UnrecognizedClientException", "Either they are wrong, or the Region is not enabled for this account"),
    ] {
        let (old, new) = if code.starts_with("Expired") { ("AKIAOLD", "AKIANEW") } else { ("AKIANEW", "AKIANEWER") };
        refuse(&app, old, code).await;
        let begun = SystemClock.steady();
        let refused = target.read(&orders()).await.unwrap_err();
        assert_eq!(refused.kind, ReadFailureKind::CredentialsRefused);
        assert!(refused.why.contains(says), "{refused}");
        let tags = target.tagged_page(None).await.unwrap_err();
        assert_eq!(tags.kind, ReadFailureKind::CredentialsRefused, "{tags}");
        write_keys(&app, &file, new);
        until(|| async { target.read(&orders()).await.ok() }).await;
        let took = SystemClock.steady().saturating_sub(begun);
        assert!(took < Duration::from_secs(60), "{code}: it took {took:?}");
        // Every other client of the target has them too.
        target.tagged_page(None).await.unwrap();
        target.kinesis.caller_account().await.unwrap();
        target.kms.as_ref().unwrap().list_keys(None).await.unwrap();
    }
}

/// A read made just now.
fn fresh() -> Freshness {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Freshness::begin(&clock)
}

#[tokio::test]
async fn a_send_that_is_refused_for_its_credentials_renews_them_too() {
    let app = TestApp::with(Setup::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    write_keys(&app, &file, "AKIAOLD");
    let target = with_profile(&app, &file).await;
    target.read(&orders()).await.unwrap();
    refuse(&app, "AKIAOLD", "ExpiredTokenException").await;
    let stream = StreamRef::Name(orders());
    let key = "alias/orders".parse().unwrap();
    let sent = target.kinesis.change_encryption(Action::Disable, &stream, &key, &fresh()).await;
    let SendOutcome::Rejected(refusal) = sent else { panic!("{sent:?}") };
    assert_eq!(refusal.kind, RefusalKind::CredentialsExpired);
    write_keys(&app, &file, "AKIANEW");
    until(|| async { target.read(&orders()).await.ok() }).await;
}

#[tokio::test]
async fn a_read_role_is_assumed_anew_with_renewed_credentials() {
    let app = TestApp::with(Setup::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    write_keys(&app, &file, "AKIAOLD");
    let settings = TargetSettings {
        profile: Some("payments".to_owned()),
        profile_file: Some(file.clone()),
        read_role: Some(format!("arn:aws:iam::{ACCOUNT}:role/see")),
        simulator_access_key: None,
        ..target(&app.simulator, ACCOUNT, REGION)
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let target = targets::load(&[settings], &clock, None).await.unwrap().remove(0);
    target.read(&orders()).await.unwrap();
    let session = format!("ASIA{ACCOUNT}");
    refuse(&app, "AKIAOLD", "ExpiredToken").await;
    refuse(&app, &session, "ExpiredTokenException").await;
    target.read(&orders()).await.unwrap_err();
    // Until its own credentials are renewed, the role can't be assumed, and AWS says why.
    let failure = until(|| async {
        target.read(&orders()).await.err().filter(|failure| failure.kind == ReadFailureKind::NoCredentials)
    })
    .await;
    assert!(failure.why.starts_with("AWS gave no credentials: ExpiredToken"), "{failure}");
    write_keys(&app, &file, "AKIANEW");
    app.control("access-keys", json!({"key": session})).await;
    let begun = SystemClock.steady();
    until(|| async { target.read(&orders()).await.ok() }).await;
    let took = SystemClock.steady().saturating_sub(begun);
    assert!(took < Duration::from_secs(60), "it took {took:?}");
}

#[tokio::test]
async fn a_change_role_that_expired_credentials_cannot_assume_says_so_and_works_once_they_are_renewed() {
    let app = TestApp::with(Setup::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    write_keys(&app, &file, "AKIAOLD");
    let settings = TargetSettings {
        profile: Some("payments".to_owned()),
        profile_file: Some(file.clone()),
        change_role: Some(format!("arn:aws:iam::{ACCOUNT}:role/change")),
        simulator_access_key: None,
        ..target(&app.simulator, ACCOUNT, REGION)
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let target = targets::load(&[settings], &clock, None).await.unwrap().remove(0);
    refuse(&app, "AKIAOLD", "ExpiredToken").await;
    let refusal = target.sender("mira", None).await.unwrap_err();
    let RefusalKind::NotSent { detail, .. } = refusal.kind else { panic!("{refusal:?}") };
    assert!(detail.contains("as keystream-mira: the credentials expired: ExpiredToken"), "{detail}");
    write_keys(&app, &file, "AKIANEW");
    let begun = SystemClock.steady();
    until(|| async { target.sender("mira", None).await.ok() }).await;
    let took = SystemClock.steady().saturating_sub(begun);
    assert!(took < Duration::from_secs(60), "it took {took:?}");
}

#[tokio::test]
async fn a_credential_process_that_takes_seven_seconds_is_waited_for_and_named() {
    let app = TestApp::with(Setup::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let (file, process) = (directory.path().join("config"), directory.path().join("slow"));
    let answer = r#"{"Version": 1, "AccessKeyId": "AKIASLOW", "SecretAccessKey": "simulated"}"#;
    std::fs::write(&process, format!("sleep 7\necho '{answer}'\n")).unwrap();
    let text = format!(
        "[profile payments]\ncredential_process = sh {}\nendpoint_url = {}\n",
        process.display(),
        app.simulator
    );
    std::fs::write(&file, text).unwrap();
    let target = with_profile(&app, &file).await;
    let read = async { target.read(&orders()).await.unwrap() };
    let meanwhile = async {
        // Optional calls wait less, and say what for.
        let failure = target.kms.as_ref().unwrap().list_keys(None).await.unwrap_err();
        assert_eq!(failure.why, "AWS was not asked: the credentials of profile payments have not come within 1.5 s");
        assert_eq!(target.waits_for().as_deref(), Some("the credentials of profile payments"));
        // A change isn't sent long after it was checked.
        let key = "alias/orders".parse().unwrap();
        let sent = target.kinesis.change_encryption(Action::Disable, &StreamRef::Name(orders()), &key, &fresh()).await;
        let SendOutcome::Rejected(refusal) = sent else { panic!("{sent:?}") };
        let RefusalKind::NotSent { detail, .. } = refusal.kind else { panic!("{refusal:?}") };
        assert_eq!(detail, "the credentials of profile payments have not come within 2 s");
    };
    tokio::join!(read, meanwhile);
    assert_eq!((target.waits_for(), app.calls("StopStreamEncryption").await), (None, 0));
}
