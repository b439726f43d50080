//! The caller of a request.

use hyper::header::{AUTHORIZATION, HeaderMap};

use super::samples;
use crate::model::stream::Region;

/// The prefix of the access keys of assumed sessions.
pub const SESSION_KEY: &str = "ASIA";

/// The caller: a 12-digit access key id is the account, and the Region is in the credential scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Caller {
    pub account: String,
    pub region: String,
}

impl Caller {
    /// Reads the `Authorization` header: `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...`.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let scope = credential_scope(headers)?;
        let mut parts = scope.split('/');
        let (key, _, region) = (parts.next()?, parts.next()?, parts.next()?);
        // The key of an assumed session has AWS's prefix.
        let key = key.strip_prefix(SESSION_KEY).unwrap_or(key);
        let is_account = key.len() == 12 && key.bytes().all(|b| b.is_ascii_digit());
        let account = if is_account { key } else { samples::TARGETS[0].account };
        Some(Self { account: account.to_owned(), region: region.to_owned() })
    }

    /// The name of the assumed session in which the call is made: the simulator uses it as the session token.
    pub fn session(headers: &HeaderMap) -> Option<String> {
        headers.get("x-amz-security-token")?.to_str().ok().map(ToOwned::to_owned)
    }

    /// The partition of the Region: `aws`, `aws-cn`, ...
    pub fn partition(&self) -> &'static str {
        self.region.parse::<Region>().map_or("aws", |region| region.partition())
    }

    /// The ARN of a stream of the caller's account and Region.
    pub fn arn(&self, name: &str) -> String {
        format!("arn:{}:kinesis:{}:{}:stream/{name}", self.partition(), self.region, self.account)
    }
}

fn credential_scope(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.split("Credential=").nth(1)?.split(',').next()
}

/// The access key id that signed a call.
pub fn access_key(headers: &HeaderMap) -> Option<String> {
    credential_scope(headers)?.split('/').next().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_in_the_partition_of_its_region() {
        let partitions = [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
            ("not a Region", "aws"),
        ];
        for (region, partition) in partitions {
            assert_eq!(
                caller(region).arn("orders"),
                format!("arn:{partition}:kinesis:{region}:111122223333:stream/orders")
            );
        }
    }

    fn caller(region: &str) -> Caller {
        Caller { account: "111122223333".to_owned(), region: region.to_owned() }
    }
}
