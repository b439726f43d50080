//! The list's address: what `/streams?...` means, how a page of rows is made from it, and how links write it.
//! A bad value is ignored and named, never an error.

use std::cmp::Ordering;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::{
    encryption::EncryptionState,
    inventory::StreamRow,
    stream::{Account, Region, StreamStatus},
};

/// What is left bare in a query: the unreserved characters of RFC 3986, the comma between values, and the slash.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',').remove(b'/');
/// Longer texts are cut: no name, key or Region is longer.
const LONGEST_TEXT: usize = 2_048;

/// A column that the list sorts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Column {
    Name,
    Encryption,
    Key,
    Status,
    Account,
    Region,
}

impl Column {
    pub const ALL: [Self; 6] = [Self::Name, Self::Encryption, Self::Key, Self::Status, Self::Account, Self::Region];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Encryption => "Encryption",
            Self::Key => "Key",
            Self::Status => "Status",
            Self::Account => "Account",
            Self::Region => "Region",
        }
    }

    const fn slug(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Encryption => "encryption",
            Self::Key => "key",
            Self::Status => "status",
            Self::Account => "account",
            Self::Region => "region",
        }
    }
}

/// A column that is shown by choice (`cols`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExtraColumn {
    Retention,
    Shards,
    Mode,
}

impl ExtraColumn {
    pub const ALL: [Self; 3] = [Self::Retention, Self::Shards, Self::Mode];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Retention => "Retention",
            Self::Shards => "Shards",
            Self::Mode => "Mode",
        }
    }

    const fn slug(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::Shards => "shards",
            Self::Mode => "mode",
        }
    }
}

/// A value of the status filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatusFilter {
    Active,
    Updating,
    Creating,
    Deleting,
    /// UPDATING, or with a change under way.
    Changing,
}

impl StatusFilter {
    pub const ALL: [Self; 5] = [Self::Active, Self::Updating, Self::Creating, Self::Deleting, Self::Changing];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Updating => "updating",
            Self::Creating => "creating",
            Self::Deleting => "deleting",
            Self::Changing => "changing",
        }
    }

    fn admits(self, row: &StreamRow) -> bool {
        let status = row.status.as_ref().map(|status| &status.value);
        match self {
            Self::Active => status == Some(&StreamStatus::Active),
            Self::Updating => status == Some(&StreamStatus::Updating),
            Self::Creating => status == Some(&StreamStatus::Creating),
            Self::Deleting => status == Some(&StreamStatus::Deleting),
            Self::Changing => row.is_changing(),
        }
    }
}

/// The parsed address of the list. Empty filters admit everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    pub q: String,
    pub encryption: Vec<EncryptionState>,
    pub status: Vec<StatusFilter>,
    pub account: Vec<Account>,
    pub region: Vec<Region>,
    pub key: String,
    pub sort: Column,
    pub descending: bool,
    /// From 1.
    pub page: u32,
    pub per: u32,
    pub cols: Vec<ExtraColumn>,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            q: String::new(),
            encryption: Vec::new(),
            status: Vec::new(),
            account: Vec::new(),
            region: Vec::new(),
            key: String::new(),
            sort: Column::Name,
            descending: false,
            page: 1,
            per: Self::DEFAULT_PER,
            cols: Vec::new(),
        }
    }
}

impl ListQuery {
    const DEFAULT_PER: u32 = 50;
    /// The sizes of a page.
    pub const PAGE_SIZES: [u32; 3] = [25, 50, 100];

