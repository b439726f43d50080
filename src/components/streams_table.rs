//! The table of streams. Each row is a live part: the server renders it for a page, and again when it has moved.

use leptos::{prelude::*, tachys::html::InertElement};

use super::{
    ASCENDING, Age, DESCENDING, EncryptionLabel, KeyLabel, LadderMarks, StatusLabel, UNSORTED, Undo, Viewer, drawing,
};
use crate::{
    model::{
        change::Action,
        inventory::StreamRow,
        list::{Column, ExtraColumn, ListQuery},
        stream::StreamId,
        time::Timestamp,
    },
    view::{change_state, list, needed_keys},
};

/// The table, with these optional columns. `rows` is the markup of its rows, each of which was rendered before by
/// [`StreamRowView`]. `query` is the address of the list, for the links that sort it.
#[component]
pub fn StreamsTable(rows: String, query: ListQuery, columns: Vec<ExtraColumn>) -> impl IntoView {
    let extras = (!columns.is_empty()).then_some(columns.len());
    let headers = Column::ALL.map(|column| view! { <SortHeader column query=query.clone() /> });
    let extra_headers =
        columns.iter().map(|column| view! { <th scope="col">{list::extra_column(*column)}</th> }).collect_view();
    view! {
        <div class="table-scroll streams-box" data-extra=extras>
            <table class="streams">
                <caption class="visually-hidden">"Streams"</caption>
                <thead>
                    <tr>{headers.into_iter().collect_view()} {extra_headers} <th scope="col">"Actions"</th></tr>
                </thead>
                <tbody>{InertElement::new(rows)}</tbody>
            </table>
        </div>
    }
}

#[component]
fn SortHeader(column: Column, query: ListQuery) -> impl IntoView {
    let (sort, arrow) = match (query.sort == column, query.descending) {
        (true, false) => ("ascending", ASCENDING),
        (true, true) => ("descending", DESCENDING),
        (false, _) => ("none", UNSORTED),
    };
    view! {
        <th scope="col" aria-sort=sort>
            <a href=query.sorted_by(column).href() data-nav="">{list::column(column)} {drawing(arrow)}</a>
        </th>
    }
}

/// One row with these optional columns: a live part. Where streams have one name, account and Region describe the
/// links, which tell them apart.
#[component]
pub fn StreamRowView<'a>(row: &'a StreamRow, cols: &'a [ExtraColumn], viewer: &'a Viewer) -> impl IntoView + use<> {
    let digest = row.id.digest();
    let (now, stale_after) = (viewer.now, viewer.stale_after(&row.id));
    let class = match (row.is_gone, &row.change, row.is_changing()) {
        (true, ..) => Some("gone".to_owned()),
        (false, Some(change), _) => Some(format!("changing {}", change_state::tone(change.state).class())),
        (false, None, true) => Some("changing tone-moving".to_owned()),
        (false, None, false) => None,
    };
    let slugs = cols.iter().map(|column| column.slug()).collect::<Vec<_>>().join(",");
    let extra = cols.iter().map(|column| {
        view! { <td data-label=list::extra_column(*column)>{extra_cell(row, *column, now)}</td> }
    });
    let extra = extra.collect_view();
    let (account_id, region_id) =
        row.has_namesake.then(|| (format!("account-{digest}"), format!("region-{digest}"))).unzip();
    let place = row.has_namesake.then(|| format!("account-{digest} region-{digest}"));
    let actions = actions(row, place.as_deref(), viewer.may_change);
    let &StreamRow { rev, encryption, read_at, is_gone, is_production, .. } = row;
    let StreamRow { id, status, key_id, problem, change, .. } = row;
    view! {
        <tr id=format!("row-{digest}") class=class data-live="" data-rev=rev data-cols=slugs>
            <th scope="row" data-label="Name" translate="no">
                <a href=id.path() aria-describedby=place>{id.name.to_string()}</a>
            </th>
            <td data-label="Encryption">
                <EncryptionLabel state=encryption /> " "
                <Age at=read_at now stale_after has_failed=problem.is_some() />
                {problem.as_ref().map(|problem| view! { " " <span class="problem">{problem.why.clone()}</span> })}
            </td>
            <td data-label="Key"><KeyLabel key=key_id.clone() /></td>
            <td data-label="Status">
                <StatusLabel status=status.clone() read_at now stale_after />
                {change.clone().map(|marks| view! { " " <LadderMarks marks /> })}
                {is_gone.then(|| view! { " " <span class="problem">"No longer listed by AWS"</span> })}
            </td>
            <td id=account_id data-label="Account" class="mono" translate="no">{id.account.to_string()}</td>
            <td id=region_id data-label="Region" class="mono" translate="no">
                {id.region.to_string()}
                {is_production.then(|| view! { " " <span class="tag production">"Production"</span> })}
            </td>
            {extra}
            <td data-label="Actions" class="actions">{actions}</td>
        </tr>
    }
}

