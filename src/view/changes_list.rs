//! The list of changes in words: the values of its filters, the active ones, and the ignored parts of its address.

use super::list::{ActiveFilter, by_parameter};
use crate::model::{
    day::Day,
    list::{ChangesFilter, ChangesQuery, IgnoredValue, StateFilter},
};

/// Returns the label of a state to filter by: the word on the badge of its changes.
pub const fn state(state: StateFilter) -> &'static str {
    match (state, state.end()) {
        (StateFilter::Unknown, _) => "Outcome unknown",
        (StateFilter::Slow, _) => "Slow",
        (StateFilter::Reverted, _) => "Reverted",
        (_, Some(end)) => end.word(),
        (_, None) => "Active",
    }
}

/// Returns each filter that narrows the list, in the order of the address.
pub fn active_filters(query: &ChangesQuery) -> Vec<ActiveFilter> {
    let name = (!query.q.is_empty()).then(|| format!("\u{201c}{}\u{201d}", query.q));
    let states: Vec<&str> = query.state.iter().map(|chosen| state(*chosen)).collect();
    let day = |word: &str, day: Option<Day>| day.map(|day| format!("{word} {}", day.text()));
    let labels = [
        (ChangesFilter::Q, name),
        (ChangesFilter::State, (!states.is_empty()).then(|| states.join(", "))),
        (ChangesFilter::By, (!query.by.is_empty()).then(|| format!("by {}", query.by))),
        (ChangesFilter::From, day("from", query.from)),
        (ChangesFilter::To, day("to", query.to)),
    ];
    let active = labels.into_iter().filter_map(|(filter, label)| Some((filter, label?)));
    active.map(|(filter, label)| ActiveFilter { label, without: query.without(filter).href() }).collect()
}

/// Says which values were ignored, and which ones they take: a sentence for each filter.
pub fn ignored(values: &[IgnoredValue]) -> Vec<String> {
    let named = by_parameter(values.iter().map(|ignored| (ignored.filter, ignored.value.as_str())));
    named.into_iter().map(|(filter, what)| format!("{} {what}: {}.", filter.slug(), takes(filter))).collect()
}

/// Says which values a filter takes.
const fn takes(filter: ChangesFilter) -> &'static str {
    match filter {
        ChangesFilter::State => {
            "it takes active, unknown, slow, settled, reverted, rejected, expired, not-applied, superseded, replaced, \
            not-established"
        }
        ChangesFilter::By => "it takes a user name",
        ChangesFilter::Q => "it takes at most 128 characters of a stream's name",
        ChangesFilter::From | ChangesFilter::To => "a day is written like 2026-11-24",
        ChangesFilter::Page => "a page is a whole number from 1 to 10,000",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_ignored_is_named_with_what_would_be_taken() {
        let pairs = [("state", "done"), ("by", "a b"), ("q", "a\0"), ("from", "1.2.26"), ("to", "x"), ("page", "0")];
        let (_, values) = ChangesQuery::parse(pairs);
        let said = ignored(&values);
        assert_eq!(said.len(), pairs.len());
        assert!(said[0].starts_with("state \u{201c}done\u{201d} was ignored: it takes active, "), "{said:?}");
        for state in StateFilter::ALL {
            assert!(said[0].contains(state.slug()), "{said:?}");
        }
        assert_eq!(said[3], "from \u{201c}1.2.26\u{201d} was ignored: a day is written like 2026-11-24.");
    }

    #[test]
    fn each_active_filter_can_be_removed() {
        let pairs = [("q", "orders"), ("state", "slow"), ("state", "settled"), ("by", "mira"), ("to", "2026-11-24")];
        let (query, _) = ChangesQuery::parse(pairs);
        let filters = active_filters(&query);
        let labels: Vec<&str> = filters.iter().map(|filter| filter.label.as_str()).collect();
        assert_eq!(labels, ["\u{201c}orders\u{201d}", "Slow, Settled", "by mira", "to 2026-11-24"]);
        assert!(!filters[0].without.contains("q=") && filters[0].without.contains("by=mira"), "{filters:?}");
        assert!(!filters[3].without.contains("to=") && filters[3].without.contains("q=orders"), "{filters:?}");
        assert!(active_filters(&query.unfiltered()).is_empty());
    }

    #[test]
    fn each_state_has_a_word_of_its_own() {
        let words = StateFilter::ALL.map(state);
        assert_eq!(
            words,
            [
                "Active",
                "Outcome unknown",
                "Slow",
                "Settled",
                "Reverted",
                "Rejected",
                "Expired",
                "Not applied",
                "Superseded",
                "Replaced",
                "Not established",
            ]
        );
    }
}
