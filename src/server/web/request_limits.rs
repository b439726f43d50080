//! Request limits per user, per session, per network and overall. Requests over a limit are refused at once with the
//! time to wait; nothing queues up.

use std::{collections::HashMap, net::IpAddr, num::NonZeroU32, sync::Arc};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::event_connections::EventConnections;
use crate::server::services::accounts::network::network_of;

/// The most requests in progress at once. An event connection counts only until it is open.
pub const MOST_AT_WORK: u32 = 256;
/// The most requests of one network's strangers in progress at once.
const MOST_OF_A_NETWORK: usize = 32;
/// A session's requests per second, and its burst. A user with several tabs stays far below; a runaway script does not.
const PER_SESSION: (u32, u32) = (300, 1_000);
/// A network's requests. A whole company may share one address.
const PER_NETWORK: (u32, u32) = (1_000, 3_000);
/// A network's attempts to sign in or set up, each of which costs a hash. A company that starts work at nine fits in.
const ATTEMPTS: (u32, u32) = (1, 100);
/// A network's requests on the way to the company's provider and back: two for each sign-in and renewal.
const PROVIDER: (u32, u32) = (5, 300);
/// A session's attempts to confirm its user's identity or to change the password, each of which costs a hash.
const ATTEMPTS_OF_A_SESSION: (u32, u32) = (1, 20);
/// A user's refusals that are recorded, and those of a network's strangers. The first row shows who probes for access;
/// more would let a script fill the disk.
const NOTED_REFUSALS: (u32, u32) = (1, 20);
/// A user's costly acts. A user who pages and searches stays below; a script that would keep the database busy does
/// not.
const COSTLY_ACTS: (u32, u32) = (2, 60);
/// Browser reports. Those over the limit are dropped unread, so that a flood cannot fill the log.
const REPORTS: (u32, u32) = (1, 20);
/// A session's openings of event connections, each of which reads what its page has missed. Every page that loads opens
/// one.
const EVENT_OPENINGS: (u32, u32) = (2, 60);
/// The number of keys above which a limiter drops its idle keys.
const MANY_KEYS: usize = 10_000;

/// The rate limiters and their counters.
#[derive(Debug)]
pub struct RequestLimits {
    places: Arc<Semaphore>,
    network_places: Mutex<HashMap<IpNet, Arc<Semaphore>>>,
    sessions: DefaultKeyedRateLimiter<String>,
    networks: DefaultKeyedRateLimiter<IpNet>,
    attempts: DefaultKeyedRateLimiter<IpNet>,
    provider: DefaultKeyedRateLimiter<IpNet>,
    session_attempts: DefaultKeyedRateLimiter<String>,
    /// Refusals recorded in the audit chain, by user or by network.
    noted_refusals: DefaultKeyedRateLimiter<String>,
    /// Reads of the whole chain or journal, by user.
    costly_acts: DefaultKeyedRateLimiter<String>,
    reports: DefaultDirectRateLimiter,
    /// Openings of event connections, by session.
    event_openings: DefaultKeyedRateLimiter<String>,
    event_connections: EventConnections,
}

impl Default for RequestLimits {
    fn default() -> Self {
        let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let per_second =
            |(rate, burst): (u32, u32)| Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst));
        Self {
            places: Arc::new(Semaphore::new(MOST_AT_WORK as usize)),
            network_places: Mutex::default(),
            sessions: RateLimiter::keyed(per_second(PER_SESSION)),
            networks: RateLimiter::keyed(per_second(PER_NETWORK)),
            attempts: RateLimiter::keyed(per_second(ATTEMPTS)),
            provider: RateLimiter::keyed(per_second(PROVIDER)),
            session_attempts: RateLimiter::keyed(per_second(ATTEMPTS_OF_A_SESSION)),
            noted_refusals: RateLimiter::keyed(per_second(NOTED_REFUSALS)),
            costly_acts: RateLimiter::keyed(per_second(COSTLY_ACTS)),
            reports: RateLimiter::direct(per_second(REPORTS)),
            event_openings: RateLimiter::keyed(per_second(EVENT_OPENINGS)),
            event_connections: EventConnections::default(),
        }
    }
}

