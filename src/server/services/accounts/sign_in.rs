//! Authentication: by password, by one of the demo's buttons, or by entering the password again.

use std::sync::Arc;

use secrecy::SecretString;
use thiserror::Error;

use super::{
    AccountError, Accounts,
    new_session::{How, SignIn},
    passwords::{HashError, Passwords},
    sessions::Sessions,
    sign_in_counts::{Method, count_refusal},
    throttle::{Attempt, Throttle},
};
use crate::{
    model::{
        access::{
            actor::Actor,
            audit_event::{NOT_A_USER_NAME, UNKNOWN_USER},
            credentials::UserName,
            requester::{Requester, Uncertain},
        },
        forms::{FormMistake, Outcome},
    },
    server::{
        adapters::{
            clock::Clock,
            store::{Store, StoreError, User},
            tasks,
        },
        config::LocalSignIn,
        services::audit::{self, AuditAction, AuditEvent},
    },
};

/// Why a sign-in failed, other than by what was entered.
#[derive(Debug, Error)]
pub enum SignInError {
    #[error("there is no such thing here")]
    NotFound,
    #[error("the link is no longer valid")]
    LinkOver,
    /// After too many failures: how many seconds to wait. The password wasn't checked.
    #[error("too many failed attempts; {seconds} s to wait")]
    MustWait { seconds: u64 },
    /// The session ended meanwhile.
    #[error("the session has ended")]
    SignedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("hashing failed: {0}")]
    Hash(#[from] HashError),
    #[error("the attempt broke off: {0}")]
    BrokeOff(#[from] tokio::task::JoinError),
}

impl From<AccountError> for SignInError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound => Self::NotFound,
            AccountError::LinkOver => Self::LinkOver,
            AccountError::Store(error) => Self::Store(error),
            AccountError::Hash(error) => Self::Hash(error),
        }
    }
}

impl From<Uncertain> for SignInError {
    fn from(uncertain: Uncertain) -> Self {
        Self::Store(uncertain.into())
    }
}

/// Authentication. The result is a sign-in, whose session begins once the web has an id for it.
#[derive(Debug)]
pub struct SignIns {
    store: Store,
    clock: Arc<dyn Clock>,
    pub passwords: Passwords,
    throttle: Throttle,
    pub sessions: Sessions,
    is_demo: bool,
    local_sign_in: LocalSignIn,
}

/// The result of a sign-in with a wrong name or password, which doesn't say which one.
const WRONG: &str = "wrong user name or password";

/// What a password is entered for.
#[derive(Debug, Clone)]
enum Purpose {
    SignIn(UserName),
    /// To confirm the identity of the user of the session with this hash.
    Confirmation(String),
}

impl Purpose {
    const fn refusal(&self) -> AuditAction {
        match self {
            Self::SignIn(_) => AuditAction::SessionRefused,
            Self::Confirmation(_) => AuditAction::SessionConfirmationRefused,
        }
    }
}

impl SignIns {
    pub fn new(store: Store, clock: Arc<dyn Clock>, is_demo: bool, local_sign_in: LocalSignIn) -> Self {
        Self {
            passwords: Passwords::default(),
            throttle: Throttle::new(store.clone(), clock.clone()),
            sessions: Sessions::new(store.clone(), clock.clone()),
            store,
            clock,
            is_demo,
            local_sign_in,
        }
    }

    /// Signs in with a password. Unknown users, disabled users, users without a password and those for whom local
    /// sign-in is closed get the same answer after the same work.
    ///
    /// # Errors
    /// See [`SignInError`]. Refusals and mistakes are both recorded in the audit chain.
    pub async fn with_password(
        self: &Arc<Self>,
        client: &Actor,
        user_name: &str,
        password: SecretString,
    ) -> Result<Outcome<SignIn>, SignInError> {
        let Ok(name) = UserName::parse(user_name) else {
            self.passwords.verify(password, None).await?;
            self.record_refusal(client, AuditAction::SessionRefused, NOT_A_USER_NAME, WRONG).await?;
            return Ok(FormMistake::SignInFailed.into());
        };
        let user = self.store.user_by_name(&name).await?.filter(|user| user.disabled_at.is_none() && self.admits(user));
        let checked = self.check(client, Purpose::SignIn(name), user, password).await?;
        Ok(match checked {
            Some(user) => Outcome::Done(SignIn::new(client, user, None, How::Password)),
            None => FormMistake::SignInFailed.into(),
        })
    }

    /// Returns whether only accounts for emergencies may sign in with a password.
    pub fn is_for_emergencies_only(&self) -> bool {
        self.local_sign_in == LocalSignIn::BreakGlass
    }

    fn admits(&self, user: &User) -> bool {
        user.is_break_glass || !self.is_for_emergencies_only()
    }

    /// Re-authenticates a user with their password. The session gets another id, and keeps its absolute limit.
    ///
    /// # Errors
    /// See [`SignInError`]. Refusals and mistakes are both recorded in the audit chain, and leave the session as it is.
    pub async fn again(
        self: &Arc<Self>,
        requester: &Requester,
        password: SecretString,
    ) -> Result<Outcome<SignIn>, SignInError> {
        let Some(user) = self.verify_own(requester, password).await? else {
            return Ok(FormMistake::PasswordWrong.into());
        };
        // Ending the session claims it: one that someone else has ended meanwhile stays ended.
        if !self.sessions.claim(requester).await? {
            return Err(SignInError::SignedOut);
        }
        Ok(Outcome::Done(signed_in_again(requester, user)))
    }

