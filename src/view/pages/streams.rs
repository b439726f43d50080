//! The list of streams.

use serde::{Deserialize, Serialize};

use crate::model::list::{Counts, FacetGroup, ListQuery, Selection};

/// The model of `/streams`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPage {
    /// The requested query; where the address names no columns, with those chosen last.
    pub query: ListQuery,
    /// The ignored parts of the address, in sentences.
    pub ignored: Vec<String>,
    pub selection: Selection,
    /// Counts over the whole inventory.
    pub counts: Counts,
    pub facets: Vec<FacetGroup>,
}
