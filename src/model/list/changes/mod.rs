//! The address of the list of changes: parsing `/changes?...`, writing it in links, and which changes it selects.

mod state_filter;

use strum::{EnumString, IntoStaticStr};

pub use self::state_filter::StateFilter;
use super::{add, address, joined, page_number, select::contains};
use crate::model::{access::credentials::UserName, change::Change, day::Day};

/// The longest search text. A stream's name has at most 128 characters.
const LONGEST: usize = 128;
/// The most characters of an ignored value that are repeated.
const SHOWN: usize = 80;

/// A filter of the list of changes, by its name in the address; or the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum ChangesFilter {
    State,
    By,
    /// Part of the stream's name.
    Q,
    From,
    To,
    Page,
}

impl ChangesFilter {
    /// Returns its name in the address.
    pub const fn slug(self) -> &'static str {
        self.into_str()
    }
}

/// The parsed address of the list of changes. A filter that isn't set matches everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesQuery {
    pub state: Vec<StateFilter>,
    /// The whole name of the person who requested it, in any case.
    pub by: String,
    /// Part of the stream's name, in any case.
    pub q: String,
    /// The first day on which it was requested, UTC.
    pub from: Option<Day>,
    /// The last day on which it was requested, UTC.
    pub to: Option<Day>,
    /// The page number, from 1.
    pub page: u32,
}

/// A value in the address that isn't understood and is ignored; its first 80 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredValue {
    pub filter: ChangesFilter,
    pub value: String,
}

impl Default for ChangesQuery {
    fn default() -> Self {
        Self { state: Vec::new(), by: String::new(), q: String::new(), from: None, to: None, page: 1 }
    }
}

impl ChangesQuery {
    /// The highest page number. Nobody pages through more changes.
    pub const MOST_PAGES: u32 = 10_000;

    /// Parses an address's pairs. Returns the query and the ignored values, which the page names.
    ///
    /// `state` may occur several times, as forms send it, or with several values separated by commas. Unknown
    /// parameters are left alone.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<IgnoredValue>) {
        let mut query = Self::default();
        let mut ignored: Vec<IgnoredValue> = Vec::new();
        for (name, value) in pairs {
            let value = value.trim();
            let Some(filter) = name.parse().ok().filter(|_| !value.is_empty()) else { continue };
            // Each filter is named once, however often the address repeats it.
            if !query.take(filter, value) && !ignored.iter().any(|known| known.filter == filter) {
                ignored.push(IgnoredValue { filter, value: value.chars().take(SHOWN).collect() });
            }
        }
        (query, ignored)
    }

    /// Takes a value over. Returns whether all of it was understood.
    fn take(&mut self, filter: ChangesFilter, value: &str) -> bool {
        match filter {
            ChangesFilter::State => {
                let mut is_understood = true;
                add(&mut self.state, value, |_| is_understood = false);
                return is_understood;
            }
            ChangesFilter::By => match UserName::parse(value) {
                Ok(name) => name.as_str().clone_into(&mut self.by),
                Err(_) => return false,
            },
            ChangesFilter::Q if value.chars().nth(LONGEST).is_some() || value.contains('\0') => return false,
            ChangesFilter::Q => value.clone_into(&mut self.q),
            ChangesFilter::From => return take_day(&mut self.from, value),
            ChangesFilter::To => return take_day(&mut self.to, value),
            ChangesFilter::Page => match page_number(value) {
                Some(page) => self.page = page.min(Self::MOST_PAGES),
                None => return false,
            },
        }
        true
    }

    /// Returns the pairs of this query that differ from the default.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let day = |day: Option<Day>| day.map(Day::text).unwrap_or_default();
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let mut pairs = vec![
            (ChangesFilter::State.slug(), joined(self.state.iter().map(|state| state.slug()))),
            (ChangesFilter::By.slug(), self.by.clone()),
            (ChangesFilter::Q.slug(), self.q.clone()),
            (ChangesFilter::From.slug(), day(self.from)),
            (ChangesFilter::To.slug(), day(self.to)),
            (ChangesFilter::Page.slug(), page),
        ];
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// Returns the address of this query: `/changes`, or `/changes?...`.
    pub fn href(&self) -> String {
        address("/changes", self.pairs().iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// Returns this query on another page.
    #[must_use]
    pub fn on_page(&self, page: u32) -> Self {
        Self { page, ..self.clone() }
    }

    /// Returns this query without one of its filters, on the first page.
    #[must_use]
    pub fn without(&self, filter: ChangesFilter) -> Self {
        let mut query = self.on_page(1);
        match filter {
            ChangesFilter::State => query.state.clear(),
            ChangesFilter::By => query.by.clear(),
            ChangesFilter::Q => query.q.clear(),
            ChangesFilter::From => query.from = None,
            ChangesFilter::To => query.to = None,
            ChangesFilter::Page => {}
        }
        query
    }

    /// Returns the query without filters, on the first page.
    #[must_use]
    pub fn unfiltered(&self) -> Self {
        Self::default()
    }

    /// Returns whether any filter is set.
    pub fn is_filtered(&self) -> bool {
        *self != Self::default().on_page(self.page)
    }

    /// Returns whether only active changes are selected.
    pub fn is_of_active(&self) -> bool {
        !self.state.is_empty() && self.state.iter().all(|state| state.end().is_none())
    }

    /// Returns whether the filters select a change.
    pub fn admits(&self, change: &Change) -> bool {
        let requested_at = change.intent.requested_at;
        (self.state.is_empty() || self.state.iter().any(|state| state.admits(change)))
            && (self.by.is_empty() || self.by.eq_ignore_ascii_case(&change.intent.actor))
            && contains(change.intent.arn.name.as_str(), &self.q)
            && self.from.is_none_or(|from| requested_at >= from.begin())
            && self.to.is_none_or(|to| requested_at < to.end())
    }
}

fn take_day(slot: &mut Option<Day>, value: &str) -> bool {
    let day = Day::parse(value);
    *slot = day.or(*slot);
    day.is_some()
}

#[cfg(test)]
mod tests;
