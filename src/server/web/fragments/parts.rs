//! The live parts of news, for one event connection.

use std::{cell::LazyCell, collections::HashSet, sync::Arc};

use leptos::prelude::*;

use super::{FragmentCache, Subscription};
use crate::{
    components::{Announcement, Count, Counted, LadderMarks, Progress, StreamState, TargetStrip, TargetsWord, Viewer},
    model::{
        access::scope::Scope,
        change::Change,
        inventory::{StreamRow, TargetHealth},
        list::Counts,
        stream::StreamId,
        time::Timestamp,
    },
    server::{
        services::inventory::{Inventory, News},
        web::marks,
    },
    view::change_card::ChangeCard,
};

/// The reader of an event connection.
#[derive(Debug)]
pub struct Audience<'a> {
    pub user_name: &'a str,
    pub scope: &'a Scope,
    pub may_change: bool,
    pub subscription: &'a Subscription,
}

/// What one delivery of news is for a connection: HTML of fragments, words of what moved, and announcements.
#[derive(Debug, Default)]
pub struct Parts {
    pub fragments: String,
    pub moved: String,
    pub announcements: String,
}

/// Renders what news are for an audience.
pub fn of_news(news: &News, to: &Audience<'_>, inventory: &Inventory, cache: &FragmentCache, now: Timestamp) -> Parts {
    let health = || match to.scope.is_everything() && !news.targets.is_empty() {
        true => news.targets.clone(),
        // A user with a limited scope must not learn how many streams there are outside it.
        false => inventory.health(to.scope),
    };
    let viewer = || Viewer { now, rev: news.rev, may_change: to.may_change, health: Arc::new(health()) };
    // Most connections get what was rendered for another one, and need none.
    let renderer = Renderer { to, viewer: LazyCell::new(viewer), cache, inventory };
    let mut parts = Parts::default();
    let rows = || news.rows.values().filter(|(row, _)| to.scope.covers(&row.id));
    for (row, _) in rows() {
        renderer.push_row(row, &mut parts.fragments);
    }
    let changes: Vec<&Arc<Change>> =
        news.changes.iter().filter(|change| to.scope.covers_arn(&change.intent.arn)).collect();
    for change in &changes {
        renderer.push_change(change, &mut parts.fragments);
    }
    let newer: Vec<&Arc<Change>> = changes.into_iter().filter(|change| change.rev > news.seen).collect();
    for change in newer.iter().filter(|change| change.intent.actor == to.user_name) {
        let card = ChangeCard::from(change.as_ref());
        parts.announcements.push_str(&html(view! { <Announcement change=card may_change=to.may_change /> }));
    }
    let has_news = rows().any(|(_, is_news)| *is_news);
    if has_news && to.subscription.has_counts() {
        renderer.push_counts(inventory.counts(to.scope), &mut parts.fragments);
    }
    if !news.targets.is_empty() {
        renderer.push_targets(&mut parts.fragments);
    }
    let moved = words(rows().filter(|(_, is_news)| *is_news).map(|(row, _)| &row.id), &newer);
    let moved: Vec<&String> = moved.iter().filter(|word| to.subscription.moves.contains(*word)).collect();
    parts.moved = moved.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ");
    parts
}

/// Returns the words for what moved: `list`, `changes`, `stream-DIGEST` and `change-ID`.
fn words<'a>(streams: impl Iterator<Item = &'a StreamId>, changes: &[&Arc<Change>]) -> HashSet<String> {
    let mut words: HashSet<String> = streams.map(|id| format!("stream-{}", id.digest())).collect();
    if !words.is_empty() {
        words.insert("list".to_owned());
    }
    for change in changes {
        words.extend([
            "changes".to_owned(),
            format!("change-{}", change.id),
            format!("stream-{}", change.stream_id().digest()),
        ]);
    }
    words
}

fn html(part: impl RenderHtml) -> String {
    marks::left_out(&part.to_html())
}

struct Renderer<'a, F: FnOnce() -> Viewer> {
    to: &'a Audience<'a>,
    viewer: LazyCell<Viewer, F>,
    cache: &'a FragmentCache,
    inventory: &'a Inventory,
}

impl<F: FnOnce() -> Viewer> Renderer<'_, F> {
    fn push_row(&self, row: &Arc<StreamRow>, fragments: &mut String) {
        let digest = row.id.digest();
        for (columns, _) in self.to.subscription.rows.iter().filter(|(_, digests)| digests.contains(&digest)) {
            fragments.push_str(&super::counting_row(row, columns, self.to.may_change, || &self.viewer, self.cache));
        }
        if self.to.subscription.parts.contains(&format!("state-{digest}")) {
            let key = format!("state-{digest}");
            let render = || html(view! { <StreamState row=row.as_ref().clone() viewer=self.viewer.clone() /> });
            fragments.push_str(&self.cache.get(key, row, None, render));
        }
    }

    fn push_change(&self, change: &Arc<Change>, fragments: &mut String) {
        let is_shown = |part: &str| self.to.subscription.parts.contains(&format!("{part}-{}", change.id));
        if is_shown("marks") {
            let render = || {
                let card = ChangeCard::from(change.as_ref());
                html(view! { <LadderMarks marks=card.marks() rev=card.rev /> })
            };
            fragments.push_str(&self.cache.get(format!("marks-{}", change.id), change, None, render));
        }
        if is_shown("ladder") {
            let render = || {
                let row = self.inventory.stream(&change.stream_id()).map(|(row, _)| row);
                let viewer = self.viewer.clone();
                html(view! { <Progress change=ChangeCard::from(change.as_ref()) row viewer /> })
            };
            fragments.push_str(&self.cache.get(format!("ladder-{}", change.id), change, None, render));
        }
    }

    fn push_counts(&self, counts: Counts, fragments: &mut String) {
        for of in Counted::ALL {
            fragments.push_str(&html(view! { <Count of counts rev=self.viewer.rev /> }));
        }
    }

    fn push_targets(&self, fragments: &mut String) {
        let health: Vec<TargetHealth> = self.viewer.health.as_ref().clone();
        fragments.push_str(&html(view! { <TargetsWord health rev=self.viewer.rev /> }));
        if self.to.subscription.parts.contains("target-strip") {
            let viewer = self.viewer.clone();
            fragments.push_str(&html(view! { <TargetStrip viewer /> }));
        }
    }
}
