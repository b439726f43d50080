//! The audit chain.

use serde::{Deserialize, Serialize};

use crate::model::{stream::StreamId, time::Timestamp};

/// `/audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// Newest first.
    pub rows: Vec<AuditCard>,
    /// The filters as they were understood, by parameter.
    pub filters: Vec<(String, String)>,
    /// What of the address was not understood.
    pub ignored: Vec<String>,
    /// Where the next older rows are.
    pub older: Option<String>,
    /// Whether these are not the newest rows.
    pub is_later_page: bool,
    /// The query of the exports: the filters, after `?` and the format.
    pub export_query: String,
    /// Whether the person sees all of the chain.
    pub sees_everything: bool,
}

/// One row of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCard {
    pub seq: i64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    /// The stream's name, or what else it was done to.
    pub target: String,
    /// The stream.
    pub stream: Option<StreamId>,
    pub reason: String,
    /// The state before and after, where there are any.
    pub states: String,
    pub result: String,
    pub aws_request_id: String,
    /// Address and browser; empty where this person may not see them.
    pub address: String,
    pub user_agent: String,
}
