//! Signing in and out, and showing once more who one is.

use secrecy::SecretString;
use thiserror::Error;

use super::{AccountError, throttle::Attempt};
use crate::{
    error::AppError,
    model::{access::credentials::UserName, forms::FormMistake},
    server::{
        adapters::{
            store::{StoreError, User},
            tasks,
        },
        services::audit::{self, AuditEvent},
        web::{
            context::{RequestContext, Requester},
            session_store::{self, How, SignIn},
        },
    },
};

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    #[error("mistake in the form: {0}")]
    Mistake(FormMistake),
    #[error("there is no such thing here")]
    NotFound,
    /// Too many attempts failed: for so long the password is not looked at.
    #[error("too many failed attempts; {seconds} s to wait")]
    MustWait { seconds: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the session failed: {0}")]
    Session(#[from] tower_sessions::session::Error),
    #[error("hashing failed: {0}")]
    Hash(#[from] super::passwords::HashError),
    #[error("{0}")]
    Context(#[from] AppError),
}

impl From<AccountError> for SignInError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Mistake(mistake) => Self::Mistake(mistake),
            AccountError::NotFound => Self::NotFound,
            AccountError::Store(error) => Self::Store(error),
            AccountError::Hash(error) => Self::Hash(error),
        }
    }
}

/// Signs in with a password. Unknown, disabled and password-less users get the same answer after the same work.
///
/// # Errors
/// See [`SignInError`]; a refusal is in the audit chain.
pub async fn with_password(cx: &RequestContext, user_name: &str, password: SecretString) -> Result<(), SignInError> {
    let Ok(name) = UserName::parse(user_name) else {
        cx.state.passwords.verify(password, None).await;
        record_refusal(cx, &REFUSED_SIGN_IN, "not a user name", WRONG).await?;
        return Err(SignInError::Mistake(FormMistake::SignInFailed));
    };
    let user = cx.state.store.user_by_name(&name).await?.filter(|user| user.disabled_at.is_none());
    let user = check(cx, &REFUSED_SIGN_IN, &name, user, password).await?.ok_or(SignInError::Mistake(FormMistake::SignInFailed))?;
    begin(cx, user, How::Password).await
}

/// Lets a person show once more who it is. The session gets another id, and ends when it would have ended.
///
/// # Errors
/// See [`SignInError`]; a refusal is in the audit chain and leaves the session as it is.
pub async fn again(cx: &RequestContext, requester: &Requester, password: SecretString) -> Result<(), SignInError> {
    let user = verify_own(cx, requester, password).await?;
    // Claimed by ending it: one that somebody else has ended meanwhile stays ended.
    if !session_store::claim(&cx.state, requester).await? {
        return Err(SignInError::Context(AppError::SignedOut));
    }
    begin(cx, user, How::Again { signed_in_at: requester.signed_in_at }).await
}

/// The user behind a session, if this is the password.
///
/// # Errors
/// See [`SignInError`]; a refusal is in the audit chain.
async fn verify_own(cx: &RequestContext, requester: &Requester, password: SecretString) -> Result<User, SignInError> {
    requester.require_certain()?;
    let name = UserName::parse(&requester.user_name).map_err(SignInError::Mistake)?;
    let user = cx.state.store.user_by_name(&name).await?.filter(|user| user.id == requester.user_id && user.disabled_at.is_none());
    check(cx, &REFUSED_AGAIN, &name, user, password).await?.ok_or(SignInError::Mistake(FormMistake::PasswordWrong))
}

/// Sets one's own password, after showing the present one. All sessions end but this one, which gets another id.
///
/// # Errors
/// See [`SignInError`]. In each case the password is as it was, unless the session alone could not be begun anew.
pub async fn change_password(
    cx: &RequestContext,
    requester: &Requester,
    present: SecretString,
    new: SecretString,
) -> Result<(), SignInError> {
    let user = verify_own(cx, requester, present).await?;
    let name = UserName::parse(&user.name).map_err(SignInError::Mistake)?;
    super::check_new_password(&new, &name)?;
    let hash = cx.state.passwords.hash(new).await?;
    cx.accounts(requester).set_own_password(&user, &requester.session_hash, &hash).await?;
    let user = User { password_hash: Some(hash), ..user };
    begin(cx, user, How::Again { signed_in_at: requester.signed_in_at }).await
}

