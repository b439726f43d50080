//! The hosts that calls go to, as the SDK's rules have them.

use std::sync::Arc;

use crate::{
    server::{
        adapters::{
            aws::{hosts::HostLog, targets},
            clock::{Clock, SystemClock},
        },
        config::{IdentifyBy, TargetSettings},
    },
    tests::support::{ACCOUNT, REGION, tls},
};

/// The hosts of AWS that a target needs, a line each. Nothing is sent.
async fn needed(settings: TargetSettings) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let (file, authority) = (directory.path().join("config"), directory.path().join("ca.pem"));
    std::fs::write(&authority, tls::acceptor().1).unwrap();
    // None of this machine's own settings, and an authority where the machine has none.
    let profile = format!("ignore_configured_endpoint_urls = true\nca_bundle = {}\n", authority.display());
    std::fs::write(&file, format!("[profile offline]\n{profile}")).unwrap();
    let settings = TargetSettings {
        region: settings.region.or_else(|| REGION.parse().ok()),
        profile: Some("offline".to_owned()),
        profile_file: Some(file),
        ..settings
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let target = targets::load(&[settings], &clock, Some(&HostLog::default())).await.unwrap().remove(0);
    let hosts = target.needed_hosts(&"orders-prod".parse().unwrap()).await;
    hosts
        .into_iter()
        .map(|needed| format!("{} for {}", needed.host.unwrap_or_default(), needed.calls.join(", ")))
        .collect()
}

#[tokio::test]
async fn every_host_of_a_target_is_named_without_a_call() {
    let of_account = TargetSettings { account: ACCOUNT.parse().ok(), ..TargetSettings::default() };
    assert_eq!(
        needed(of_account.clone()).await,
        [
            format!("sts.{REGION}.amazonaws.com:443 for STS"),
            format!("kinesis.{REGION}.amazonaws.com:443 for lists"),
            format!("{ACCOUNT}.control-kinesis.{REGION}.amazonaws.com:443 for reads and changes"),
            format!("{ACCOUNT}.data-kinesis.{REGION}.amazonaws.com:443 for checks of records"),
            format!("kms.{REGION}.amazonaws.com:443 for KMS"),
            format!("cloudtrail.{REGION}.amazonaws.com:443 for CloudTrail"),
            format!("tagging.{REGION}.amazonaws.com:443 for tags"),
        ]
    );
    let by_name = needed(TargetSettings { identify_by: IdentifyBy::Name, ..of_account.clone() }).await;
    let kinesis = format!("kinesis.{REGION}.amazonaws.com:443 for lists, reads and changes, checks of records");
    assert!(by_name.contains(&kinesis), "{by_name:?}");
    let by_fips =
        needed(TargetSettings { is_fips: true, region: "us-east-1".parse().ok(), ..of_account.clone() }).await;
    for host in [
        "sts-fips.us-east-1.amazonaws.com:443".to_owned(),
        format!("{ACCOUNT}.control-kinesis-fips.us-east-1.amazonaws.com:443"),
        format!("{ACCOUNT}.data-kinesis-fips.us-east-1.amazonaws.com:443"),
        "kms-fips.us-east-1.amazonaws.com:443".to_owned(),
    ] {
        assert!(by_fips.iter().any(|line| line.starts_with(&host)), "{host}: {by_fips:?}");
    }
    let elsewhere = needed(TargetSettings { endpoint: Some("https://vpce.example".to_owned()), ..of_account }).await;
    let kinesis = "vpce.example:443 for lists, reads and changes, checks of records".to_owned();
    assert!(elsewhere.contains(&kinesis) && elsewhere.len() == 5, "{elsewhere:?}");
}
