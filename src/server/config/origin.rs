//! The origin that browsers use.

use std::{net::SocketAddr, str::FromStr};

use url::Url;

use crate::model::loopback::is_loopback_host;

/// A scheme, host and port, as browsers send it in `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    pub is_https: bool,
    pub is_loopback: bool,
    pub port: u16,
    host: String,
}

impl Origin {
    /// What a setting of an origin takes.
    pub const TAKES: &str =
        "the origin that browsers use, such as https://keystream.example; plain http on loopback only";

    /// Parses an origin. Plain http is allowed on loopback only: a session cookie would travel in the clear.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let has_only_origin = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if !has_only_origin || !is_anonymous || !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let is_loopback = is_loopback_host(url.host_str()?);
        let is_https = url.scheme() == "https";
        if !is_https && !is_loopback {
            return None;
        }
        let text = url.origin().ascii_serialization();
        let host = text.split_once("://")?.1.to_owned();
        Some(Self { text, is_https, is_loopback, port: url.port_or_known_default()?, host })
    }

    /// The plain http origin of a bound address.
    pub fn of_address(address: SocketAddr) -> Option<Self> {
        Self::parse(&format!("http://{address}"))
    }

    /// `https://keystream.example`, as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What browsers send in `Host`.
    pub fn host_header(&self) -> &str {
        &self.host
    }

    /// The name of the session cookie (design, section 3). `__Host-` needs Secure, which plain http cannot have.
    pub fn cookie_name(&self) -> String {
        if self.is_https { "__Host-keystream".to_owned() } else { format!("keystream-{}", self.port) }
    }

    /// The name of the cookie of a browser that is at the company's provider.
    pub fn sign_in_cookie_name(&self) -> String {
        format!("{}-sign-in", self.cookie_name())
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or(Self::TAKES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_follows_the_origin() {
        assert_eq!(Origin::parse("https://keystream.example:8443/").unwrap().cookie_name(), "__Host-keystream");
        let local = Origin::parse("http://127.0.0.1:3000").unwrap();
        assert_eq!(
            (local.cookie_name().as_str(), local.as_str(), local.host_header()),
            ("keystream-3000", "http://127.0.0.1:3000", "127.0.0.1:3000")
        );
        assert_eq!(Origin::parse("https://KEYSTREAM.example:443").unwrap().as_str(), "https://keystream.example");
    }
}
