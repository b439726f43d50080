//! Tests of addresses and of what they select.

use proptest::prelude::*;

use std::sync::Arc;

use super::*;
use crate::model::{
    inventory::{Reported, StreamRow},
    stream::{StreamId, StreamStatus},
    time::{HOUR_MS, Timestamp},
};

/// Two hours after the rows' last read.
const NOW: Timestamp = Timestamp::from_millis(2 * HOUR_MS);

pub fn row(name: &str, encryption: EncryptionState, status: &str) -> Arc<StreamRow> {
    Arc::new(StreamRow {
        id: StreamId::parse("111122223333", "eu-west-1", name).unwrap(),
        rev: 1,
        status: Some(Reported { value: StreamStatus::from(status.to_owned()), at: Timestamp::from_millis(0) }),
        encryption,
        key_id: (encryption == EncryptionState::Encrypted).then(|| "alias/Orders".parse().unwrap()),
        read_at: Some(Timestamp::from_millis(0)),
        problem: None,
        retention_hours: Some(24),
        open_shards: Some(1),
        mode: None,
        change: None,
        needed_keys: Vec::new(),
        meant: Vec::new(),
        keys_known_since: None,
        has_namesake: false,
        undo: None,
        is_gone: false,
        is_production: false,
        is_read_only: false,
        created: Some(Timestamp::from_millis(0)),
        tags: Some([("team".to_owned(), "payments".to_owned()), ("a=b".to_owned(), "c".to_owned())].into()),
    })
}

fn rows() -> Vec<Arc<StreamRow>> {
    vec![
        row("orders-prod", EncryptionState::Encrypted, "ACTIVE"),
        row("clicks", EncryptionState::NotEncrypted, "ACTIVE"),
        row("Billing", EncryptionState::Unknown, "UPDATING"),
    ]
}

fn names(search: &[(&str, &str)]) -> Vec<String> {
    let (query, ignored) = ListQuery::parse(search.iter().copied());
    assert!(ignored.is_empty(), "{ignored:?}");
    query.find(&rows(), NOW).rows.iter().map(|row| row.id.name.to_string()).collect()
}

#[test]
fn filters_and_sorts_do_what_their_words_say() {
    assert_eq!(names(&[]), ["Billing", "clicks", "orders-prod"]);
    assert_eq!(names(&[("q", "ORDERS")]), ["orders-prod"]);
    assert_eq!(names(&[("encryption", "unknown,encrypted")]), ["Billing", "orders-prod"]);
    assert_eq!(names(&[("status", "changing")]), ["Billing"]);
    assert_eq!(names(&[("status", "active"), ("sort", "-name")]), ["orders-prod", "clicks"]);
    assert_eq!(names(&[("key", "alias/orders")]), ["orders-prod"]);
    assert_eq!(names(&[("sort", "encryption")]), ["orders-prod", "clicks", "Billing"]);
    assert_eq!(names(&[("account", "999999999999")]), Vec::<String>::new());
}

#[test]
fn bad_values_are_ignored_and_named() {
    let bad = [
        ("sort", "size"),
        ("page", "0"),
        ("per", "7"),
        ("encryption", "maybe,encrypted"),
        ("account", "12"),
        ("cols", "x"),
        ("mode", "fast"),
        ("age", "2m"),
        ("tag", "a\u{7}b"),
        ("unheard", "of"),
    ];
    let (query, ignored) = ListQuery::parse(bad);
    assert_eq!(
        query,
        ListQuery { encryption: vec![EncryptionState::Encrypted], cols: Some(Vec::new()), ..ListQuery::default() }
    );
    assert_eq!(ignored.len(), 9, "{ignored:?}");
    assert_eq!(ignored[0], Ignored::Value { parameter: Parameter::Sort, value: "size".to_owned() });
}

#[test]
fn a_page_past_the_end_is_the_last() {
    let many: Vec<_> = (0..60).map(|i| row(&format!("s{i:02}"), EncryptionState::Encrypted, "ACTIVE")).collect();
    let (query, _) = ListQuery::parse([("page", "99"), ("per", "25")]);
    let selection = query.page_of(&query.find(&many, NOW).rows);
    assert_eq!((selection.page, selection.pages, selection.rows.len(), selection.matching), (3, 3, 10, 60));
    assert_eq!(ListQuery::default().page_of(&[]).pages, 1);
}

#[test]
fn counts_leave_out_what_is_gone() {
    let mut rows = rows();
    Arc::make_mut(&mut rows[0]).is_gone = true;
    let found = ListQuery::default().find(&rows, NOW);
    assert_eq!(found.counts, Counts { all: 2, encrypted: 0, not_encrypted: 1, unknown: 1, changing: 1 });
}

