//! Keys of KMS: what they are called, whether Kinesis can encrypt with one, and whether two names mean the same key.

pub mod needed;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    stream::{
        Account, Region, StreamArn, StreamId,
        encryption::{InvalidKeyId, KeyId, KeyIdForm},
    },
    time::Timestamp,
};

/// How the aliases of keys begin that AWS makes and manages.
const AWS_ALIAS: &str = "alias/aws/";

/// The ARN of a key, taken apart: `arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012`. Never
/// that of an alias, which may point elsewhere tomorrow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyArn {
    pub partition: String,
    pub region: Region,
    pub account: Account,
    /// The GUID, or `mrk-` and 32 hex digits.
    pub id: String,
}

impl FromStr for KeyArn {
    type Err = InvalidKeyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key: KeyId = text.parse()?;
        if key.form() != Some(KeyIdForm::KeyArn) {
            return Err(InvalidKeyId);
        }
        let parts: Vec<&str> = key.as_str().splitn(6, ':').collect();
        let [_, partition, _, region, account, resource] = parts.as_slice() else { return Err(InvalidKeyId) };
        Ok(Self {
            partition: (*partition).to_owned(),
            region: region.parse().map_err(|_| InvalidKeyId)?,
            account: account.parse().map_err(|_| InvalidKeyId)?,
            id: resource.strip_prefix("key/").ok_or(InvalidKeyId)?.to_owned(),
        })
    }
}

impl TryFrom<String> for KeyArn {
    type Error = InvalidKeyId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<KeyArn> for String {
    fn from(arn: KeyArn) -> Self {
        arn.to_string()
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:kms:{}:{}:key/{}", self.partition, self.region, self.account, self.id)
    }
}

impl KeyArn {
    /// `key/1234…9012`: short enough for a sentence, long enough to be told apart.
    pub fn short(&self) -> String {
        let is_ascii = self.id.is_ascii();
        match (self.id.get(..4), self.id.len().checked_sub(4).and_then(|end| self.id.get(end..))) {
            (Some(start), Some(end)) if is_ascii && self.id.len() > 12 => format!("key/{start}\u{2026}{end}"),
            _ => format!("key/{}", self.id),
        }
    }
}

/// A key that a name was seen to mean: an alias may be re-pointed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meant {
    pub arn: KeyArn,
    /// When KMS first said so; `None` where that was not kept.
    pub seen_from: Option<Timestamp>,
}

impl Meant {
    /// `key/1234…9012 since 22 Nov 14:02 UTC`.
    pub fn words(&self) -> String {
        let since = self.seen_from.map_or_else(String::new, |at| format!(" since {}", at.day_and_minute()));
        format!("{}{since}", self.arn.short())
    }
}

/// What one `DescribeKey` said of a key (KMS service model, `KeyMetadata`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFacts {
    pub arn: KeyArn,
    pub state: KeyState,
    /// AWS makes and manages it, for one of its services.
    pub is_aws_managed: bool,
    /// `SYMMETRIC_DEFAULT` for a key that Kinesis can use; empty where KMS does not say (both are optional in its model).
    pub spec: String,
    /// `ENCRYPT_DECRYPT` for a key that Kinesis can use; empty where KMS does not say.
    pub usage: String,
    /// When a key that is pending deletion goes, and everything under it with it.
    pub deleted_at: Option<Timestamp>,
    /// When imported key material expires (`ValidTo`), where it does: KMS deletes it then.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When KMS answered.
    pub read_at: Timestamp,
}

/// AWS's `KeyState`, an open enum: what is not known here is kept as AWS wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum KeyState {
    /// A replica that is not made yet.
    Creating,
    Enabled,
    Disabled,
    PendingDeletion,
    /// It has no key material: none was imported yet, or what was imported has expired or was deleted.
    PendingImport,
    /// The primary of replicas, to be deleted once they are.
    PendingReplicaDeletion,
    /// Its custom key store is disconnected.
    Unavailable,
    /// Its primary Region is being changed. KMS goes on encrypting and decrypting with it.
    Updating,
    /// KMS did not say.
    Unstated,
    Other(String),
}

