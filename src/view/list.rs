//! The list in words: its columns, its filters with their values, and the ignored parts of its address.

use crate::model::{
    list::{AgeFilter, Column, ExtraColumn, Ignored, ListQuery, ModeFilter, Parameter, StatusFilter, TagFilter},
    stream::encryption::EncryptionState,
};

/// One value that narrows the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveFilter {
    /// What it selects, in a word or two: `ACTIVE`, `tag team=payments`.
    pub label: String,
    /// The address of the list without it.
    pub without: String,
}

/// Returns the header of a column.
pub const fn column(column: Column) -> &'static str {
    match column {
        Column::Name => "Name",
        Column::Encryption => "Encryption",
        Column::Key => "Key",
        Column::Status => "Status",
        Column::Account => "Account",
        Column::Region => "Region",
    }
}

/// Returns the header of an optional column.
pub const fn extra_column(column: ExtraColumn) -> &'static str {
    match column {
        ExtraColumn::Retention => "Retention",
        ExtraColumn::Shards => "Shards",
        ExtraColumn::Mode => "Mode",
        ExtraColumn::Created => "Created",
        ExtraColumn::Tags => "Tags",
        ExtraColumn::NeededKeys => "Keys still needed",
    }
}

/// Returns the words that an encryption cell starts with.
pub const fn encryption(state: EncryptionState) -> &'static str {
    match state {
        EncryptionState::Encrypted => "Encrypted",
        EncryptionState::NotEncrypted => "Not encrypted",
        EncryptionState::Unknown => "Unknown",
    }
}

/// Returns the label of a filter by the time of the last read.
pub const fn age(age: AgeFilter) -> &'static str {
    match age {
        AgeFilter::Minute => "more than a minute ago",
        AgeFilter::TenMinutes => "more than 10 minutes ago",
        AgeFilter::Hour => "more than an hour ago",
        AgeFilter::Day => "more than a day ago",
        AgeFilter::NeverRead => "never",
    }
}

/// Returns the heading over the values of a filter.
pub const fn filter(filter: Parameter) -> &'static str {
    match filter {
        Parameter::Encryption => "Encryption",
        Parameter::Status => "Status",
        Parameter::Account => "Account",
        Parameter::Region => "Region",
        Parameter::Mode => "Mode",
        other => other.slug(),
    }
}

/// Returns the label of a filter's value: AWS's word if there is one.
pub fn value(filter: Parameter, value: &str) -> String {
    match filter {
        Parameter::Encryption => value.parse().map_or_else(|_| value.to_owned(), |state| encryption(state).to_owned()),
        Parameter::Status => match value.parse() {
            Ok(StatusFilter::Changing) | Err(_) => value.to_owned(),
            Ok(status) => status.slug().to_ascii_uppercase(),
        },
        Parameter::Mode => value.parse().map_or_else(|_| value.to_owned(), |mode: ModeFilter| mode.word().to_owned()),
        _ => value.to_owned(),
    }
}

/// Returns each value that narrows the list, in the order of the address.
pub fn active_filters(query: &ListQuery) -> Vec<ActiveFilter> {
    let quoted = |text: &str| format!("\u{201c}{text}\u{201d}");
    let name = (!query.q.is_empty()).then(|| active(quoted(&query.q), ListQuery { q: String::new(), ..query.clone() }));
    let encryption = each(&query.encryption, |state, encryption| {
        active(self::encryption(*state).to_owned(), ListQuery { encryption, ..query.clone() })
    });
    let status = each(&query.status, |status, rest| {
        active(value(Parameter::Status, status.slug()), ListQuery { status: rest, ..query.clone() })
    });
    let account =
        each(&query.account, |account, rest| active(account.to_string(), ListQuery { account: rest, ..query.clone() }));
    let region =
        each(&query.region, |region, rest| active(region.to_string(), ListQuery { region: rest, ..query.clone() }));
    let mode =
        each(&query.mode, |mode, rest| active(mode.word().to_owned(), ListQuery { mode: rest, ..query.clone() }));
    let key = (!query.key.is_empty())
        .then(|| active(format!("key {}", quoted(&query.key)), ListQuery { key: String::new(), ..query.clone() }));
    let tag = each(&query.tag, |tag: &TagFilter, rest| {
        active(format!("tag {}", tag.as_str()), ListQuery { tag: rest, ..query.clone() })
    });
    let read = query.age.map(|age| {
        let label = match age {
            AgeFilter::NeverRead => "never read".to_owned(),
            age => format!("last read {}", self::age(age)),
        };
        active(label, ListQuery { age: None, ..query.clone() })
    });
    let groups = [encryption, status, account, region, mode];
    name.into_iter().chain(groups.into_iter().flatten()).chain(key).chain(tag).chain(read).collect()
}

fn active(label: String, without: ListQuery) -> ActiveFilter {
    ActiveFilter { label, without: without.on_page(1).href() }
}

/// Calls `remove` with each value of a filter and the others.
fn each<T: Clone + PartialEq>(values: &[T], remove: impl Fn(&T, Vec<T>) -> ActiveFilter) -> Vec<ActiveFilter> {
    let others = |value: &T| values.iter().filter(|other| *other != value).cloned().collect();
    values.iter().map(|value| remove(value, others(value))).collect()
}

