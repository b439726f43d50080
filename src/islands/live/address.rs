//! The addresses of event connections: what the windows show, as `/events` takes it.

use std::collections::BTreeSet;

use super::{parts::Shown, windows::Member};

/// The most rows and other parts of one connection. Proxies take addresses of 8 KiB.
const MOST_PARTS: usize = 500;

/// Divides the windows among connections that take so many parts.
pub fn connections(members: &[Member]) -> Vec<Vec<&Member>> {
    // Windows that show the same take no more room than one.
    let mut members: Vec<&Member> = members.iter().collect();
    members.sort_by(|a, b| a.shown.cmp(&b.shown));
    let mut connections: Vec<Vec<&Member>> = Vec::new();
    let mut parts = usize::MAX;
    let mut before = None;
    for member in members {
        let own = if before == Some(&member.shown) { 0 } else { member.shown.size() };
        before = Some(&member.shown);
        if parts.saturating_add(own) > MOST_PARTS {
            connections.push(Vec::new());
            parts = 0;
        }
        parts += own;
        if let Some(connection) = connections.last_mut() {
            connection.push(member);
        }
    }
    connections
}

/// Returns the address of the events for these windows, from the oldest revision on.
pub fn address(members: &[&Member], tag: &str) -> String {
    let joined = |part: fn(&Shown) -> &String, between: &str| {
        let parts: BTreeSet<&str> = members.iter().map(|member| part(&member.shown).as_str()).collect();
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(between)
    };
    let rev = members.iter().map(|member| member.rev).min().unwrap_or_default();
    let rows = joined(|shown| &shown.rows, ";");
    let parts = joined(|shown| &shown.parts, ",");
    let moves = joined(|shown| &shown.moves, ",");
    format!("/events?after={rev}&as={tag}&rows={rows}&parts={parts}&moves={moves}")
}
