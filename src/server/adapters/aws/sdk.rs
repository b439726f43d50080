//! The SDK's configuration of each target. Targets that trust the same certificate authorities share one HTTP client;
//! the credentials of a profile are loaded once, however many accounts and Regions it reaches, and a role is assumed
//! once for all Regions of its target.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use aws_config::{BehaviorVersion, Region as SdkRegion, SdkConfig, identity::IdentityCache, sts::AssumeRoleProvider};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_sdk_kinesis::config::{retry::RetryPartition, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder, ConnectorBuilder,
    proxy::ProxyConfig,
    tls::{self, TlsContext, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::{
    endpoint_config::AccountIdEndpointMode,
    os_shim_internal::{Env, Fs},
};
use futures_util::FutureExt;

use super::{
    authorities::{Authorities, AuthoritiesError, Bundle},
    bounded_client::BoundedClient,
    identity::Identity,
};
use crate::server::config::{IdentifyBy, TargetSettings};

/// The name of the session in which a `read_role` is assumed, as CloudTrail shows it.
pub const READ_SESSION: &str = "keystream";
/// The longest that connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Loads the configurations of targets.
#[derive(Default)]
pub struct SdkConfigs {
    /// By the file of authorities that they trust beside the system's.
    http: HashMap<Option<Bundle>, TrustingClient>,
    /// By profile (`None` is the SDK's own chain), and whether the SDK's own Region is used as well.
    by_profile: HashMap<(Option<String>, bool), Loaded>,
    /// By role, external id and profile.
    read_roles: HashMap<(String, Option<String>, Option<String>), Identity>,
}

/// An HTTP client, and whether there is an authority that it trusts.
#[derive(Clone)]
struct TrustingClient {
    client: SharedHttpClient,
    has_authorities: bool,
}

/// The configuration of a profile.
#[derive(Clone)]
struct Loaded {
    configured: Configured,
    has_authorities: bool,
}

/// An SDK configuration, and the credentials in it.
#[derive(Debug, Clone)]
pub struct Configured {
    pub sdk: SdkConfig,
    pub identity: Identity,
}

/// The configurations that one target calls with.
pub struct TargetConfig {
    /// The target's own credentials, which assume its roles.
    pub own: Configured,
    /// The credentials that read: those of `read_role`, else the target's own.
    pub read: Configured,
}

impl Configured {
    /// The same configuration with other credentials.
    pub fn with(sdk: &SdkConfig, identity: Identity) -> Self {
        let provider = SharedCredentialsProvider::new(identity.clone());
        // The identity caches credentials; a second cache would keep what AWS has refused.
        let sdk = sdk.to_builder().credentials_provider(provider).identity_cache(IdentityCache::no_cache()).build();
        Self { sdk, identity }
    }
}

impl SdkConfigs {
    /// The configurations of one target.
    ///
    /// # Errors
    /// When its calls need TLS and no certificate authority is trusted, or the file of its own can't be read.
    pub async fn load(&mut self, target: &TargetSettings) -> Result<TargetConfig, AuthoritiesError> {
        let own = self.own(target).await?;
        let read = match &target.read_role {
            None => own.clone(),
            Some(role) => Configured::with(&own.sdk, self.read_role(role, target, &own)),
        };
        Ok(TargetConfig { own, read })
    }

    async fn own(&mut self, target: &TargetSettings) -> Result<Configured, AuthoritiesError> {
        let key = (target.profile.clone(), target.region.is_none());
        let Loaded { configured: loaded, has_authorities } = match self.by_profile.get(&key) {
            Some(loaded) => loaded.clone(),
            None => {
                let bundle = bundle_of(target).await;
                let TrustingClient { client, has_authorities } = self.client(bundle)?;
                let loader = Loader { http: client, target: target.clone() };
                let configured = Configured::with(&loader.config().await, loader.identity());
                let loaded = Loaded { configured, has_authorities };
                self.by_profile.insert(key, loaded.clone());
                loaded
            }
        };
        if !has_authorities && needs_tls(target, &loaded.sdk) {
            return Err(AuthoritiesError::NoneFound);
        }
        let mut config = loaded.sdk.to_builder();
        if let Some(region) = &target.region {
            config = config.region(SdkRegion::new(region.to_string()));
        }
        if target.is_fips {
            config = config.use_fips(true);
        }
        if target.identify_by == IdentifyBy::Name {
            // Otherwise the SDK uses the account's own host as soon as the credentials contain an account.
            config = config.account_id_endpoint_mode(AccountIdEndpointMode::Disabled);
        }
        if let Some(access_key) = &target.simulator_access_key {
            // This endpoint answers for all of AWS.
            config.set_endpoint_url(target.endpoint.clone());
            let credentials = Credentials::new(access_key, "simulator", None, None, "demo");
            return Ok(Configured::with(&config.build(), Identity::fixed(credentials)));
        }
        Ok(Configured { sdk: config.build(), identity: loaded.identity })
    }

    fn client(&mut self, bundle: Option<Bundle>) -> Result<TrustingClient, AuthoritiesError> {
        if let Some(client) = self.http.get(&bundle) {
            return Ok(client.clone());
        }
        let authorities = Authorities::load(bundle.as_ref())?;
        let client = TrustingClient { client: http_client(authorities.tls), has_authorities: authorities.has_some };
        self.http.insert(bundle, client.clone());
        Ok(client)
    }

    fn read_role(&mut self, role: &str, target: &TargetSettings, own: &Configured) -> Identity {
        let key = (role.to_owned(), target.external_id.clone(), target.profile.clone());
        if let Some(identity) = self.read_roles.get(&key) {
            return identity.clone();
        }
        let (config, external_id, arn) = (own.sdk.clone(), target.external_id.clone(), role.to_owned());
        let load = move || {
            let mut provider = AssumeRoleProvider::builder(&arn).session_name(READ_SESSION).configure(&config);
            if let Some(id) = &external_id {
                provider = provider.external_id(id);
            }
            async move { provider.build().await.provide_credentials().await }.boxed()
        };
        let identity = Identity::new(format!("role {role}"), Some(own.identity.clone()), load);
        self.read_roles.insert(key, identity.clone());
        identity
    }
}

/// Loads the SDK's configuration of a profile from scratch: environment and files are read again each time.
#[derive(Clone)]
struct Loader {
    http: SharedHttpClient,
    /// The target, whose profile and Region are used.
    target: TargetSettings,
}

impl Loader {
    async fn config(&self) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(self.http.clone());
        if let Some(profile) = &self.target.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &self.target.region {
            // The chain's own calls go there too.
            loader = loader.region(SdkRegion::new(region.to_string()));
        }
        #[cfg(test)]
        let loader = match files_of_test(&self.target) {
            Some(files) => loader.profile_files(files),
            None => loader,
        };
        loader.load().await
    }

    fn identity(&self) -> Identity {
        let source = self
            .target
            .profile
            .as_ref()
            .map_or_else(|| "the SDK's own chain".to_owned(), |profile| format!("profile {profile}"));
        let loader = self.clone();
        Identity::new(source, None, move || {
            let loader = loader.clone();
            async move {
                let provider = loader.config().await.credentials_provider();
                let provider =
                    provider.ok_or_else(|| CredentialsError::not_loaded("the SDK has no provider of credentials"))?;
                provider.provide_credentials().await
            }
            .boxed()
        })
    }
}

