//! The link to the company's provider, on pages.

use super::{context::RequestContext, handlers::oidc};
use crate::{model::access::provider::SignInPurpose, view::pages::ProviderLink};

/// Returns the link that leads to the provider and then on to `next`, if a provider is configured.
pub fn to(cx: &RequestContext, purpose: SignInPurpose, next: &str) -> Option<ProviderLink> {
    let name = cx.state.provider.as_ref()?.name().to_owned();
    Some(ProviderLink { name, href: oidc::start_address(purpose, next) })
}

/// Returns the page after a sign-out. It leads people of the provider on to its own sign-out, which a form's redirect
/// can't do: browsers hold the form's policy against it.
pub const fn page_after_sign_out(is_of_provider: bool) -> &'static str {
    if is_of_provider { "/sign-in?signed-out=" } else { "/sign-in" }
}

/// Returns where a browser that has just signed out goes on to end its session at the provider, if that is known.
pub async fn sign_out_address(cx: &RequestContext) -> Option<String> {
    cx.state.provider.as_ref()?.sign_out_url().await
}
