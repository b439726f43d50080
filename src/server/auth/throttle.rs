//! Failed passwords keep the next attempt waiting: by account wherever it comes from, and by network whichever account it
//! is for. Counted in the database, for the account before the password is looked at and for the network once it was
//! wrong: neither a restart, nor another instance, nor many attempts at once on an account get around it.

use std::net::IpAddr;

use ipnet::IpNet;
use sha2::{Digest, Sha256};

use super::sign_in::SignInError;
use crate::{
    model::{
        sign_in_delay::{FREE_FOR_ACCOUNT, FREE_FOR_NETWORK},
        timestamp::SECOND_MS,
        validation::UserName,
    },
    server::{
        middleware::client_address::network_of,
        state::Services,
        store::{StoreError, User, sign_in_failures as table},
    },
};

/// An attempt under way: counted as a failure until it has succeeded.
#[derive(Debug)]
pub struct Attempt {
    account: String,
    network: Option<String>,
}

impl Attempt {
    /// Begins an attempt on a name, known or not, from an address.
    ///
    /// # Errors
    /// When the account or the network has to wait: then the password is not looked at, and the wait grows no longer.
    pub async fn begin(services: &Services, name: &UserName, user: Option<&User>, address: &str) -> Result<Self, SignInError> {
        let network = address.parse().ok().map(network_of);
        let is_known_here = match (user, network) {
            (Some(user), Some(network)) => has_signed_in_from(services, user, network).await?,
            _ => false,
        };
        let account = subject_of(name, network.filter(|_| is_known_here));
        let network = network.map(|network| format!("network {network}"));

        let now = services.clock.now();
        let mut tx = services.store.write().await?;
        for subject in [Some(&account), network.as_ref()].into_iter().flatten() {
            if let Some(until) = table::waits_until(&mut tx, subject, now).await? {
                let seconds = until.millis_since(now).unsigned_abs().div_ceil(SECOND_MS.unsigned_abs());
                return Err(SignInError::MustWait { seconds });
            }
        }
        table::count(&mut tx, &account, FREE_FOR_ACCOUNT, now).await?;
        tx.commit().await?;
        Ok(Self { account, network })
    }

    /// The password was right: the account's failures are forgotten. Those of the network stay, or one's own account
    /// would be a way to try others'.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn succeeded(self, services: &Services) -> Result<(), StoreError> {
        let mut tx = services.store.write().await?;
        table::forget(&mut tx, &self.account).await?;
        tx.commit().await
    }

    /// The password was wrong: the network's failures grow too.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn failed(self, services: &Services) -> Result<(), StoreError> {
        let Some(network) = self.network else { return Ok(()) };
        let mut tx = services.store.write().await?;
        table::count(&mut tx, &network, FREE_FOR_NETWORK, services.clock.now()).await?;
        tx.commit().await
    }
}

/// What an account's failures are counted under. A digest: people type passwords into the field of the name. Who has
/// signed in from a network lately is counted apart there, so that strangers elsewhere keep nobody out.
fn subject_of(name: &UserName, known_network: Option<IpNet>) -> String {
    let digest = hex::encode(Sha256::digest(name.folded().as_bytes()));
    match known_network {
        Some(network) => format!("account {digest} from {network}"),
        None => format!("account {digest}"),
    }
}

async fn has_signed_in_from(services: &Services, user: &User, network: IpNet) -> Result<bool, StoreError> {
    let addresses = services.store.addresses_of(&user.id).await?;
    Ok(addresses.iter().filter_map(|address| address.parse::<IpAddr>().ok()).any(|address| network_of(address) == network))
}
