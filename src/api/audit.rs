//! The server function that reads the audit chain.

use leptos::{prelude::*, server_fn::codec::Json};

use super::wire::Answer;
use crate::{error::AppError, view::pages::AuditPage};

/// Loads the audit events that the user may see and has requested, newest first. `parameters` are those of the page's
/// address.
#[server(endpoint = "audit", input = Json, output = Answer)]
pub async fn load_audit(parameters: Vec<(String, String)>) -> Result<AuditPage, AppError> {
    use crate::{
        model::access::{audit_query::AuditQuery, identity::Permission},
        server::{
            services::audit::{AuditRow, Reader},
            web::context,
        },
        view::{audit_card, pages::AuditCard},
    };
    const PER_PAGE: usize = 100;
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    cx.take_costly_act(&requester)?;
    let value = |key: &str| parameters.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let (query, ignored) = AuditQuery::parse(value);
    let reader = Reader::from(&requester);
    let found = cx.state.audit.newest(&reader, &query, PER_PAGE + 1).await;
    let mut rows = found.map_err(|error| cx.fail_store(&error))?;
    let has_older = rows.len() > PER_PAGE;
    rows.truncate(PER_PAGE);
    let filters = query.filters();
    let with_filters = |first: (&str, String)| {
        let pairs = std::iter::once(first).chain(filters.iter().map(|(key, value)| (*key, value.clone())));
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    let last = rows.last().map(|row| row.seq).filter(|_| has_older);
    Ok(AuditPage {
        older: last.map(|seq| format!("/audit?{}", with_filters(("before", seq.to_string())))),
        is_later_page: query.before.is_some(),
        export_query: url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&filters).finish(),
        filters: filters.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        ignored: ignored.iter().map(audit_card::ignored).collect(),
        sees_everything: reader.sees_everything,
        rows: rows.into_iter().map(AuditRow::into).collect::<Vec<AuditCard>>(),
    })
}
