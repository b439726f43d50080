//! Rows of the list. Pages and events share one rendering of each.

use std::sync::Arc;

use leptos::prelude::*;

use super::FragmentCache;
use crate::{
    components::{StreamRowView, Viewer},
    model::{
        inventory::StreamRow,
        list::ExtraColumn,
        time::{SECOND_MS, Timestamp},
    },
    server::web::marks,
    view::needed_keys,
};

/// Returns the markup of rows with these optional columns, one after the other.
pub fn rows(rows: &[Arc<StreamRow>], columns: &[ExtraColumn], viewer: &Viewer, cache: &FragmentCache) -> String {
    let mut markup = String::new();
    for shown in rows {
        let words = words_of_time(shown, columns, viewer);
        markup.push_str(
            &cache
                .get(key(shown, columns, viewer.may_change), shown, Some(words), || markup_of(shown, columns, viewer)),
        );
    }
    markup
}

/// Returns the markup of a row for an island, which counts ages on from any time.
pub fn counting_row<'a>(
    row: &Arc<StreamRow>,
    columns: &[ExtraColumn],
    may_change: bool,
    viewer: impl FnOnce() -> &'a Viewer,
    cache: &FragmentCache,
) -> Arc<str> {
    cache.get(key(row, columns, may_change), row, None, || markup_of(row, columns, viewer()))
}

fn key(row: &StreamRow, columns: &[ExtraColumn], may_change: bool) -> String {
    format!("row-{} {may_change} {}", row.id.digest(), ExtraColumn::joined(columns))
}

fn markup_of(row: &StreamRow, columns: &[ExtraColumn], viewer: &Viewer) -> String {
    marks::left_out(&view! { <StreamRowView row cols=columns viewer /> }.to_html())
}

/// Returns all that a row says about the present: its ages, whether it is stale, and which keys are still needed.
fn words_of_time(row: &StreamRow, columns: &[ExtraColumn], viewer: &Viewer) -> String {
    let stale_after = viewer.stale_after(&row.id);
    let age = |at: Option<Timestamp>| {
        at.map_or_else(String::new, |at| {
            format!("{} {}", at.age(viewer.now), viewer.now.millis_since(at) > stale_after)
        })
    };
    let mut words = format!(
        "{} {} {}",
        stale_after / SECOND_MS,
        age(row.read_at),
        age(row.status.as_ref().map(|status| status.at))
    );
    if columns.contains(&ExtraColumn::NeededKeys) {
        words.push_str(&needed_keys::list(row, viewer.now));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{list::tests::row as known, stream::encryption::EncryptionState, time::DAY_MS};

    #[test]
    fn a_kept_row_grows_old_and_never_shows_another_version_or_what_others_see() {
        let cache = FragmentCache::default();
        let viewer = |seconds: i64| Viewer {
            now: Timestamp::from_millis(seconds * SECOND_MS),
            may_change: true,
            ..Viewer::default()
        };
        let shown = known("orders-prod", EncryptionState::Encrypted, "ACTIVE");
        let row = |columns: &[ExtraColumn], viewer| rows(std::slice::from_ref(&shown), columns, &viewer, &cache);
        let first = row(&[], viewer(6));
        assert!(first.contains(">6 s ago<") && first.contains("Disable"), "{first}");
        let unneeded = || -> &Viewer { panic!("rendered again") };
        assert_eq!(*counting_row(&shown, &[], true, unneeded, &cache), *first);
        let later = row(&[], viewer(7));
        assert!(later.contains(">7 s ago<"), "{later}");
        let stale = row(&[], viewer(DAY_MS / SECOND_MS));
        assert!(stale.contains("last known 1 d ago"), "{stale}");
        let others = row(&[], Viewer { may_change: false, ..viewer(7) });
        assert!(!others.contains("Disable"), "{others}");
        let wider = row(&[ExtraColumn::Tags], viewer(7));
        assert!(wider.contains("team=payments"), "{wider}");
        let next = known("orders-prod", EncryptionState::NotEncrypted, "ACTIVE");
        let next = rows(&[next, shown.clone()], &[], &viewer(7), &cache);
        assert!(next.contains("Not encrypted") && next.matches("<tr").count() == 2, "{next}");
    }
}
