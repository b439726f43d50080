//! How much one person, one network and everybody together may ask. What is over it is refused at once and says when to
//! come back; nobody waits in a queue that grows.

use std::{collections::HashMap, net::IpAddr, num::NonZeroU32, sync::Arc};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::server::services::accounts::network::network_of;

/// Requests at work at once; event connections count only until they are open.
pub const MOST_AT_WORK: u32 = 256;
/// A session's requests a second, and at once: a person with some tabs does not come near, a script that runs away
/// does.
const PER_SESSION: (u32, u32) = (300, 1_000);
/// A network's requests: a company may sit behind one address.
const PER_NETWORK: (u32, u32) = (1_000, 3_000);
/// A network's attempts to sign in or to set up: each costs a hash. A company that comes to work at nine fits in.
const ATTEMPTS: (u32, u32) = (1, 100);
/// A person who looks around where it must not is seen after the first row; a script fills no disk.
const NOTED_REFUSALS: (u32, u32) = (1, 20);
/// A person who pages and searches does not come near; a script that would keep the database busy does.
const COSTLY_ACTS: (u32, u32) = (2, 60);
/// Reports of browsers beyond this rate are thrown away unread: whoever floods fills no log.
const REPORTS: (u32, u32) = (1, 20);
/// Open event connections of one session.
const EVENT_CONNECTIONS: usize = 6;
/// Above this many keys, those that are at rest are forgotten.
const MANY_KEYS: usize = 10_000;

/// The limiters.
#[derive(Debug)]
pub struct RequestLimits {
    places: Arc<Semaphore>,
    sessions: DefaultKeyedRateLimiter<String>,
    networks: DefaultKeyedRateLimiter<IpNet>,
    attempts: DefaultKeyedRateLimiter<IpNet>,
    /// Refusals of a user that are written to the audit chain.
    noted_refusals: DefaultKeyedRateLimiter<String>,
    /// A user's reads of the whole chain or journal.
    costly_acts: DefaultKeyedRateLimiter<String>,
    reports: DefaultDirectRateLimiter,
    /// By session.
    event_connections: Arc<Mutex<HashMap<String, usize>>>,
}

impl Default for RequestLimits {
    fn default() -> Self {
        let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let per_second =
            |(rate, burst): (u32, u32)| Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst));
        Self {
            places: Arc::new(Semaphore::new(MOST_AT_WORK as usize)),
            sessions: RateLimiter::keyed(per_second(PER_SESSION)),
            networks: RateLimiter::keyed(per_second(PER_NETWORK)),
            attempts: RateLimiter::keyed(per_second(ATTEMPTS)),
            noted_refusals: RateLimiter::keyed(per_second(NOTED_REFUSALS)),
            costly_acts: RateLimiter::keyed(per_second(COSTLY_ACTS)),
            reports: RateLimiter::direct(per_second(REPORTS)),
            event_connections: Arc::default(),
        }
    }
}

impl RequestLimits {
    /// The places of requests at work. Each holds one until it is answered.
    pub const fn places(&self) -> &Arc<Semaphore> {
        &self.places
    }

    /// Lets a network ask once more; for an attempt at a password, let it try once more too.
    ///
    /// # Errors
    /// How many seconds to wait, when it was too often.
    pub fn take_request_from(&self, address: IpAddr, is_attempt: bool) -> Result<(), u64> {
        let network = network_of(address);
        ask(&self.networks, &network)?;
        if is_attempt { ask(&self.attempts, &network) } else { Ok(()) }
    }

    /// Lets a session ask once more.
    ///
    /// # Errors
    /// How many seconds to wait, when it was too often.
    pub fn take_request_of(&self, session: &String) -> Result<(), u64> {
        ask(&self.sessions, session)
    }

    /// Lets a user walk through the chain or the journal once more.
    ///
    /// # Errors
    /// How many seconds to wait, when it was too often.
    pub fn take_costly_act(&self, user_id: &String) -> Result<(), u64> {
        ask(&self.costly_acts, user_id)
    }

    /// Whether one more refusal of this user is worth a row of the audit chain.
    pub fn notes_refusal_of(&self, user_id: &String) -> bool {
        ask(&self.noted_refusals, user_id).is_ok()
    }

    /// Whether one more report of a browser is read.
    pub fn reads_report(&self) -> bool {
        self.reports.check().is_ok()
    }

    /// A place for one more event connection of a session, while it has less than six.
    pub fn take_event_connection(&self, session: &str) -> Option<EventConnection> {
        let mut open = self.event_connections.lock();
        let count = open.entry(session.to_owned()).or_default();
        if *count >= EVENT_CONNECTIONS {
            return None;
        }
        *count += 1;
        Some(EventConnection { session: session.to_owned(), open: self.event_connections.clone() })
    }
}

/// One of a session's event connections. Its place is given back when it is dropped.
#[derive(Debug)]
pub struct EventConnection {
    session: String,
    open: Arc<Mutex<HashMap<String, usize>>>,
}

impl Drop for EventConnection {
    fn drop(&mut self) {
        let mut open = self.open.lock();
        if let Some(count) = open.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.session);
            }
        }
    }
}

/// Asks a limiter; `Err` is how many seconds to wait.
fn ask<K: Clone + std::hash::Hash + Eq>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), u64> {
    if limiter.len() > MANY_KEYS {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_too_often_hears_when_to_come_back() {
        let limits = RequestLimits::default();
        let network = network_of("203.0.113.77".parse().unwrap());
        for _ in 0..ATTEMPTS.1 {
            ask(&limits.attempts, &network).unwrap();
        }
        let seconds = ask(&limits.attempts, &network).unwrap_err();
        assert!((1..=2).contains(&seconds), "{seconds}");
        ask(&limits.attempts, &network_of("198.51.100.1".parse().unwrap())).unwrap();
    }

    #[test]
    fn a_session_has_six_event_connections() {
        let limits = RequestLimits::default();
        let mut six: Vec<_> = (0..6).map(|_| limits.take_event_connection("a").unwrap()).collect();
        assert!(limits.take_event_connection("a").is_none());
        assert!(limits.take_event_connection("b").is_some());
        six.pop();
        assert!(limits.take_event_connection("a").is_some());
        drop(six);
        assert!(limits.event_connections.lock().is_empty(), "nothing is kept of sessions without one");
    }
}
