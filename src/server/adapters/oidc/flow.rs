//! The code flow with PKCE: the address to send a browser to, and the exchange of the code that it brings back.

use std::{sync::Arc, time::Duration};

use openidconnect::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, TokenUrl,
    core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreClient},
};
use secrecy::ExposeSecret;
use url::Url;

use super::{
    discovery::{NOW, RECENT, USABLE},
    error::ProviderError,
    id_token::IdToken,
    memory::Known,
    provider::Provider,
};
use crate::model::access::provider::SignInPurpose;

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointNotSet>;

/// A sign-in that begins: secrets of our own making.
#[derive(Debug, Clone)]
pub struct SignInRequest<'a> {
    pub state: &'a str,
    pub nonce: &'a str,
    pub verifier: &'a str,
    pub purpose: SignInPurpose,
}

/// What a browser brought back, and what belongs to it.
#[derive(Debug, Clone)]
pub struct CodeAnswer<'a> {
    pub code: &'a str,
    pub nonce: &'a str,
    pub verifier: &'a str,
}

impl Provider {
    /// Returns the address at the provider to send a browser to.
    ///
    /// # Errors
    /// If the provider doesn't answer: a browser would find nothing there.
    pub async fn authorization(&self, request: &SignInRequest<'_>) -> Result<String, ProviderError> {
        let at_most = match request.purpose {
            SignInPurpose::Renewal => NOW,
            SignInPurpose::SignIn | SignInPurpose::Confirmation => RECENT,
        };
        let known = self.known(at_most).await?;
        let client = self.client(&known)?;
        let (state, nonce) = (request.state.to_owned(), request.nonce.to_owned());
        let verifier = PkceCodeVerifier::new(request.verifier.to_owned());
        // The library adds `openid` by itself.
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
        let mut asked = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(scopes)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        asked = match request.purpose {
            SignInPurpose::SignIn => asked,
            SignInPurpose::Renewal => asked.add_prompt(CoreAuthPrompt::None),
            SignInPurpose::Confirmation => asked.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO),
        };
        let (url, _, _) = asked.url();
        Ok(url.into())
    }

    /// Checks the `iss` that a browser brought back against mix-ups of providers (RFC 9207).
    ///
    /// # Errors
    /// If it is another one, or missing although the provider announces it.
    pub async fn check_issuer(&self, brought: Option<&str>) -> Result<(), ProviderError> {
        match brought {
            Some(issuer) if issuer == self.settings.issuer => Ok(()),
            Some(issuer) => Err(ProviderError::token(format!("the answer is of another issuer: {issuer}"))),
            None if self.known(USABLE).await?.metadata.authorization_response_iss_parameter_supported => {
                Err(ProviderError::token("the answer names no issuer, although the provider announces one"))
            }
            None => Ok(()),
        }
    }

    /// Exchanges a code for an ID token, and verifies that.
    ///
    /// # Errors
    /// If the provider refuses or doesn't answer, or the token isn't valid for this sign-in.
    pub async fn exchange(&self, answer: &CodeAnswer<'_>) -> Result<IdToken, ProviderError> {
        let known = self.known(USABLE).await?;
        let client = self.client(&known)?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(answer.code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(answer.verifier.to_owned()))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                // Whoever has the browser can bring any code: that says nothing about the provider.
                RequestTokenError::Request(error) if error.is_refusal() => ProviderError::refused(error.to_string()),
                RequestTokenError::Request(error) => ProviderError::from(error),
                RequestTokenError::ServerResponse(refusal) => ProviderError::refused(refusal.to_string()),
                RequestTokenError::Parse(error, _) => {
                    ProviderError::token(format!("the answer has no usable ID token: {error}"))
                }
                RequestTokenError::Other(error) => ProviderError::token(format!("the answer isn't usable: {error}")),
            })?;
        let token = tokens.extra_fields().id_token();
        let token = token.ok_or_else(|| ProviderError::token("the answer has no ID token"))?;
        self.verified(token, &Nonce::new(answer.nonce.to_owned()), &known).await
    }

    /// Returns where a browser goes to end its session at the provider, if the provider says where.
    pub async fn end_session_url(&self) -> Option<String> {
        let known = self.known(USABLE).await.ok()?;
        let mut url = Url::parse(known.metadata.end_session_endpoint.as_deref()?).ok()?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("post_logout_redirect_uri", &self.signed_out_uri);
        Some(url.into())
    }

    pub(super) fn client(&self, known: &Arc<Known>) -> Result<Client, ProviderError> {
        let unusable =
            |error: url::ParseError| ProviderError::down(format!("the provider names no usable URL: {error}"));
        let metadata = &known.metadata;
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(unusable)?;
        let secret = ClientSecret::new(self.settings.client_secret.expose_secret().to_owned());
        let methods = &metadata.token_endpoint_auth_methods_supported;
        let takes = |method: &str| methods.iter().any(|known| known == method);
        // Without a list, it is basic (OpenID Connect Discovery, section 3).
        let in_body = takes("client_secret_post") && !takes("client_secret_basic");
        let auth_type = if in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        let client = CoreClient::new(ClientId::new(self.settings.client_id.clone()), issuer, known.keys.clone());
        Ok(client
            .set_client_secret(secret)
            .set_auth_type(auth_type)
            .set_auth_uri(AuthUrl::new(metadata.authorization_endpoint.clone()).map_err(unusable)?)
            .set_token_uri(TokenUrl::new(metadata.token_endpoint.clone()).map_err(unusable)?)
            .set_redirect_uri(RedirectUrl::new(self.redirect_uri.clone()).map_err(unusable)?))
    }
}
