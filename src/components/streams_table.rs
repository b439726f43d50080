//! The table of streams, whose rows update themselves when AWS reports something new.

use leptos::{ev::MouseEvent, prelude::*};

use super::{Age, EncryptionLabel, KeyLabel, LadderMarks, StatusLabel, Undo, drawn};
use crate::{
    client::{is_plain_click, live::Live},
    model::{
        change::Action,
        inventory::StreamRow,
        list::{Column, ExtraColumn, ListQuery},
        stream::StreamId,
        time::Timestamp,
    },
    view::{change_state, list, needed_keys},
};

/// The callback for a plain click on the link to a confirmation once wasm runs.
pub type OnConfirm = Callback<(Action, StreamId)>;

/// The table. Once wasm runs, a plain click on a row's action calls `on_confirm`; otherwise the link leads to the page
/// with the same form.
#[component]
pub fn StreamsTable(rows: Vec<StreamRow>, query: ListQuery, on_confirm: OnConfirm) -> impl IntoView {
    let headers = Column::ALL.map(|column| view! { <SortHeader column query=query.clone() /> }.into_any());
    let extra_headers = query
        .columns()
        .iter()
        .map(|column| view! { <th scope="col">{list::extra_column(*column)}</th> }.into_any())
        .collect_view();
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
            <a href=query.sorted_by(column).href()>{list::column(column)}</a>
        </th>
    }
}

/// One row as it is now. Only its ages follow live updates: the page redraws all rows in place when one changes, so
/// that a focused link keeps its focus, which a closure would lose.
#[component]
fn Row(row: StreamRow, cols: Vec<ExtraColumn>, on_confirm: OnConfirm) -> impl IntoView {
    let row = untrack(|| expect_context::<Live>().newest(&row));
    let class = match (row.is_gone, &row.change, row.is_changing()) {
        (true, ..) => "gone".to_owned(),
        (false, Some(change), _) => format!("changing {}", change_state::tone(change.state).class()),
        (false, None, true) => "changing tone-moving".to_owned(),
        (false, None, false) => String::new(),
    };
    let extra = cols
        .into_iter()
        .map(|column| view! { <td data-label=list::extra_column(column)>{extra_cell(&row, column)}</td> }.into_any());
    let extra = extra.collect_view();
    let key = row.id.clone();
    let (status, encryption, read_at) = (row.status.clone(), row.encryption, row.read_at);
    view! {
        <tr class=class>
            <th scope="row" data-label="Name" translate="no"><a href=key.path()>{key.name.to_string()}</a></th>
            <td data-label="Encryption">
                <EncryptionLabel state=encryption /> " "
                <Age at=read_at of=key.clone() has_failed=row.problem.is_some() is_followed=true />
                {row.problem.as_ref().map(|problem| view! {
                    " " <span class="problem" title=problem.why.clone()>{problem.why.clone()}</span>
                }.into_any())}
            </td>
            <td data-label="Key"><KeyLabel key=row.key_id.clone() /></td>
            <td data-label="Status">
                <StatusLabel status of=key.clone() /> " "
                {row.change.clone().map(|marks| view! { <LadderMarks marks /> }.into_any())}
                {row.is_gone.then(|| view! { " " <span class="problem">"No longer listed by AWS"</span> }.into_any())}
            </td>
            <td data-label="Account" class="mono" translate="no">
                {key.account.to_string()} {row.is_production.then(|| view! {
                    " " <span class="tag production">"Production"</span>
                }.into_any())}
            </td>
            <td data-label="Region" class="mono" translate="no">{key.region.to_string()}</td>
            {extra}
            <td data-label="Actions" class="actions"><RowActions row on_confirm /></td>
        </tr>
    }
}

#[component]
fn RowActions(row: StreamRow, on_confirm: OnConfirm) -> impl IntoView {
    let may_change = expect_context::<Live>().may_change();
    let name = row.id.name.to_string();
    let undo =
        row.undo_path().filter(|_| may_change).map(|href| view! { <Undo href of=Some(name.clone()) /> }.into_any());
    view! {
        <ConfirmLink action=row.offers() of=row.id.clone() on_confirm />
        {undo}
        <FollowLink row />
    }
}

/// The link to a stream's active change: meanwhile the only action that its row or page offers.
#[component]
pub fn FollowLink(row: StreamRow) -> impl IntoView {
    row.change.map(|change| {
        let hidden = format!(" change of {}", row.id.name);
        view! {
            " "
            <a class="action follow" href=format!("/changes/{}", change.id)>
                "Follow"<span class="visually-hidden">{hidden}</span>
            </a>
        }
        .into_any()
    })
}

/// The link to the confirmation in a row, for users who may change streams. It opens a dialog if wasm runs, otherwise a
/// page.
#[component]
pub fn ConfirmLink(action: Option<Action>, of: StreamId, on_confirm: OnConfirm) -> impl IntoView {
    let may_change = expect_context::<Live>().may_change();
    action.filter(|_| may_change).map(|action| {
        let href = of.confirm_path(action);
        let hidden = format!(" encryption of {}", of.name);
        let word = match action {
            Action::Disable => "Disable",
            Action::Enable => "Enable",
        };
        let open = move |click: MouseEvent| {
            if is_plain_click(&click) {
                click.prevent_default();
                on_confirm.run((action, of.clone()));
            }
        };
        view! { <a class="action" href=href on:click=open>{word}<span class="visually-hidden">{hidden}</span></a> }
            .into_any()
    })
}

fn extra_cell(row: &StreamRow, column: ExtraColumn) -> AnyView {
    let unread = || "\u{2013}".to_owned();
    let words = match column {
        ExtraColumn::Retention => row.retention_hours.map_or_else(unread, |hours| format!("{hours} h")),
        ExtraColumn::Shards => row.open_shards.map_or_else(unread, |shards| shards.to_string()),
        ExtraColumn::Mode => row.mode.clone().unwrap_or_else(unread),
        ExtraColumn::Created => row.created.map_or_else(unread, Timestamp::date),
        ExtraColumn::NeededKeys => {
            let (live, row) = (expect_context::<Live>(), row.clone());
            return drawn(move || needed_keys::list(&row, live.now.get()), IntoAny::into_any);
        }
        ExtraColumn::Tags => match &row.tags {
            None => "not read".to_owned(),
            Some(tags) => tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", "),
        },
    };
    words.into_any()
}
