//! A fleet: several accounts and Regions, many streams, within AWS's limits, each target's troubles its own.

mod configuration;
mod hosts;
mod list;
mod pause_rules;
mod pausing;
mod people;
mod reading;

use crate::{
    model::{
        access::scope::Scope,
        inventory::{StreamRow, TargetHealth},
        stream::StreamId,
    },
    server::config::TargetSettings,
    tests::support::{ACCOUNT, REGION, TestApp, until},
};

pub const OTHER_ACCOUNT: &str = "444455556666";

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
