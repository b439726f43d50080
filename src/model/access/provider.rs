//! People who sign in with the company's provider: who they are, their names here, and what their groups allow.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr};
use thiserror::Error;

use super::{
    audit_event::{COMPANY_SIGN_IN, NOT_A_USER_NAME, SERVER, UNKNOWN_USER},
    identity::Role,
    scope::Scope,
};

/// The most groups that a token may list. One with more gives no rights.
const MOST_GROUPS: usize = 2_000;
/// The longest subject, in bytes (OpenID Connect Core, section 2).
const LONGEST_SUBJECT: usize = 255;
/// The longest name, in characters.
const LONGEST_NAME: usize = 100;
/// Claims with a person's name, the best first. The subject is always there.
const NAME_CLAIMS: [&str; 3] = ["preferred_username", "email", "sub"];
/// Names under which the audit chain records what no user did, or what happened to no user; nobody may be confused with
/// them.
const RESERVED: [&str; 6] = [SERVER, "one-time link", "setup link", UNKNOWN_USER, NOT_A_USER_NAME, COMPANY_SIGN_IN];
/// The beginning of such names.
const RESERVED_BEGINNING: &str = "command line";
/// What names may have besides letters and digits. Nothing of an ARN or a path is among it.
const PUNCTUATION: &str = " .,'\u{2019}-_@+|()";
/// Letters that show nothing.
const FILLERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];

/// What identifies a person for good: the subject of an issuer. Names and e-mail addresses change hands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProviderSubject {
    pub issuer: String,
    pub subject: String,
}

/// What a browser was sent to the provider for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum SignInPurpose {
    /// A new session.
    SignIn,
    /// To ask again what the user of a session may do.
    Renewal,
    /// To prove that the user of a session is there.
    Confirmation,
}

/// A rule that gives the members of a group a role and streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    pub group: String,
    pub role: Role,
    pub scope: Scope,
}

/// Why a person gets no rights. Each message ends a sentence in the audit chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoRights {
    #[error("the ID token has no claim {0}")]
    GroupsMissing(String),
    #[error("the ID token only says where to ask for groups, because there are too many")]
    GroupsElsewhere,
    #[error("the claim {0} is neither a text nor a list of texts")]
    GroupsMalformed(String),
    #[error("the claim {0} has more than {MOST_GROUPS} groups")]
    TooManyGroups(String),
    #[error("no rule names one of the {0} groups")]
    NoRule(usize),
    #[error("the claim sub isn't 1 to {LONGEST_SUBJECT} ASCII characters")]
    Subject,
}

/// Returns the groups in an ID token's claims: those of the claim with exactly this name, otherwise those at this JSON
/// pointer.
///
/// # Errors
/// If there are none, or what is there isn't a list of groups.
pub fn groups_in(claims: &Map<String, Value>, claim: &str) -> Result<Vec<String>, NoRights> {
    let Some(value) = claims.get(claim).or_else(|| at_pointer(claims, claim)) else {
        // How Entra says that the groups didn't fit.
        let is_elsewhere = claims.get("_claim_names").is_some_and(|names| names.get(claim).is_some());
        let missing = NoRights::GroupsMissing(claim.to_owned());
        return Err(if is_elsewhere { NoRights::GroupsElsewhere } else { missing });
    };
    let malformed = || NoRights::GroupsMalformed(claim.to_owned());
    match value {
        Value::String(group) => Ok(vec![group.clone()]),
        Value::Array(groups) if groups.len() > MOST_GROUPS => Err(NoRights::TooManyGroups(claim.to_owned())),
        Value::Array(groups) => {
            groups.iter().map(|group| group.as_str().map(str::to_owned).ok_or_else(malformed)).collect()
        }
        _ => Err(malformed()),
    }
}

fn at_pointer<'a>(claims: &'a Map<String, Value>, pointer: &str) -> Option<&'a Value> {
    let (first, rest) = match pointer.strip_prefix('/')?.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (pointer.strip_prefix('/')?, None),
    };
    let value = claims.get(&first.replace("~1", "/").replace("~0", "~"))?;
    match rest {
        Some(rest) => value.pointer(&format!("/{rest}")),
        None => Some(value),
    }
}

