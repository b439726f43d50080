//! How much one person, one network and everybody together may ask. What is over it is refused at once and says when to
//! come back; nobody waits in a queue that grows.

use std::{num::NonZeroU32, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use ipnet::IpNet;
use tokio::sync::Semaphore;

use super::client_address::{ClientAddress, network_of};
use crate::server::web::{
    context::Requester,
    endpoints::{Entry, Limits},
    handlers::error_page,
    state::AppState,
};

/// Requests at work at once; event connections count only until they are open.
const MOST_AT_WORK: usize = 256;
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
/// Above this many keys, those that are at rest are forgotten.
const MANY_KEYS: usize = 10_000;

/// The limiters.
#[derive(Debug)]
pub struct RequestLimits {
    at_work: Arc<Semaphore>,
    sessions: DefaultKeyedRateLimiter<String>,
    networks: DefaultKeyedRateLimiter<IpNet>,
    attempts: DefaultKeyedRateLimiter<IpNet>,
    /// Refusals of a user that are written to the audit chain.
    noted_refusals: DefaultKeyedRateLimiter<String>,
    /// A user's reads of the whole chain or journal.
    costly_acts: DefaultKeyedRateLimiter<String>,
}

impl Default for RequestLimits {
    fn default() -> Self {
        let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let per_second =
            |(rate, burst): (u32, u32)| Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst));
        Self {
            at_work: Arc::new(Semaphore::new(MOST_AT_WORK)),
            sessions: RateLimiter::keyed(per_second(PER_SESSION)),
            networks: RateLimiter::keyed(per_second(PER_NETWORK)),
            attempts: RateLimiter::keyed(per_second(ATTEMPTS)),
            noted_refusals: RateLimiter::keyed(per_second(NOTED_REFUSALS)),
            costly_acts: RateLimiter::keyed(per_second(COSTLY_ACTS)),
        }
    }
}

impl RequestLimits {
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

    /// Takes every place, as requests that do not end would.
    #[cfg(test)]
    pub async fn take_all_places(&self) -> tokio::sync::OwnedSemaphorePermit {
        let places = u32::try_from(MOST_AT_WORK).unwrap_or(u32::MAX);
        self.at_work.clone().acquire_many_owned(places).await.unwrap_or_else(|_| unreachable!("never closed"))
    }
}

/// Asks a limiter; `Err` is how many seconds to wait.
fn ask<K: Clone + std::hash::Hash + Eq>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), u64> {
    if limiter.len() > MANY_KEYS {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
}

/// Refuses what a network asks too often, before anything of it is looked at.
pub async fn per_network(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some(ClientAddress(address)) = request.extensions().get::<ClientAddress>().copied() else {
        return next.run(request).await;
    };
    let network = network_of(address);
    let endpoint = Entry::of(request.extensions()).endpoint();
    let is_attempt = endpoint.is_some_and(|endpoint| endpoint.limits == Limits::Password);
    let allowed = ask(&state.limits.networks, &network)
        .and_then(|()| if is_attempt { ask(&state.limits.attempts, &network) } else { Ok(()) });
    match allowed {
        Ok(()) => next.run(request).await,
        Err(seconds) => error_page::too_often(&state, request.headers(), seconds),
    }
}

/// Refuses what a session asks too often.
pub async fn per_session(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let session = request.extensions().get::<Requester>().map(|requester| requester.session_hash.clone());
    match session.map_or(Ok(()), |session| ask(&state.limits.sessions, &session)) {
        Ok(()) => next.run(request).await,
        Err(seconds) => error_page::too_often(&state, request.headers(), seconds),
    }
}

/// Sheds what comes while too much is at work. Health is always answered.
pub async fn shed(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if Entry::of(request.extensions()).is_health() {
        return next.run(request).await;
    }
    match state.limits.at_work.clone().try_acquire_owned() {
        Ok(_at_work) => next.run(request).await,
        Err(_) => error_page::overloaded(&state, request.headers()),
    }
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
}
