//! The addresses of event connections: what the windows show, as `/events` takes it.

use std::collections::BTreeSet;

use super::{parts::Shown, windows::Member};

/// The most rows and other parts of one connection. Proxies take addresses of 8 KiB.
const MOST_PARTS: usize = 500;
/// The most connections of one browser, which opens at most six to a server: enough are left for everything else.
const MOST_CONNECTIONS: usize = 3;

/// Divides the windows among connections that take so many parts. If there is no room, the parts of some windows are
/// left out: those hear of everything that moves, but have to fetch it.
pub fn connections(members: &[Member]) -> Vec<Vec<Member>> {
    // Windows that show the same take no more room than one.
    let mut members = members.to_vec();
    members.sort_by(|a, b| a.shown.cmp(&b.shown));
    let mut connections: Vec<Vec<Member>> = Vec::new();
    let mut parts = usize::MAX;
    let (mut before, mut is_left_out) = (None, false);
    for mut member in members {
        let is_shown_already = before.as_ref() == Some(&member.shown) && !is_left_out;
        let own = if is_shown_already { 0 } else { member.shown.size() };
        before = Some(member.shown.clone());
        is_left_out = false;
        if parts.saturating_add(own) <= MOST_PARTS {
            parts += own;
        } else if connections.len() < MOST_CONNECTIONS {
            connections.push(Vec::new());
            parts = own;
        } else {
            is_left_out = true;
            member.shown = Shown { moves: member.shown.moves, ..Shown::default() };
        }
        if let Some(connection) = connections.last_mut() {
            connection.push(member);
        }
    }
    connections
}

/// Returns the address of the events for these windows, from the oldest revision on.
pub fn address(members: &[Member], tag: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    /// What a proxy takes.
    const LONGEST_ADDRESS: usize = 8 * 1024;

    /// A window with a list of 100 rows that has this number.
    fn window(list: usize) -> Member {
        let rows: Vec<String> = (0..100).map(|row| format!("{:012x}", 1_000 * list + row)).collect();
        let shown = Shown {
            rows: format!(":{}", rows.join(",")),
            parts: "counts-all,targets-word".to_owned(),
            moves: "list".to_owned(),
        };
        Member { shown, rev: 7, seen_at: Timestamp::from_millis(0) }
    }

    #[test]
    fn windows_with_the_same_list_take_no_more_room_than_one() {
        assert_eq!(connections(&vec![window(1); 20]).len(), 1);
        let four: Vec<Member> = (0..4).map(window).collect();
        assert_eq!(connections(&[four.clone(), four].concat()).len(), 1);
    }

    #[test]
    fn many_windows_leave_connections_for_everything_else() {
        // Each twice, so that one of them is left out twice.
        let windows: Vec<Member> = (0..30).chain(0..30).map(window).collect();
        let connections = connections(&windows);
        assert_eq!(connections.len(), MOST_CONNECTIONS);
        assert_eq!(connections.iter().map(Vec::len).sum::<usize>(), windows.len());
        for connection in &connections {
            let address = address(connection, "tag");
            assert!(address.len() < LONGEST_ADDRESS && address.ends_with("&moves=list"), "{}", address.len());
        }
        let with_rows = connections.iter().flatten().filter(|member| !member.shown.rows.is_empty()).count();
        assert_eq!(with_rows, 2 * 4 * MOST_CONNECTIONS);
    }
}
