//! What the windows behind an event connection show, as its address says it.

use std::collections::HashSet;

use serde::Deserialize;

use crate::model::{list::ExtraColumn, stream::Digest};

/// The most rows of one connection, and the most other parts.
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

impl From<&EventsQuery> for Subscription {
    /// Reads what can be read: `rows` is `COLUMN,COLUMN:DIGEST,DIGEST;...`, where the columns and the colon may be
    /// missing; the others are lists with commas.
    fn from(query: &EventsQuery) -> Self {
        let mut left = MOST;
        let rows = query.rows.split(';').filter(|group| !group.is_empty()).map(|group| {
            let (columns, digests) = group.split_once(':').unwrap_or(("", group));
            let digests: Box<[Digest]> = words(digests).filter_map(|word| word.parse().ok()).take(left).collect();
            left -= digests.len();
            (columns.split(',').filter_map(|column| column.parse().ok()).collect(), digests)
        });
        Self {
            rows: rows.collect(),
            parts: words(&query.parts).take(MOST).map(str::to_owned).collect(),
            moves: words(&query.moves).take(MOST).map(str::to_owned).collect(),
        }
    }
}

impl Subscription {
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

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty() && word.len() <= 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str, parts: &str) -> Subscription {
        let query = EventsQuery { rows: rows.to_owned(), parts: parts.to_owned(), ..EventsQuery::default() };
        Subscription::from(&query)
    }

    #[test]
    fn rows_come_in_groups_with_their_columns() {
        let read = read("00000000000a,b;mode,tags:c;nonsense,shards:d,nonsense", "state-e,targets");
        let columns: Vec<&[ExtraColumn]> = read.rows.iter().map(|(columns, _)| columns.as_slice()).collect();
        assert_eq!(columns, [&[][..], &[ExtraColumn::Mode, ExtraColumn::Tags][..], &[ExtraColumn::Shards][..]]);
        let mut digests: Vec<String> = read.digests().map(|digest| digest.to_string()).collect();
        digests.sort_unstable();
        assert_eq!(digests, ["a", "b", "c", "d", "e"].map(|digit| format!("{digit:0>12}")));
        assert!(!read.has_counts());
    }

    #[test]
    fn without_rows_there_are_none_and_never_too_many() {
        assert_eq!(read("", ""), Subscription::default());
        let many: Vec<String> = (0..2_000).map(|number| format!("{number:012x}")).collect();
        let read = read(&format!("{};{}", many.join(","), many.join(",")), &many.join(","));
        assert_eq!((read.digests().count(), read.parts.len()), (MOST, MOST));
        assert!(super::words(&"x".repeat(65)).next().is_none());
    }
}
