//! What the status region says of a user's own change.

use leptos::prelude::*;

use super::Undo;
use crate::view::{change_card::ChangeCard, change_state};

/// One paragraph: the stream, how the change stands, a link to it, and Undo where that is possible. Pages that show the
/// same hide the links: `data-hide-on` names their paths.
#[component]
pub fn Announcement(change: ChangeCard, may_change: bool) -> impl IntoView {
    let (of_change, of_stream) = (change.path(), change.stream().path());
    let undo = (may_change && change.can_be_undone).then(|| {
        let hide_on = format!("{of_change} {of_stream}");
        view! { <span data-hide-on=hide_on><Undo href=change.undo_path() of=None /></span> }
    });
    let tone = change_state::tone(change.state);
    view! {
        <p class=tone.class() data-change=change.id>
            {format!("{}: {} ", change.arn.name, change.standing)}
            <a href=of_change.clone() data-hide-on=of_change>"See the change"</a>
            {undo}
        </p>
    }
}
