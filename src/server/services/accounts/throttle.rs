//! Delays after failed passwords, per account from any network, and per network for any account.
//!
//! Failures are counted in the database, so a restart or another instance doesn't reset them. Attempts on one account
//! are checked one at a time, so many at once don't get around the delays either.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use ipnet::IpNet;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;

use super::network::network_of;
use crate::{
    model::{
        access::{
            credentials::UserName,
            sign_in_delay::{ACCOUNT, NETWORK},
        },
        time::SECOND_MS,
    },
    server::adapters::{
        clock::Clock,
        store::{Store, StoreError, User, sign_in_failures as table},
    },
};

/// Locks by account. Those that nobody holds or waits for are forgotten.
#[derive(Debug, Default)]
struct AccountLocks(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl AccountLocks {
    async fn take(&self, account: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock();
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(account.to_owned()).or_default().clone()
        };
        turn.lock_owned().await
    }
}

/// The delays for everyone.
#[derive(Debug)]
pub struct Throttle {
    store: Store,
    clock: Arc<dyn Clock>,
    locks: AccountLocks,
}

/// Whether a password may be checked now.
#[derive(Debug)]
pub enum Attempt {
    Begun(BegunAttempt),
    /// The account or the network has to wait. This attempt doesn't lengthen the wait.
    MustWait {
        seconds: u64,
    },
}

/// An attempt whose password is being checked: the only one on its account.
#[derive(Debug)]
pub struct BegunAttempt {
    account: String,
    network: Option<String>,
    has_failed_before: bool,
    _turn: OwnedMutexGuard<()>,
}

impl Throttle {
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, locks: AccountLocks::default() }
    }

    /// Begins an attempt on a name, known or not, from an address.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn begin(&self, name: &UserName, user: Option<&User>, address: &str) -> Result<Attempt, StoreError> {
        let network = address.parse().ok().map(network_of);
        let is_known_here = match (user, network) {
            (Some(user), Some(network)) => self.has_signed_in_from(user, network).await?,
            _ => false,
        };
        let account = subject_of(name, network.filter(|_| is_known_here));
        let network = network.map(|network| format!("network {network}"));
        let turn = self.locks.take(&account).await;

        let now = self.clock.now();
        let of_account = self.store.sign_in_wait(&account).await?;
        // Failures of others in the network don't delay someone who recently signed in from it.
        let of_network = match &network {
            Some(network) if !is_known_here => self.store.sign_in_wait(network).await?,
            _ => None,
        };
        if let Some(until) = of_account.max(of_network).filter(|until| *until > now) {
            let seconds = until.millis_since(now).unsigned_abs().div_ceil(SECOND_MS.unsigned_abs());
            return Ok(Attempt::MustWait { seconds });
        }
        Ok(Attempt::Begun(BegunAttempt { account, network, has_failed_before: of_account.is_some(), _turn: turn }))
    }

    /// Forgets the account's failures after a right password. The network's stay, or users could use their own account
    /// to try others'.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn succeeded(&self, attempt: BegunAttempt) -> Result<(), StoreError> {
        if !attempt.has_failed_before {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        table::forget(&mut tx, &attempt.account).await?;
        tx.commit().await
    }

    /// Counts a failure of the account and of the network after a wrong password.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn failed(&self, attempt: BegunAttempt) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        table::count(&mut tx, &attempt.account, ACCOUNT, now).await?;
        if let Some(network) = &attempt.network {
            table::count(&mut tx, network, NETWORK, now).await?;
        }
        tx.commit().await
    }

    async fn has_signed_in_from(&self, user: &User, network: IpNet) -> Result<bool, StoreError> {
        let addresses = self.store.addresses_of(&user.id).await?;
        Ok(addresses
            .iter()
            .filter_map(|address| address.parse::<IpAddr>().ok())
            .any(|address| network_of(address) == network))
    }
}

/// Returns the key under which an account's failures are counted.
///
/// It is a digest, because users type passwords into the name field. Someone who recently signed in from a network is
/// counted separately there, so that strangers elsewhere can't lock them out.
fn subject_of(name: &UserName, known_network: Option<IpNet>) -> String {
    let digest = hex::encode(Sha256::digest(name.folded().as_bytes()));
    match known_network {
        Some(network) => format!("account {digest} from {network}"),
        None => format!("account {digest}"),
    }
}