/// What a refusal is called in the audit chain.
struct Refused(&'static str);

static REFUSED_SIGN_IN: Refused = Refused("session.refused");
static REFUSED_AGAIN: Refused = Refused("session.confirmation-refused");
const WRONG: &str = "wrong user name or password";

/// Holds a password against a user's, within what failed attempts leave. `None` when it is wrong. In a task of its own: who
/// closes the connection before the answer has tried all the same.
async fn check(
    cx: &RequestContext,
    refused: &'static Refused,
    name: &UserName,
    user: Option<User>,
    password: SecretString,
) -> Result<Option<User>, SignInError> {
    let (cx, name) = (cx.clone(), name.clone());
    let checked = tasks::spawn(async move { check_now(&cx, refused, &name, user, password).await });
    checked.await.unwrap_or_else(|error| Err(SignInError::Session(tower_sessions::session_store::Error::Backend(error.to_string()).into())))
}

async fn check_now(
    cx: &RequestContext,
    refused: &Refused,
    name: &UserName,
    user: Option<User>,
    password: SecretString,
) -> Result<Option<User>, SignInError> {
    // A name that nobody has may be a password that was typed into the wrong field.
    let target = user.as_ref().map_or_else(|| "unknown user".to_owned(), |user| user.name.clone());
    let attempt = match Attempt::begin(&cx.state, name, user.as_ref(), &cx.address()).await {
        Err(SignInError::MustWait { seconds }) => {
            record_refusal(cx, refused, &target, &format!("too many failed attempts; {seconds} s to wait")).await?;
            return Err(SignInError::MustWait { seconds });
        }
        begun => begun?,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let is_right = cx.state.passwords.verify(password, hash).await;
    match user.filter(|_| is_right) {
        Some(user) => {
            attempt.succeeded(&cx.state).await?;
            Ok(Some(user))
        }
        None => {
            attempt.failed(&cx.state).await?;
            record_refusal(cx, refused, &target, WRONG).await?;
            Ok(None)
        }
    }
}

/// Signs in as one of the demo's users.
///
/// # Errors
/// Outside the demo there is no such thing; otherwise see [`SignInError`].
pub async fn as_demo_user(cx: &RequestContext, user_name: &str) -> Result<(), SignInError> {
    if !cx.state.is_demo {
        return Err(SignInError::NotFound);
    }
    let name = UserName::parse(user_name).map_err(|_| SignInError::NotFound)?;
    let user = cx.state.store.user_by_name(&name).await?.filter(|user| user.is_demo).ok_or(SignInError::NotFound)?;
    begin(cx, user, How::Demo).await
}

async fn begin(cx: &RequestContext, user: User, how: How) -> Result<(), SignInError> {
    let sign_in = SignIn {
        user_id: user.id,
        user_name: user.name,
        address: cx.address(),
        user_agent: cx.user_agent(),
        is_break_glass: user.is_break_glass,
        password_hash: user.password_hash,
        how,
    };
    Ok(session_store::begin(&cx.session()?, &sign_in).await?)
}

/// Ends the session. The row that says so is written with it: if it cannot be, the session goes on.
///
/// # Errors
/// When it could not be ended: then it is said, and not that it was.
pub async fn out(cx: &RequestContext) -> Result<(), AppError> {
    let requester = cx.requester().map_err(|error| cx.fail(error))?;
    let session = cx.session().map_err(|error| cx.fail(error))?;
    session_store::sign_out(&cx.state, &requester).await.map_err(|error| cx.fail_store(&error))?;
    // Takes the cookie away; in the database it has ended.
    if let Err(error) = session.flush().await {
        tracing::warn!(%error, "the cookie of a session that has ended could not be taken away: {error}");
    }
    Ok(())
}

async fn record_refusal(cx: &RequestContext, refused: &Refused, target: &str, result: &str) -> Result<(), StoreError> {
    let event = AuditEvent { result: result.to_owned(), ..AuditEvent::by(&cx.stranger(), cx.state.clock.now(), refused.0, target) };
    audit::append_alone(&cx.state.store, event).await
}
