//! The table of streams: one row each, which moves by itself when AWS has reported something new.

use leptos::{ev::MouseEvent, prelude::*};

use super::{Age, EncryptionLabel, KeyLabel, LadderMarks, StatusLabel, Undo};
use crate::{
    client::{is_plain_click, live::Live},
    model::{
        change::Action,
        inventory::StreamRow,
        list_query::{Column, ExtraColumn, ListQuery},
        stream::StreamKey,
        timestamp::Timestamp,
    },
};

/// What a plain click on the link to a confirmation does once wasm runs.
pub type OnConfirm = Callback<(Action, StreamKey)>;

/// The table. `on_confirm` is called for a plain click on a row's action once wasm runs; without it the link leads to
/// the page of the same form.
#[component]
pub fn StreamsTable(rows: Vec<StreamRow>, query: ListQuery, on_confirm: OnConfirm) -> impl IntoView {
    let headers = Column::ALL.map(|column| view! { <SortHeader column query=query.clone() /> }.into_any());
    let extra_headers = query.columns().iter().map(|column| view! { <th scope="col">{column.word()}</th> }.into_any()).collect_view();
    let cols = query.columns().to_vec();
    let rows = rows.into_iter().map(|row| view! { <Row row cols=cols.clone() on_confirm /> }.into_any()).collect_view();
    view! {
        <div class="table-scroll">
            <table class="streams">
                <caption class="visually-hidden">"Streams"</caption>
                <thead>
                    <tr>
                        {headers.into_iter().collect::<Vec<_>>()} {extra_headers}
                        <th scope="col">"Actions"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn SortHeader(column: Column, query: ListQuery) -> impl IntoView {
    let sort = match (query.sort == column, query.descending) {
        (true, false) => "ascending",
        (true, true) => "descending",
        (false, _) => "none",
    };
    view! {
        <th scope="col" aria-sort=sort>
            <a href=query.sorted_by(column).href()>{column.word()}</a>
        </th>
    }
}

#[component]
fn Row(row: StreamRow, cols: Vec<ExtraColumn>, on_confirm: OnConfirm) -> impl IntoView {
    let live = expect_context::<Live>();
    let key = row.key.clone();
    let of = key.clone();
    let path = key.path();
    let is_production = row.is_production;
    let row = live.row(row);
    let extra = cols
        .into_iter()
        .map(|column| view! { <td data-label=column.word()>{move || row.with(|row| extra_cell(row, column, live))}</td> }.into_any())
        .collect_view();
    let class = move || {
        row.with(|row| match (row.is_gone, row.is_changing()) {
            (true, _) => "gone",
            (false, true) => "changing",
            (false, false) => "",
        })
    };
    view! {
        <tr class=move || class()>
            <th scope="row" data-label="Name"><a href=path>{key.name.to_string()}</a></th>
            <td data-label="Encryption">
                <EncryptionLabel row />
                " "
                <Age at=Signal::derive(move || row.with(|row| row.read_at)) of=of />
                {move || row.with(|row| row.problem.clone()).map(|problem| view! { " " <span class="problem" title=problem.why.clone()>{problem.why.clone()}</span> }.into_any())}
            </td>
            <td data-label="Key"><KeyLabel row /></td>
            <td data-label="Status">
                <StatusLabel row />
                " "
                <LadderMarks marks=Signal::derive(move || row.with(|row| row.change.clone())) />
                {move || row.with(|row| row.is_gone).then(|| view! { " " <span class="problem">"No longer listed by AWS"</span> }.into_any())}
            </td>
            <td data-label="Account" class="mono">{key.account.to_string()} {is_production.then(|| view! { " " <span class="tag production">"Production"</span> }.into_any())}</td>
            <td data-label="Region" class="mono">{key.region.to_string()}</td>
            {extra}
            <td data-label="Actions" class="actions"><RowActions row on_confirm /></td>
        </tr>
    }
}

#[component]
fn RowActions(row: Memo<StreamRow>, on_confirm: OnConfirm) -> impl IntoView {
    let live = expect_context::<Live>();
    let undo = Memo::new(move |_| row.with(|row| live.may_change().then(|| row.undo_path()).flatten()));
    let under_way = Memo::new(move |_| row.with(|row| row.change.as_ref().map(|change| change.id.clone())));
    let name = row.with_untracked(|row| row.key.name.to_string());
    let undo_of = name.clone();
    view! {
        <ConfirmLink row on_confirm />
        {move || undo.get().map(|href| view! { <Undo href of=Some(undo_of.clone()) /> }.into_any())}
        {move || {
            under_way.get().map(|id| {
                view! { " " <a class="action" href=format!("/changes/{id}")>"Follow"<span class="visually-hidden">{format!(" change of {name}")}</span></a> }.into_any()
            })
        }}
    }
}

/// The link that opens the confirmation of what a row offers: as a dialog where wasm runs, as a page everywhere else.
#[component]
pub fn ConfirmLink(row: Memo<StreamRow>, on_confirm: OnConfirm) -> impl IntoView {
    let live = expect_context::<Live>();
    let offered = Memo::new(move |_| {
        let offered = row.with(|row| Some((row.offers()?, row.key.clone())));
        offered.filter(|_| live.may_change())
    });
    let link = move |(action, key): (Action, StreamKey)| {
        let href = key.confirm_path(action);
        let hidden = format!(" encryption of {}", key.name);
        let word = match action {
            Action::Disable => "Disable",
            Action::Enable => "Enable",
        };
        let open = move |click: MouseEvent| {
            if is_plain_click(&click) {
                click.prevent_default();
                on_confirm.run((action, key.clone()));
            }
        };
        view! { <a class="action" href=href on:click=open>{word}<span class="visually-hidden">{hidden}</span></a> }.into_any()
    };
    view! { {move || offered.get().map(link)} }
}

fn extra_cell(row: &StreamRow, column: ExtraColumn, live: Live) -> String {
    let unread = || "\u{2013}".to_owned();
    match column {
        ExtraColumn::Retention => row.retention_hours.map_or_else(unread, |hours| format!("{hours} h")),
        ExtraColumn::Shards => row.open_shards.map_or_else(unread, |shards| shards.to_string()),
        ExtraColumn::Mode => row.mode.clone().unwrap_or_else(unread),
        ExtraColumn::Created => row.created.map_or_else(unread, Timestamp::date),
        ExtraColumn::NeededKeys => row.needed_words(live.now.get()),
        ExtraColumn::Tags => match &row.tags {
            None => "not read".to_owned(),
            Some(tags) => tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", "),
        },
    }
}
