//! The addresses of lists: parsing `/streams?...` and `/changes?...`, and writing them in links.
//!
//! A bad value is ignored and named, never an error. `select` makes a page of rows of streams from it.

mod changes;
mod columns;
mod filters;
mod parameter;
mod select;

use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use self::columns::NO_COLUMNS;
pub use self::{
    changes::{ChangesFilter, ChangesQuery, IgnoredValue, StateFilter},
    columns::{Column, ExtraColumn},
    filters::{AgeFilter, ModeFilter, StatusFilter, TagFilter},
    parameter::{Ignored, Parameter},
    select::{Counts, Facet, FacetGroup, Found, Selection},
};
use super::stream::{Account, Region, encryption::EncryptionState};

/// What a query doesn't escape: RFC 3986's unreserved characters, the comma between values, and the slash.
const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',').remove(b'/');
/// The longest filter text. No name, key or Region is longer.
const LONGEST_TEXT: usize = 2_048;
/// The most values of one filter.
const MOST_VALUES: usize = 50;
/// The most ignored parts of an address that a page names.
const MOST_IGNORED: usize = 10;

/// The parsed address of the list. Empty filters match everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    pub q: String,
    pub encryption: Vec<EncryptionState>,
    pub status: Vec<StatusFilter>,
    pub account: Vec<Account>,
    pub region: Vec<Region>,
    pub mode: Vec<ModeFilter>,
    pub key: String,
    pub tag: Vec<TagFilter>,
    /// The least age of the last read.
    pub age: Option<AgeFilter>,
    pub sort: Column,
    pub descending: bool,
    /// The page number, from 1.
    pub page: u32,
    pub per: u32,
    /// The optional columns; `None` if the address doesn't say, which means those chosen last.
    pub cols: Option<Vec<ExtraColumn>>,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            q: String::new(),
            encryption: Vec::new(),
            status: Vec::new(),
            account: Vec::new(),
            region: Vec::new(),
            mode: Vec::new(),
            key: String::new(),
            tag: Vec::new(),
            age: None,
            sort: Column::Name,
            descending: false,
            page: 1,
            per: Self::DEFAULT_PER,
            cols: None,
        }
    }
}

impl ListQuery {
    const DEFAULT_PER: u32 = 50;
    /// The allowed numbers of rows per page.
    pub const PAGE_SIZES: [u32; 3] = [25, 50, 100];

