//! Scopes: the streams that a user can see, as patterns over account, Region and name.
//!
//! To that user, anything outside the scope doesn't exist, in lists, pages, events and changes alike.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{
    forms::FormMistake,
    stream::{Account, Region, StreamArn, StreamId},
};

/// The most patterns in a scope. Nobody would review more.
const MOST_PATTERNS: usize = 20;
/// The longest pattern: a stream's id with a few stars.
const LONGEST_PATTERN: usize = 200;

/// A user's scope: `*`, or patterns `ACCOUNT/REGION/NAME` separated by white space or commas, with `*` for any
/// characters in each part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(Vec<Pattern>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pattern {
    account: String,
    region: String,
    name: String,
}

impl Scope {
    /// The longest text of a scope with single separators.
    pub const LONGEST: usize = MOST_PATTERNS * (LONGEST_PATTERN + 1);

    /// Returns the scope of every stream.
    pub fn everything() -> Self {
        let any = || "*".to_owned();
        Self(vec![Pattern { account: any(), region: any(), name: any() }])
    }

    /// # Errors
    /// If there is no pattern, there are more than 20, or one isn't of this form.
    pub fn parse(text: &str) -> Result<Self, FormMistake> {
        let patterns = text.split([',', ' ', '\t', '\r', '\n']).filter(|part| !part.is_empty()).map(Pattern::parse);
        let patterns: Vec<Pattern> = patterns.collect::<Option<_>>().ok_or(FormMistake::ScopeInvalid)?;
        if (1..=MOST_PATTERNS).contains(&patterns.len()) { Ok(Self(patterns)) } else { Err(FormMistake::ScopeInvalid) }
    }

    /// Returns whether it includes every stream.
    pub fn is_everything(&self) -> bool {
        self.0
            .iter()
            .any(|pattern| [&pattern.account, &pattern.region, &pattern.name].into_iter().all(|part| part == "*"))
    }

    /// Returns whether it includes a stream.
    pub fn covers(&self, id: &StreamId) -> bool {
        self.0
            .iter()
            .any(|pattern| pattern.is_of_target(&id.account, &id.region) && matches(&pattern.name, id.name.as_str()))
    }

    /// Returns whether it includes the stream with this ARN.
    pub fn covers_arn(&self, arn: &StreamArn) -> bool {
        self.covers(&StreamId::from(arn))
    }

    /// Returns patterns that match the ARNs of its streams and of no others, with `*` for any characters.
    pub fn arn_patterns(&self) -> Vec<String> {
        let arn =
            |Pattern { account, region, name }: &Pattern| format!("arn:*:kinesis:{region}:{account}:stream/{name}");
        self.0.iter().map(arn).collect()
    }

    /// Returns whether one of its patterns includes every stream of this account and Region.
    pub fn covers_target(&self, account: &Account, region: &Region) -> bool {
        let is_any = |name: &str| name.bytes().all(|b| b == b'*');
        self.0.iter().any(|pattern| pattern.is_of_target(account, region) && is_any(&pattern.name))
    }

    /// Returns whether it can include any stream of this account and Region.
    pub fn reaches(&self, account: &Account, region: &Region) -> bool {
        self.0.iter().any(|pattern| pattern.is_of_target(account, region))
    }
}

impl fmt::Display for Scope {
    /// Writes the scope in the form that [`Scope::parse`] reads.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_everything() {
            return formatter.write_str("*");
        }
        for (index, pattern) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { " " };
            write!(formatter, "{between}{}/{}/{}", pattern.account, pattern.region, pattern.name)?;
        }
        Ok(())
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self { account: "*".to_owned(), region: "*".to_owned(), name: "*".to_owned() });
        }
        let mut parts = text.split('/');
        let (account, region, name) = (parts.next()?, parts.next()?, parts.next()?);
        let is_part =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-*".contains(&b));
        let is_valid =
            text.len() <= LONGEST_PATTERN && parts.next().is_none() && [account, region, name].into_iter().all(is_part);
        is_valid.then(|| Self { account: account.to_owned(), region: region.to_owned(), name: name.to_owned() })
    }

    fn is_of_target(&self, account: &Account, region: &Region) -> bool {
        matches(&self.account, account.as_str()) && matches(&self.region, region.as_str())
    }
}

