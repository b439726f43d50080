//! Applies the server's frames.

use std::time::Duration;

use leptos::prelude::*;

use super::state::{Announcement, Live};
use crate::{
    model::inventory::StreamRow,
    view::{change_card::ChangeCard, change_state, pages::EventFrame},
};

impl Live {
    /// Applies a frame.
    pub(super) fn take(self, frame: EventFrame) {
        self.announce(&frame.changes);
        self.rev.update_value(|rev| *rev = (*rev).max(frame.rev));
        if !frame.targets.is_empty() {
            self.targets.set(frame.targets);
        }
        let is_news = frame.is_list_moved || !frame.changes.is_empty();
        if !frame.streams.is_empty() {
            let mut has_moved = false;
            self.rows.update(|rows| {
                for row in frame.streams {
                    let known = rows.get(&row.id);
                    if known.is_none_or(|known| known.rev <= row.rev) {
                        // Only a page that shows tags has them; new ones come with its next list.
                        let is_same = |known: &StreamRow| {
                            row.is_same_but_for_times(&StreamRow { tags: row.tags.clone(), ..known.clone() })
                        };
                        has_moved |= !known.is_some_and(is_same);
                        rows.insert(row.id.clone(), row);
                    }
                }
            });
            if has_moved {
                self.moved.update(|count| *count += 1);
            }
        }
        if !frame.changes.is_empty() {
            self.changes.update(|changes| {
                for change in frame.changes {
                    if changes.get(&change.id).is_none_or(|known| known.rev <= change.rev) {
                        changes.insert(change.id.clone(), change);
                    }
                }
            });
        }
        if is_news {
            self.ask_again_soon();
        }
    }

    /// Reloads the list soon. Frames update the rows in view at once; counts, order, and rows that appear or disappear
    /// follow with one request, at most every second and a half.
    pub(super) fn ask_again_soon(self) {
        if self.is_asking_soon.get_value() {
            return;
        }
        self.is_asking_soon.set_value(true);
        let ask = move || {
            self.is_asking_soon.try_set_value(false);
            self.refresh.try_update(|count| *count += 1);
        };
        set_timeout(ask, Duration::from_millis(1_500));
    }

    /// Announces a change that was just recorded, unless news of it has overtaken the answer to its form.
    pub fn announce_recorded(self, stream: &str, id: &str) {
        let href = format!("/changes/{id}");
        let is_overtaken =
            self.announcement.with_untracked(|shown| shown.as_ref().is_some_and(|shown| shown.href == href));
        if !is_overtaken {
            let text = format!("{stream}: change recorded. Keystream watches it until AWS has finished.");
            self.announcement.set(Some(Announcement { text, href, link: "See the change", ..Announcement::default() }));
        }
    }

    /// Announces in the status region what happened to the user's own changes, all in one sentence.
    pub(super) fn announce(self, moved: &[ChangeCard]) {
        let own = self.user.with_value(|user| user.as_ref().map(|user| user.name.clone()));
        let known = self.changes.get_untracked();
        let known_rev = self.rev.get_value();
        let news: Vec<&ChangeCard> = moved
            .iter()
            .filter(|change| Some(&change.actor) == own.as_ref())
            // What the page was rendered with is not news.
            .filter(|change| change.rev > known_rev)
            .filter(|change| known.get(&change.id).is_none_or(|before| before.standing != change.standing))
            .collect();
        if let Some(last) = news.last() {
            let parts: Vec<String> =
                news.iter().map(|change| format!("{}: {}", change.arn.name, change.standing)).collect();
            let undo = Some(last).filter(|last| last.can_be_undone && self.may_change()).map(|last| (*last).clone());
            let text = parts.join(" \u{b7} ");
            let (href, tone) = (last.path(), change_state::tone(last.state));
            self.announcement.set(Some(Announcement {
                text,
                href,
                link: "See the change",
                is_external: false,
                tone,
                undo,
            }));
        }
    }
}
