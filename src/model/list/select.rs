//! Selecting a page of rows: which rows the filters admit, in which order, and how many there are per filter value.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Column, ListQuery, ModeFilter, Parameter, StatusFilter};
use crate::model::{inventory::StreamRow, stream::encryption::EncryptionState, time::Timestamp};

/// The filters whose values are counted, each against all others.
const COUNTED: [Parameter; 5] =
    [Parameter::Encryption, Parameter::Status, Parameter::Account, Parameter::Region, Parameter::Mode];
/// The most values offered in one group: a user with more accounts types the value.
const MOST_OPTIONS: usize = 60;

/// The result of a query, on all pages.
#[derive(Debug, Clone)]
pub struct Found {
    /// The matching rows, in order.
    pub rows: Vec<Arc<StreamRow>>,
    pub counts: Counts,
    pub facets: Vec<FacetGroup>,
}

/// One filter and its possible values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetGroup {
    pub filter: Parameter,
    pub options: Vec<Facet>,
}

/// One value of a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// As the address writes it.
    pub value: String,
    /// The rows of this value that all other filters admit.
    pub count: u32,
    pub is_chosen: bool,
}

/// One page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// In the query's order. Shared with the inventory, not copied.
    pub rows: Vec<Arc<StreamRow>>,
    /// The number of matching rows, on all pages.
    pub matching: u32,
    /// The page shown, from 1.
    pub page: u32,
    pub pages: u32,
}

/// The number of streams in each state, over the whole inventory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub all: u32,
    pub encrypted: u32,
    pub not_encrypted: u32,
    pub unknown: u32,
    pub changing: u32,
}

impl Counts {
    fn add(&mut self, row: &StreamRow) {
        self.all += 1;
        match row.encryption {
            EncryptionState::Encrypted => self.encrypted += 1,
            EncryptionState::NotEncrypted => self.not_encrypted += 1,
            EncryptionState::Unknown => self.unknown += 1,
        }
        self.changing += u32::from(row.is_changing());
    }
}

impl ListQuery {
    /// Returns all matching rows, without those that AWS no longer lists.
    pub fn find<'a>(&self, rows: impl IntoIterator<Item = &'a Arc<StreamRow>>, now: Timestamp) -> Found {
        let mut counts = Counts::default();
        let mut tally = Tally::default();
        let mut admitted = Vec::new();
        for row in rows.into_iter().filter(|row| !row.is_gone) {
            counts.add(row);
            if !self.admits_apart_from_groups(row, now) {
                continue;
            }
            let groups = self.groups_that_admit(row);
            tally.add(row, groups);
            if groups.iter().all(|admits| *admits) {
                admitted.push(row.clone());
            }
        }
        // Rows come in sorted runs, which a stable sort takes advantage of.
        admitted.sort_by(|a, b| self.compare(a, b));
        Found { rows: admitted, counts, facets: tally.facets(self) }
    }

    /// Returns the rows of the requested page, or of the last page if that is past the end.
    pub fn page_of(&self, rows: &[Arc<StreamRow>]) -> Selection {
        let matching = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let pages = matching.div_ceil(self.per).max(1);
        let page = self.page.min(pages);
        let skipped = (page - 1).saturating_mul(self.per);
        let rows = rows.iter().skip(skipped as usize).take(self.per as usize).cloned().collect();
        Selection { rows, matching, page, pages }
    }

    /// Returns whether the query's order and filters don't depend on times.
    pub const fn is_timeless(&self) -> bool {
        self.age.is_none()
    }

    fn admits_apart_from_groups(&self, row: &StreamRow, now: Timestamp) -> bool {
        contains(row.id.name.as_str(), &self.q)
            && (self.key.is_empty() || row.key_id.as_ref().is_some_and(|key| contains(key.as_str(), &self.key)))
            && (self.tag.is_empty() || self.tag.iter().any(|tag| tag.admits(row)))
            && self.age.is_none_or(|age| age.admits(row, now))
    }

    /// Returns which of [`COUNTED`] admit a row.
    fn groups_that_admit(&self, row: &StreamRow) -> [bool; 5] {
        [
            self.encryption.is_empty() || self.encryption.contains(&row.encryption),
            self.status.is_empty() || self.status.iter().any(|status| status.admits(row)),
            self.account.is_empty() || self.account.contains(&row.id.account),
            self.region.is_empty() || self.region.contains(&row.id.region),
            self.mode.is_empty() || self.mode.iter().any(|mode| mode.admits(row)),
        ]
    }

    /// Returns the order of two rows: by the column, then by name, account and Region.
    fn compare(&self, a: &StreamRow, b: &StreamRow) -> Ordering {
        let by_column = match self.sort {
            Column::Name => a.id.name.cmp(&b.id.name),
            Column::Encryption => a.encryption.cmp(&b.encryption),
            Column::Key => a.key_id.cmp(&b.key_id),
            Column::Status => status_of(a).cmp(&status_of(b)),
            Column::Account => a.id.account.cmp(&b.id.account),
            Column::Region => a.id.region.cmp(&b.id.region),
        };
        let by_column = if self.descending { by_column.reverse() } else { by_column };
        let by_name = || a.id.name.cmp(&b.id.name);
        by_column.then_with(by_name).then_with(|| (&a.id.account, &a.id.region).cmp(&(&b.id.account, &b.id.region)))
    }
}

