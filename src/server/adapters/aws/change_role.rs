//! The role that sends changes. It is assumed for each change, in a session named after the person who requested it, so
//! that CloudTrail names that person and not only this program.

use std::{sync::Arc, time::Duration};

use aws_credential_types::Credentials;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

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
        adapters::{
            clock::{Clock, timeout},
            metrics::count_aws_call,
        },
        config::account_of_role,
    },
};

/// A person's change waits at most this long for its session: then it is not sent.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How much of that may be spent waiting for this server's own credentials.
const PATIENCE: Duration = Duration::from_secs(3);
/// AWS's shortest session, in seconds: it is used for a single call.
const SESSION_SECONDS: i32 = 900;
/// AWS's longest session name.
const LONGEST_NAME: usize = 64;

/// A role of one target.
#[derive(Debug)]
pub struct ChangeRole {
    pub arn: String,
    pub external_id: Option<String>,
    pub sts: aws_sdk_sts::Client,
    /// The configuration of a session's client.
    pub config: Configured,
    /// The target's name for the SDK.
    pub target: String,
    pub endpoint: Option<String>,
    pub clock: Arc<dyn Clock>,
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

    /// A client in a session of its own, named after the person.
    ///
    /// # Errors
    /// When the role could not be assumed: then nothing can be sent.
    pub async fn assume(&self, actor: &str) -> Result<(Arc<dyn Kinesis>, SentAs), Refusal> {
        let sent_as = SentAs { role: self.arn.clone(), session: session_name(actor) };
        let call = self
            .sts
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(&sent_as.session)
            .set_external_id(self.external_id.clone())
            .duration_seconds(SESSION_SECONDS);
        let calls = Calls::new(&self.config, "STS", PATIENCE);
        let asked = async {
            calls.ready(PATIENCE).await.map_err(|missing| errors::no_credentials(missing).why)?;
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
        };
        let answer = timeout(TIMEOUT, asked).await.unwrap_or_else(|_| Err("AWS did not answer within 5 s".to_owned()));
        let issued = count_aws_call("AssumeRole", answer).map_err(|why| {
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
}

/// The session's name: `keystream-mira`, cut to the length that AWS takes. Every character of a user name is allowed in
/// it.
fn session_name(actor: &str) -> String {
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "_=,.@-".contains(*c);
    format!("keystream-{actor}").chars().filter(is_allowed).take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::session_name;

    #[test]
    fn a_session_is_named_after_its_person_within_what_aws_takes() {
        assert_eq!(session_name("mira"), "keystream-mira");
        assert_eq!(session_name("m.ira_x-y@example.org"), "keystream-m.ira_x-y@example.org");
        assert_eq!(session_name("a b\u{e4}/c"), "keystream-abc");
        assert_eq!(session_name(&"x".repeat(64)).len(), 64);
    }
}
