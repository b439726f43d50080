//! The credentials that calls are signed with. They are loaded outside of any call, with a time limit of their own, and
//! kept until they expire or AWS refuses them. Then they are loaded from scratch, files included, so that renewed ones
//! are used without a restart.
//!
//! The SDK's own cache keeps credentials for 15 minutes whatever AWS says about them, its profile provider reads the
//! files only once, and a call that times out cancels the loading it waits for.

#[cfg(test)]
mod tests;

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use parking_lot::{Mutex, MutexGuard};

use super::{errors, no_credentials::NoCredentials};
use crate::{
    model::time::{SECOND_MS, Timestamp},
    server::adapters::{
        clock::{self, Clock, SystemClock},
        tasks,
    },
};

/// Loading takes at most this long: a `credential_process` may ask a person or a slow server.
pub const LOAD_LIMIT: Duration = Duration::from_secs(30);
/// The least time between two attempts to load: refused calls may come many times a second.
const LOADS_APART: Duration = Duration::from_secs(10);
/// Credentials without an expiry are loaded again after this, as the SDK does.
const GOOD_FOR: Duration = Duration::from_secs(15 * 60);
/// Credentials are renewed this long before they expire.
const RENEWED_BEFORE_MS: i64 = 30 * SECOND_MS;

type Loader = Box<dyn Fn() -> BoxFuture<'static, Result<Credentials, CredentialsError>> + Send + Sync>;
type Loading = Shared<BoxFuture<'static, Result<Credentials, NoCredentials>>>;

/// Credentials and where they come from. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    /// Their source, in words.
    source: String,
    load: Loader,
    /// The credentials that are used to obtain these.
    parent: Option<Identity>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    credentials: Option<Credentials>,
    /// When loading last started, by the steady clock.
    tried_at: Option<Duration>,
    /// Whether AWS refused them.
    is_refused: bool,
    failure: Option<NoCredentials>,
    loading: Option<Loading>,
}

impl Identity {
    /// Credentials that `load` loads from scratch each time. `source` names them for people; `parent` are the
    /// credentials that are used to obtain these.
    pub fn new(
        source: String,
        parent: Option<Self>,
        load: impl Fn() -> BoxFuture<'static, Result<Credentials, CredentialsError>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner { source, load: Box::new(load), parent, state: Mutex::default() }))
    }

    /// Credentials that never change.
    pub fn fixed(credentials: Credentials) -> Self {
        Self::new("this session".to_owned(), None, move || std::future::ready(Ok(credentials.clone())).boxed())
    }

    /// Waits until there are credentials to sign with.
    ///
    /// # Errors
    /// When they can't be loaded, or not within this time; loading goes on meanwhile.
    pub async fn ready(&self, within: Duration) -> Result<(), NoCredentials> {
        match clock::timeout(within, self.get()).await {
            Ok(got) => got.map(drop),
            Err(_) => Err(NoCredentials::Slow { of: self.0.source.clone(), within }),
        }
    }

    /// Notes that AWS refused these credentials: the next call loads them again, at most every 10 s.
    pub fn refused(&self) {
        let mut state = self.state();
        if !state.is_refused {
            tracing::warn!(
                source = self.0.source,
                "AWS refused the credentials of {}; they are loaded anew",
                self.0.source
            );
        }
        state.is_refused = true;
    }

    /// What calls are waiting for now, in words.
    pub fn waits_for(&self) -> Option<String> {
        let state = self.state();
        let is_waited_for = state.loading.is_some() && (state.is_refused || state.credentials.is_none());
        is_waited_for.then(|| format!("the credentials of {}", self.0.source))
    }

    async fn get(&self) -> Result<Credentials, NoCredentials> {
        let loading = {
            let mut state = self.state();
            let is_too_soon = state.tried_at.is_some_and(|at| SystemClock.steady().saturating_sub(at) < LOADS_APART);
            match (&state.credentials, &state.failure) {
                (Some(credentials), _) if is_too_soon && state.loading.is_none() => return Ok(credentials.clone()),
                (Some(credentials), _) if !state.is_refused && is_fresh(credentials, state.tried_at) => {
                    return Ok(credentials.clone());
                }
                (None, Some(failure)) if is_too_soon && state.loading.is_none() => return Err(failure.clone()),
                _ => {}
            }
            let loading = state.loading.clone().unwrap_or_else(|| self.begin(&mut state));
            match &state.credentials {
                // Still valid for a while: nobody waits for the new ones.
                Some(credentials) if !state.is_refused && !expires_within(credentials, 0) => {
                    return Ok(credentials.clone());
                }
                _ => loading,
            }
        };
        loading.await
    }

    /// Starts loading in a task of its own: a caller may give up, and the next one waits for the same task.
    fn begin(&self, state: &mut State) -> Loading {
        state.tried_at = Some(SystemClock.steady());
        let identity = self.clone();
        let loaded = clock::timeout(LOAD_LIMIT, (self.0.load)());
        let task = tasks::spawn(async move {
            let of = identity.0.source.clone();
            let loaded = match AssertUnwindSafe(loaded).catch_unwind().await {
                Ok(Ok(Ok(credentials))) => Ok(credentials),
                Ok(Ok(Err(error))) => Err(NoCredentials::Failed { of, source: Arc::new(error) }),
                Ok(Err(_)) => Err(NoCredentials::Slow { of, within: LOAD_LIMIT }),
                Err(_) => Err(NoCredentials::Panicked { of }),
            };
            identity.finish(loaded)
        });
        let of = self.0.source.clone();
        let loading = async move { task.await.unwrap_or(Err(NoCredentials::Panicked { of })) }.boxed().shared();
        state.loading = Some(loading.clone());
        loading
    }

    /// Stores what was loaded. If loading failed, credentials that AWS has not refused stay in use.
    fn finish(&self, loaded: Result<Credentials, NoCredentials>) -> Result<Credentials, NoCredentials> {
        if let (Err(NoCredentials::Failed { source, .. }), Some(parent)) = (&loaded, &self.0.parent)
            && errors::refuses_credentials_within(source)
        {
            parent.refused();
        }
        let mut state = self.state();
        state.loading = None;
        match loaded {
            Ok(credentials) => {
                state.is_refused = false;
                state.failure = None;
                state.credentials = Some(credentials.clone());
                Ok(credentials)
            }
            Err(failure) => {
                tracing::warn!(error = %failure, "{failure}");
                if state.is_refused {
                    state.credentials = None;
                }
                state.failure = Some(failure.clone());
                state.credentials.clone().ok_or(failure)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock()
    }
}

/// Whether credentials don't have to be renewed yet.
fn is_fresh(credentials: &Credentials, loaded_at: Option<Duration>) -> bool {
    match credentials.expiry() {
        Some(_) => !expires_within(credentials, RENEWED_BEFORE_MS),
        None => loaded_at.is_some_and(|at| SystemClock.steady().saturating_sub(at) < GOOD_FOR),
    }
}

fn expires_within(credentials: &Credentials, millis: i64) -> bool {
    credentials.expiry().is_some_and(|expiry| {
        let since_epoch = expiry.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let expiry = Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX));
        expiry.millis_since(SystemClock.now()) <= millis
    })
}

impl ProvideCredentials for Identity {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move { self.get().await.map_err(CredentialsError::provider_error) })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Identity").field(&self.0.source).finish()
    }
}