fn actions(row: &StreamRow, place: Option<&str>, may_change: bool) -> impl IntoView + use<> {
    let place = place.map(str::to_owned);
    let undo = row.undo_path().filter(|_| may_change);
    let undo = undo.map(|href| view! { <Undo href of=Some(row.id.name.to_string()) place=place.clone() /> });
    let follow = row.change.as_ref().map(|change| (change.id.clone(), place.clone()));
    let follow = follow.map(|(change, place)| view! { <FollowLink change of=row.id.clone() place /> });
    let is_read_only = (may_change && row.is_read_only).then(|| view! { <span class="tag">"Read-only"</span> });
    view! { <ConfirmLink action=row.offers() of=row.id.clone() may_change place /> {undo} {follow} {is_read_only} }
}

/// The link to a stream's active change: meanwhile the only action that its row or page offers. `place` are the ids of
/// what tells streams of one name apart.
#[component]
pub fn FollowLink(change: String, of: StreamId, #[prop(default = None)] place: Option<String>) -> impl IntoView {
    view! {
        <a class="action follow" href=format!("/changes/{change}") aria-describedby=place>
            "Follow"<span class="visually-hidden">{format!(" change of {}", of.name)}</span>
        </a>
    }
}

/// The link to the confirmation, for users who may change streams. It opens a dialog where the island runs, otherwise
/// the page.
#[component]
pub fn ConfirmLink(
    action: Option<Action>,
    of: StreamId,
    may_change: bool,
    #[prop(default = None)] place: Option<String>,
) -> impl IntoView {
    action.filter(|_| may_change).map(|action| {
        let (word, class) = match action {
            Action::Disable => ("Disable", "action disable"),
            Action::Enable => ("Enable", "action enable"),
        };
        view! {
            <a class=class href=of.confirm_path(action) data-confirm="" aria-describedby=place>
                {word}<span class="visually-hidden">{format!(" encryption of {}", of.name)}</span>
            </a>
        }
    })
}

fn extra_cell(row: &StreamRow, column: ExtraColumn, now: Timestamp) -> String {
    let unread = || "\u{2013}".to_owned();
    match column {
        ExtraColumn::Retention => row.retention_hours.map_or_else(unread, |hours| format!("{hours} h")),
        ExtraColumn::Shards => row.open_shards.map_or_else(unread, |shards| shards.to_string()),
        ExtraColumn::Mode => row.mode.clone().unwrap_or_else(unread),
        ExtraColumn::Created => row.created.map_or_else(unread, Timestamp::date),
        ExtraColumn::NeededKeys => needed_keys::list(row, now),
        ExtraColumn::Tags => match &row.tags {
            None => "not read".to_owned(),
            Some(tags) => tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", "),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{list::tests::row, stream::encryption::EncryptionState};

    #[test]
    fn a_row_is_one_live_part_and_names_account_and_region() {
        let known = StreamRow::clone(&row("orders-prod", EncryptionState::Encrypted, "ACTIVE"));
        let row = StreamRow { has_namesake: true, ..known };
        let digest = row.id.digest();
        let viewer = Viewer { may_change: true, ..Viewer::default() };
        let cols = [ExtraColumn::Mode, ExtraColumn::Tags];
        let html = view! { <StreamRowView row=&row cols=&cols viewer=&viewer /> }.to_html();
        assert!(html.starts_with("<tr") && html.ends_with("</tr>"), "{html}");
        assert!(html.contains(&format!(r#"id="row-{digest}""#)) && html.contains(r#"data-rev="1""#), "{html}");
        assert!(html.contains(r#"data-cols="mode,tags""#), "{html}");
        assert!(html.contains(&format!(r#"aria-describedby="account-{digest} region-{digest}""#)), "{html}");
        assert!(html.contains(&format!(r#"id="region-{digest}""#)) && html.contains("a=b=c"), "{html}");
        assert!(html.contains(r#"href="/streams/111122223333/eu-west-1/orders-prod/disable" data-confirm"#), "{html}");
    }

    #[test]
    fn a_row_that_nobody_may_change_says_so_to_who_could() {
        let known = StreamRow::clone(&row("orders-prod", EncryptionState::Encrypted, "ACTIVE"));
        let row = StreamRow { is_read_only: true, ..known };
        let of = |may_change| {
            let viewer = Viewer { may_change, ..Viewer::default() };
            view! { <StreamRowView row=&row cols=&[] viewer=&viewer /> }.to_html()
        };
        assert!(of(true).contains("Read-only") && !of(true).contains("Disable"), "{}", of(true));
        assert!(!of(false).contains("Read-only"), "it would be no news: {}", of(false));
    }

    #[test]
    fn who_may_not_change_a_stream_gets_no_links_to_it() {
        let row = StreamRow::clone(&row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
        let viewer = Viewer::default();
        let html = view! { <StreamRowView row=&row cols=&[] viewer=&viewer /> }.to_html();
        assert!(!html.contains("Enable") && html.contains("Not encrypted"), "{html}");
        assert!(!html.contains("describedby"), "nothing has the same name: {html}");
    }
}
