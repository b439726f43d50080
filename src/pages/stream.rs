//! `/streams/{account}/{region}/{name}`: one stream, its state and its changes.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    Follows,
    confirm_dialog::{ConfirmDialog, Confirming},
    loaded, shown, titled,
};
use crate::{
    api,
    client::live::Live,
    components::{
        Age, ConfirmLink, EncryptionLabel, FollowLink, LadderMarks, NeededKeys, OnConfirm, QuotaWords, SelfRefresh,
        StatusLabel, TargetLine, UndoLink, When,
    },
    model::{
        inventory::StreamRow,
        stream::{StreamReport, encryption::EncryptionState},
    },
    view::{
        change_card::ChangeCard,
        pages::{PageContent, StreamPage as Page},
    },
};

/// One stream.
#[component]
pub fn StreamPage() -> impl IntoView {
    let title = titled("name", str::to_owned);
    let page = loaded(Follows::News, |request| {
        let asking = api::streams::load_stream(
            request.part("account"),
            request.part("region"),
            request.part("name"),
            request.is_refresh,
        );
        async { asking.await.map(PageContent::Stream) }
    });
    let confirming: Confirming = RwSignal::new(None);
    let on_confirm = OnConfirm::new(move |action| confirming.set(Some(action)));
    view! {
        <Title text=move || title() />
        {shown(page, move |content| match content {
            PageContent::Stream(page) => Some(view! { <Details page on_confirm /> }.into_any()),
            _ => None,
        })}
        <ConfirmDialog confirming />
    }
}

#[component]
fn Details(page: Page, on_confirm: OnConfirm) -> impl IntoView {
    let live = expect_context::<Live>();
    let Page { row, report, target, changes, disables, enables } = page;
    let key = row.id.clone();
    let is_moving = row.is_changing();
    let address = key.path();
    let heading = key.name.to_string();
    let place = key.clone();
    let row = live.row(row);
    view! {
        <SelfRefresh address is_wanted=is_moving />
        <div class="title-line">
            <h1>{heading}</h1>
            <span class="spacer"></span>
            {move || row.with(|row| view! {
                <ConfirmLink action=row.offers() of=row.id.clone() on_confirm />
            }.into_any())}
            {move || view! { <FollowLink row=row.get() /> }.into_any()}
        </div>
        <TargetLine stream=place target />
        <div class="columns">
            <section aria-labelledby="what-it-is">
                <h2 id="what-it-is">"State"</h2>
                <dl class="facts">
                    <div>
                        <dt>"Encryption"</dt>
                        <dd>
                            {move || row.with(|row| view! {
                                <EncryptionLabel state=row.encryption /> " "
                                <Age
                                    at=row.read_at of=row.id.clone() has_failed=row.problem.is_some() is_followed=true
                                />
                            }.into_any())}
                        </dd>
                    </div>
                    <div>
                        <dt>"Status"</dt>
                        <dd>
                            {move || row.with(|row| view! {
                                <StatusLabel status=row.status.clone() of=row.id.clone() /> " "
                            }.into_any())}
                            {move || row.with(|row| row.change.clone()).map(|marks| view! {
                                <LadderMarks marks />
                            }.into_any())}
                        </dd>
                    </div>
                    <div>
                        <dt>"Key as AWS reports it"</dt>
                        <dd><code translate="no">{move || row.with(key_words)}</code></dd>
                    </div>
                    {report.map(|report| view! { <ReportFacts report /> }.into_any())}
                    <div><dt>"Disables in 24 hours"</dt><dd><QuotaWords quota=disables /></dd></div>
                    <div><dt>"Enables in 24 hours"</dt><dd><QuotaWords quota=enables /></dd></div>
                </dl>
                <NeededKeys row />
                {move || {
                    row.with(|row| row.problem.clone())
                        .map(|problem| view! {
                            <p class="alert">
                                {format!("Not newer because: {}. Last try {}. Next try {}.", problem.why,
                                    problem.at.clock_seconds(), problem.next_try.clock_seconds())}
                            </p>
                        }.into_any())
                }}
            </section>
            <section aria-labelledby="what-happened">
                <h2 id="what-happened">"Changes"</h2>
                <History changes row />
            </section>
        </div>
    }
}

/// Returns the key as AWS reports it, or why there is none.
fn key_words(row: &StreamRow) -> String {
    match (&row.key_id, row.encryption) {
        (Some(key), _) => key.to_string(),
        (None, EncryptionState::NotEncrypted) => "none".to_owned(),
        (None, EncryptionState::Encrypted) => "not stated".to_owned(),
        (None, EncryptionState::Unknown) => "unknown".to_owned(),
    }
}

#[component]
fn ReportFacts(report: StreamReport) -> impl IntoView {
    let consumers = report.consumers.map_or_else(|| "not stated".to_owned(), |count| count.to_string());
    view! {
        <div><dt>"Retention"</dt><dd>{format!("{} h", report.retention_hours)}</dd></div>
        <div><dt>"Open shards"</dt><dd>{report.open_shards}</dd></div>
        <div><dt>"Mode"</dt><dd>{report.mode.unwrap_or_else(|| "not stated".to_owned())}</dd></div>
        <div><dt>"Registered consumers"</dt><dd>{consumers}</dd></div>
        <div><dt>"Created"</dt><dd><When at=report.created /></dd></div>
        <div><dt>"ARN"</dt><dd class="mono arn">{report.arn.to_string()}</dd></div>
    }
}

#[component]
fn History(changes: Vec<ChangeCard>, row: Memo<StreamRow>) -> impl IntoView {
    if changes.is_empty() {
        return view! { <p class="nothing">"No changes yet."</p> }.into_any();
    }
    let live = expect_context::<Live>();
    let entries = changes.into_iter().map(|change| {
        let (path, requested_at) = (change.path(), change.requested_at);
        let card = change.clone();
        let change = live.change(change);
        view! {
            <li>
                <a href=path>{move || change.with(|change| format!("Change by {}", change.actor))}</a>
                ": "
                {move || change.with(|change| change.what.clone())}
                " "
                <When at=requested_at />
                " "
                {move || change.with(|change| view! { <LadderMarks marks=change.marks() /> }.into_any())}
                <UndoLink change=card row is_in_list=true />
            </li>
        }
        .into_any()
    });
    view! { <ul class="history">{entries.collect_view()}</ul> }.into_any()
}