/// Returns whether a text matches a pattern: `*` stands for any characters, including none; everything else for itself.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        // Matching as early as possible leaves the most text for the rest of the pattern.
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covers(scope: &str, stream: &str) -> bool {
        let mut parts = stream.split('/');
        let mut next = || parts.next().unwrap();
        Scope::parse(scope).unwrap().covers(&StreamId::parse(next(), next(), next()).unwrap())
    }

    #[test]
    fn a_stream_is_in_scope_when_one_pattern_says_so() {
        let orders = "111122223333/eu-west-1/orders-prod";
        for scope in [
            "*",
            "*/*/*",
            orders,
            "111122223333/*/orders-*",
            "999999999999/*/*, */eu-*/*-prod",
            "*/*/o*d*r*prod",
            "1*3/*/*",
        ] {
            assert!(covers(scope, orders), "{scope}");
        }
        for scope in [
            "*/*/orders",
            "*/*/Orders-*",
            "222233334444/*/*",
            "*/us-east-1/*",
            "*/*/*-pro",
            "*/*/orders-prod*x",
            "*/*/prod",
        ] {
            assert!(!covers(scope, orders), "{scope}");
        }
        assert!(!covers("*/*/ab*ba", "111122223333/eu-west-1/aba"), "no character counts twice");
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        for text in [
            "",
            " , ",
            "orders-*",
            "*/*",
            "*/*/*/*",
            "*/*/",
            "1/2/\u{e4}",
            "*/*/a%",
            &"*".repeat(300),
            &"* ".repeat(21),
        ] {
            assert_eq!(Scope::parse(text), Err(FormMistake::ScopeInvalid), "{text}");
        }
    }

    #[test]
    fn the_patterns_of_arns_match_the_streams_of_a_scope_and_no_others() {
        let scopes = ["*", "*/*/o*", "1*3/eu-*/orders-prod", "111122223333/eu-west-1/*d*", "*/*/ORDERS-PROD", "*/*/:*"];
        for scope in scopes.map(Scope::parse).into_iter().filter_map(Result::ok) {
            for id in
                ["111122223333/eu-west-1/orders-prod", "444455556666/eu-west-1/orders", "111122223333/eu-north-1/d"]
            {
                let arn: StreamArn = {
                    let parts: Vec<&str> = id.split('/').collect();
                    format!("arn:aws:kinesis:{}:{}:stream/{}", parts[1], parts[0], parts[2]).parse().unwrap()
                };
                let is_matched = scope.arn_patterns().iter().any(|pattern| matches(pattern, &arn.to_string()));
                assert_eq!(is_matched, scope.covers_arn(&arn), "{scope} {arn}");
            }
        }
    }

    #[test]
    fn a_whole_target_is_told_from_most_of_it() {
        let (account, region) = ("111122223333".parse().unwrap(), "eu-west-1".parse().unwrap());
        for (scope, is_whole) in [
            ("*", true),
            ("*/eu-*/*", true),
            ("111122223333/eu-west-1/**", true),
            ("*/*/o* 111122223333/eu-west-1/*", true),
            ("111122223333/eu-west-1/o*", false),
            ("111122223333/eu-west-1/a* */*/b*", false),
            ("111122223333/eu-central-1/*", false),
            ("444455556666/*/*", false),
        ] {
            assert_eq!(Scope::parse(scope).unwrap().covers_target(&account, &region), is_whole, "{scope}");
        }
    }

    #[test]
    fn everything_is_told_from_much() {
        assert!(Scope::everything().is_everything());
        assert!(Scope::parse("1/2/3 *").unwrap().is_everything());
        assert!(!Scope::parse("*/*/o*").unwrap().is_everything());
    }

    proptest! {
        #[test]
        fn a_scope_reads_what_it_writes(text in "([0-9*]{1,4}/[a-z*-]{1,4}/[a-z*]{1,4} ?){1,4}") {
            if let Ok(scope) = Scope::parse(&text) {
                let again = Scope::parse(&scope.to_string()).unwrap();
                prop_assert!(again == scope || scope.is_everything());
            }
        }

        /// Compares with the plainest definition: the first star matches nothing, or one more character.
        #[test]
        fn stars_stand_for_any_characters(pattern in "[ab*]{0,7}", text in "[ab]{0,8}") {
            fn plain(pattern: &[u8], text: &[u8]) -> bool {
                match (pattern.split_first(), text.split_first()) {
                    (None, None) => true,
                    (Some((b'*', rest)), _) if plain(rest, text) => true,
                    (Some((b'*', _)), Some((_, after))) => plain(pattern, after),
                    (Some((expected, rest)), Some((found, after))) => expected == found && plain(rest, after),
                    _ => false,
                }
            }
            prop_assert_eq!(matches(&pattern, &text), plain(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
