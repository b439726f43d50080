//! The SDK's configuration of each target. All targets share one HTTP client and one cache of identities; a profile is
//! loaded once, however many accounts and Regions it reaches, and a role is assumed once for all Regions of its target.

use std::{collections::HashMap, time::Duration};

use aws_config::{BehaviorVersion, Region as SdkRegion, SdkConfig, identity::IdentityCache, sts::AssumeRoleProvider};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_kinesis::config::{retry::RetryPartition, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder, ConnectorBuilder,
    proxy::ProxyConfig,
    tls::{self, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{http::SharedHttpClient, identity::SharedIdentityCache};
use aws_types::endpoint_config::AccountIdEndpointMode;

use crate::server::config::{IdentifyBy, TargetSettings};

/// The session in which a `read_role` is assumed, as CloudTrail shows it.
pub const READ_SESSION: &str = "keystream";
/// The SDK's own cache forgets identities beyond 64.
const MOST_IDENTITIES: usize = 1_024;
/// A connection takes at most so long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Loads the configurations of targets.
pub struct SdkConfigs {
    http: SharedHttpClient,
    identities: SharedIdentityCache,
    /// By profile (`None` is the SDK's own chain), and whether the Region is the SDK's own too.
    by_profile: HashMap<(Option<String>, bool), SdkConfig>,
    /// By role, external id and profile.
    read_roles: HashMap<(String, Option<String>, Option<String>), SharedCredentialsProvider>,
}

/// What one target calls with.
pub struct TargetConfig {
    /// The target's own credentials: these assume its roles.
    pub own: SdkConfig,
    /// What reads: the `read_role`, else its own credentials.
    pub read: SdkConfig,
}

impl Default for SdkConfigs {
    fn default() -> Self {
        Self {
            http: http_client(),
            identities: IdentityCache::lazy().max_partitions(MOST_IDENTITIES).build(),
            by_profile: HashMap::new(),
            read_roles: HashMap::new(),
        }
    }
}

impl SdkConfigs {
    /// The configurations of one target.
    pub async fn load(&mut self, target: &TargetSettings) -> TargetConfig {
        let own = self.own(target).await;
        let read = match &target.read_role {
            None => own.clone(),
            Some(role) => {
                let provider = self.read_role(role, target, &own).await;
                own.to_builder().credentials_provider(provider).build()
            }
        };
        TargetConfig { own, read }
    }

    async fn own(&mut self, target: &TargetSettings) -> SdkConfig {
        let key = (target.profile.clone(), target.region.is_none());
        let loaded = match self.by_profile.get(&key) {
            Some(config) => config.clone(),
            None => {
                let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
                    .http_client(self.http.clone())
                    .identity_cache(self.identities.clone());
                if let Some(profile) = &target.profile {
                    loader = loader.profile_name(profile);
                }
                if let Some(region) = &target.region {
                    // What the chain itself calls goes there too.
                    loader = loader.region(SdkRegion::new(region.to_string()));
                }
                let config = loader.load().await;
                self.by_profile.insert(key, config.clone());
                config
            }
        };
        let mut config = loaded.to_builder();
        if let Some(region) = &target.region {
            config = config.region(SdkRegion::new(region.to_string()));
        }
        if target.is_fips {
            config = config.use_fips(true);
        }
        if target.identify_by == IdentifyBy::Name {
            // Otherwise the SDK takes the account's own host as soon as the credentials carry an account.
            config = config.account_id_endpoint_mode(AccountIdEndpointMode::Disabled);
        }
        if let Some(access_key) = &target.simulator_access_key {
            let credentials = Credentials::new(access_key, "simulator", None, None, "demo");
            config = config.credentials_provider(SharedCredentialsProvider::new(credentials));
            // All of AWS is there.
            config.set_endpoint_url(target.endpoint.clone());
        }
        config.build()
    }

    async fn read_role(&mut self, role: &str, target: &TargetSettings, own: &SdkConfig) -> SharedCredentialsProvider {
        let key = (role.to_owned(), target.external_id.clone(), target.profile.clone());
        if let Some(provider) = self.read_roles.get(&key) {
            return provider.clone();
        }
        let mut provider = AssumeRoleProvider::builder(role).session_name(READ_SESSION).configure(own);
        if let Some(id) = &target.external_id {
            provider = provider.external_id(id);
        }
        let provider = SharedCredentialsProvider::new(provider.build().await);
        self.read_roles.insert(key, provider.clone());
        provider
    }
}

/// The HTTP client of all targets, as the SDK makes its own: rustls, and the proxy of the environment.
fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

/// Keeps what the SDK remembers of failures apart per service and target; by itself it does so per Region only.
pub fn retry_partition(service: &str, target: &str) -> RetryPartition {
    RetryPartition::new(format!("{service} {target}"))
}

/// The time-outs of a call that may take so long.
pub fn timeouts(operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT.min(operation)).operation_timeout(operation).build()
}
