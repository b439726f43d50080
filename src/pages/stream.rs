//! `/streams/{account}/{region}/{name}`: one stream, its state and its changes.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title;

use super::{PageRequest, page};
use crate::{
    components::{
        ConfirmLink, CopyButton, FollowLink, LadderMarks, LivePage, NeededKeys, QuotaWords, StreamState, TargetLine,
        UndoLink, Viewer, When,
    },
    error::AppError,
    model::{
        access::identity::Permission,
        inventory::StreamRow,
        stream::{StreamId, StreamReport},
    },
    server::web::context,
    view::{
        change_card::ChangeCard,
        console,
        pages::{Quota, StreamPage as Page},
    },
};

/// One stream.
#[component]
pub fn StreamPage() -> impl IntoView {
    let name = PageRequest::current().part("name");
    view! {
        <Title text=name />
        {page(load, |page| view! { <Details page /> })}
    }
}

/// Loads one stream with its changes. It reads from memory and the journal, never from AWS.
async fn load(request: PageRequest) -> Result<Page, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let [account, region, name] = ["account", "region", "name"].map(|part| request.part(part));
    let key = cx.stream_in_scope(&requester, &account, &region, &name)?;
    let (row, report) = cx.state.inventory.stream(&key).ok_or_else(|| cx.fail(AppError::NotFound))?;
    let changes = cx.state.changes.of_stream(&key).await.map_err(|error| cx.fail_store(&error))?;
    let target = cx.state.inventory.target(&key).map(|target| target.card()).unwrap_or_default();
    let [disables, enables] = match &report {
        None => Default::default(),
        Some(report) => {
            let known = cx.state.changes.quotas.known_of_stream(&report.arn).await;
            known.map_err(|error| cx.fail_store(&error))?.map(Quota::from)
        }
    };
    Ok(Page { row, report, target, changes: changes.iter().map(ChangeCard::from).collect(), disables, enables })
}

#[component]
fn Details(page: Page) -> impl IntoView {
    let viewer = Viewer::current();
    let Page { row, report, target, changes, disables, enables } = page;
    let (id, may_change, is_read_only) = (row.id.clone(), viewer.may_change, target.is_read_only);
    let follow = row.change.as_ref().map(|change| view! { <FollowLink change=change.id.clone() of=id.clone() /> });
    view! {
        <LivePage moves=format!("stream-{}", id.digest())>
            <div class="title-line">
                <h1>{id.name.to_string()}</h1>
                <span class="spacer"></span>
                <ConfirmLink action=row.offers() of=id.clone() may_change />
                {follow}
            </div>
            <TargetLine stream=id.clone() target />
            {is_read_only.then(|| view! {
                <p class="hint">"This target is read-only in Keystream, so its streams can't be changed here."</p>
            })}
            <Elsewhere id />
            <div class="columns">
                <section aria-labelledby="what-it-is">
                    <h2 id="what-it-is">"State"</h2>
                    <StreamState row=row.clone() viewer />
                    <dl class="facts">
                        {report.map(|report| view! { <ReportFacts report /> })}
                        <div><dt>"Disables in 24 hours"</dt><dd><QuotaWords quota=disables /></dd></div>
                        <div><dt>"Enables in 24 hours"</dt><dd><QuotaWords quota=enables /></dd></div>
                    </dl>
                    <NeededKeys row=row.clone() />
                </section>
                <section aria-labelledby="what-happened">
                    <h2 id="what-happened">"Changes"</h2>
                    <History changes row />
                </section>
            </div>
        </LivePage>
    }
}

/// The stream outside of Keystream: its ARN to copy, and its pages in AWS's console. A stream whose account isn't known
/// yet has no ARN.
#[component]
fn Elsewhere(id: StreamId) -> impl IntoView {
    let arn = id.account.is_resolved().then(|| id.arn().to_string());
    let link = |href: Option<String>, words: &'static str| {
        href.map(|href| view! { <a href=href rel="noreferrer external" target="_blank">{words}</a> })
    };
    view! {
        <p class="elsewhere">
            {arn.map(|arn| view! { <CopyButton text=arn word="Copy ARN" /> })}
            {link(console::stream(&id), "Open in the AWS console")}
            {link(console::trail(&id), "CloudTrail events")}
        </p>
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
fn History(changes: Vec<ChangeCard>, row: StreamRow) -> impl IntoView {
    if changes.is_empty() {
        return Either::Left(view! { <p class="nothing">"No changes yet."</p> });
    }
    let entries = changes.into_iter().map(|change| {
        let (id, path, marks, rev) = (format!("entry-{}", change.id), change.path(), change.marks(), change.rev);
        let (by, what, at) =
            (format!("Change by {}", change.actor), format!(": {} ", change.what), change.requested_at);
        view! {
            <li id=id>
                <a href=path>{by}</a> {what} <When at /> " "
                <LadderMarks marks rev />
                <UndoLink change row=row.clone() is_in_list=true />
            </li>
        }
    });
    Either::Right(view! { <ul class="history">{entries.collect_view()}</ul> })
}