    /// Reads the pairs of an address. Returns the query and, for the page to name, what was ignored.
    /// Parameters that the list does not have are left alone: other parts of the page may use them.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<String>) {
        let mut query = Self::default();
        let mut ignored = Vec::new();
        for (name, value) in pairs {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            let mut bad = |bad: &str, takes: &str| {
                let shown: String = bad.chars().take(80).collect();
                ignored.push(format!("{name} \u{201c}{shown}\u{201d} was ignored: {takes}."));
            };
            match name {
                "q" => query.q = value.chars().take(LONGEST_TEXT).collect(),
                "key" => query.key = value.chars().take(LONGEST_TEXT).collect(),
                "encryption" => query.encryption = several(value, encryption_of, |v| bad(v, "it takes encrypted, not-encrypted, unknown")),
                "status" => {
                    let of = |slug: &str| StatusFilter::ALL.into_iter().find(|status| status.slug() == slug);
                    query.status = several(value, of, |v| bad(v, "it takes active, updating, creating, deleting, changing"));
                }
                "account" => query.account = several(value, |v| v.parse().ok(), |v| bad(v, "an account is 12 digits")),
                "region" => query.region = several(value, |v| v.parse().ok(), |v| bad(v, "a Region is written like eu-west-1")),
                "cols" => {
                    let of = |slug: &str| ExtraColumn::ALL.into_iter().find(|column| column.slug() == slug);
                    query.cols = several(value, of, |v| bad(v, "it takes retention, shards, mode"));
                }
                "sort" => {
                    let (descending, slug) = value.strip_prefix('-').map_or((false, value), |rest| (true, rest));
                    match Column::ALL.into_iter().find(|column| column.slug() == slug) {
                        Some(column) => (query.sort, query.descending) = (column, descending),
                        None => bad(value, "it takes name, encryption, key, status, account, region, with - for descending"),
                    }
                }
                "page" => match value.parse() {
                    Ok(page) if page >= 1 => query.page = page,
                    _ => bad(value, "a page is a whole number from 1"),
                },
                "per" => match value.parse() {
                    Ok(per) if Self::PAGE_SIZES.contains(&per) => query.per = per,
                    _ => bad(value, "it takes 25, 50 or 100"),
                },
                _ => {}
            }
        }
        (query, ignored)
    }

    /// The address of this query: `/streams`, or `/streams?...` with only what differs from the default.
    pub fn href(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let mut push = |name, value: String| {
            if !value.is_empty() {
                pairs.push((name, value));
            }
        };
        push("q", self.q.clone());
        push("encryption", joined(self.encryption.iter().map(|state| state.slug())));
        push("status", joined(self.status.iter().map(|status| status.slug())));
        push("account", joined(self.account.iter().map(Account::as_str)));
        push("region", joined(self.region.iter().map(Region::as_str)));
        push("key", self.key.clone());
        if self.sort != Column::Name || self.descending {
            push("sort", format!("{}{}", if self.descending { "-" } else { "" }, self.sort.slug()));
        }
        if self.page > 1 {
            push("page", self.page.to_string());
        }
        if self.per != Self::DEFAULT_PER {
            push("per", self.per.to_string());
        }
        push("cols", joined(self.cols.iter().map(|column| column.slug())));
        let search: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY))).collect();
        if search.is_empty() { "/streams".to_owned() } else { format!("/streams?{}", search.join("&")) }
    }

    /// The pairs that a search form must carry along so that submitting it keeps everything but the search and the page.
    pub fn carried(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("encryption", joined(self.encryption.iter().map(|state| state.slug()))),
            ("status", joined(self.status.iter().map(|status| status.slug()))),
            ("account", joined(self.account.iter().map(Account::as_str))),
            ("region", joined(self.region.iter().map(Region::as_str))),
            ("key", self.key.clone()),
            ("cols", joined(self.cols.iter().map(|column| column.slug()))),
        ];
        if self.sort != Column::Name || self.descending {
            pairs.push(("sort", format!("{}{}", if self.descending { "-" } else { "" }, self.sort.slug())));
        }
        if self.per != Self::DEFAULT_PER {
            pairs.push(("per", self.per.to_string()));
        }
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// This query on another page.
    #[must_use]
    pub fn on_page(&self, page: u32) -> Self {
        Self { page, ..self.clone() }
    }

    /// This query sorted by a column: descending when it is already sorted by it ascending. Back to the first page.
    #[must_use]
    pub fn sorted_by(&self, column: Column) -> Self {
        Self { sort: column, descending: self.sort == column && !self.descending, page: 1, ..self.clone() }
    }

    /// This query without search and filters.
    #[must_use]
    pub fn unfiltered(&self) -> Self {
        Self { sort: self.sort, descending: self.descending, per: self.per, cols: self.cols.clone(), ..Self::default() }
    }

    /// Whether anything is filtered out.
    pub fn is_filtered(&self) -> bool {
        *self != Self { page: self.page, ..self.unfiltered() }
    }

    /// Whether the search and the filters admit a row.
    pub fn admits(&self, row: &StreamRow) -> bool {
        let contains = |text: &str, part: &str| part.is_empty() || text.to_ascii_lowercase().contains(&part.to_ascii_lowercase());
        !row.is_gone
            && contains(row.key.name.as_str(), &self.q)
            && (self.encryption.is_empty() || self.encryption.contains(&row.encryption))
            && (self.status.is_empty() || self.status.iter().any(|status| status.admits(row)))
            && (self.account.is_empty() || self.account.contains(&row.key.account))
            && (self.region.is_empty() || self.region.contains(&row.key.region))
            && (self.key.is_empty() || row.key_id.as_ref().is_some_and(|key| contains(key.as_str(), &self.key)))
    }

    /// The order of two rows: by the column, ties by name, account, Region.
    pub fn compare(&self, a: &StreamRow, b: &StreamRow) -> Ordering {
        let status = |row: &StreamRow| row.status.as_ref().map(|status| status.value.as_str().to_owned());
        let by_column = match self.sort {
            Column::Name => a.key.name.cmp(&b.key.name),
            Column::Encryption => a.encryption.cmp(&b.encryption),
            Column::Key => a.key_id.cmp(&b.key_id),
            Column::Status => status(a).cmp(&status(b)),
            Column::Account => a.key.account.cmp(&b.key.account),
            Column::Region => a.key.region.cmp(&b.key.region),
        };
        let by_column = if self.descending { by_column.reverse() } else { by_column };
        let tie = |row: &StreamRow| (row.key.name.clone(), row.key.account.clone(), row.key.region.clone());
        by_column.then_with(|| tie(a).cmp(&tie(b)))
    }

    /// The rows of the asked page, or of the last one when that is past the end.
    pub fn select<'a>(&self, rows: impl IntoIterator<Item = &'a StreamRow>) -> Selection {
        let mut admitted: Vec<&StreamRow> = rows.into_iter().filter(|row| self.admits(row)).collect();
        admitted.sort_unstable_by(|a, b| self.compare(a, b));
        let matching = u32::try_from(admitted.len()).unwrap_or(u32::MAX);
        let pages = matching.div_ceil(self.per).max(1);
        let page = self.page.min(pages);
        let skipped = (page - 1).saturating_mul(self.per);
        let rows = admitted.into_iter().skip(skipped as usize).take(self.per as usize).cloned().collect();
        Selection { rows, matching, page, pages }
    }
}

