//! What the windows behind an event connection show, as its address says it.

use std::collections::HashSet;

use serde::Deserialize;

use crate::model::{list::ExtraColumn, stream::Digest};

/// The most rows of one connection, the most other parts, and the most words of `moved`.
const MOST: usize = 500;

/// The query of `/events`, untrusted.
#[derive(Debug, Default, Deserialize)]
pub struct EventsQuery {
    /// The revision that the page includes.
    pub after: Option<String>,
    /// The tag of the page.
    pub r#as: Option<String>,
    #[serde(default)]
    rows: String,
    #[serde(default)]
    parts: String,
    #[serde(default)]
    moves: String,
}

/// What the windows show.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// Rows by their digests, with the optional columns in which each group of them is shown.
    pub rows: Vec<(Vec<ExtraColumn>, Box<[Digest]>)>,
    /// Ids of other live parts.
    pub parts: HashSet<String>,
    /// Words of `moved` events that concern the windows.
    pub moves: HashSet<String>,
}

impl Subscription {
    /// Reads what can be read: `rows` is `COLUMN,COLUMN:DIGEST,DIGEST;...`, where the columns and the colon may be
    /// missing; the others are lists with commas. `None` if that is more than one connection brings.
    pub fn of(query: &EventsQuery) -> Option<Self> {
        let mut rows = Vec::new();
        let mut left = MOST;
        for group in query.rows.split(';') {
            let (columns, digests) = group.split_once(':').unwrap_or(("", group));
            let digests: Box<[Digest]> = words(digests).filter_map(|word| word.parse().ok()).collect();
            left = left.checked_sub(digests.len())?;
            if !digests.is_empty() {
                rows.push((columns_of(columns), digests));
            }
        }
        Some(Self { rows, parts: set_of(&query.parts)?, moves: set_of(&query.moves)? })
    }

    /// Returns the digests of all streams that the windows show.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        let states = self.parts.iter().filter_map(|part| part.strip_prefix("state-")?.parse().ok());
        self.rows.iter().flat_map(|(_, digests)| digests).copied().chain(states)
    }

    /// Returns whether the windows show counts over the list.
    pub fn has_counts(&self) -> bool {
        self.parts.iter().any(|part| part.starts_with("count-"))
    }
}

/// Reads columns, each once: every row is rendered with all of them.
fn columns_of(list: &str) -> Vec<ExtraColumn> {
    let mut columns = Vec::new();
    for column in list.split(',').filter_map(|column| column.parse().ok()) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

fn set_of(list: &str) -> Option<HashSet<String>> {
    let set: HashSet<String> = words(list).take(MOST + 1).map(str::to_owned).collect();
    (set.len() <= MOST).then_some(set)
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty() && word.len() <= 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str, parts: &str, moves: &str) -> Option<Subscription> {
        let [rows, parts, moves] = [rows, parts, moves].map(str::to_owned);
        Subscription::of(&EventsQuery { rows, parts, moves, ..EventsQuery::default() })
    }

    /// A list of so many different digests.
    fn digests(count: usize) -> String {
        (0..count).map(|number| format!("{number:012x}")).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn rows_come_in_groups_with_their_columns() {
        let read = read("00000000000a,b;mode,tags:c;nonsense,shards:d,nonsense", "state-e,targets", "").unwrap();
        let columns: Vec<&[ExtraColumn]> = read.rows.iter().map(|(columns, _)| columns.as_slice()).collect();
        assert_eq!(columns, [&[][..], &[ExtraColumn::Mode, ExtraColumn::Tags][..], &[ExtraColumn::Shards][..]]);
        let mut digests: Vec<String> = read.digests().map(|digest| digest.to_string()).collect();
        digests.sort_unstable();
        assert_eq!(digests, ["a", "b", "c", "d", "e"].map(|digit| format!("{digit:0>12}")));
        assert!(!read.has_counts());
    }

    #[test]
    fn without_rows_there_are_none_and_never_too_many() {
        assert_eq!(read("", "", "").unwrap(), Subscription::default());
        let (most, more) = (digests(MOST), digests(MOST + 1));
        assert_eq!(read(&most, &most, &most).unwrap().digests().count(), MOST);
        for rows in [more.clone(), format!("{most};mode:a"), format!("{most},{most}")] {
            assert_eq!(read(&rows, "", ""), None);
        }
        assert_eq!((read("", &more, ""), read("", "", &more)), (None, None));
        assert!(super::words(&"x".repeat(65)).next().is_none());
    }

    #[test]
    fn nothing_multiplies_what_a_row_costs() {
        let read = read(&format!("{}:a;{}", "mode,".repeat(5_000), "tags:;".repeat(5_000)), "", "").unwrap();
        assert_eq!(read.rows.len(), 1, "a group without rows is none");
        assert_eq!(read.rows[0].0, [ExtraColumn::Mode], "a column is shown once");
    }
}
