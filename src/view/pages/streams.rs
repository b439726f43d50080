//! The list of streams.

use crate::model::list::{Counts, ExtraColumn, FacetGroup, ListQuery, Selection};

/// The model of `/streams`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// The requested query.
    pub query: ListQuery,
    /// The optional columns to show: those of the address, or those that the user keeps.
    pub columns: Vec<ExtraColumn>,
    /// The ignored parts of the address, in sentences.
    pub ignored: Vec<String>,
    pub selection: Selection,
    /// The markup of the page's rows.
    pub rows: String,
    /// Counts over the whole inventory.
    pub counts: Counts,
    pub facets: Vec<FacetGroup>,
}
