//! `/changes/{id}`: one change with its ladder.

mod closing;
mod facts;
mod proof;
mod summary;
mod support;

use leptos::prelude::*;
use leptos_meta::Title;

use self::{
    closing::{CancelForm, CloseForm},
    facts::{Facts, StreamNow},
    proof::ProofForms,
    summary::SummaryLine,
    support::{Support, WhatToCheck},
};
use super::{Follows, loaded, shown};
use crate::{
    api,
    client::live::Live,
    components::{Ladder, Mistake, NeededKeys, SelfRefresh, TargetLine, UndoLink},
    model::{change::Action, forms::FormMistake},
    view::{
        change_state,
        pages::{ChangePage as Page, PageContent},
    },
};

/// One change.
#[component]
pub fn ChangePage() -> impl IntoView {
    let page = loaded(Follows::News, |request| {
        let asking = api::changes::load_change(
            request.part("id"),
            request.value("problem"),
            request.value("draft"),
            request.is_refresh,
        );
        async { asking.await.map(|page| PageContent::Change(Box::new(page))) }
    });
    view! {
        <Title text="Change" />
        {shown(page, |content| match content {
            PageContent::Change(page) => Some(view! { <Details page=*page /> }.into_any()),
            _ => None,
        })}
    }
}

#[component]
fn Details(page: Page) -> impl IntoView {
    let live = expect_context::<Live>();
    let Page { change, mistake, typed_reason, row, stream_created, target, pace, checks, support } = page;
    let heading = format!("Change of {}", change.arn.name);
    let stream = change.stream();
    let disable = stream.confirm_path(Action::Disable);
    let address = change.path();
    let is_moving = change.is_active();
    let facts = change.clone();
    let card = change.clone();
    let row = row.map(|row| live.row(row));
    let change = live.change(change);
    let is_waiting = move || live.may_change() && change.with(|change| change.is_waiting);
    let asks_for_other_form = Memo::new(move |_| live.may_change() && change.with(|change| change.asks_for_other_form));
    let is_provable = Memo::new(move |_| live.may_change() && change.with(|change| change.can_be_proven));
    let is_closable = Memo::new(move |_| live.may_change() && change.with(|change| change.can_be_closed));
    let (id, closed) = (facts.id.clone(), facts.id.clone());
    let is_slow = move || change.with(|change| change.summary.as_ref().is_some_and(|summary| summary.word == "Slow"));
    let summary = Memo::new(move |_| {
        change.with(|change| change.summary.clone().map(|summary| (summary, change_state::tone(change.state))))
    });
    view! {
        <SelfRefresh address is_wanted=is_moving />
        <h1>{heading}</h1>
        <TargetLine stream=stream.clone() target />
        {move || summary.get().map(|(summary, tone)| view! { <SummaryLine summary tone /> }.into_any())}
        {(mistake == Some(FormMistake::ChangeStillJudged)).then(|| view! { <Mistake mistake /> }.into_any())}
        {row.map(|row| view! { <p><UndoLink change=card row is_in_list=false /></p> <NeededKeys row /> }.into_any())}
        {move || asks_for_other_form.get().then(|| view! {
            <p><a href=disable.clone()>"Disable encryption with another form of the key"</a></p>
        }.into_any())}
        <Ladder change=Signal::from(change) row />
        {move || is_waiting().then(|| view! { <CancelForm id=change.with(|change| change.id.clone()) /> }.into_any())}
        {move || is_closable.get().then(|| view! {
            <CloseForm id=closed.clone() mistake typed=typed_reason.clone() />
        }.into_any())}
        {move || is_slow().then(|| view! { <WhatToCheck checks=checks.clone() /> }.into_any())}
        {move || is_provable.get().then(|| view! { <ProofForms id=id.clone() mistake /> }.into_any())}
        <div class="columns">
            <section aria-labelledby="this-change">
                <h2 id="this-change">"This change"</h2>
                <Facts change=facts pace />
            </section>
            <section aria-labelledby="stream-now">
                <h2 id="stream-now">"Stream now"</h2>
                <StreamNow stream row stream_created />
            </section>
        </div>
        <Support text=support />
    }
}
