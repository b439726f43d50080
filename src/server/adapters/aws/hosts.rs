//! Which hosts calls go to, for whoever has to allow them through a firewall.

use std::sync::Arc;

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use parking_lot::Mutex;
use url::Url;

/// Remembers the host of the last call.
#[derive(Debug, Clone, Default)]
pub struct HostLog(Arc<Mutex<Option<String>>>);

impl HostLog {
    /// The host of the last call since this was last asked; `None` if no call got as far as a host.
    pub fn take(&self) -> Option<String> {
        self.0.lock().take()
    }

    /// Notes where a call goes.
    pub(super) fn note(&self, uri: &str) {
        let host = Url::parse(uri).ok().and_then(|url| {
            let port = url.port_or_known_default()?;
            url.host_str().map(|host| format!("{host}:{port}"))
        });
        *self.0.lock() = host;
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for HostLog {
    fn name(&self) -> &'static str {
        "KeystreamHostLog"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.note(context.request().uri());
        Ok(())
    }
}
