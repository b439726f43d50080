//! What every call to AWS goes through: credentials first, within a time limit of their own; then the call, its metric,
//! and what a refusal means for the credentials.

use std::{error::Error as StdError, time::Duration};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    ReadFailure, ReadFailureKind, errors, identity::Identity, no_credentials::NoCredentials, said, sdk::Configured,
};
use crate::server::adapters::metrics::families::AWS_CALLS;

/// The calls of one client.
#[derive(Debug, Clone)]
pub struct Calls {
    /// The target's id, for metrics.
    target: String,
    identity: Identity,
    /// How long a call waits for credentials.
    patience: Duration,
    /// The service and Region in words, if FIPS endpoints are configured: not every service has one in every Region.
    fips_of: Option<String>,
}

impl Calls {
    /// Calls to a service for a target with these credentials, each waiting at most this long for them.
    pub fn new(config: &Configured, service: &str, target: &str, patience: Duration) -> Self {
        let is_fips = config.sdk.use_fips().unwrap_or_default();
        let region = config.sdk.region().map_or("", |region| region.as_ref());
        Self {
            target: target.to_owned(),
            identity: config.identity.clone(),
            patience,
            fips_of: is_fips.then(|| format!("{service} in {region}")),
        }
    }

    /// What calls are waiting for now, in words.
    pub fn wait_for(&self) -> Option<String> {
        self.identity.waits_for()
    }

    /// Makes a call that reads.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn read<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, ReadFailure>
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        self.read_as(operation, call, errors::read_failure).await
    }

    /// Makes a call that reads, to a service with some failures of its own.
    ///
    /// # Errors
    /// As [`Calls::read`].
    pub async fn read_as<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        explain: impl FnOnce(&SdkError<E, HttpResponse>) -> ReadFailure,
    ) -> Result<T, ReadFailure>
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        let answer = match self.identity.ready(self.patience).await {
            Err(missing) => Err(errors::no_credentials(missing)),
            Ok(()) => call.await.map_err(|error| {
                self.heed(&error);
                let failure = explain(&error);
                match self.fips_note(&error) {
                    Some(note) => ReadFailure {
                        why: format!("{}; {note}", failure.why),
                        in_short: format!("{}; {note}", failure.in_short),
                        ..failure
                    },
                    None => failure,
                }
            }),
        };
        let answer = answer.map_err(said::failure);
        self.counted(operation, answer, |failure| failure.kind == ReadFailureKind::Throttled)
    }

    /// Counts a call, and returns its answer.
    pub fn counted<T, E>(
        &self,
        operation: &'static str,
        answer: Result<T, E>,
        is_throttle: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        let outcome = match &answer {
            Ok(_) => "ok",
            Err(error) if is_throttle(error) => "throttled",
            Err(_) => "failed",
        };
        let target = self.target.clone();
        metrics::counter!(AWS_CALLS.name, "target" => target, "operation" => operation, "outcome" => outcome)
            .increment(1);
        answer
    }

    /// Waits for credentials before a call that changes something: nothing is sent without them.
    ///
    /// # Errors
    /// When there are none in time.
    pub async fn ready(&self, within: Duration) -> Result<(), NoCredentials> {
        self.identity.ready(within).await
    }

    /// Notes a refusal that concerns the credentials: they are loaded again.
    pub fn heed<E>(&self, error: &SdkError<E, HttpResponse>)
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        if let SdkError::ServiceError(service) = error
            && errors::refuses_credentials(service.err().meta())
        {
            self.identity.refused();
        }
    }

    /// Why a call may have found no host.
    pub fn fips_note<E>(&self, error: &SdkError<E, HttpResponse>) -> Option<String>
    where
        E: StdError + 'static,
    {
        let of = self.fips_of.as_ref().filter(|_| errors::found_no_host(error))?;
        Some(format!("{of} may have no FIPS endpoint"))
    }
}

#[cfg(test)]
mod tests {
    use aws_config::SdkConfig;
    use aws_credential_types::Credentials;
    use aws_sdk_kinesis::operation::list_streams::ListStreamsError;
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;

    fn calls(is_fips: bool) -> Calls {
        let region = aws_config::Region::new("eu-west-1");
        let sdk = SdkConfig::builder().region(region).use_fips(is_fips).build();
        let identity = Identity::fixed(Credentials::new("AKIA", "secret", None, None, "test"));
        Calls::new(&Configured { sdk, identity }, "CloudTrail", "self/eu-west-1", Duration::from_secs(1))
    }

    async fn why(calls: &Calls, says: &'static str) -> String {
        let error =
            SdkError::<ListStreamsError, HttpResponse>::dispatch_failure(ConnectorError::other(says.into(), None));
        calls.read("ListStreams", async { Err::<(), _>(error) }).await.unwrap_err().why
    }

    #[tokio::test]
    async fn a_service_without_a_fips_endpoint_is_named() {
        let says = "FIPS is enabled but this partition does not support FIPS";
        assert_eq!(
            why(&calls(true), says).await,
            "AWS could not be reached: no connection (FIPS is enabled but this partition does not support FIPS); \
             CloudTrail in eu-west-1 may \
             have no FIPS endpoint"
        );
        assert!(!why(&calls(true), "reset by peer").await.contains("FIPS"));
        assert!(!why(&calls(false), "reset by peer").await.contains("FIPS"));
    }
}
