//! `/keys` and `/keys/{arn}`: which keys streams use or still need, and when each is free.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{PageRequest, page};
use crate::{
    components::{CopyButton, Table, When},
    error::AppError,
    model::{access::identity::Permission, time::Timestamp},
    server::web::context,
    view::{
        keys,
        pages::{KeyCard, KeyPage as OneKey, KeyUseRow, KeysPage as AllKeys},
    },
};

/// All keys.
#[component]
pub fn KeysPage() -> impl IntoView {
    page(load, |page| view! { <Title text="Keys" /> <h1>"Keys"</h1> <Keys page /> })
}

/// Loads every key that a stream in scope uses or still needs. Like [`load_one`], it reads from memory, never from AWS.
async fn load(_: PageRequest) -> Result<AllKeys, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let needed = cx.state.changes.keys.needed(&cx.state.inventory, &requester.scope);
    Ok(AllKeys { keys: keys::cards(&needed), now: cx.state.clock.now() })
}

#[component]
fn Keys(page: AllKeys) -> impl IntoView {
    let AllKeys { keys, now } = page;
    let assumed = "AWS describes new records only, so Keystream assumes that stored records stay encrypted as they \
        are. A key is safe to delete once no stream uses it and every record encrypted with it has expired. Keystream \
        doesn't check what else uses a key.";
    if keys.is_empty() {
        return view! { <p class="nothing">"No stream that you can see uses or still needs a key, as far as \
        they have been read."</p> <p class="hint">{assumed}</p> }
        .into_any();
    }
    let rows = keys.into_iter().map(|card| view! { <Row card /> }).collect_view();
    view! {
        <p class="hint">{assumed} " As of " <When at=now /> ". "<a href="/keys">"Reload"</a></p>
        <Table
            caption="Keys" class="plain"
            columns=&["Key", "Names", "Account", "Region", "State", "In use by", "Still needed by", "Safe to delete"]
        >
            {rows}
        </Table>
    }
    .into_any()
}

#[component]
fn Row(card: KeyCard) -> impl IntoView {
    let of = card.title.to_string();
    let copy = card.arn.clone().map(|arn| view! { " " <CopyButton text=arn word="Copy ARN" of=Some(of) /> });
    // Small screens hide only cells without any text.
    let names = (!card.names.is_empty()).then(|| card.names.join(", "));
    view! {
        <tr>
            <th scope="row" data-label="Key" class="mono">
                <a href=card.path title=card.arn>{card.title}</a> {copy}
            </th>
            <td data-label="Names" class="mono">{names}</td>
            <td data-label="Account" class="mono">{card.account.to_string()}</td>
            <td data-label="Region" class="mono">{card.region.to_string()}</td>
            <td data-label="State">
                {card.state}
                {card.trouble.map(|trouble| view! { " " <span class="problem">{trouble}</span> })}
            </td>
            <td data-label="In use by">{streams(card.using)}</td>
            <td data-label="Still needed by">{streams(card.needing)}</td>
            <td data-label="Safe to delete"><Free at=card.free_at is_history_short=card.is_history_short /></td>
        </tr>
    }
}

fn streams(count: u32) -> String {
    match count {
        0 => "None".to_owned(),
        1 => "1 stream".to_owned(),
        count => format!("{count} streams"),
    }
}

#[component]
fn Free(at: Option<Timestamp>, is_history_short: bool) -> impl IntoView {
    let words = at.map_or_else(|| "In use".to_owned(), |at| format!("From {}", at.day_and_minute()));
    let short = if is_history_short && at.is_some() { ", as far as known" } else { "" };
    view! { {words} {short} }
}

/// One key.
#[component]
pub fn KeyPage() -> impl IntoView {
    page(load_one, |page| view! { <Key page /> })
}

/// Loads one key by its ARN, or by account, Region and name if KMS does not reveal which key the name refers to.
async fn load_one(request: PageRequest) -> Result<OneKey, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let name = request.part("arn");
    let needed = cx.state.changes.keys.needed(&cx.state.inventory, &requester.scope);
    let key = needed.into_iter().find(|key| key.name == name).ok_or_else(|| cx.fail(AppError::NotFound))?;
    Ok(keys::page(key))
}

#[component]
fn Key(page: OneKey) -> impl IntoView {
    let OneKey { card, uses } = page;
    let rows = uses.into_iter().map(|row| view! { <Use row /> }).collect_view();
    let names = (!card.names.is_empty()).then(|| card.names.join(", "));
    view! {
        <Title text=format!("Key {}", card.title) />
        <h1 class="mono">{card.title}</h1>
        {card.trouble.map(|trouble| view! { <p role="alert" class="alert">{format!("This key {trouble} Records under \
            it can't be read without it.")}</p> })}
        <dl class="facts">
            {card.arn.map(|arn| view! { <div><dt>"ARN"</dt><dd class="mono arn">{arn}</dd></div> })}
            {names.map(|names| view! { <div><dt>"Names"</dt><dd class="mono">{names}</dd></div> })}
            <div><dt>"State in KMS"</dt><dd>{card.state}</dd></div>
            <div><dt>"Safe to delete"</dt><dd><Free at=card.free_at is_history_short=card.is_history_short /></dd></div>
        </dl>
        <Table
            caption="Streams" class="plain"
            columns=&["Stream", "Account", "Region", "Name in use", "Needed", "Retention"]
        >
            {rows}
        </Table>
        <p><a href="/keys">"All keys"</a></p>
    }
}

#[component]
fn Use(row: KeyUseRow) -> impl IntoView {
    let needed = row.until.map_or_else(|| "In use".to_owned(), |until| format!("Until {}", until.day_and_minute()));
    let short = row
        .known_since
        .map(|since| format!(". History starts {}; older records may need other keys.", since.date_and_clock()));
    let meant = row.meant_since.map(|since| format!(" (first seen {})", since.date_and_clock()));
    view! {
        <tr>
            <th scope="row" data-label="Stream"><a href=row.stream.path()>{row.stream.name.to_string()}</a></th>
            <td data-label="Account" class="mono">{row.stream.account.to_string()}</td>
            <td data-label="Region" class="mono">{row.stream.region.to_string()}</td>
            <td data-label="Name in use"><span class="mono">{row.key.to_string()}</span>{meant}</td>
            <td data-label="Needed">{needed}{short}</td>
            <td data-label="Retention">{format!("{} h", row.retention_hours)}</td>
        </tr>
    }
}