const UNSTATED: &str = "not stated";

impl From<String> for KeyState {
    fn from(text: String) -> Self {
        match text.as_str() {
            "Creating" => Self::Creating,
            "Enabled" => Self::Enabled,
            "Disabled" => Self::Disabled,
            "PendingDeletion" => Self::PendingDeletion,
            "PendingImport" => Self::PendingImport,
            "PendingReplicaDeletion" => Self::PendingReplicaDeletion,
            "Unavailable" => Self::Unavailable,
            "Updating" => Self::Updating,
            "" | UNSTATED => Self::Unstated,
            _ => Self::Other(text),
        }
    }
}

impl From<KeyState> for String {
    fn from(state: KeyState) -> Self {
        state.as_str().to_owned()
    }
}

impl KeyState {
    /// AWS's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Creating => "Creating",
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
            Self::PendingImport => "PendingImport",
            Self::PendingReplicaDeletion => "PendingReplicaDeletion",
            Self::Unavailable => "Unavailable",
            Self::Updating => "Updating",
            Self::Unstated => UNSTATED,
            Self::Other(word) => word,
        }
    }
}

/// What asking KMS for a key brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyLook {
    Found(KeyFacts),
    /// KMS does not know it, in the account and Region of the stream.
    Missing,
    /// It cannot be seen from here (another account, no permission, no answer): why. It may be a good key all the same.
    Unseen {
        why: String,
    },
}

/// Why Kinesis cannot encrypt a stream with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum Unusable {
    #[error("{key} is disabled")]
    Disabled { key: String },
    #[error("{key} is pending deletion{}", on(*.at))]
    PendingDeletion { key: String, at: Option<Timestamp> },
    /// In another state; what that is, in words.
    #[error("{key} is {state}")]
    NotEnabled { key: String, state: String },
    #[error("{key} is {spec} for {usage}; Kinesis takes symmetric keys for ENCRYPT_DECRYPT only")]
    NotSymmetric { key: String, spec: String, usage: String },
    #[error("it is of {region}, and a stream takes keys of its own Region only")]
    OtherRegion { region: String },
    #[error("it is of another partition of AWS")]
    OtherPartition,
    #[error("AWS manages it for another of its services")]
    OfOtherService,
    #[error("KMS does not find it in this account and Region")]
    Missing,
}

fn on(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!(", and goes on {}", at.date()))
}

/// Why a key is unusable for a stream by its name alone; KMS is not asked for it.
///
/// # Errors
/// The reason.
pub fn usable_by_name(key: &KeyId, stream: &StreamArn) -> Result<(), Unusable> {
    let text = key.as_str();
    if let Some(rest) = text.strip_prefix("arn:") {
        let mut parts = rest.split(':');
        let (partition, _, region) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        if partition != Some(stream.partition.as_str()) {
            return Err(Unusable::OtherPartition);
        }
        if region != stream.region.as_str() {
            return Err(Unusable::OtherRegion { region: region.to_owned() });
        }
    }
    let alias = text.rsplit_once(":alias/").map_or_else(|| text.to_owned(), |(_, name)| format!("alias/{name}"));
    if alias.starts_with(AWS_ALIAS) && alias != "alias/aws/kinesis" { Err(Unusable::OfOtherService) } else { Ok(()) }
}

impl KeyLook {
    /// The key's ARN, where KMS told it.
    pub const fn arn(&self) -> Option<&KeyArn> {
        match self {
            Self::Found(facts) => Some(&facts.arn),
            Self::Missing | Self::Unseen { .. } => None,
        }
    }

