//! The filters of the audit page, parsed from its address.

use crate::model::day::Day;

/// The longest search text.
const LONGEST: usize = 200;

/// A selection of the chain, newest first. A filter that isn't set matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Part of any column, ignoring case.
    pub q: String,
    /// The actor's whole name, ignoring case.
    pub actor: String,
    /// A whole action, such as `change.sent`, or its first word.
    pub action: String,
    /// The first day, UTC.
    pub from: Option<Day>,
    /// The last day, UTC.
    pub to: Option<Day>,
    /// Only rows with a smaller number.
    pub before: Option<i64>,
}

/// A value in the address that wasn't understood and is ignored; its first 40 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    pub parameter: String,
    pub value: String,
}

impl AuditQuery {
    /// Parses the parameters of an address. Returns the filters, and the values that weren't understood and are
    /// ignored.
    pub fn parse(value: impl Fn(&str) -> Option<String>) -> (Self, Vec<Ignored>) {
        let mut ignored = Vec::new();
        let given = |key: &str| value(key).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut understood = |key: &str, text: &str, is_understood: bool| {
            if !is_understood {
                let shown: String = text.chars().take(40).collect();
                ignored.push(Ignored { parameter: key.to_owned(), value: shown });
            }
            is_understood
        };
        let mut query = Self::default();
        for (key, field) in [("q", &mut query.q), ("actor", &mut query.actor)] {
            if let Some(text) = given(key)
                && understood(key, &text, text.chars().count() <= LONGEST && !text.contains('\0'))
            {
                *field = text;
            }
        }
        if let Some(text) = given("action") {
            let is_action = text.len() <= 60 && text.bytes().all(|b| b.is_ascii_lowercase() || b"-.".contains(&b));
            if understood("action", &text, is_action) {
                query.action = text;
            }
        }
        for (key, field) in [("from", &mut query.from), ("to", &mut query.to)] {
            if let Some(text) = given(key) {
                *field = Day::parse(&text);
                understood(key, &text, field.is_some());
            }
        }
        if let Some(text) = given("before") {
            query.before = text.parse().ok().filter(|seq| *seq > 0);
            understood("before", &text, query.before.is_some());
        }
        (query, ignored)
    }

    /// Returns the parameters of these filters, without the page position; empty if nothing is filtered.
    pub fn filters(&self) -> Vec<(&'static str, String)> {
        let day = |day: Option<Day>| day.map(Day::text).unwrap_or_default();
        let all = [
            ("q", self.q.clone()),
            ("actor", self.actor.clone()),
            ("action", self.action.clone()),
            ("from", day(self.from)),
            ("to", day(self.to)),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(parameters: &[(&str, &str)]) -> (AuditQuery, Vec<Ignored>) {
        AuditQuery::parse(|key| parameters.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn an_address_is_read_and_written() {
        let parameters = [
            ("q", " orders "),
            ("actor", "mira"),
            ("action", "change.sent"),
            ("from", "2026-11-01"),
            ("to", "2026-11-24"),
        ];
        let (query, ignored) = parse(&parameters);
        assert_eq!(ignored, []);
        assert_eq!((query.q.as_str(), query.actor.as_str(), query.action.as_str()), ("orders", "mira", "change.sent"));
        assert_eq!(query.from.unwrap().begin().rfc3339(), "2026-11-01T00:00:00.000Z");
        assert_eq!(query.to.unwrap().end().rfc3339(), "2026-11-25T00:00:00.000Z");
        let written = query.filters();
        let borrowed: Vec<(&str, &str)> = written.iter().map(|(key, value)| (*key, value.as_str())).collect();
        assert_eq!(parse(&borrowed).0, query);
    }

    #[test]
    fn what_is_not_understood_is_named_and_ignored() {
        let long = "x".repeat(10_000);
        for (key, value) in [
            ("q", long.as_str()),
            ("q", "a\0b"),
            ("action", "Change"),
            ("action", "%"),
            ("from", "24.11.2026"),
            ("from", "2026-02-30"),
            ("to", "2026-1-1"),
            ("to", "+026-01-01"),
            ("before", "-1"),
            ("before", "9223372036854775808"),
        ] {
            let (query, ignored) = parse(&[(key, value)]);
            assert_eq!(query, AuditQuery::default(), "{key} {value:.40}");
            assert!(
                ignored.len() == 1 && ignored[0].parameter == key && ignored[0].value.chars().count() <= 40,
                "{ignored:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_address_is_read(q in ".*", action in ".*", from in ".*", before in ".*") {
            let (query, ignored) = parse(&[("q", &q), ("action", &action), ("from", &from), ("before", &before)]);
            prop_assert!(ignored.len() <= 4 && query.q.chars().count() <= LONGEST);
        }
    }
}
