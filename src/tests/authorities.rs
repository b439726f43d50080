//! AWS behind a certificate of the company's own authority.

use std::{path::Path, sync::Arc};

use super::{
    fleet::target,
    support::{ACCOUNT, REGION, TestApp, tls},
};
use crate::{
    model::{change::Action, stream::StreamName, time::DAY_MS},
    server::{
        adapters::{
            aws::targets::{self, Target},
            clock::{Clock, SystemClock},
        },
        config::TargetSettings,
    },
};

fn orders() -> StreamName {
    "orders-prod".parse().unwrap()
}

/// A target with a profile that sends all calls to this address; its `ca_bundle` is the file, if there is one.
async fn with_profile(
    directory: &Path,
    address: &str,
    authority: Option<&Path>,
    settings: TargetSettings,
) -> Result<Arc<Target>, String> {
    let file = directory.join("config");
    let keys = format!("aws_access_key_id = {ACCOUNT}\naws_secret_access_key = simulated\n");
    let bundle = authority.map_or_else(String::new, |path| format!("ca_bundle = {}\n", path.display()));
    std::fs::write(&file, format!("[profile payments]\n{keys}endpoint_url = {address}\n{bundle}")).unwrap();
    let settings = TargetSettings {
        profile: Some("payments".to_owned()),
        profile_file: Some(file),
        endpoint: None,
        simulator_access_key: None,
        ..settings
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let loaded = targets::load(&[settings], &clock, None).await;
    loaded.map(|mut targets| targets.remove(0)).map_err(|error| error.to_string())
}

#[tokio::test]
async fn every_service_is_reached_behind_an_authority_that_is_named() {
    let app = TestApp::start().await;
    let (address, authority) = tls::in_front_of(&app.simulator).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    std::fs::write(&path, authority).unwrap();
    let own = target(&app.simulator, ACCOUNT, REGION);
    let in_role = TargetSettings { read_role: Some(format!("arn:aws:iam::{ACCOUNT}:role/see")), ..own.clone() };
    for settings in [own, in_role] {
        let target = with_profile(directory.path(), &address, Some(&path), settings).await.unwrap();
        target.read(&orders()).await.unwrap();
        target.kinesis.caller_account().await.unwrap();
        target.tagged_page(None).await.unwrap();
        target.kms.as_ref().unwrap().list_keys(None).await.unwrap();
        let since = SystemClock.now().plus_millis(-DAY_MS);
        target.trail.as_ref().unwrap().lookup(Action::Disable, since, None).await.unwrap();
    }
}

#[tokio::test]
async fn an_authority_that_is_not_named_is_not_trusted() {
    let app = TestApp::start().await;
    let (address, _) = tls::in_front_of(&app.simulator).await;
    let directory = tempfile::tempdir().unwrap();
    let own = target(&app.simulator, ACCOUNT, REGION);
    match with_profile(directory.path(), &address, None, own.clone()).await {
        Ok(target) => {
            let said = target.read(&orders()).await.unwrap_err().to_string();
            assert!(said.starts_with("AWS could not be reached: "), "{said}");
        }
        // A machine without authorities of its own.
        Err(said) => assert!(said.starts_with("no certificate authorities were found on this machine; "), "{said}"),
    }
    let path = directory.path().join("ca.pem");
    let said = with_profile(directory.path(), &address, Some(&path), own).await.unwrap_err();
    assert!(said.starts_with(&format!("ca_bundle of the AWS profile: {}: ", path.display())), "{said}");
}
