//! `/changes/{id}`: one change with its ladder.

mod closing;
mod facts;
mod load;
mod proof;
mod support;

use leptos::prelude::*;
use leptos_meta::Title;

use self::{
    closing::{CancelForm, CloseForm},
    facts::{Facts, StreamNow},
    load::load,
    proof::ProofForms,
    support::{Support, WhatToCheck},
};
use super::page;
use crate::{
    components::{LivePage, Mistake, NeededKeys, Progress, SelfRefresh, TargetLine, UndoLink, Viewer},
    model::change::{Action, ChangeState, Rung},
    view::pages::ChangePage as Page,
};

/// One change.
#[component]
pub fn ChangePage() -> impl IntoView {
    view! {
        <Title text="Change" />
        {page(load, |page| view! { <Details page /> })}
    }
}

#[component]
fn Details(page: Page) -> impl IntoView {
    let viewer = Viewer::current();
    let Page { change, mistake, typed_reason, row, stream_created, target, pace, checks, support } = page;
    let heading = format!("Change of {}", change.arn.name);
    let title = if mistake.is_some() { format!("Error: {heading}") } else { heading.clone() };
    let stream = change.stream();
    let moves = format!("change-{} stream-{}", change.id, stream.digest());
    let disable = stream.confirm_path(Action::Disable);
    let (id, may_change) = (change.id.clone(), viewer.may_change);
    let is_slow = change.state == ChangeState::Slow;
    let asks_for_other_form = may_change && change.asks_for_other_form;
    let is_waiting = may_change && change.is_waiting;
    let is_closable = may_change && change.can_be_closed;
    let is_provable = may_change && change.can_be_proven;
    let is_requested = change.rungs.iter().any(|rung| rung.rung == Rung::Proven);
    let undo = row.clone().map(|row| view! { <UndoLink change=change.clone() row is_in_list=false /> });
    let needed = row.clone().map(|row| view! { <NeededKeys row /> });
    let again = row.as_ref().and_then(|row| change.again_path(row)).filter(|_| may_change && !asks_for_other_form);
    view! {
        <Title text=title />
        <LivePage moves>
            <SelfRefresh address=change.path() is_wanted=change.is_active() />
            <div class="title-line">
                <h1>{heading}</h1> <span class="change-action">{change.what.clone()}</span>
                <span class="spacer"></span> {undo}
            </div>
            <Mistake mistake />
            <TargetLine stream=stream.clone() target />
            {asks_for_other_form.then(|| view! {
                <p><a href=disable>"Disable encryption with another form of the key"</a></p>
            })}
            <Progress change=change.clone() row=row.clone() viewer=viewer.clone() />
            {again.map(|path| view! { <p><a href=path>"Start a new change like this one"</a></p> })}
            {is_waiting.then(|| view! { <CancelForm id=id.clone() /> })}
            {needed}
            {is_closable.then(|| view! { <CloseForm id=id.clone() mistake typed=typed_reason /> })}
            {is_slow.then(|| view! { <WhatToCheck checks /> })}
            {is_provable.then(|| view! { <ProofForms id mistake is_requested /> })}
            <div class="columns">
                <section aria-labelledby="this-change">
                    <h2 id="this-change">"This change"</h2>
                    <Facts change pace now=viewer.now />
                </section>
                <section aria-labelledby="stream-now">
                    <h2 id="stream-now">"Stream now"</h2>
                    <StreamNow stream row stream_created viewer />
                </section>
            </div>
            <Support text=support />
        </LivePage>
    }
}
