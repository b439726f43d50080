//! Tests of the addresses of the list of changes, and of what they select.

use proptest::prelude::*;

use super::*;
use crate::model::{
    change::{
        End, EndKind, Ending, Observed, Reverted, Slow, Step,
        refusal::{Refusal, RefusalKind},
        tests::{requested_change, sent_change},
    },
    time::Timestamp,
};

fn parse(pairs: &[(&str, &str)]) -> ChangesQuery {
    let (query, ignored) = ChangesQuery::parse(pairs.iter().copied());
    assert_eq!(ignored, []);
    query
}

fn ended(how: End) -> Change {
    let mut change = sent_change();
    change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_007_000), how }));
    change
}

/// A change in each state, and the words that select it.
fn one_of_each() -> Vec<(Change, Vec<StateFilter>)> {
    let at = Timestamp::from_millis;
    let with = |mut change: Change, step: Step| {
        change.apply(step);
        change
    };
    let lost = Step::LostTrack { at: at(1_010_000), why: "no answer".to_owned() };
    let slow = || Step::Slow(Slow { since: at(1_300_000), usual: None });
    let reverted = Step::Reverted(Reverted { at: at(1_400_000), observed: Observed::NotFound });
    let refusal = Refusal { kind: RefusalKind::AccessDenied, aws: None, read_after: None };
    let unknown = with(sent_change(), lost);
    vec![
        (requested_change(), vec![StateFilter::Active]),
        (sent_change(), vec![StateFilter::Active]),
        (unknown.clone(), vec![StateFilter::Active, StateFilter::Unknown]),
        (with(unknown, slow()), vec![StateFilter::Active, StateFilter::Unknown]),
        (with(sent_change(), slow()), vec![StateFilter::Active, StateFilter::Slow]),
        (ended(End::Settled), vec![StateFilter::Settled]),
        (with(ended(End::Settled), reverted), vec![StateFilter::Reverted]),
        (ended(End::Rejected(refusal)), vec![StateFilter::Rejected]),
        (ended(End::Expired), vec![StateFilter::Expired]),
        (ended(End::NotApplied), vec![StateFilter::NotApplied]),
        (ended(End::Superseded { observed: Observed::NotFound }), vec![StateFilter::Superseded]),
        (ended(End::Replaced { created: at(1) }), vec![StateFilter::Replaced]),
        (
            ended(End::NotEstablished { by: "jon".to_owned(), reason: "OPS-2".to_owned() }),
            vec![StateFilter::NotEstablished],
        ),
    ]
}

#[test]
fn each_state_is_selected_by_its_own_word() {
    for (change, expected) in one_of_each() {
        let selecting: Vec<StateFilter> =
            StateFilter::ALL.into_iter().filter(|state| parse(&[("state", state.slug())]).admits(&change)).collect();
        assert_eq!(selecting, expected, "{change:?}");
        // What a word says of the end is what SQL may narrow by.
        let kinds: Vec<_> = expected.iter().map(|state| state.end()).collect();
        assert!(kinds.iter().all(|end| *end == change.end.as_ref().map(|end| EndKind::from(&end.how))), "{kinds:?}");
    }
    let several = parse(&[("state", "settled,not-applied"), ("state", "unknown")]);
    let count = one_of_each().iter().filter(|(change, _)| several.admits(change)).count();
    assert_eq!((count, several.is_of_active()), (4, false));
    assert!(parse(&[("state", "active,slow")]).is_of_active() && !ChangesQuery::default().is_of_active());
}

#[test]
fn a_change_is_selected_if_every_filter_admits_it() {
    // Requested at 999 s, by mira, of orders-prod.
    let change = requested_change();
    let day = ("from", "1970-01-01");
    for pairs in [
        vec![],
        vec![("by", "MIRA")],
        vec![("q", "ORDERS-")],
        vec![("q", "prod"), ("by", "mira"), day, ("to", "1970-01-01"), ("state", "active")],
    ] {
        assert!(parse(&pairs).admits(&change), "{pairs:?}");
    }
    for pairs in [
        vec![("by", "mir")],
        vec![("q", "orders_prod")],
        vec![("q", "111122223333")],
        vec![("q", "stream")],
        vec![("from", "1970-01-02")],
        vec![("to", "1969-12-31")],
        vec![("from", "1970-01-02"), ("to", "1970-01-01")],
        vec![("q", "prod"), ("by", "mira"), day, ("state", "settled")],
    ] {
        assert!(!parse(&pairs).admits(&change), "{pairs:?}");
    }
}