    /// Whether Kinesis can encrypt with what was asked for. A key that cannot be seen is not called unusable. AWS makes
    /// its key for Kinesis at the first use: that it is missing says nothing.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub fn usable(&self, asked: &KeyId, stream: &StreamArn) -> Result<(), Unusable> {
        usable_by_name(asked, stream)?;
        let facts = match self {
            Self::Found(facts) => facts,
            Self::Missing if asked.form() == Some(KeyIdForm::ServiceKey) => return Ok(()),
            Self::Missing => return Err(Unusable::Missing),
            Self::Unseen { .. } => return Ok(()),
        };
        facts.usable()?;
        if facts.arn.region == stream.region { Ok(()) } else { Err(Unusable::OtherRegion { region: facts.arn.region.to_string() }) }
    }
}

impl KeyFacts {
    /// Whether Kinesis can encrypt with the key as it is.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub fn usable(&self) -> Result<(), Unusable> {
        let key = self.arn.short();
        match &self.state {
            // What is not said is no reason to refuse: AWS decides.
            KeyState::Enabled | KeyState::Updating | KeyState::Unstated => {}
            KeyState::Disabled => return Err(Unusable::Disabled { key }),
            KeyState::PendingDeletion => return Err(Unusable::PendingDeletion { key, at: self.deleted_at }),
            _ => return Err(Unusable::NotEnabled { key, state: self.state_words() }),
        }
        let is_or_unstated = |word: &str, wanted: &str| word.is_empty() || word == wanted;
        if is_or_unstated(&self.spec, "SYMMETRIC_DEFAULT") && is_or_unstated(&self.usage, "ENCRYPT_DECRYPT") {
            Ok(())
        } else {
            Err(Unusable::NotSymmetric { key, spec: self.spec.clone(), usage: self.usage.clone() })
        }
    }

    /// `enabled`, `disabled`, `pending deletion on 1 Dec 2026`, ...: what the key is, with what ends it.
    pub fn state_words(&self) -> String {
        match &self.state {
            KeyState::Creating => "being created".to_owned(),
            KeyState::Enabled => self
                .expires_at
                .map_or_else(|| "enabled".to_owned(), |at| format!("enabled; its imported key material expires on {}", at.date())),
            KeyState::Disabled => "disabled".to_owned(),
            KeyState::PendingDeletion => {
                self.deleted_at.map_or_else(|| "pending deletion".to_owned(), |at| format!("pending deletion on {}", at.date()))
            }
            KeyState::PendingImport => "waiting for key material (PendingImport)".to_owned(),
            KeyState::PendingReplicaDeletion => "pending deletion, once its replicas are deleted".to_owned(),
            KeyState::Unavailable => "unavailable: its key store is disconnected".to_owned(),
            KeyState::Updating => "being updated (its primary Region is changing)".to_owned(),
            KeyState::Unstated => "in a state that KMS didn't state".to_owned(),
            KeyState::Other(word) => format!("in the state {word}"),
        }
    }

    /// What endangers records that need the key until `free`, or for as long as a stream uses it: `is disabled`. Every state
    /// but Enabled counts, however late a deletion comes: KMS decrypts in none of them but Updating, which passes.
    pub fn trouble(&self, free: Option<Timestamp>) -> Option<String> {
        match &self.state {
            KeyState::Unstated => None,
            KeyState::Enabled => self
                .expires_at
                .filter(|expires| free.is_none_or(|free| *expires <= free))
                .map(|expires| format!("has imported key material that expires on {}", expires.day_and_minute())),
            _ => Some(format!("is {}", self.state_words())),
        }
    }
}

/// Whether a key as AWS reports it is another key by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Same,
    Other,
    /// At least one of them is an alias of which it is not known where it points.
    CannotTell,
}

/// A key by the name that somebody gave it, and the key that the name was seen to mean.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub id: &'a KeyId,
    pub arn: Option<&'a KeyArn>,
}

/// Compares two keys of one stream. Names that are written the same are the same; otherwise the keys that they mean
/// decide, where both are known.
pub fn compare(stream: &StreamArn, one: Named<'_>, other: Named<'_>) -> Comparison {
    if one.id == other.id {
        return Comparison::Same;
    }
    match (meant(stream, one), meant(stream, other)) {
        (Some(one), Some(other)) if one == other => Comparison::Same,
        (Some(_), Some(_)) => Comparison::Other,
        _ => Comparison::CannotTell,
    }
}