/// One page of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    pub rows: Vec<StreamRow>,
    /// Rows that the filters admit, on all pages.
    pub matching: u32,
    /// The page that is shown, from 1.
    pub page: u32,
    pub pages: u32,
}

/// How many streams are in each state, over the whole inventory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub all: u32,
    pub encrypted: u32,
    pub not_encrypted: u32,
    pub unknown: u32,
    pub changing: u32,
}

impl Counts {
    /// Counts rows, leaving out those that AWS no longer lists.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a StreamRow>) -> Self {
        let mut counts = Self::default();
        for row in rows.into_iter().filter(|row| !row.is_gone) {
            counts.all += 1;
            match row.encryption {
                EncryptionState::Encrypted => counts.encrypted += 1,
                EncryptionState::NotEncrypted => counts.not_encrypted += 1,
                EncryptionState::Unknown => counts.unknown += 1,
            }
            counts.changing += u32::from(row.is_changing());
        }
        counts
    }
}

fn encryption_of(slug: &str) -> Option<EncryptionState> {
    [EncryptionState::Encrypted, EncryptionState::NotEncrypted, EncryptionState::Unknown].into_iter().find(|state| state.slug() == slug)
}

fn several<T: PartialEq>(value: &str, parse: impl Fn(&str) -> Option<T>, mut bad: impl FnMut(&str)) -> Vec<T> {
    let mut values = Vec::new();
    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match parse(part) {
            Some(parsed) if !values.contains(&parsed) => values.push(parsed),
            Some(_) => {}
            None => bad(part),
        }
    }
    values
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        inventory::Reported,
        stream::{StreamKey, StreamStatus},
        timestamp::Timestamp,
    };

    fn row(name: &str, encryption: EncryptionState, status: &str) -> StreamRow {
        StreamRow {
            key: StreamKey::parse("111122223333", "eu-west-1", name).unwrap(),
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
            is_gone: false,
            is_production: false,
            is_read_only: false,
        }
    }

    fn rows() -> Vec<StreamRow> {
        vec![
            row("orders-prod", EncryptionState::Encrypted, "ACTIVE"),
            row("clicks", EncryptionState::NotEncrypted, "ACTIVE"),
            row("Billing", EncryptionState::Unknown, "UPDATING"),
        ]
    }

    fn names(search: &[(&str, &str)]) -> Vec<String> {
        let (query, ignored) = ListQuery::parse(search.iter().copied());
        assert!(ignored.is_empty(), "{ignored:?}");
        query.select(&rows()).rows.iter().map(|row| row.key.name.to_string()).collect()
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
            ("unheard", "of"),
        ];
        let (query, ignored) = ListQuery::parse(bad);
        assert_eq!(query, ListQuery { encryption: vec![EncryptionState::Encrypted], ..ListQuery::default() });
        assert_eq!(ignored.len(), 6, "{ignored:?}");
        assert!(ignored[0].starts_with("sort \u{201c}size\u{201d} was ignored"));
    }

    #[test]
    fn a_page_past_the_end_is_the_last() {
        let many: Vec<_> = (0..60).map(|i| row(&format!("s{i:02}"), EncryptionState::Encrypted, "ACTIVE")).collect();
        let (query, _) = ListQuery::parse([("page", "99"), ("per", "25")]);
        let selection = query.select(&many);
        assert_eq!((selection.page, selection.pages, selection.rows.len(), selection.matching), (3, 3, 10, 60));
        assert_eq!(ListQuery::default().select([]).pages, 1);
    }

    #[test]
    fn counts_leave_out_what_is_gone() {
        let mut rows = rows();
        rows[0].is_gone = true;
        assert_eq!(Counts::of(&rows), Counts { all: 2, encrypted: 0, not_encrypted: 1, unknown: 1, changing: 1 });
    }

    proptest! {
        #[test]
        fn what_a_link_writes_reads_back_the_same(
            q in "[ -~äß&=+%#]{0,20}", key in "[ -~]{0,12}", page in 1u32..500, descending: bool, per in 0usize..3, sort in 0usize..6,
        ) {
            let query = ListQuery {
                q: q.trim().to_owned(), key: key.trim().to_owned(), page, descending,
                per: ListQuery::PAGE_SIZES[per], sort: Column::ALL[sort],
                encryption: vec![EncryptionState::Unknown], status: vec![StatusFilter::Changing, StatusFilter::Active],
                account: vec!["111122223333".parse().unwrap()], region: vec!["eu-west-1".parse().unwrap()], cols: vec![ExtraColumn::Mode],
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
        fn no_address_panics_and_every_page_exists(name in "q|encryption|status|account|region|key|sort|page|per|cols", value in ".{0,30}") {
            let (query, _) = ListQuery::parse([(name.as_str(), value.as_str())]);
            let selection = query.select(&rows());
            prop_assert!(selection.page >= 1 && selection.page <= selection.pages);
        }
    }
}
