//! Tests of streams' names, ARNs and reports.

use proptest::prelude::*;

use super::*;
use crate::model::time::Timestamp;

proptest! {
    #[test]
    fn every_arn_that_parses_prints_as_it_came(
        text in "arn:aws(-cn|-us-gov)?:kinesis:[a-z0-9-]{1,20}:[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128}",
    ) {
        let arn: StreamArn = text.parse().unwrap();
        prop_assert_eq!(arn.to_string(), text);
    }

    #[test]
    fn no_text_panics_and_no_accepted_path_needs_escaping(text in ".{0,200}") {
        let _ = text.parse::<StreamArn>();
        if let Ok(name) = text.parse::<StreamName>() {
            prop_assert!(!name.as_str().contains(['/', '%', '?', '#', ' ', '<']));
        }
    }
}

#[test]
fn malformed_arns_are_refused() {
    for text in [
        "",
        "arn",
        "arn:aws:s3:eu-west-1:111122223333:stream/a",
        "arn:aws:kinesis:eu-west-1:11112222333:stream/a",
        "arn:aws:kinesis:eu-west-1:111122223333:consumer/a",
        "arn:aws:kinesis:eu-west-1:111122223333:stream/",
        "arn:aws:kinesis:eu-west-1:111122223333:stream/a/consumer/b:1",
        "arn:aws:kinesis:EU:111122223333:stream/a",
        "arn:aws:kinesis:eu-west-1:self:stream/a",
        "arn:awsome:kinesis:eu-west-1:111122223333:stream/a",
    ] {
        assert!(text.parse::<StreamArn>().is_err(), "{text}");
    }
}

#[test]
fn a_name_has_1_to_128_characters() {
    assert!("a".repeat(128).parse::<StreamName>().is_ok());
    assert_eq!("a".repeat(129).parse::<StreamName>(), Err(InvalidStreamText::Name));
    assert_eq!("".parse::<StreamName>(), Err(InvalidStreamText::Name));
    assert_eq!("a b".parse::<StreamName>(), Err(InvalidStreamText::Name));
}

#[test]
fn an_id_has_the_arn_of_its_regions_partition() {
    for (region, partition) in [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
    ] {
        let id = StreamId::parse("111122223333", region, "orders").unwrap();
        let arn = id.arn();
        assert_eq!(arn.to_string(), format!("arn:{partition}:kinesis:{region}:111122223333:stream/orders"));
        assert_eq!(StreamId::from(&arn), id);
    }
}

#[test]
fn creation_times_are_compared_to_the_second() {
    let at = Timestamp::from_millis;
    assert!(is_same_creation(at(5_000), at(5_999)) && is_same_creation(at(5_999), at(5_000)));
    assert!(!is_same_creation(at(5_000), at(6_000)));
    assert!(!is_same_creation(at(i64::MIN), at(i64::MAX)), "the ends of time do not wrap");
}

#[test]
fn a_status_that_is_not_known_is_kept() {
    assert_eq!(StreamStatus::from("PAUSED".to_owned()).as_str(), "PAUSED");
    assert_eq!(StreamStatus::from("ACTIVE".to_owned()), StreamStatus::Active);
}