/// Says which parts of an address were ignored, and which values they take: a sentence for each parameter.
pub fn ignored(parts: &[Ignored]) -> Vec<String> {
    let values = parts.iter().filter_map(|part| match part {
        Ignored::Value { parameter, value } => Some((*parameter, value.as_str())),
        Ignored::More => None,
    });
    let named = by_parameter(values).into_iter();
    let named = named.map(|(parameter, what)| format!("{} {what}: {}.", parameter.slug(), takes(parameter)));
    let more = parts.contains(&Ignored::More).then(|| "More values were ignored.".to_owned());
    named.chain(more).collect()
}

/// Returns each parameter of ignored values once, in the order of the address, with `“size”, “age” were ignored`.
pub(super) fn by_parameter<'a, P: PartialEq>(values: impl IntoIterator<Item = (P, &'a str)>) -> Vec<(P, String)> {
    let mut groups: Vec<(P, Vec<String>)> = Vec::new();
    for (parameter, value) in values {
        let quoted = format!("\u{201c}{value}\u{201d}");
        if let Some((_, others)) = groups.iter_mut().find(|(known, _)| *known == parameter) {
            others.push(quoted);
        } else {
            groups.push((parameter, vec![quoted]));
        }
    }
    let said = |values: &[String]| {
        let were = if values.len() == 1 { "was" } else { "were" };
        format!("{} {were} ignored", values.join(", "))
    };
    groups.into_iter().map(|(parameter, values)| (parameter, said(&values))).collect()
}

/// Says which values a parameter takes.
const fn takes(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Q | Parameter::Key => "it takes at most 2,048 characters",
        Parameter::Encryption => "it takes encrypted, not-encrypted, unknown",
        Parameter::Status => "it takes active, updating, creating, deleting, changing",
        Parameter::Mode => "it takes provisioned, on-demand",
        Parameter::Account => "an account is 12 digits",
        Parameter::Region => "a Region is written like eu-west-1",
        Parameter::Tag => "a tag is written as KEY or KEY=VALUE, in the characters that AWS allows",
        Parameter::Age => "it takes 1m, 10m, 1h, 1d, never",
        Parameter::Cols => "it takes retention, shards, mode, created, tags, needed-keys, or none",
        Parameter::Sort => "it takes name, encryption, key, status, account, region, with - for descending",
        Parameter::Page => "a page is a whole number from 1",
        Parameter::Per => "it takes 25, 50 or 100",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_active_filter_can_be_removed_alone() {
        let pairs = [
            ("q", "orders"),
            ("encryption", "encrypted,unknown"),
            ("status", "changing"),
            ("region", "eu-west-1"),
            ("key", "alias/a"),
            ("tag", "team=payments"),
            ("age", "1h"),
            ("page", "3"),
            ("sort", "-name"),
        ];
        let (query, _) = ListQuery::parse(pairs);
        let filters = active_filters(&query);
        let labels: Vec<&str> = filters.iter().map(|filter| filter.label.as_str()).collect();
        let expected = [
            "\u{201c}orders\u{201d}",
            "Encrypted",
            "Unknown",
            "changing",
            "eu-west-1",
            "key \u{201c}alias/a\u{201d}",
            "tag team=payments",
            "last read more than an hour ago",
        ];
        assert_eq!(labels, expected);
        let without = &filters[1].without;
        assert!(without.contains("encryption=unknown&") && without.contains("q=orders"), "{without}");
        assert!(without.contains("sort=-name") && !without.contains("page="), "{without}");
        assert!(active_filters(&query.unfiltered()).is_empty());
    }

    #[test]
    fn what_was_ignored_is_named_with_what_would_be_taken() {
        let (_, parts) = ListQuery::parse([("cols", "x"), ("sort", "size"), ("cols", "y,z")]);
        let said = ignored(&parts);
        assert_eq!(said.len(), 2, "a sentence for each parameter: {said:?}");
        assert!(said[1].starts_with("sort \u{201c}size\u{201d} was ignored: it takes name, "), "{said:?}");
        let bad = "cols \u{201c}x\u{201d}, \u{201c}y\u{201d}, \u{201c}z\u{201d} were ignored: it takes retention, ";
        assert!(said[0].starts_with(bad), "{said:?}");
        for column in ExtraColumn::ALL {
            assert!(said[0].contains(column.slug()), "{said:?}");
        }
        assert_eq!(ignored(&[Ignored::More]), ["More values were ignored."]);
    }

    #[test]
    fn values_have_aws_s_words() {
        assert_eq!(value(Parameter::Status, "active"), "ACTIVE");
        assert_eq!(value(Parameter::Status, "changing"), "changing");
        assert_eq!(value(Parameter::Mode, "on-demand"), "ON_DEMAND");
        assert_eq!(value(Parameter::Encryption, "not-encrypted"), "Not encrypted");
        assert_eq!(value(Parameter::Region, "eu-west-1"), "eu-west-1");
    }
}
