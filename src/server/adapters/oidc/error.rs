//! Why a call to the provider failed, or its token was refused. Each message is a sentence without its final period,
//! for the log and the audit chain.

use thiserror::Error;

use super::http::HttpError;
use crate::model::shorten::shorten;

/// The longest text of the provider in a message, in characters.
const LONGEST: usize = 200;

/// Why a call to the provider failed, or one of its tokens was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// No answer, or not one of OpenID Connect: the provider is down, or something else answers in its place.
    #[error("{0}")]
    Down(String),
    /// The provider refused.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// The token isn't one, isn't for us, or isn't valid now.
    #[error("{0}")]
    Token(String),
}

impl ProviderError {
    pub fn token(why: impl AsRef<str>) -> Self {
        Self::Token(plain(why.as_ref()))
    }

    pub fn refused(why: impl AsRef<str>) -> Self {
        Self::Refused(plain(why.as_ref()))
    }

    pub fn down(why: impl AsRef<str>) -> Self {
        Self::Down(plain(why.as_ref()))
    }
}

impl From<HttpError> for ProviderError {
    fn from(error: HttpError) -> Self {
        Self::down(error.to_string())
    }
}

/// Returns a text of the provider as messages may hold it: on one line, and short.
fn plain(text: &str) -> String {
    shorten(text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(100_000).collect::<String>(), LONGEST)
}
