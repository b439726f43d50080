//! Delays after failed passwords, per account from any network, and per network for any account.
//!
//! Failures are counted in the database, so a restart or another instance doesn't reset them. Attempts that are counted
//! together are checked one at a time, so many at once don't get around the delays either.
//!
//! Three kinds of attempts are counted apart from strangers' failures: those of someone who recently signed in from the
//! same network; those on a break-glass account, by network; and those to enter the password again, by session. Nobody
//! elsewhere can lengthen their delays.

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
            sign_in_delay::{ACCOUNT, BREAK_GLASS, NETWORK, Policy},
        },
        time::{SECOND_MS, Timestamp},
    },
    server::adapters::{
        clock::Clock,
        store::{Store, StoreError, Tx, User, sign_in_failures as table},
    },
};

/// Locks by subject. Those that nobody holds or waits for are forgotten.
#[derive(Debug, Default)]
struct SubjectLocks(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl SubjectLocks {
    async fn take(&self, subject: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock();
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(subject.to_owned()).or_default().clone()
        };
        turn.lock_owned().await
    }
}

/// The delays for everyone.
#[derive(Debug)]
pub struct Throttle {
    store: Store,
    clock: Arc<dyn Clock>,
    locks: SubjectLocks,
}

/// Whether a password may be checked now.
#[derive(Debug)]
pub enum Attempt {
    Begun(BegunAttempt),
    /// The account, the session or the network has to wait. This attempt doesn't lengthen the wait.
    MustWait {
        seconds: u64,
    },
}

/// An attempt whose password is being checked: the only one on its subject.
#[derive(Debug)]
pub struct BegunAttempt {
    counts: Counts,
    has_failed_before: bool,
    _turn: OwnedMutexGuard<()>,
}

/// Where the failure of an attempt is counted.
#[derive(Debug)]
struct Counts {
    /// The account or the session, perhaps in one network only. A right password ends its delay.
    own: Count,
    /// What the attempt shares with others.
    shared: Vec<Count>,
    /// Whether the delays of what it shares apply to it.
    is_held_up_by_shared: bool,
}

/// A subject whose failures are counted, and the delays that they bring.
#[derive(Debug)]
struct Count {
    subject: String,
    policy: Policy,
}

impl Throttle {
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, locks: SubjectLocks::default() }
    }

    /// Begins a sign-in as a name, known or not, from an address.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn begin_sign_in(
        &self,
        name: &UserName,
        user: Option<&User>,
        address: &str,
    ) -> Result<Attempt, StoreError> {
        let network = address.parse().ok().map(network_of);
        let is_known_here = match (user, network) {
            (Some(user), Some(network)) => self.has_signed_in_from(user, network).await?,
            _ => false,
        };
        let is_break_glass = user.is_some_and(|user| user.is_break_glass);
        self.begin(counts_of_sign_in(name, network, is_known_here, is_break_glass)).await
    }

    /// Begins to confirm the identity of a session's user.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn begin_confirmation(&self, session_hash: &str) -> Result<Attempt, StoreError> {
        let own = Count { subject: format!("session {session_hash}"), policy: ACCOUNT };
        self.begin(Counts { own, shared: Vec::new(), is_held_up_by_shared: false }).await
    }

    async fn begin(&self, counts: Counts) -> Result<Attempt, StoreError> {
        let turn = self.locks.take(&counts.own.subject).await;
        let now = self.clock.now();
        let own_wait = self.store.sign_in_wait(&counts.own.subject).await?;
        let mut until = own_wait;
        if counts.is_held_up_by_shared {
            for count in &counts.shared {
                until = until.max(self.store.sign_in_wait(&count.subject).await?);
            }
        }
        if let Some(until) = until.filter(|until| *until > now) {
            return Ok(Attempt::MustWait { seconds: seconds_until(until, now) });
        }
        Ok(Attempt::Begun(BegunAttempt { counts, has_failed_before: own_wait.is_some(), _turn: turn }))
    }

    /// Forgets the failures of the account or the session after a right password. Those that it shares with others
    /// stay, or users could use their own account to try others'.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn succeeded(&self, attempt: BegunAttempt) -> Result<(), StoreError> {
        if !attempt.has_failed_before {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        table::forget(&mut tx, &attempt.counts.own.subject).await?;
        tx.commit().await
    }

    /// Counts a failure after a wrong password.
    ///
    /// # Errors
    /// If the database can't be written.
    pub async fn failed(&self, attempt: BegunAttempt) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let Counts { own, shared, .. } = &attempt.counts;
        for count in shared.iter().chain([own]) {
            table::count(&mut tx, &count.subject, count.policy, now).await?;
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

/// Returns until when sign-ins to an account have to wait, in the network where they wait longest; `None` if they don't
/// have to.
///
/// # Errors
/// If the database can't be read.
pub async fn locked_until(store: &Store, user_name: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let until = store.longest_sign_in_wait(&account(user_name)).await?;
    Ok(until.filter(|until| *until > now))
}

/// Ends the delays of an account from every network. Returns whether there were failures to forget. A running server
/// and other instances on the same database follow at the next attempt.
///
/// # Errors
/// If the database can't be written.
pub async fn unlock(tx: &mut Tx, user_name: &str) -> Result<bool, StoreError> {
    Ok(table::forget_all(tx, &account(user_name)).await? > 0)
}

fn counts_of_sign_in(name: &UserName, network: Option<IpNet>, is_known_here: bool, is_break_glass: bool) -> Counts {
    let everywhere = account(name.as_str());
    let of_network = network.map(|network| Count { subject: format!("network {network}"), policy: NETWORK });
    let own_policy = if is_break_glass { BREAK_GLASS } else { ACCOUNT };
    let Some(here) = network.filter(|_| is_known_here || is_break_glass) else {
        let own = Count { subject: everywhere, policy: own_policy };
        return Counts { own, shared: of_network.into_iter().collect(), is_held_up_by_shared: true };
    };
    let own = Count { subject: format!("{everywhere} from {here}"), policy: own_policy };
    // Against guesses from very many networks; one network alone never gets there.
    let of_account = is_break_glass.then_some(Count { subject: everywhere, policy: NETWORK });
    Counts { own, shared: of_network.into_iter().chain(of_account).collect(), is_held_up_by_shared: !is_known_here }
}

/// Returns the subject of an account, with which those of its attempts from one network begin. It is a digest, because
/// users type passwords into the name field.
fn account(user_name: &str) -> String {
    format!("account {}", hex::encode(Sha256::digest(user_name.to_ascii_lowercase().as_bytes())))
}

fn seconds_until(until: Timestamp, now: Timestamp) -> u64 {
    until.millis_since(now).unsigned_abs().div_ceil(SECOND_MS.unsigned_abs())
}
