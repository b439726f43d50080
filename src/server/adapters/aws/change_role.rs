//! The role that sends changes. It is assumed for each change, in a session named after the person who requested it, so
//! that CloudTrail names that person and not only this program.

use std::{sync::Arc, time::Duration};

use aws_credential_types::Credentials;
use aws_sdk_sts::types::Credentials as Issued;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::{Kinesis, calls::Calls, errors, identity::Identity, kinesis::SdkKinesis, said, sdk::Configured};
use crate::{
    model::{
        change::{
            SentAs,
            refusal::{Obstacle, Refusal, RefusalKind},
        },
        stream::Account,
    },
    server::{
        adapters::clock::{Clock, timeout},
        config::account_of_role,
    },
};

/// A person's change waits at most this long for its session: then it is not sent.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How much of that may be spent waiting for this server's own credentials.
const PATIENCE: Duration = Duration::from_secs(3);
/// AWS's shortest session, in seconds: it is used for a single call.
const SESSION_SECONDS: i32 = 900;
/// AWS's longest session name and source identity.
const LONGEST_NAME: usize = 64;
/// How many characters of a hash tell people apart whose names AWS doesn't take.
const HASH_LENGTH: usize = 8;
/// How long a role that refused a source identity isn't asked for one.
const REFUSAL_COUNTS: Duration = Duration::from_secs(3_600);
/// AWS's shortest source identity.
const SHORTEST_SOURCE: usize = 2;

/// A role of one target.
#[derive(Debug)]
pub struct ChangeRole {
    pub arn: String,
    pub external_id: Option<String>,
    pub sts: aws_sdk_sts::Client,
    /// The configuration of a session's client.
    pub config: Configured,
    /// The target's id.
    pub target: String,
    pub endpoint: Option<String>,
    pub clock: Arc<dyn Clock>,
    /// When the role was last found not to allow a source identity, by the steady clock.
    pub refused_source_at: Mutex<Option<Duration>>,
}

impl ChangeRole {
    /// Why nothing may be sent in this role: it belongs to another account than the streams, and in its session a name
    /// would mean a stream of that account.
    pub fn obstacle(&self, of_streams: &Account) -> Option<Refusal> {
        let own = account_of_role(&self.arn).filter(|own| of_streams.is_resolved() && own != of_streams)?;
        let detail = format!("{} is a role of account {own}, and the streams are of {of_streams}", self.arn);
        Some(Refusal {
            kind: RefusalKind::NotSent { obstacle: Obstacle::RoleNotAssumed, detail },
            aws: None,
            read_after: None,
        })
    }

    /// A client in a session of its own, named after the person and the change, if it is for one.
    ///
    /// # Errors
    /// When the role could not be assumed: then nothing can be sent.
    pub async fn assume(&self, actor: &str, change: Option<&str>) -> Result<(Arc<dyn Kinesis>, SentAs), Refusal> {
        let sent_as = SentAs { role: self.arn.clone(), session: session_name(actor, change) };
        let calls = Calls::new(&self.config, "STS", &self.target, PATIENCE);
        let answer = timeout(TIMEOUT, self.credentials(&calls, &sent_as.session, actor)).await;
        let answer = answer.unwrap_or_else(|_| Err("AWS did not answer within 5 s".to_owned()));
        let issued = calls.counted("AssumeRole", answer, |why| why.starts_with("Throttling"));
        let issued = issued.map_err(|why| {
            let detail = said::sentence(format!("{} as {}: {why}", self.arn, sent_as.session));
            Refusal {
                kind: RefusalKind::NotSent { obstacle: Obstacle::RoleNotAssumed, detail },
                aws: None,
                read_after: None,
            }
        })?;
        let credentials = Credentials::new(
            issued.access_key_id,
            issued.secret_access_key,
            Some(issued.session_token),
            None,
            "assumed for one change",
        );
        // It is used for a single call, so nothing of it is cached.
        let config = Configured::with(&self.config.sdk, Identity::fixed(credentials));
        let kinesis = SdkKinesis::new(&config, self.endpoint.as_deref(), &self.target, self.clock.clone(), None);
        Ok((Arc::new(kinesis), sent_as))
    }

