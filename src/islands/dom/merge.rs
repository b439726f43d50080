//! Merging newer markup of the server into the page: what is equal stays untouched, so that focus, selection, open
//! details and typed text survive. What a translator or an extension changed differs from the server's markup, and is
//! healed. What is new moves from the newer markup into the page.

use std::collections::HashMap;

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, Node};

use super::{data, focus};

/// Merges the newer state of an element into the page, with everything in it.
pub fn merge(shown: &Element, newer: &Element) {
    let focused = document().active_element();
    merge_element(shown, newer);
    // A node that moves loses the focus.
    if let Some(focused) = focused.filter(|focused| focused.is_connected())
        && document().active_element().as_ref() != Some(&focused)
    {
        focus(&focused);
    }
}

/// Merges a live part into the page, unless the page shows a later state of it. Returns whether it did.
pub fn merge_part(shown: &Element, newer: &Element) -> bool {
    // The same row may be shown with other columns in another window.
    let is_same_kind = data(shown, "data-cols") == data(newer, "data-cols");
    if !is_same_kind || !shown.has_attribute("data-live") || rev(shown) > rev(newer) {
        return false;
    }
    merge(shown, newer);
    true
}

/// Writes a text, unless it is there already. Only the data of a text node changes, so that selections stay.
pub fn write(node: &Node, text: &str) {
    if node.text_content().as_deref() == Some(text) {
        return;
    }
    match node.first_child() {
        Some(only) if only.node_type() == Node::TEXT_NODE && only.next_sibling().is_none() => {
            only.set_node_value(Some(text));
        }
        Some(_) => node.set_text_content(Some(text)),
        None if node.node_type() == Node::TEXT_NODE => node.set_node_value(Some(text)),
        None => node.set_text_content(Some(text)),
    }
}

fn rev(element: &Element) -> i64 {
    data(element, "data-rev").parse().unwrap_or(0)
}

fn merge_element(shown: &Element, newer: &Element) {
    if shown.has_attribute("data-keep") || shown.is_equal_node(Some(newer)) {
        return;
    }
    if shown.has_attribute("data-live") && rev(shown) > rev(newer) {
        return;
    }
    merge_attributes(shown, newer);
    merge_children(shown, newer);
}

fn merge_attributes(shown: &Element, newer: &Element) {
    let is_kept = |name: &str| match name {
        // Opened or closed by the person who looks at it.
        "open" => true,
        "hidden" | "data-shown" => shown.has_attribute("data-shown"),
        _ => false,
    };
    for name in shown.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        if !newer.has_attribute(&name) && !is_kept(&name) {
            // Fails only for malformed names.
            let _ = shown.remove_attribute(&name);
        }
    }
    for name in newer.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        if !is_kept(&name) {
            super::set(shown, &name, &data(newer, &name));
        }
    }
}

fn merge_children(shown: &Element, newer: &Element) {
    let by_id = |nodes: &[Node]| -> HashMap<String, Node> {
        nodes.iter().filter_map(|node| Some((id_of(node)?, node.clone()))).collect()
    };
    let (present, coming) = (children(shown), children(newer));
    let (known, staying) = (by_id(&present), by_id(&coming));
    // Nothing stays, as when a filter selects other rows: one after the other would take longer.
    if !present.is_empty() && known.len() == present.len() && !known.keys().any(|id| staying.contains_key(id)) {
        return shown.replace_children_with_node(&coming.iter().collect());
    }
    let mut at = next_of(shown.first_child());
    for (place, child) in coming.iter().enumerate() {
        // Those that are gone go first, so that those that stay needn't move.
        while let Some(gone) = at.clone().filter(|node| id_of(node).is_some_and(|id| !staying.contains_key(&id))) {
            at = next_of(gone.next_sibling());
            remove(shown, &gone);
        }
        let same = match id_of(child) {
            Some(id) => known.get(&id).cloned(),
            None => counterpart(at.as_ref(), &coming[place..]),
        };
        match same {
            Some(same) if id_of(child).is_none() => {
                // What lies between has gone.
                while let Some(gone) = at.clone().filter(|node| *node != same) {
                    at = next_of(gone.next_sibling());
                    remove(shown, &gone);
                }
                at = next_of(same.next_sibling());
                merge_node(shown, &same, child);
            }
            Some(same) => {
                if at.as_ref() == Some(&same) {
                    at = next_of(same.next_sibling());
                } else {
                    insert(shown, &same, at.as_ref());
                }
                merge_node(shown, &same, child);
            }
            None => insert(shown, child, at.as_ref()),
        }
    }
    while let Some(gone) = at {
        at = next_of(gone.next_sibling());
        remove(shown, &gone);
    }
}

/// Returns the node that the first of the coming ones, which has no id, replaces: the next one that looks the same, or
/// else the next one of its kind, unless that looks like one that comes later.
fn counterpart(at: Option<&Node>, coming: &[Node]) -> Option<Node> {
    let (child, later) = coming.split_first()?;
    let mut candidate = at.cloned();
    while let Some(node) = candidate.filter(|node| id_of(node).is_none()) {
        if looks(&node) == looks(child) {
            return Some(node);
        }
        candidate = next_of(node.next_sibling());
    }
    let is_of_kind = |node: &&Node| id_of(node).is_none() && node.node_name() == child.node_name();
    at.filter(is_of_kind).filter(|node| !later.iter().any(|later| looks(later) == looks(node))).cloned()
}

/// Returns what tells siblings without an id apart.
fn looks(node: &Node) -> (String, String) {
    (node.node_name(), node.dyn_ref::<Element>().map(|element| data(element, "class")).unwrap_or_default())
}

/// Returns a node, or the first after it that isn't a comment: those only mark places for rendering.
fn next_of(node: Option<Node>) -> Option<Node> {
    let mut node = node;
    while let Some(comment) = node.clone().filter(|node| node.node_type() == Node::COMMENT_NODE) {
        node = comment.next_sibling();
    }
    node
}

fn merge_node(parent: &Element, shown: &Node, newer: &Node) {
    match (shown.dyn_ref::<Element>(), newer.dyn_ref::<Element>()) {
        (Some(shown), Some(newer)) if shown.node_name() == newer.node_name() => merge_element(shown, newer),
        (None, None) => write(shown, &newer.text_content().unwrap_or_default()),
        // Fails only if another script took the node away in the meantime; then there is nothing to do.
        _ => drop(parent.replace_child(newer, shown)),
    }
}

fn id_of(node: &Node) -> Option<String> {
    node.dyn_ref::<Element>().map(super::id_of).filter(|id| !id.is_empty())
}

fn children(element: &Element) -> Vec<Node> {
    let nodes = element.child_nodes();
    let nodes = (0..nodes.length()).filter_map(|at| nodes.item(at));
    nodes.filter(|node| node.node_type() != Node::COMMENT_NODE).collect()
}

// Both fail only if another script took the node away in the meantime; then there is nothing to do.
fn insert(parent: &Element, node: &Node, before: Option<&Node>) {
    let _ = parent.insert_before(node, before);
}

fn remove(parent: &Element, node: &Node) {
    let _ = parent.remove_child(node);
}
