//! What pages say of a stream as it is now, and of the keys that it needs.

use super::{
    super::{
        log::Evidence,
        pages::PresentSaid,
        present::{check_dates, check_keys, check_present},
    },
    SECOND, call, evidence, kms, off, on,
};

#[test]
fn a_false_row_is_seen() {
    let said = |encryption: &str, status: &str| PresentSaid {
        encryption: encryption.to_owned(),
        status: status.to_owned(),
        ..PresentSaid::default()
    };
    let known = evidence(vec![on(1)]);
    assert!(check_present(&said("Encrypted 1 s ago", "ACTIVE"), &known).is_empty());
    for (encryption, status) in [("Not encrypted 1 s ago", "ACTIVE"), ("Unknown", "ACTIVE"), ("Encrypted", "UPDATING")]
    {
        assert_eq!(check_present(&said(encryption, status), &known).len(), 1, "{encryption} {status}");
    }
    let old = Evidence { asked_at: 60 * SECOND, ..known };
    assert_eq!(check_present(&said("Encrypted 4 s ago", "ACTIVE"), &old)[0].rule, "age");
}

#[test]
fn keys_and_their_dates_are_those_of_the_reports() {
    let one = "0a0a0a0a-1111-4222-8333-444455556666";
    let other = "0b0b0b0b-1111-4222-8333-444455556666";
    let calls = vec![
        kms(0, "alias/orders", one),
        on(1),
        on(60_000),
        kms(61_000, "alias/orders", other),
        off(90_000),
        off(100_000),
    ];
    let now = evidence(calls);
    assert!(check_keys(&format!("<a href=\"/keys/arn%3A{one}\">key</a> key/0b0b\u{2026}6666"), &now).is_empty());
    assert_eq!(check_keys(&format!("alias/orders <a href=\"/keys/arn%3A{one}\">key</a>"), &now)[0].rule, "keys");
    let one_meaning = evidence(vec![kms(0, "alias/orders", one), on(1), on(60_000)]);
    assert!(check_keys("alias/orders", &one_meaning).is_empty());
    assert_eq!(check_keys("alias/ledger", &one_meaning)[0].rule, "keys");
    // 90 s and 5 s after midnight, a day later.
    assert!(
        check_dates("Keep alias/orders until 2 Jan 00:01 UTC. Keep key/0a0a\u{2026}6666 until 2 Jan 00:01 UTC.", &now)
            .is_empty()
    );
    assert_eq!(
        check_dates("Keep alias/orders until 2 Jan 00:01 UTC. Keep key/0a0a\u{2026}6666 until 8 Jan 00:01 UTC.", &now)
            [0]
        .rule,
        "until"
    );
    assert_eq!(check_dates("Keep alias/orders until 8 Jan 00:01 UTC.", &now).len(), 1);
    let in_use = evidence(vec![on(1), off(60_000), on(90_000), on(100_000)]);
    assert_eq!(check_dates("Keep alias/orders until 2 Jan 00:01 UTC.", &in_use)[0].rule, "in-use");
    // The alias is in use again and means another key by now, which KMS said before: the former one has its date.
    let repointed = evidence(vec![
        kms(0, "alias/orders", one),
        on(1),
        off(60_000),
        kms(61_000, "alias/orders", other),
        on(95_000),
        on(100_000),
    ]);
    assert!(check_dates("key/0a0a\u{2026}6666 until 2 Jan 00:01 UTC (alias/orders).", &repointed).is_empty());
    assert_eq!(check_dates("alias/orders until 2 Jan 00:01 UTC.", &repointed)[0].rule, "in-use");
    let deleted = evidence(vec![
        on(1),
        call(2, "DescribeStreamSummary", "", "ResourceNotFoundException"),
        off(90_000),
        off(100_000),
    ]);
    assert!(check_keys("none", &deleted).is_empty());
}