fn status_of(row: &StreamRow) -> Option<&str> {
    row.status.as_ref().map(|status| status.value.as_str())
}

/// Returns whether a text contains another, ignoring case. Names and key ids are ASCII.
pub(super) fn contains(text: &str, part: &str) -> bool {
    part.is_empty() || text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// Counts per value of each group, over the rows that match all other groups.
#[derive(Default)]
struct Tally {
    encryption: [u32; 3],
    status: [u32; StatusFilter::ALL.len()],
    account: BTreeMap<String, u32>,
    region: BTreeMap<String, u32>,
    mode: [u32; ModeFilter::ALL.len()],
}

const ENCRYPTION: [EncryptionState; 3] =
    [EncryptionState::Encrypted, EncryptionState::NotEncrypted, EncryptionState::Unknown];

impl Tally {
    fn add(&mut self, row: &StreamRow, groups: [bool; 5]) {
        let others_admit = |group: usize| groups.iter().enumerate().all(|(other, admits)| *admits || other == group);
        if others_admit(0) {
            for (state, count) in ENCRYPTION.iter().zip(&mut self.encryption) {
                *count += u32::from(*state == row.encryption);
            }
        }
        if others_admit(1) {
            for (status, count) in StatusFilter::ALL.iter().zip(&mut self.status) {
                *count += u32::from(status.admits(row));
            }
        }
        if others_admit(2) {
            count(&mut self.account, row.id.account.as_str());
        }
        if others_admit(3) {
            count(&mut self.region, row.id.region.as_str());
        }
        if others_admit(4) {
            for (mode, count) in ModeFilter::ALL.iter().zip(&mut self.mode) {
                *count += u32::from(mode.admits(row));
            }
        }
    }

    fn facets(mut self, query: &ListQuery) -> Vec<FacetGroup> {
        // A chosen value is offered even if no row has it any more, so that it can be deselected.
        for account in &query.account {
            self.account.entry(account.to_string()).or_default();
        }
        for region in &query.region {
            self.region.entry(region.to_string()).or_default();
        }
        let facet = |value: &str, count, is_chosen| Facet { value: value.to_owned(), count, is_chosen };
        let groups = [
            ENCRYPTION
                .iter()
                .zip(self.encryption)
                .map(|(s, count)| facet(s.slug(), count, query.encryption.contains(s)))
                .collect(),
            StatusFilter::ALL
                .iter()
                .zip(self.status)
                .map(|(s, count)| facet(s.slug(), count, query.status.contains(s)))
                .collect(),
            offered(self.account, |value| query.account.iter().any(|account| account.as_str() == value)),
            offered(self.region, |value| query.region.iter().any(|region| region.as_str() == value)),
            ModeFilter::ALL
                .iter()
                .zip(self.mode)
                .map(|(m, count)| facet(m.slug(), count, query.mode.contains(m)))
                .collect(),
        ];
        COUNTED.into_iter().zip(groups).map(|(filter, options)| FacetGroup { filter, options }).collect()
    }
}

fn count(counts: &mut BTreeMap<String, u32>, value: &str) {
    match counts.get_mut(value) {
        Some(count) => *count += 1,
        None => _ = counts.insert(value.to_owned(), 1),
    }
}

/// Returns the values to offer: the chosen ones and the most frequent others, sorted by text.
fn offered(counts: BTreeMap<String, u32>, is_chosen: impl Fn(&str) -> bool) -> Vec<Facet> {
    let facet = |(value, count): (String, u32)| Facet { is_chosen: is_chosen(&value), value, count };
    let mut options: Vec<Facet> = counts.into_iter().map(facet).collect();
    if options.len() > MOST_OPTIONS {
        options.sort_by_key(|option| (!option.is_chosen, std::cmp::Reverse(option.count)));
        options.truncate(MOST_OPTIONS);
        options.sort_by(|a, b| a.value.cmp(&b.value));
    }
    options
}
