//! Tests of keys, across this module's files.

use proptest::prelude::*;

use super::*;
use crate::model::{
    stream::{
        StreamArn,
        encryption::{InvalidKeyId, KeyId},
    },
    time::Timestamp,
};

pub const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012";

fn stream() -> StreamArn {
    "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod".parse().unwrap()
}

fn key(text: &str) -> KeyId {
    text.parse().unwrap()
}

/// A symmetric key in a state.
pub fn facts(state: &str) -> KeyFacts {
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
    for text in
        ["alias/orders", "arn:aws:kms:eu-west-1:111122223333:alias/orders", "12345678-1234-1234-1234-123456789012", ""]
    {
        assert_eq!(text.parse::<KeyArn>(), Err(InvalidKeyId), "{text}");
    }
}

#[test]
fn a_key_of_elsewhere_is_refused_by_its_name() {
    let other_region = Unusable::OtherRegion { region: "us-east-1".to_owned() };
    assert_eq!(usable_by_name(&key("arn:aws:kms:us-east-1:111122223333:alias/orders"), &stream()), Err(other_region));
    assert_eq!(usable_by_name(&key(&ARN.replace(":aws:", ":aws-cn:")), &stream()), Err(Unusable::OtherPartition));
    assert_eq!(usable_by_name(&key("alias/aws/s3"), &stream()), Err(Unusable::OfOtherService));
    assert_eq!(
        usable_by_name(&key("arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"), &stream()),
        Err(Unusable::OfOtherService)
    );
    for good in
        ["alias/aws/kinesis", "aws/kinesis", ARN, "arn:aws:kms:eu-west-1:999999999999:alias/theirs", "alias/awsome"]
    {
        assert_eq!(usable_by_name(&key(good), &stream()), Ok(()), "{good}");
    }
}

#[test]
fn only_an_enabled_symmetric_key_is_usable() {
    let asked = key("alias/orders");
    let usable = |facts: KeyFacts| KeyLook::Found(facts).usable(&asked, &stream());
    assert_eq!(usable(facts("Enabled")), Ok(()));
    assert!(matches!(usable(facts("Disabled")), Err(Unusable::Disabled { .. })));
    let at = Some(Timestamp::from_millis(0));
    let going = KeyFacts { deleted_at: at, ..facts("PendingDeletion") };
    let key_name = "key/1234\u{2026}9012".to_owned();
    assert_eq!(usable(going), Err(Unusable::PendingDeletion { key: key_name, at }));
    assert!(matches!(usable(facts("PendingImport")), Err(Unusable::NotEnabled { .. })));
    let rsa = KeyFacts { spec: "RSA_2048".to_owned(), ..facts("Enabled") };
    assert!(matches!(usable(rsa), Err(Unusable::NotSymmetric { .. })));
    let unstated = KeyFacts { spec: String::new(), usage: String::new(), ..facts("Enabled") };
    assert_eq!(usable(unstated), Ok(()), "what KMS does not say refuses nothing");
    assert_eq!(KeyLook::Missing.usable(&asked, &stream()), Err(Unusable::Missing));
    assert_eq!(KeyLook::Missing.usable(&key("alias/aws/kinesis"), &stream()), Ok(()), "AWS makes it at its first use");
    assert_eq!(KeyLook::Unseen(Unseen::NoKms).usable(&asked, &stream()), Ok(()));
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
    assert_eq!(
        words(Some(&ARN.replace("111122223333", "444455556666")), None, &[]),
        [""; 0],
        "a key elsewhere has its ARN only"
    );
    assert_eq!(words(None, Some(&seen), &[]), [ARN, guid]);
    assert_eq!(words(None, None, &[]), [""; 0]);
    // Re-pointed while in use: either may be the one in use.
    let later: KeyArn = ARN.replace("9012", "9013").parse().unwrap();
    let both = other_forms(&stream(), Some(&key("alias/orders")), &[seen, later.clone()], &[]);
    assert_eq!(
        both.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [ARN, &later.to_string(), alias_arn, guid, &later.id]
    );
}

#[test]
fn each_state_of_kms_is_known_and_one_that_is_not_is_kept() {
    let states = [
        "Creating",
        "Enabled",
        "Disabled",
        "PendingDeletion",
        "PendingImport",
        "PendingReplicaDeletion",
        "Unavailable",
        "Updating",
    ];
    for state in states {
        let known = KeyState::from(state.to_owned());
        assert!(!matches!(known, KeyState::Other(_)), "{state}");
        assert_eq!(known.as_str(), state);
        assert_eq!(facts(state).usable().is_ok(), ["Enabled", "Updating"].contains(&state), "{state}");
        assert_eq!(facts(state).endangers_records(None), state != "Enabled", "{state}");
    }
    assert!(facts("Wobbling").endangers_records(None));
    let unstated = facts("");
    assert_eq!(
        (unstated.usable(), unstated.endangers_records(None)),
        (Ok(()), false),
        "what KMS doesn't say refuses nothing and alarms nobody"
    );
}

proptest! {
    #[test]
    fn material_that_expires_before_the_key_is_free_is_trouble(
        expires in any::<i64>(),
        free in prop::option::of(any::<i64>()),
    ) {
        let key = KeyFacts { expires_at: Some(Timestamp::from_millis(expires)), ..facts("Enabled") };
        let free = free.map(Timestamp::from_millis);
        prop_assert_eq!(key.endangers_records(free), free.is_none_or(|free| free.as_millis() >= expires));
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