impl RequestLimits {
    /// Returns the semaphore of requests in progress. Each request holds a permit until it is answered.
    pub const fn places(&self) -> &Arc<Semaphore> {
        &self.places
    }

    /// Returns the semaphore of a network's strangers' requests in progress. Each holds a permit until it is answered.
    pub fn places_of(&self, address: IpAddr) -> Arc<Semaphore> {
        let mut places = self.network_places.lock();
        if places.len() > MANY_KEYS {
            places.retain(|_, places| Arc::strong_count(places) > 1);
        }
        let new = || Arc::new(Semaphore::new(MOST_OF_A_NETWORK));
        places.entry(network_of(address)).or_insert_with(new).clone()
    }

    /// Admits one more request of a network, and one more password attempt if `is_attempt`.
    ///
    /// # Errors
    /// Returns how many seconds to wait, if the network is over its limit.
    pub fn take_request_from(&self, address: IpAddr, is_attempt: bool) -> Result<(), u64> {
        let network = network_of(address);
        ask(&self.networks, &network)?;
        if is_attempt { ask(&self.attempts, &network) } else { Ok(()) }
    }

    /// Admits one more request of a network on the way to the company's provider or back.
    ///
    /// # Errors
    /// Returns how many seconds to wait, if the network is over its limit.
    pub fn take_provider_request_from(&self, address: IpAddr) -> Result<(), u64> {
        ask(&self.provider, &network_of(address))
    }

    /// Admits one more request of a session, and one more password attempt if `is_attempt`.
    ///
    /// # Errors
    /// Returns how many seconds to wait, if the session is over its limit.
    pub fn take_request_of(&self, session: &String, is_attempt: bool) -> Result<(), u64> {
        ask(&self.sessions, session)?;
        if is_attempt { ask(&self.session_attempts, session) } else { Ok(()) }
    }

    /// Admits one more read of the whole chain or journal by a user.
    ///
    /// # Errors
    /// Returns how many seconds to wait, if the user is over the limit.
    pub fn take_costly_act(&self, user_id: &String) -> Result<(), u64> {
        ask(&self.costly_acts, user_id)
    }

    /// Returns whether to record one more refusal of this user in the audit chain.
    pub fn notes_refusal_of(&self, user_id: &String) -> bool {
        ask(&self.noted_refusals, user_id).is_ok()
    }

    /// Returns whether to record one more refusal of somebody in this network, whose name nobody knows.
    pub fn notes_refusal_from(&self, address: Option<IpAddr>) -> bool {
        address.is_none_or(|address| ask(&self.noted_refusals, &network_of(address).to_string()).is_ok())
    }

    /// Returns whether to read one more browser report.
    pub fn reads_report(&self) -> bool {
        self.reports.check().is_ok()
    }

    /// Admits one more opening of an event connection by a session.
    ///
    /// # Errors
    /// Returns how many seconds to wait, if the session is over its limit.
    pub fn take_event_opening(&self, session: &String) -> Result<(), u64> {
        ask(&self.event_openings, session)
    }

    /// Returns the places of open event connections.
    pub const fn event_connections(&self) -> &EventConnections {
        &self.event_connections
    }
}

/// Checks a limiter. Returns how many seconds to wait as the error.
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
        let [guessing, other] = ["a", "b"].map(str::to_owned);
        let refused = (0..1_000).find_map(|_| limits.take_request_of(&guessing, true).err());
        assert_eq!(refused, Some(1));
        limits.take_request_of(&guessing, false).unwrap();
        limits.take_request_of(&other, true).unwrap();
    }

    #[test]
    fn a_session_opens_event_connections_now_and_then() {
        let limits = RequestLimits::default();
        let [runaway, calm] = ["a", "b"].map(str::to_owned);
        for _ in 0..EVENT_OPENINGS.1 {
            limits.take_event_opening(&runaway).unwrap();
        }
        let refused = (0..10_000).find_map(|_| limits.take_event_opening(&runaway).err());
        assert_eq!(refused, Some(1), "it may come back in a second");
        limits.take_event_opening(&calm).unwrap();
    }
}
