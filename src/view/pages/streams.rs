//! The list of streams.

use serde::{Deserialize, Serialize};

use crate::model::list::{Counts, FacetGroup, ListQuery, Selection};

/// `/streams`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPage {
    /// What was asked for, with the columns that were chosen last where the address does not say.
    pub query: ListQuery,
    /// What of the address was ignored, in sentences.
    pub ignored: Vec<String>,
    pub selection: Selection,
    /// Over everything there is.
    pub counts: Counts,
    pub facets: Vec<FacetGroup>,
}
