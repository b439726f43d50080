//! The company's identity provider: discovery and keys, the code flow, and the tokens that it signs. Only here are
//! types of `openidconnect`.

mod discovery;
mod error;
mod flow;
mod http;
mod id_token;
mod logout_token;
mod memory;
mod provider;

pub use self::{
    discovery::Found,
    error::ProviderError,
    flow::{CodeAnswer, SignInRequest},
    id_token::{IdToken, SKEW_MS},
    logout_token::LogoutToken,
    provider::{CALLBACK_PATH, Provider},
};