#[test]
fn a_day_is_selected_whole() {
    let mut change = requested_change();
    let (from, to) = (parse(&[("from", "2026-11-24")]), parse(&[("to", "2026-11-24")]));
    let begin = from.from.unwrap().begin();
    for (millis, is_from, is_to) in
        [(-1, false, true), (0, true, true), (86_399_999, true, true), (86_400_000, true, false)]
    {
        change.intent.requested_at = begin.plus_millis(millis);
        assert_eq!((from.admits(&change), to.admits(&change)), (is_from, is_to), "{millis}");
    }
}

#[test]
fn what_is_not_understood_is_named_once_and_ignored() {
    let long = "x".repeat(129);
    for (name, value) in [
        ("state", "done"),
        ("state", "Settled"),
        ("by", "not a name"),
        ("by", "x'--"),
        ("q", long.as_str()),
        ("q", "a\0b"),
        ("from", "24.11.2026"),
        ("to", "2026-02-30"),
        ("page", "0"),
        ("page", "-1"),
    ] {
        let (query, ignored) = ChangesQuery::parse([(name, value), (name, value)]);
        assert_eq!(query, ChangesQuery::default(), "{name} {value:.40}");
        assert_eq!(ignored.len(), 1, "{ignored:?}");
        assert_eq!(ignored[0].filter.slug(), name);
        assert!(value.starts_with(&ignored[0].value) && ignored[0].value.len() <= 80, "{ignored:?}");
    }
    for far in ["10001", "99999999999999999999"] {
        let (query, ignored) = ChangesQuery::parse([("page", far)]);
        assert_eq!((query.page, ignored.len()), (ChangesQuery::MOST_PAGES, 0), "past the end: {far}");
    }
    let (query, ignored) = ChangesQuery::parse([("state", "settled,done"), ("unheard", "of"), ("q", " ")]);
    assert_eq!((query.state, ignored.len()), (vec![StateFilter::Settled], 1));
}

#[test]
fn links_write_what_they_mean() {
    assert_eq!(ChangesQuery::default().href(), "/changes");
    let query = parse(&[
        ("state", "active,unknown"),
        ("by", "mira"),
        ("q", "orders &c"),
        ("from", "2026-11-01"),
        ("to", "2026-11-24"),
        ("page", "3"),
    ]);
    let filters = "/changes?state=active,unknown&by=mira&q=orders%20%26c&from=2026-11-01&to=2026-11-24";
    assert_eq!(query.href(), format!("{filters}&page=3"));
    assert_eq!(query.on_page(1).href(), filters);
    assert_eq!(query.unfiltered().href(), "/changes");
    assert!(query.is_filtered() && !ChangesQuery::default().on_page(7).is_filtered());
    let fewer = query.without(ChangesFilter::State).without(ChangesFilter::From).without(ChangesFilter::To);
    assert_eq!(fewer.href(), "/changes?by=mira&q=orders%20%26c");
    assert!(!fewer.without(ChangesFilter::By).without(ChangesFilter::Q).is_filtered());
}

proptest! {
    #[test]
    fn any_address_is_read_and_reads_back_the_same(
        name in "state|by|q|from|to|page",
        value in ".{0,30}|[a-z-]{1,20}|20[0-9]{2}-[01][0-9]-[0-3][0-9]|[0-9]{1,6}",
    ) {
        let (query, _) = ChangesQuery::parse([(name.as_str(), value.as_str())]);
        let pairs = query.pairs();
        let (read, ignored) = ChangesQuery::parse(pairs.iter().map(|(name, value)| (*name, value.as_str())));
        prop_assert_eq!(read, query);
        prop_assert!(ignored.is_empty());
    }
}
