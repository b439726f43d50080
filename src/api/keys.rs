//! Server functions for keys that streams use or still need. They read from memory, never from AWS.

use leptos::{prelude::*, server_fn::codec::Json};

use super::wire::Answer;
use crate::{
    error::AppError,
    view::pages::{KeyPage, KeysPage},
};

/// Loads every key that a stream in scope uses or still needs.
#[server(endpoint = "keys", input = Json, output = Answer)]
pub async fn load_keys() -> Result<KeysPage, AppError> {
    use crate::{model::access::identity::Permission, server::web::context, view};
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let keys = cx.state.changes.keys.needed(&cx.state.inventory, &requester.scope);
    Ok(KeysPage { keys: view::keys::cards(&keys), now: cx.state.clock.now() })
}

/// Loads one key by its ARN, or by account, Region and name if KMS does not reveal which key the name refers to.
#[server(endpoint = "key", input = Json, output = Answer)]
pub async fn load_key(name: String) -> Result<KeyPage, AppError> {
    use crate::{model::access::identity::Permission, server::web::context, view};
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let keys = cx.state.changes.keys.needed(&cx.state.inventory, &requester.scope);
    let key = keys.into_iter().find(|key| key.name == name).ok_or_else(|| cx.fail(AppError::NotFound))?;
    Ok(view::keys::page(key))
}
