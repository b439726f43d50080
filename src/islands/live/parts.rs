//! Putting what events bring into the page.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTemplateElement};

use super::super::dom::{all, by_id, data, elements, fill_from, id_of, members, merge_part, set, toggle};

/// Parses markup of the server into its elements. In a template, rows of tables may stand alone.
pub fn elements_of(html: &str) -> Vec<Element> {
    let template =
        document().create_element("template").ok().and_then(|made| made.dyn_into::<HtmlTemplateElement>().ok());
    let Some(template) = template else { return Vec::new() };
    template.set_inner_html(html);
    members(&template.content().children())
}

/// Merges the live parts that an event brings, and marks what moved for a moment.
pub fn merge_parts(html: &str) {
    for part in elements_of(html) {
        let Some(shown) = by_id(&id_of(&part)) else { continue };
        let before = states_of(&shown);
        if merge_part(&shown, &part) {
            toggle(&shown, "data-moved", states_of(&shown) != before);
        }
    }
}

/// Returns the states that a part shows, in the server's words.
fn states_of(part: &Element) -> Vec<String> {
    let states = part.query_selector_all(".label, .state").map(|found| elements(&found)).unwrap_or_default();
    states.iter().filter_map(|state| state.text_content()).collect()
}

/// Shows what happened to the user's own changes in the status region, the newest first. `html` has one paragraph for
/// each. Those that the region has in the same words already are left out; others replace what it has of the same
/// change, and of anything but changes.
pub fn announce(html: &str) {
    let Some(region) = by_id("announcer") else { return };
    let news: Vec<Element> = elements_of(html).into_iter().filter(|piece| !is_shown(&region, piece)).collect();
    if news.is_empty() {
        return;
    }
    let change = |piece: &Element| data(piece, "data-change");
    for shown in members(&region.children()) {
        if change(&shown).is_empty() || news.iter().any(|piece| change(piece) == change(&shown)) {
            shown.remove();
        }
    }
    for piece in news {
        // Fails only for a node that holds the region.
        let _ = region.insert_before(&piece, region.first_child().as_ref());
    }
    hide_own_links();
}

/// Announces a change that was just recorded, unless news of it has overtaken the answer to its form.
pub fn announce_recorded(change: &str, html: &str) {
    let is_overtaken = all("#announcer [data-change]").iter().any(|shown| data(shown, "data-change") == change);
    if !is_overtaken {
        announce(html);
    }
}

/// Puts a sentence that the page brought along into the status region.
pub fn say(template: &str) {
    fill_from(by_id(template), by_id("announcer"));
}

fn is_shown(region: &Element, piece: &Element) -> bool {
    let change = data(piece, "data-change");
    let mut shown = members(&region.children()).into_iter();
    shown.any(|shown| data(&shown, "data-change") == change && shown.text_content() == piece.text_content())
}

/// Hides links of the status region to the page that it is on, and all of what that page shows itself: it is still read
/// out.
pub fn hide_own_links() {
    let path = window().location().pathname().unwrap_or_default();
    for piece in all("#announcer [data-change]") {
        let is_own = path == format!("/changes/{}", data(&piece, "data-change"));
        // Fails only for malformed class names.
        let _ = piece.class_list().toggle_with_force("visually-hidden", is_own);
    }
    for link in all("#announcer [data-hide-on]") {
        let is_own = data(&link, "data-hide-on").split(' ').any(|place| place == path);
        toggle(&link, "hidden", is_own);
    }
}

/// What the page shows, as `/events` takes it: its rows with their columns, its other live parts, and what concerns it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// Digests of streams with commas between them, after the extra columns and a colon; empty without rows.
    pub rows: String,
    /// Ids of live parts with commas between them.
    pub parts: String,
    /// Words of `moved` events with commas between them.
    pub moves: String,
}

impl Shown {
    /// Returns about how many rows' space this takes in an address.
    pub fn size(&self) -> usize {
        // An id of another part is as long as two digests.
        self.rows.split(',').count() + 2 * self.parts.split(',').count()
    }

    /// Looks at the page.
    pub fn of_page() -> Self {
        let ids: Vec<String> = all("[data-live]").iter().map(id_of).collect();
        let rows: Vec<&str> = ids.iter().filter_map(|id| id.strip_prefix("row-")).collect();
        let parts: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !id.starts_with("row-")).collect();
        let columns = all("tr[data-live]").first().map(|row| data(row, "data-cols")).unwrap_or_default();
        let moves = by_id("live-page").map(|page| data(&page, "data-moves")).unwrap_or_default();
        Self {
            rows: if rows.is_empty() { String::new() } else { format!("{columns}:{}", rows.join(",")) },
            parts: parts.join(","),
            moves: moves.replace(' ', ","),
        }
    }
}

/// Hides what stands in for live updates until they run.
pub fn hide_stand_ins() {
    for element in all("[data-when=not-live]") {
        set(&element, "data-shown", "");
        toggle(&element, "hidden", true);
    }
}