#[test]
fn tags_modes_and_ages_filter_and_forms_may_repeat_a_parameter() {
    let all = ["Billing", "clicks", "orders-prod"];
    assert_eq!(names(&[("tag", "team")]), all);
    assert_eq!(names(&[("tag", "team=payments")]), all);
    assert_eq!(names(&[("tag", "a=b=c")]), all, "a key may have a = of its own");
    assert_eq!(names(&[("tag", "team=payment")]), Vec::<String>::new());
    assert_eq!(names(&[("tag", "tea")]), Vec::<String>::new());
    assert_eq!(names(&[("mode", "on-demand")]), Vec::<String>::new());
    assert_eq!(names(&[("age", "1h")]), all);
    assert_eq!(names(&[("age", "1d")]), Vec::<String>::new());
    assert_eq!(names(&[("age", "never")]), Vec::<String>::new());
    assert_eq!(names(&[("encryption", "unknown"), ("encryption", "encrypted")]), ["Billing", "orders-prod"]);
}

#[test]
fn no_columns_is_a_choice_and_no_word_is_none() {
    let cols = |pairs: &[(&str, &str)]| ListQuery::parse(pairs.iter().copied()).0.cols;
    assert_eq!(cols(&[]), None);
    assert_eq!(cols(&[("cols", "none")]), Some(Vec::new()));
    assert_eq!(
        cols(&[("cols", "none"), ("cols", "tags"), ("cols", "mode")]),
        Some(vec![ExtraColumn::Tags, ExtraColumn::Mode])
    );
    assert_eq!(ListQuery { cols: Some(Vec::new()), ..ListQuery::default() }.href(), "/streams?cols=none");
}

#[test]
fn a_facet_counts_what_the_other_filters_admit() {
    let (query, _) = ListQuery::parse([("encryption", "encrypted"), ("account", "999999999999")]);
    let found = query.find(&rows(), NOW);
    assert!(found.rows.is_empty());
    let options = |name: &str| {
        let group = found.facets.iter().find(|group| group.filter.slug() == name).unwrap();
        group.options.iter().map(|option| (option.value.as_str(), option.count, option.is_chosen)).collect::<Vec<_>>()
    };
    assert_eq!(options("encryption"), [("encrypted", 0, true), ("not-encrypted", 0, false), ("unknown", 0, false)]);
    assert_eq!(options("account"), [("111122223333", 1, false), ("999999999999", 0, true)]);
    let (query, _) = ListQuery::parse([("encryption", "encrypted,unknown")]);
    let found = query.find(&rows(), NOW);
    let encryption: Vec<u32> = found.facets[0].options.iter().map(|option| option.count).collect();
    assert_eq!(encryption, [1, 1, 1], "its own filter does not narrow a group");
    assert_eq!(found.facets[1].options[1].count, 1, "one of the two is UPDATING");
}

proptest! {
    #[test]
    fn what_a_link_writes_reads_back_the_same(
        q in "[ -~äß&=+%#]{0,20}",
        key in "[ -~]{0,12}",
        page in 1u32..500,
        descending: bool,
        per in 0usize..3,
        sort in 0usize..6,
        has_cols: bool,
    ) {
        let cols = if has_cols { vec![ExtraColumn::Tags, ExtraColumn::Mode] } else { Vec::new() };
        let query = ListQuery {
            q: q.trim().to_owned(),
            key: key.trim().to_owned(),
            page,
            descending,
            per: ListQuery::PAGE_SIZES[per],
            sort: Column::ALL[sort],
            encryption: vec![EncryptionState::Unknown],
            status: vec![StatusFilter::Changing, StatusFilter::Active],
            account: vec!["111122223333".parse().unwrap()],
            region: vec!["eu-west-1".parse().unwrap()],
            cols: Some(cols),
            mode: vec![ModeFilter::OnDemand],
            tag: vec!["team=payments".parse().unwrap()],
            age: Some(AgeFilter::Hour),
        };
        let href = query.href();
        let pairs: Vec<(String, String)> = href.split_once('?').unwrap().1.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned())
        }).collect();
        let (read, ignored) = ListQuery::parse(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        prop_assert_eq!(read, query);
        prop_assert!(ignored.is_empty());
    }

    #[test]
    fn no_address_panics_and_every_page_exists(
        name in "q|encryption|status|account|region|mode|tag|age|key|sort|page|per|cols",
        value in ".{0,30}",
    ) {
        let (query, _) = ListQuery::parse([(name.as_str(), value.as_str())]);
        let selection = query.page_of(&query.find(&rows(), NOW).rows);
        prop_assert!(selection.page >= 1 && selection.page <= selection.pages);
    }
}

#[test]
fn what_is_out_of_bounds_is_refused_and_named_shortly() {
    let (query, ignored) = ListQuery::parse([("per", "0"), ("page", "0"), ("per", "4294967295")]);
    assert_eq!((query.per, query.page, ignored.len()), (50, 1, 3));
    let long = "a".repeat(2_049);
    let (query, ignored) = ListQuery::parse([("q", long.as_str()), ("key", long.as_str())]);
    assert_eq!(
        (query.q.as_str(), query.key.as_str(), ignored.len()),
        ("", "", 2),
        "a text that is cut would find something else"
    );
    let many: Vec<String> = (0..4_000).map(|number| format!("tag-{number}")).collect();
    let (query, ignored) = ListQuery::parse([("tag", many.join(",").as_str())]);
    assert_eq!((query.tag.len(), ignored.len()), (50, 11));
    assert_eq!(ignored.last(), Some(&Ignored::More));
}