    /// Asks for the credentials of a session. Its source identity is the person, where the role allows that: unlike the
    /// name of a session, it stays in CloudTrail through every further role.
    async fn credentials(&self, calls: &Calls, session: &str, actor: &str) -> Result<Issued, String> {
        calls.ready(PATIENCE).await.map_err(|missing| errors::no_credentials(missing).why)?;
        let now = self.clock.steady();
        let is_refused = self.refused_source_at.lock().is_some_and(|at| now.saturating_sub(at) < REFUSAL_COUNTS);
        let source = (!is_refused).then(|| source_identity(actor));
        let asked = self.ask(calls, session, source.clone()).await;
        match asked {
            Err(why) if source.is_some() && why.contains("sts:SetSourceIdentity") => {
                *self.refused_source_at.lock() = Some(now);
                tracing::warn!(
                    role = self.arn,
                    "the role {} does not allow sts:SetSourceIdentity; its sessions name the person in their name only",
                    self.arn
                );
                self.ask(calls, session, None).await
            }
            asked => asked,
        }
    }

    async fn ask(&self, calls: &Calls, session: &str, source_identity: Option<String>) -> Result<Issued, String> {
        let call = self
            .sts
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(session)
            .set_source_identity(source_identity)
            .set_external_id(self.external_id.clone())
            .duration_seconds(SESSION_SECONDS);
        let answer = call.send().await.map_err(|error| {
            calls.heed(&error);
            let why = match (error.code(), error.message()) {
                (Some(code), Some(message)) if !errors::refuses_credentials(error.meta()) => {
                    format!("{code}: {message}")
                }
                _ => errors::read_failure(&error).why,
            };
            calls.fips_note(&error).map_or_else(|| why.clone(), |note| format!("{why}; {note}"))
        })?;
        answer.credentials.ok_or_else(|| "AWS's answer had no credentials".to_owned())
    }
}

/// Returns the session's name: `keystream-CHANGE-mira`, cut to the length that AWS takes. The change keeps the sessions
/// of two people apart whose names are cut, or lose what isn't allowed in it.
fn session_name(actor: &str, change: Option<&str>) -> String {
    let change = change.map_or_else(String::new, |change| format!("{change}-"));
    format!("keystream-{change}{actor}").chars().filter(is_allowed).take(LONGEST_NAME).collect()
}

/// Returns the person as a source identity: the name or, if AWS doesn't take all of it, what AWS takes and a hash of
/// the whole, so that nobody is named like somebody else.
fn source_identity(actor: &str) -> String {
    let allowed = |most: usize| -> String { actor.chars().filter(is_allowed).take(most).collect() };
    let name = allowed(LONGEST_NAME);
    if name == actor && name.len() >= SHORTEST_SOURCE {
        return name;
    }
    let hash: String = hex::encode(Sha256::digest(actor.as_bytes())).chars().take(HASH_LENGTH).collect();
    format!("{}-{hash}", allowed(LONGEST_NAME - HASH_LENGTH - 1))
}

/// Returns whether a character is allowed in names of sessions and in source identities.
fn is_allowed(c: &char) -> bool {
    c.is_ascii_alphanumeric() || "_=,.@-".contains(*c)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_session_is_named_after_its_person_and_change_within_what_aws_takes() {
        let change = Some("0a1b2c3d4e5f6g7h");
        assert_eq!(session_name("check-config", None), "keystream-check-config");
        assert_eq!(session_name("mira", change), "keystream-0a1b2c3d4e5f6g7h-mira");
        assert_eq!(session_name("m.ira_x-y@example.org", change), "keystream-0a1b2c3d4e5f6g7h-m.ira_x-y@example.org");
        assert_eq!(session_name("a b\u{e4}/c", change), "keystream-0a1b2c3d4e5f6g7h-abc");
        assert_eq!(session_name(&"x".repeat(100), change).len(), 64);
    }

    #[test]
    fn a_source_identity_is_the_person_and_nobody_else() {
        assert_eq!(source_identity("mira"), "mira");
        let others = ["mi ra", "(mira)", "mira\u{674e}", "x", "\u{674e}\u{660e}", "\u{660e}\u{674e}"];
        let named: HashSet<String> = others.into_iter().map(source_identity).collect();
        assert_eq!(named.len(), others.len());
        assert!(named.iter().all(|name| (2..=64).contains(&name.len()) && name.chars().all(|c| is_allowed(&c))));
        assert!(named.iter().filter(|name| name.starts_with("mira-")).count() == 3, "{named:?}");
        assert_eq!(source_identity(&"x".repeat(100)).len(), 64);
    }
}