    /// Parses an address's pairs. Returns the query and the ignored parts, which the page names.
    ///
    /// A parameter may occur several times, as forms send it. Unknown parameters are left alone: other parts of the
    /// page may use them.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<Ignored>) {
        let mut query = Self::default();
        let mut ignored = Vec::new();
        for (name, value) in pairs {
            let value = value.trim();
            if let (Ok(parameter), false) = (name.parse(), value.is_empty()) {
                query.take(parameter, value, &mut ignored);
            }
        }
        (query, ignored)
    }

    fn take(&mut self, parameter: Parameter, value: &str, ignored: &mut Vec<Ignored>) {
        let mut bad = |bad: &str| match ignored.len() {
            ..MOST_IGNORED => {
                ignored.push(Ignored::Value { parameter, value: bad.chars().take(80).collect() });
            }
            MOST_IGNORED => ignored.push(Ignored::More),
            _ => {}
        };
        match parameter {
            Parameter::Q | Parameter::Key if value.chars().nth(LONGEST_TEXT).is_some() => bad(value),
            Parameter::Q => value.clone_into(&mut self.q),
            Parameter::Key => value.clone_into(&mut self.key),
            Parameter::Encryption => add(&mut self.encryption, value, bad),
            Parameter::Status => add(&mut self.status, value, bad),
            Parameter::Mode => add(&mut self.mode, value, bad),
            Parameter::Account => add(&mut self.account, value, bad),
            Parameter::Region => add(&mut self.region, value, bad),
            Parameter::Tag => add(&mut self.tag, value, bad),
            Parameter::Age => match value.parse() {
                Ok(age) => self.age = Some(age),
                Err(_) => bad(value),
            },
            Parameter::Cols => {
                let cols = self.cols.get_or_insert_default();
                let named = value.split(',').filter(|part| part.trim() != NO_COLUMNS).collect::<Vec<_>>().join(",");
                add(cols, &named, bad);
            }
            Parameter::Sort => {
                let (descending, slug) = value.strip_prefix('-').map_or((false, value), |rest| (true, rest));
                match slug.parse() {
                    Ok(column) => (self.sort, self.descending) = (column, descending),
                    Err(_) => bad(value),
                }
            }
            Parameter::Page => match page_number(value) {
                Some(page) => self.page = page,
                None => bad(value),
            },
            Parameter::Per => match value.parse() {
                Ok(per) if Self::PAGE_SIZES.contains(&per) => self.per = per,
                _ => bad(value),
            },
        }
    }

    /// Returns the pairs of this query that differ from the default.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("q", self.q.clone()),
            ("encryption", joined(self.encryption.iter().map(|state| state.slug()))),
            ("status", joined(self.status.iter().map(|status| status.slug()))),
            ("account", joined(self.account.iter().map(Account::as_str))),
            ("region", joined(self.region.iter().map(Region::as_str))),
            ("mode", joined(self.mode.iter().map(|mode| mode.slug()))),
            ("key", self.key.clone()),
            ("tag", joined(self.tag.iter().map(TagFilter::as_str))),
            ("age", self.age.map(AgeFilter::slug).unwrap_or_default().to_owned()),
        ];
        if self.sort != Column::Name || self.descending {
            pairs.push(("sort", format!("{}{}", if self.descending { "-" } else { "" }, self.sort.slug())));
        }
        if self.page > 1 {
            pairs.push(("page", self.page.to_string()));
        }
        if self.per != Self::DEFAULT_PER {
            pairs.push(("per", self.per.to_string()));
        }
        pairs.push(("cols", self.cols.as_deref().map(ExtraColumn::joined).unwrap_or_default()));
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// Returns the address of this query: `/streams`, or `/streams?...`.
    pub fn href(&self) -> String {
        Self::address(self.pairs().iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// Returns the address of the list with these pairs, leaving out empty ones.
    pub fn address<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        address("/streams", pairs)
    }

    /// Returns the optional columns to show.
    pub fn columns(&self) -> &[ExtraColumn] {
        self.cols.as_deref().unwrap_or_default()
    }

    /// Returns this query on another page.
    #[must_use]
    pub fn on_page(&self, page: u32) -> Self {
        Self { page, ..self.clone() }
    }

    /// Returns this query sorted by a column, on the first page; descending if it is already sorted by it ascending.
    #[must_use]
    pub fn sorted_by(&self, column: Column) -> Self {
        Self { sort: column, descending: self.sort == column && !self.descending, page: 1, ..self.clone() }
    }

    /// Returns this query without search and filters.
    #[must_use]
    pub fn unfiltered(&self) -> Self {
        Self { sort: self.sort, descending: self.descending, per: self.per, cols: self.cols.clone(), ..Self::default() }
    }

    /// Returns whether any search or filter is set.
    pub fn is_filtered(&self) -> bool {
        *self != Self { page: self.page, ..self.unfiltered() }
    }

    /// Returns whether a filter is set that is in the closed part of the form: any but the search and the four states.
    pub fn is_narrowed(&self) -> bool {
        let narrowed =
            !self.account.is_empty() || !self.region.is_empty() || !self.mode.is_empty() || !self.tag.is_empty();
        narrowed || !self.key.is_empty() || self.age.is_some()
    }
}

/// Returns an address with these pairs, leaving out empty ones.
fn address<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut address = path.to_owned();
    for (name, value) in pairs.filter(|(_, value)| !value.is_empty()) {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.extend(utf8_percent_encode(name, QUERY));
        address.push('=');
        address.extend(utf8_percent_encode(value, QUERY));
    }
    address
}

/// Adds the comma-separated values of a list, each once, up to [`MOST_VALUES`].
fn add<T: FromStr + PartialEq>(values: &mut Vec<T>, list: &str, mut bad: impl FnMut(&str)) {
    for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.parse() {
            Ok(parsed) if values.contains(&parsed) => {}
            Ok(parsed) if values.len() < MOST_VALUES => values.push(parsed),
            _ => bad(part),
        }
    }
}

/// Parses the number of a page, from 1. One that is too high for any list is that of its end.
fn page_number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u32::MAX)).filter(|page| *page >= 1)
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
pub(crate) mod tests;
