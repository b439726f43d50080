//! The audit chain.

use crate::model::{stream::StreamId, time::Timestamp};

/// The model of `/audit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The time of the read.
    pub now: Timestamp,
    /// Newest first.
    pub rows: Vec<AuditCard>,
    /// The filters as parsed, by parameter.
    pub filters: Vec<(String, String)>,
    /// The parts of the address that weren't understood.
    pub ignored: Vec<String>,
    /// The address of the next older rows.
    pub older: Option<String>,
    /// The time of the last event that was looked at, if the search stopped there.
    pub searched_back_to: Option<Timestamp>,
    /// Whether newer rows exist on an earlier page.
    pub is_later_page: bool,
    /// The query of the exports: the filters, appended after `?` and the format.
    pub export_query: String,
    /// Whether the user sees the whole chain.
    pub sees_everything: bool,
}

/// One row of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCard {
    pub seq: i64,
    pub at: Timestamp,
    pub actor: String,
    /// Whether the server itself caused the event.
    pub is_by_server: bool,
    /// The event in words, and its name.
    pub event: &'static str,
    pub action: String,
    /// The stream's name, or the other target of the event.
    pub target: String,
    /// The stream, if the event is about one.
    pub stream: Option<StreamId>,
    pub reason: String,
    /// The states before and after, if any.
    pub states: String,
    pub result: String,
    pub aws_request_id: String,
    /// The address and browser; empty if this user may not see them.
    pub address: String,
    pub user_agent: String,
}
