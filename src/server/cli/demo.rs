//! The demo: the simulator in this process, its sample streams as targets, a temporary database and two users without
//! passwords.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context;
use tempfile::TempDir;

use crate::{
    model::access::{credentials::UserName, identity::Role},
    server::{
        adapters::{
            clock::Clock,
            store::{Store, User, users},
        },
        config::TargetSettings,
    },
    simulator::{self, samples},
};

/// What the demo keeps alive while it runs.
pub struct Demo {
    directory: TempDir,
    simulator: SocketAddr,
}

/// Starts the simulator on a free loopback port, and creates the database's directory.
///
/// # Errors
/// When there is no free port, or the directory can't be created.
pub async fn prepare() -> anyhow::Result<Demo> {
    let directory =
        TempDir::with_prefix("keystream-demo-").context("no temporary directory for the demo's database")?;
    let simulator = simulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), simulator::Settings::default()).await?;
    Ok(Demo { directory, simulator })
}

impl Demo {
    /// The file of the database.
    pub fn database(&self) -> PathBuf {
        self.directory.path().join("keystream.db")
    }

    pub fn database_url(&self) -> String {
        format!("sqlite://{}", self.database().display())
    }

    /// The simulator's accounts and Regions.
    pub fn targets(&self) -> Vec<TargetSettings> {
        let target = |sample: &samples::SampleTarget| TargetSettings {
            account: sample.account.parse().ok(),
            region: sample.region.parse().ok(),
            name: Some(sample.name.to_owned()),
            is_production: sample.is_production,
            endpoint: Some(format!("http://{}", self.simulator)),
            simulator_access_key: Some(sample.account.to_owned()),
            ..TargetSettings::default()
        };
        samples::TARGETS.iter().map(target).collect()
    }
}

/// Adds `viewer` and `operator`.
///
/// # Errors
/// When the database can't be written.
pub async fn add_users(store: &Store, clock: &dyn Clock) -> anyhow::Result<()> {
    let mut tx = store.write().await?;
    for role in [Role::Viewer, Role::Operator] {
        let name = UserName::parse(role.into_str()).map_err(|mistake| anyhow::anyhow!("{mistake}"))?;
        let user = User { is_demo: true, ..User::new(&name, role, None) };
        users::insert(&mut tx, &user, &name, clock.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}