/// The file of authorities that the environment or the target's profile names; the SDK itself doesn't look for it.
async fn bundle_of(target: &TargetSettings) -> Option<Bundle> {
    let (env, files) = (Env::real(), Default::default());
    #[cfg(test)]
    let (env, files) = match files_of_test(target) {
        // This machine's own variables would come first.
        Some(files) => (Env::from_slice(&[]), files),
        None => (env, files),
    };
    let profile = target.profile.clone().map(Cow::Owned);
    // Files that can't be read are for the SDK to complain about, once it needs them.
    let profiles = aws_config::profile::load(&Fs::real(), &env, &files, profile).await.ok();
    let of_profile = profiles.as_ref().and_then(|profiles| profiles.get("ca_bundle"));
    Bundle::of(env.get("AWS_CA_BUNDLE").ok().as_deref(), of_profile)
}

#[cfg(test)]
#[expect(deprecated, reason = "what stands in for it is of a crate that the SDK keeps to itself")]
fn files_of_test(target: &TargetSettings) -> Option<aws_config::profile::profile_file::ProfileFiles> {
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    let file = target.profile_file.as_ref()?;
    Some(ProfileFiles::builder().with_file(ProfileFileKind::Config, file).build())
}

/// Whether calls to Kinesis for this target go over TLS, as all do but those to a simulator.
fn needs_tls(target: &TargetSettings, sdk: &SdkConfig) -> bool {
    let of_kinesis = target.endpoint.as_deref().or(sdk.endpoint_url());
    !of_kinesis.is_some_and(|endpoint| endpoint.starts_with("http://"))
}

/// An HTTP client for targets, built like the SDK's own: rustls, and the proxy from the environment. Beyond that,
/// authorities are those given, and answers are limited.
fn http_client(authorities: TlsContext) -> SharedHttpClient {
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default()
            .tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(authorities.clone());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    });
    SharedHttpClient::new(BoundedClient(client))
}

/// Separates the SDK's memory of failures per service and target; by itself the SDK does so only per Region.
pub fn retry_partition(service: &str, target: &str) -> RetryPartition {
    RetryPartition::new(format!("{service} {target}"))
}

/// The timeouts of a call that may take this long.
pub fn timeouts(operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT.min(operation)).operation_timeout(operation).build()
}