    /// Changes the requester's password, after checking the current one. All other sessions end; this one gets another
    /// id.
    ///
    /// # Errors
    /// See [`SignInError`]. After an error or a mistake, the password is unchanged.
    pub async fn change_password(
        self: &Arc<Self>,
        requester: &Requester,
        present: SecretString,
        new: SecretString,
    ) -> Result<Outcome<SignIn>, SignInError> {
        let Some(user) = self.verify_own(requester, present).await? else {
            return Ok(FormMistake::PasswordWrong.into());
        };
        let hash = match self.passwords.hash_new(new, &user.name).await? {
            Outcome::Done(hash) => hash,
            Outcome::Mistake(mistake) => return Ok(mistake.into()),
        };
        let accounts = Accounts { store: &self.store, actor: requester.actor(), now: self.clock.now() };
        let set = accounts.set_own_password(&user, &requester.session_hash, &hash).await?;
        let user = User { password_hash: Some(hash), ..user };
        Ok(set.map(|()| signed_in_again(requester, user)))
    }

    /// Signs in as one of the demo's users.
    ///
    /// # Errors
    /// Returns an error outside the demo in any case; otherwise see [`SignInError`].
    pub async fn as_demo_user(&self, client: &Actor, user_name: &str) -> Result<SignIn, SignInError> {
        if !self.is_demo {
            return Err(SignInError::NotFound);
        }
        let name = UserName::parse(user_name).map_err(|_| SignInError::NotFound)?;
        let user = self.store.user_by_name(&name).await?.filter(|user| user.is_demo).ok_or(SignInError::NotFound)?;
        Ok(SignIn::new(client, user, None, How::Demo))
    }

    /// Returns the user behind a session, if this is their password. Failures count for the session alone: strangers'
    /// failures to sign in don't keep its user from going on, nor the other way round.
    async fn verify_own(
        self: &Arc<Self>,
        requester: &Requester,
        password: SecretString,
    ) -> Result<Option<User>, SignInError> {
        requester.require_certain()?;
        let user = self.store.user(&requester.user_id).await?.filter(|user| user.disabled_at.is_none());
        // Recorded as someone who isn't signed in: their identity isn't proven yet.
        let client = Actor { name: String::new(), ..requester.actor() };
        self.check(&client, Purpose::Confirmation(requester.session_hash.clone()), user, password).await
    }

    /// Checks a user's password, within the limits on failed attempts. `None` if it is wrong.
    ///
    /// Runs in its own task, so that closing the connection early still counts as an attempt.
    async fn check(
        self: &Arc<Self>,
        client: &Actor,
        purpose: Purpose,
        user: Option<User>,
        password: SecretString,
    ) -> Result<Option<User>, SignInError> {
        let (own, client) = (self.clone(), client.clone());
        tasks::spawn(async move { own.check_now(&client, &purpose, user, password).await }).await?
    }

    async fn check_now(
        &self,
        client: &Actor,
        purpose: &Purpose,
        user: Option<User>,
        password: SecretString,
    ) -> Result<Option<User>, SignInError> {
        // An unknown name may be a password typed into the wrong field.
        let target = user.as_ref().map_or_else(|| UNKNOWN_USER.to_owned(), |user| user.name.clone());
        let begun = match purpose {
            Purpose::SignIn(name) => self.throttle.begin_sign_in(name, user.as_ref(), &client.address).await?,
            Purpose::Confirmation(session_hash) => self.throttle.begin_confirmation(session_hash).await?,
        };
        let attempt = match begun {
            Attempt::MustWait { seconds } => {
                let result = format!("too many failed attempts; {seconds} s to wait");
                self.record_refusal(client, purpose.refusal(), &target, &result).await?;
                return Err(SignInError::MustWait { seconds });
            }
            Attempt::Begun(attempt) => attempt,
        };
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let is_right = self.passwords.verify(password, hash).await?;
        match user.filter(|_| is_right) {
            Some(user) => {
                self.throttle.succeeded(attempt).await?;
                Ok(Some(user))
            }
            None => {
                self.throttle.failed(attempt).await?;
                self.record_refusal(client, purpose.refusal(), &target, WRONG).await?;
                Ok(None)
            }
        }
    }

    async fn record_refusal(
        &self,
        client: &Actor,
        action: AuditAction,
        target: &str,
        result: &str,
    ) -> Result<(), StoreError> {
        count_refusal(Method::Password, action);
        let event = AuditEvent::by(client, self.clock.now(), action, target);
        audit::append_alone(&self.store, AuditEvent { result: result.to_owned(), ..event }).await
    }
}

/// Returns the sign-in of a re-authenticated user.
fn signed_in_again(requester: &Requester, user: User) -> SignIn {
    SignIn::new(&requester.actor(), user, None, How::Again { signed_in_at: requester.signed_in_at })
}