/// The forms in which AWS takes the key of a stream, as far as they follow from the name that AWS reports and from the keys
/// that it was seen to mean; without those that were tried.
pub fn other_forms(stream: &StreamArn, reported: Option<&KeyId>, seen: &[KeyArn], tried: &[KeyId]) -> Vec<KeyId> {
    let StreamArn { partition, region, account, .. } = stream;
    let own = format!("arn:{partition}:kms:{region}:{account}:");
    let by_itself = reported.and_then(|id| named_by_itself(partition, &StreamId::from(stream), id));
    let keys: Vec<&KeyArn> = by_itself.as_ref().map_or_else(|| seen.iter().collect(), |key| vec![key]);
    let alias = reported.and_then(|id| match id.form() {
        Some(KeyIdForm::AliasName | KeyIdForm::ServiceKey) => Some(format!("{own}{id}")),
        Some(KeyIdForm::AliasArn) => id.as_str().strip_prefix(&own).map(ToOwned::to_owned),
        _ => None,
    });
    let arns = keys.iter().map(ToString::to_string);
    let ids = keys.iter().filter(|key| key.account == *account && key.region == *region).map(|key| key.id.clone());
    let mut forms: Vec<KeyId> = arns.chain(alias).chain(ids).filter_map(|text| text.parse().ok()).collect();
    forms.retain(|form| Some(form) != reported && !tried.contains(form));
    forms
}

/// The key that a name means: from the name itself where it is the ARN or the id of a key, else as it was seen.
fn meant(stream: &StreamArn, key: Named<'_>) -> Option<KeyArn> {
    named_by_itself(&stream.partition, &StreamId::from(stream), key.id).or_else(|| key.arn.cloned())
}

/// The key that a stream's KeyId names by itself: not an alias, but the ARN or the id of a key.
pub fn named_by_itself(partition: &str, stream: &StreamId, id: &KeyId) -> Option<KeyArn> {
    match id.form() {
        Some(KeyIdForm::KeyArn) => id.as_str().parse().ok(),
        Some(KeyIdForm::Guid) => Some(KeyArn {
            partition: partition.to_owned(),
            region: stream.region.clone(),
            account: stream.account.clone(),
            id: id.as_str().to_owned(),
        }),
        _ => None,
    }
}

