//! Server functions for reading streams. They read from memory, never from AWS.

use leptos::{prelude::*, server_fn::codec::Json};

use super::wire::Answer;
use crate::{
    error::AppError,
    view::pages::{ListPage, StreamPage},
};

/// Loads one page of the list. `is_refresh` distinguishes a page's own refresh from user activity.
#[server(endpoint = "list-streams", input = Json, output = Answer)]
pub async fn list_streams(query: Vec<(String, String)>, is_refresh: bool) -> Result<ListPage, AppError> {
    use crate::{
        model::{access::identity::Permission, list::ListQuery},
        server::web::{chosen_columns, context},
        view::list,
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    if !is_refresh {
        cx.record_human().await;
    }
    let (query, ignored) = ListQuery::parse(query.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let query = chosen_columns::complete(&cx, query);
    let ignored = ignored.iter().map(list::ignored).collect();
    let listed = cx.state.inventory.list(&query, &requester.scope);
    cx.state.inventory.mark_viewed(&listed.selection.rows);
    Ok(ListPage { query, ignored, selection: listed.selection, counts: listed.counts, facets: listed.facets })
}

/// Loads one stream with its changes.
#[server(endpoint = "stream", input = Json, output = Answer)]
pub async fn load_stream(
    account: String,
    region: String,
    name: String,
    is_refresh: bool,
) -> Result<StreamPage, AppError> {
    use crate::{
        model::access::identity::Permission,
        server::web::context,
        view::{change_card::ChangeCard, pages::Quota},
    };
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    if !is_refresh {
        cx.record_human().await;
    }
    let key = cx.stream_in_scope(&requester, &account, &region, &name)?;
    let (row, report) = cx.state.inventory.stream(&key).ok_or_else(|| cx.fail(AppError::NotFound))?;
    let changes = cx.state.changes.of_stream(&key).await.map_err(|error| cx.fail_store(&error))?;
    let target = cx.state.inventory.target(&key).map(|target| target.card()).unwrap_or_default();
    let [disables, enables] = match &report {
        None => Default::default(),
        // From memory: an open page never calls AWS.
        Some(report) => {
            let known = cx.state.changes.quotas.known_of_stream(&report.arn).await;
            known.map_err(|error| cx.fail_store(&error))?.map(Quota::from)
        }
    };
    Ok(StreamPage { row, report, target, changes: changes.iter().map(ChangeCard::from).collect(), disables, enables })
}
