//! The end: a browser comes back from the provider. Whatever goes wrong is one sentence for the person, and one audit
//! event with the reason; a sign-in then leaves no session, and a renewal ends its own.

use super::{
    failure::{Failure, refusal},
    people::Person,
    sign_ins::{ProviderSignIns, hash_of},
};
use crate::{
    model::{
        access::{
            actor::Actor, audit_action::AuditAction, audit_event::COMPANY_SIGN_IN, provider::SignInPurpose,
            requester::Requester,
        },
        forms::FormMistake,
        shorten::shorten,
        time::Timestamp,
    },
    server::{
        adapters::{
            oidc::{CodeAnswer, IdToken, ProviderError, SKEW_MS},
            store::{StartedSignIn, StoreError, User, provider_sign_ins as table},
        },
        services::accounts::new_session::{How, ProviderRights, SignIn},
    },
};

/// The longest code, in characters.
const LONGEST_CODE: usize = 4_096;
/// The longest reason in the audit chain, in characters.
const LONGEST_REASON: usize = 300;

/// What the browser brought back in the address.
#[derive(Debug, Clone, Default)]
pub struct Brought {
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
    pub issuer: Option<String>,
}

/// The browser that came back.
#[derive(Debug)]
pub struct Visitor {
    /// The cookie from the beginning.
    pub browser: Option<String>,
    pub client: Actor,
    /// The hash of the browser's session, whether its rights have lapsed or not.
    pub session_hash: Option<String>,
    /// The user of the session, unless its rights have lapsed.
    pub requester: Option<Requester>,
}

impl Visitor {
    fn has_other_session(&self, than: &StartedSignIn) -> bool {
        self.requester.as_ref().is_some_and(|requester| requester.session_hash != than.session_hash)
    }
}

/// What became of a sign-in.
#[derive(Debug)]
pub enum Finished {
    /// A session begins, in place of the browser's former one.
    SignedIn { sign_in: Box<SignIn>, next: String },
    /// The session goes on.
    Renewed { next: String },
    /// The page says what went wrong.
    Failed { problem: FormMistake, purpose: SignInPurpose, next: String },
    /// It isn't one that this browser has begun. Nothing has been recorded: anybody can cause this as often as they
    /// like.
    NotBegun { why: &'static str },
}

impl ProviderSignIns {
    /// Finishes the sign-in with which a browser comes back.
    ///
    /// # Errors
    /// If the database can't be read or written. Whatever else goes wrong is in [`Finished`].
    pub async fn finish(&self, visitor: &Visitor, brought: &Brought) -> Result<Finished, StoreError> {
        let started = match self.take(visitor, brought).await? {
            Ok(started) => started,
            Err(why) => return Ok(Finished::NotBegun { why }),
        };
        let finished = match self.token(&started, brought).await {
            Ok(token) => self.use_token(visitor, &started, &token).await,
            Err(failure) => Err(failure),
        };
        match finished {
            Ok(finished) => Ok(finished),
            Err(Failure::Store(error)) => Err(error),
            Err(failure) => self.fail(visitor, started, failure).await,
        }
    }

    /// Takes what was begun out of the database, if it is this browser's and not too old.
    async fn take(
        &self,
        visitor: &Visitor,
        brought: &Brought,
    ) -> Result<Result<StartedSignIn, &'static str>, StoreError> {
        let Some(state) = brought.state.as_deref() else { return Ok(Err("the answer has no state")) };
        let mut tx = self.store.write().await?;
        let Some(started) = table::take(&mut tx, &hash_of(state)).await? else {
            return Ok(Err("the state is unknown, or was used before"));
        };
        tx.commit().await?;
        let is_own = visitor.browser.as_ref().is_some_and(|browser| hash_of(browser) == started.browser_hash);
        Ok(if !is_own {
            Err("the sign-in was started in another browser")
        } else if started.is_over(self.clock.now()) {
            Err("the sign-in took more than 10 minutes")
        } else {
            Ok(started)
        })
    }

    async fn token(&self, started: &StartedSignIn, brought: &Brought) -> Result<IdToken, Failure> {
        self.provider.check_issuer(brought.issuer.as_deref()).await?;
        if let Some(error) = &brought.error {
            return Err(refusal(error));
        }
        let code = brought.code.as_deref().filter(|code| is_code(code));
        let code =
            code.ok_or_else(|| ProviderError::token("the answer has no code, or something that can't be one"))?;
        let answer = CodeAnswer { code, nonce: &started.nonce, verifier: &started.verifier };
        let token = self.provider.exchange(&answer).await?;
        // The provider may have ended its session while the browser was on the way.
        if let Some(hash) = self.provider_session_hash(token.provider_session.as_deref())
            && self.store.has_provider_session_ended(&hash).await?
        {
            let why = "the provider has ended its session meanwhile".to_owned();
            return Err(Failure::Sentence(FormMistake::SignInAgain, why));
        }
        Ok(token)
    }