/// A key as the form of an enable lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChoice {
    /// What to fill in: an alias where the key has one, else the key's ARN.
    pub fill_in: String,
    pub aliases: Vec<String>,
    /// The key's id; empty for AWS's key for Kinesis before its first use.
    pub id: String,
    pub facts: Option<KeyFacts>,
    /// Whether KMS rotates it every year, where it could be read.
    pub is_rotated: Option<bool>,
    /// Why Kinesis cannot use it, or why it could not be looked at.
    pub problem: Option<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012";

    fn stream() -> StreamArn {
        "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod".parse().unwrap()
    }

    fn key(text: &str) -> KeyId {
        text.parse().unwrap()
    }

    fn facts(state: &str) -> KeyFacts {
        KeyFacts {
            arn: ARN.parse().unwrap(),
            state: state.to_owned().into(),
            is_aws_managed: false,
            spec: "SYMMETRIC_DEFAULT".to_owned(),
            usage: "ENCRYPT_DECRYPT".to_owned(),
            deleted_at: None,
            expires_at: None,
            read_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn a_key_arn_is_taken_apart_and_an_alias_is_none() {
        let arn: KeyArn = ARN.parse().unwrap();
        assert_eq!((arn.to_string().as_str(), arn.short().as_str()), (ARN, "key/1234\u{2026}9012"));
        for text in ["alias/orders", "arn:aws:kms:eu-west-1:111122223333:alias/orders", "12345678-1234-1234-1234-123456789012", ""] {
            assert_eq!(text.parse::<KeyArn>(), Err(InvalidKeyId), "{text}");
        }
    }

    #[test]
    fn a_key_of_elsewhere_is_refused_by_its_name() {
        let other_region = Unusable::OtherRegion { region: "us-east-1".to_owned() };
        assert_eq!(usable_by_name(&key("arn:aws:kms:us-east-1:111122223333:alias/orders"), &stream()), Err(other_region));
        assert_eq!(usable_by_name(&key(&ARN.replace(":aws:", ":aws-cn:")), &stream()), Err(Unusable::OtherPartition));
        assert_eq!(usable_by_name(&key("alias/aws/s3"), &stream()), Err(Unusable::OfOtherService));
        assert_eq!(usable_by_name(&key("arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"), &stream()), Err(Unusable::OfOtherService));
        for good in ["alias/aws/kinesis", "aws/kinesis", ARN, "arn:aws:kms:eu-west-1:999999999999:alias/theirs", "alias/awsome"] {
            assert_eq!(usable_by_name(&key(good), &stream()), Ok(()), "{good}");
        }
    }

    #[test]
    fn only_an_enabled_symmetric_key_is_usable() {
        let asked = key("alias/orders");
        let usable = |facts: KeyFacts| KeyLook::Found(facts).usable(&asked, &stream());
        assert_eq!(usable(facts("Enabled")), Ok(()));
        assert!(matches!(usable(facts("Disabled")), Err(Unusable::Disabled { .. })));
        let going = KeyFacts { deleted_at: Some(Timestamp::from_millis(0)), ..facts("PendingDeletion") };
        assert_eq!(usable(going).unwrap_err().to_string(), "key/1234\u{2026}9012 is pending deletion, and goes on 1 Jan 1970");
        assert!(matches!(usable(facts("PendingImport")), Err(Unusable::NotEnabled { .. })));
        let rsa = KeyFacts { spec: "RSA_2048".to_owned(), ..facts("Enabled") };
        assert!(matches!(usable(rsa), Err(Unusable::NotSymmetric { .. })));
        let unstated = KeyFacts { spec: String::new(), usage: String::new(), ..facts("Enabled") };
        assert_eq!(usable(unstated), Ok(()), "what KMS does not say refuses nothing");
        assert_eq!(KeyLook::Missing.usable(&asked, &stream()), Err(Unusable::Missing));
        assert_eq!(KeyLook::Missing.usable(&key("alias/aws/kinesis"), &stream()), Ok(()), "AWS makes it at its first use");
        assert_eq!(KeyLook::Unseen { why: "denied".to_owned() }.usable(&asked, &stream()), Ok(()));
    }

    #[test]
    fn keys_are_compared_by_what_their_names_mean() {
        let (alias, guid, arn) = (key("alias/orders"), key("12345678-1234-1234-1234-123456789012"), key(ARN));
        let other = key(&ARN.replace("9012", "9013"));
        let seen: KeyArn = ARN.parse().unwrap();
        fn bare(id: &KeyId) -> Named<'_> {
            Named { id, arn: None }
        }
        let same = |one, other| compare(&stream(), one, other);
        assert_eq!(same(bare(&guid), bare(&arn)), Comparison::Same);
        assert_eq!(same(bare(&other), bare(&guid)), Comparison::Other);
        assert_eq!(same(bare(&alias), bare(&alias)), Comparison::Same);
        assert_eq!(same(bare(&alias), bare(&arn)), Comparison::CannotTell);
        assert_eq!(same(Named { id: &alias, arn: Some(&seen) }, bare(&arn)), Comparison::Same);
        assert_eq!(same(Named { id: &alias, arn: Some(&seen) }, bare(&other)), Comparison::Other);
        assert_eq!(same(bare(&alias), bare(&key("alias/other"))), Comparison::CannotTell, "two aliases may mean one key");
    }

    #[test]
    fn the_other_forms_of_a_key_follow_from_what_is_known() {
        let seen: KeyArn = ARN.parse().unwrap();
        let words = |reported: Option<&str>, seen: Option<&KeyArn>, tried: &[KeyId]| -> Vec<String> {
            let reported = reported.map(key);
            other_forms(&stream(), reported.as_ref(), &seen.into_iter().cloned().collect::<Vec<_>>(), tried)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        let (guid, alias_arn) = ("12345678-1234-1234-1234-123456789012", "arn:aws:kms:eu-west-1:111122223333:alias/orders");
        assert_eq!(words(Some("alias/orders"), Some(&seen), &[]), [ARN, alias_arn, guid]);
        assert_eq!(words(Some("alias/orders"), Some(&seen), &[key("alias/orders"), key(ARN)]), [alias_arn, guid]);
        assert_eq!(words(Some("alias/orders"), None, &[]), [alias_arn], "nothing is made up");
        assert_eq!(words(Some(alias_arn), None, &[]), ["alias/orders"]);
        assert_eq!(words(Some("arn:aws:kms:eu-west-1:444455556666:alias/theirs"), None, &[]), [""; 0]);
        assert_eq!(words(Some(ARN), None, &[]), [guid]);
        assert_eq!(words(Some(guid), None, &[]), [ARN]);
        assert_eq!(words(Some(&ARN.replace("111122223333", "444455556666")), None, &[]), [""; 0], "a key elsewhere has its ARN only");
        assert_eq!(words(None, Some(&seen), &[]), [ARN, guid]);
        assert_eq!(words(None, None, &[]), [""; 0]);
        // Re-pointed while in use: either may be the one.
        let later: KeyArn = ARN.replace("9012", "9013").parse().unwrap();
        let both = other_forms(&stream(), Some(&key("alias/orders")), &[seen, later.clone()], &[]);
        assert_eq!(both.iter().map(ToString::to_string).collect::<Vec<_>>(), [ARN, &later.to_string(), alias_arn, guid, &later.id]);
    }

    #[test]
    fn each_state_of_kms_is_known_and_one_that_is_not_is_kept() {
        let states =
            ["Creating", "Enabled", "Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable", "Updating"];
        for state in states {
            let known = KeyState::from(state.to_owned());
            assert!(!matches!(known, KeyState::Other(_)), "{state}");
            assert_eq!(known.as_str(), state);
            assert_eq!(facts(state).usable().is_ok(), ["Enabled", "Updating"].contains(&state), "{state}");
            assert_eq!(facts(state).trouble(None).is_none(), state == "Enabled", "{state}");
        }
        assert_eq!(facts("Wobbling").trouble(None).as_deref(), Some("is in the state Wobbling"));
        let unstated = facts("");
        assert_eq!((unstated.usable(), unstated.trouble(None)), (Ok(()), None), "what KMS doesn't say refuses nothing and alarms nobody");
    }

    proptest! {
        #[test]
        fn material_that_expires_before_the_key_is_free_is_trouble(expires in any::<i64>(), free in prop::option::of(any::<i64>())) {
            let key = KeyFacts { expires_at: Some(Timestamp::from_millis(expires)), ..facts("Enabled") };
            let free = free.map(Timestamp::from_millis);
            prop_assert_eq!(key.trouble(free).is_some(), free.is_none_or(|free| free.as_millis() >= expires));
            prop_assert_eq!(key.usable(), Ok(()));
        }
    }

    proptest! {
        #[test]
        fn comparing_does_not_depend_on_the_order(
            one in prop::sample::select(vec!["alias/a", "alias/b", ARN, "12345678-1234-1234-1234-123456789012"]),
            other in prop::sample::select(vec!["alias/a", "alias/b", ARN, "12345678-1234-1234-1234-123456789013"]),
        ) {
            let (one, other) = (key(one), key(other));
            let (one, other) = (Named { id: &one, arn: None }, Named { id: &other, arn: None });
            prop_assert_eq!(compare(&stream(), one, other), compare(&stream(), other, one));
        }

        #[test]
        fn no_text_panics(text in ".{0,100}") {
            if let Ok(key) = text.parse::<KeyId>() {
                let _ = usable_by_name(&key, &stream());
            }
            let _ = text.parse::<KeyArn>().map(|arn| arn.short());
        }
    }
}