/// Returns the first rule, in the order of the file, for one of these groups.
///
/// # Errors
/// If no rule names one of them: then there is no entry.
pub fn rule_for<'a>(rules: &'a [GroupRule], groups: &[String]) -> Result<&'a GroupRule, NoRights> {
    rules.iter().find(|rule| groups.contains(&rule.group)).ok_or(NoRights::NoRule(groups.len()))
}

/// The name of a person of the provider: letters, digits and a little punctuation. Other characters could hide, change
/// how a line reads, or make the name look like something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderName(String);

impl ProviderName {
    /// Returns the best name in an ID token's claims that can be used; `None` if none can.
    pub fn of_claims(claims: &Map<String, Value>) -> Option<Self> {
        NAME_CLAIMS.iter().find_map(|claim| Self::parse(claims.get(*claim)?.as_str()?))
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_name = (1..=LONGEST_NAME).contains(&text.chars().count()) && text.chars().all(is_in_names);
        let folded = text.to_lowercase();
        let is_reserved = RESERVED.contains(&folded.as_str()) || folded.starts_with(RESERVED_BEGINNING);
        (is_name && !is_reserved).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the form in which names are compared and unique.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// Returns the name of a person whose own name is somebody else's here: with the subject.
    #[must_use]
    pub fn with_subject(&self, subject: &str) -> Self {
        Self(format!("{} ({subject})", self.0))
    }
}

fn is_in_names(c: char) -> bool {
    (c.is_alphanumeric() && !FILLERS.contains(&c)) || PUNCTUATION.contains(c)
}

/// Returns the subject in an ID token's claims.
///
/// # Errors
/// If it is missing or isn't one.
pub fn subject_in(claims: &Map<String, Value>) -> Result<String, NoRights> {
    let is_subject = |text: &&str| is_subject(text);
    let subject = claims.get("sub").and_then(Value::as_str).filter(is_subject).ok_or(NoRights::Subject)?;
    Ok(subject.to_owned())
}

/// Returns whether a text can be a subject.
pub fn is_subject(text: &str) -> bool {
    (1..=LONGEST_SUBJECT).contains(&text.len()) && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn groups_are_found_by_name_first_and_then_by_pointer() {
        let token = claims(json!({
            "groups": ["a", "b"],
            "role": "one",
            "realm_access": {"roles": ["admin"]},
            "http://schemas.example/claims/groups": ["by uri"],
            "/realm_access/roles": ["named like a pointer"],
            "a/b": {"~": ["escaped"]},
        }));
        for (claim, expected) in [
            ("groups", vec!["a", "b"]),
            ("role", vec!["one"]),
            ("http://schemas.example/claims/groups", vec!["by uri"]),
            ("/realm_access/roles", vec!["named like a pointer"]),
            ("/groups", vec!["a", "b"]),
            ("/a~1b/~0", vec!["escaped"]),
        ] {
            assert_eq!(groups_in(&token, claim).unwrap(), expected, "{claim}");
        }
        let nested = claims(json!({"realm_access": {"roles": ["admin"]}}));
        assert_eq!(groups_in(&nested, "/realm_access/roles").unwrap(), ["admin"]);
    }

    #[test]
    fn anything_else_is_no_groups() {
        let token = |groups: Value| claims(json!({"groups": groups}));
        let malformed = Err(NoRights::GroupsMalformed("groups".to_owned()));
        for groups in [json!(null), json!(1), json!({"a": true}), json!(["a", 1]), json!([["a"]]), json!([null])] {
            assert_eq!(groups_in(&token(groups), "groups"), malformed);
        }
        assert_eq!(groups_in(&token(json!([])), "groups"), Ok(Vec::new()));
        let missing = |claim: &str| Err(NoRights::GroupsMissing(claim.to_owned()));
        for claim in ["roles", "realm_access/roles", "/realm_access/roles", "/", "", "/groups/0/x"] {
            assert_eq!(groups_in(&token(json!(["a"])), claim), missing(claim), "{claim}");
        }
        let many: Vec<String> = (0..=MOST_GROUPS).map(|n| n.to_string()).collect();
        assert_eq!(groups_in(&token(json!(many)), "groups"), Err(NoRights::TooManyGroups("groups".to_owned())));
        assert_eq!(groups_in(&token(json!(many[1..])), "groups").unwrap().len(), MOST_GROUPS);
        let elsewhere = claims(json!({"_claim_names": {"groups": "src1"}}));
        assert_eq!(groups_in(&elsewhere, "groups"), Err(NoRights::GroupsElsewhere));
    }

    #[test]
    fn the_first_rule_in_the_file_decides() {
        let rule = |group: &str, role| GroupRule { group: group.to_owned(), role, scope: Scope::everything() };
        let rules = [rule("admins", Role::Admin), rule("all", Role::Viewer)];
        let role = |groups: &[&str]| {
            let groups: Vec<String> = groups.iter().map(|&group| group.to_owned()).collect();
            rule_for(&rules, &groups).map(|rule| rule.role)
        };
        assert_eq!(role(&["all", "admins"]), Ok(Role::Admin));
        assert_eq!(role(&["all"]), Ok(Role::Viewer));
        assert_eq!(role(&["Admins", "admins ", "admin"]), Err(NoRights::NoRule(3)), "by the exact name");
        assert_eq!(role(&[]), Err(NoRights::NoRule(0)));
    }

    #[test]
    fn a_name_is_the_first_that_can_be_one_and_never_a_trick() {
        let name = |value: Value| ProviderName::of_claims(&claims(value)).map(|name| name.as_str().to_owned());
        for (value, expected) in [
            (json!({"preferred_username": " mira ", "email": "m@x", "sub": "1"}), "mira"),
            (json!({"email": "m@x", "sub": "1"}), "m@x"),
            (json!({"sub": "auth0|248289761001"}), "auth0|248289761001"),
            (json!({"preferred_username": "Mira H\u{e4}l\u{f8}nen"}), "Mira H\u{e4}l\u{f8}nen"),
            (json!({"preferred_username": "Se\u{e1}n O\u{2019}Brien (IT)"}), "Se\u{e1}n O\u{2019}Brien (IT)"),
            (json!({"preferred_username": "\u{674e}\u{660e}"}), "\u{674e}\u{660e}"),
            (json!({"preferred_username": 7, "email": "m@x"}), "m@x"),
            (json!({"preferred_username": "x".repeat(101), "email": "m@x"}), "m@x"),
        ] {
            assert_eq!(name(value).as_deref(), Some(expected));
        }
        for bad in [
            "",
            " ",
            "a\nb",
            "a\u{0}",
            "a\u{a0}b",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{fe0f}",
            "\u{3164}",
            "Keystream",
            "Unknown user",
            "not a user name",
            "company sign-in",
            "command line (root)",
            "arn:aws:kinesis:eu-west-1:111122223333:stream/payroll",
            "POST /api/disable",
        ] {
            assert_eq!(name(json!({"preferred_username": bad})), None, "{bad:?}");
        }
        assert_eq!(name(json!({"sub": "https://sign-in.example/7"})), None);
        let mira = ProviderName::parse("Mira").unwrap();
        assert_eq!((mira.folded().as_str(), mira.with_subject("7").as_str()), ("mira", "Mira (7)"));
    }

    #[test]
    fn a_subject_is_short_ascii() {
        let subject = |value: Value| subject_in(&claims(json!({"sub": value})));
        assert_eq!(subject(json!("auth0|123")).unwrap(), "auth0|123");
        for bad in [json!(""), json!(1), json!(null), json!("\u{e4}"), json!("a\nb"), json!("x".repeat(256))] {
            assert_eq!(subject(bad), Err(NoRights::Subject));
        }
    }
}