    async fn use_token(
        &self,
        visitor: &Visitor,
        started: &StartedSignIn,
        token: &IdToken,
    ) -> Result<Finished, Failure> {
        let next = started.next.clone();
        match started.purpose {
            SignInPurpose::SignIn => {
                let user = self.admit(self.person(token)?, &visitor.client).await?;
                let sign_in = Box::new(self.sign_in(&visitor.client, user, token, How::Provider));
                Ok(Finished::SignedIn { sign_in, next })
            }
            // The browser has another session by now, with rights of its own.
            SignInPurpose::Renewal if visitor.has_other_session(started) => Ok(Finished::Renewed { next }),
            SignInPurpose::Renewal => {
                let person = self.same_person(visitor, started, token).await?;
                let user = self.admit(person, &visitor.client).await?;
                if !self.renew(&started.session_hash, &user, token).await? {
                    return Err(Failure::SessionGone);
                }
                Ok(Finished::Renewed { next })
            }
            SignInPurpose::Confirmation => {
                let person = self.same_person(visitor, started, token).await?;
                check_auth_time(token, started.begun_at)?;
                let user = self.admit(person, &visitor.client).await?;
                let requester = visitor.requester.as_ref().ok_or(Failure::SessionGone)?;
                // Ending the session claims it: one that someone else has ended meanwhile stays ended.
                if !self.sessions.claim(requester).await? {
                    return Err(Failure::SessionGone);
                }
                let how = How::ProviderAgain { signed_in_at: requester.signed_in_at };
                let sign_in = Box::new(self.sign_in(&visitor.client, user, token, how));
                Ok(Finished::SignedIn { sign_in, next })
            }
        }
    }

    /// Returns the person whom a token names, who must be the user of the session that this is about.
    async fn same_person(
        &self,
        visitor: &Visitor,
        started: &StartedSignIn,
        token: &IdToken,
    ) -> Result<Person, Failure> {
        if visitor.session_hash.as_ref() != Some(&started.session_hash) {
            return Err(Failure::SessionGone);
        }
        let user = self.store.user_of_session(&started.session_hash).await?.ok_or(Failure::SessionGone)?;
        if user.of_provider != Some(self.subject_of(token)?) {
            let why = "the provider names somebody else".to_owned();
            return Err(Failure::Sentence(FormMistake::OtherPerson, why));
        }
        self.person(token)
    }

    fn sign_in(&self, client: &Actor, user: User, token: &IdToken, how: How) -> SignIn {
        let rights = ProviderRights {
            until: self.rights_until(),
            session_hash: self.provider_session_hash(token.provider_session.as_deref()),
            proven_at: token.auth_time,
        };
        SignIn::new(client, user, Some(rights), how)
    }

    async fn fail(&self, visitor: &Visitor, started: StartedSignIn, failure: Failure) -> Result<Finished, StoreError> {
        let StartedSignIn { purpose, session_hash, next, .. } = started;
        let (problem, why) = failure.told();
        let why = shorten(why, LONGEST_REASON);
        let user = visitor.requester.as_ref().map_or(COMPANY_SIGN_IN, |requester| requester.user_name.as_str());
        match (purpose, &failure) {
            (_, Failure::NoRights { of: Some(subject), .. }) => {
                self.end_rights(subject, &visitor.client, &why).await?;
                return Ok(Finished::Failed { problem, purpose: SignInPurpose::SignIn, next });
            }
            (SignInPurpose::Renewal, Failure::Down(error)) => {
                self.put_off_renewal(&session_hash, error).await?;
                return Ok(Finished::Renewed { next });
            }
            // The rights end when they would have ended anyway.
            (SignInPurpose::Renewal, Failure::Trouble(_)) => {
                self.record(&visitor.client, AuditAction::SessionRefused, user, &why).await?;
            }
            (SignInPurpose::Renewal, _) => self.end(&session_hash, &visitor.client, &why).await?,
            (SignInPurpose::SignIn, _) => {
                self.record(&visitor.client, AuditAction::SessionRefused, COMPANY_SIGN_IN, &why).await?;
            }
            (SignInPurpose::Confirmation, _) => {
                self.record(&visitor.client, AuditAction::SessionConfirmationRefused, user, &why).await?;
            }
        }
        // Without its session there is nothing to confirm: the person signs in again.
        let purpose = if matches!(failure, Failure::SessionGone) { SignInPurpose::SignIn } else { purpose };
        Ok(Finished::Failed { problem, purpose, next })
    }
}

/// Returns whether a text can be a code (RFC 6749, appendix A.11).
fn is_code(text: &str) -> bool {
    (1..=LONGEST_CODE).contains(&text.len()) && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

/// Checks that the person entered something, or touched something, after the confirmation began.
fn check_auth_time(token: &IdToken, begun_at: Timestamp) -> Result<(), ProviderError> {
    let auth_time = token.auth_time.ok_or_else(|| ProviderError::token("the ID token has no auth_time"))?;
    if auth_time.millis_since(begun_at) < -SKEW_MS {
        return Err(ProviderError::token("the person was not asked again: auth_time is before the confirmation began"));
    }
    Ok(())
}
