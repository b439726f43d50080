//! How many event connections are open, by session and by user.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use crate::server::adapters::metrics::families::EVENT_CONNECTIONS;

/// The most open event connections of one session.
pub const MOST_OF_A_SESSION: usize = 6;
/// The most of all sessions of one user.
pub const MOST_OF_A_USER: usize = 24;

/// The places of open event connections.
#[derive(Debug, Clone, Default)]
pub struct EventConnections(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    of_sessions: HashMap<String, usize>,
    of_users: HashMap<String, usize>,
}

/// Why there is no place for another event connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// Six of the session are open.
    OfSession,
    /// Too many of the user's sessions are open.
    OfUser,
}

impl EventConnections {
    /// Takes a place for one more event connection.
    ///
    /// # Errors
    /// If the session or the user has none left.
    pub fn take(&self, session: &str, user_id: &str) -> Result<EventConnection, NoPlace> {
        let mut open = self.0.lock();
        let is_full = |places: &HashMap<String, usize>, key: &str, most: usize| {
            places.get(key).is_some_and(|taken| *taken >= most)
        };
        if is_full(&open.of_sessions, session, MOST_OF_A_SESSION) {
            return Err(NoPlace::OfSession);
        }
        if is_full(&open.of_users, user_id, MOST_OF_A_USER) {
            return Err(NoPlace::OfUser);
        }
        *open.of_sessions.entry(session.to_owned()).or_default() += 1;
        *open.of_users.entry(user_id.to_owned()).or_default() += 1;
        metrics::gauge!(EVENT_CONNECTIONS.name).increment(1.0);
        Ok(EventConnection { session: session.to_owned(), user_id: user_id.to_owned(), places: self.clone() })
    }
}

/// The place of an event connection, released when dropped.
#[derive(Debug)]
pub struct EventConnection {
    session: String,
    user_id: String,
    places: EventConnections,
}

impl Drop for EventConnection {
    fn drop(&mut self) {
        let mut open = self.places.0.lock();
        release(&mut open.of_sessions, &self.session);
        release(&mut open.of_users, &self.user_id);
        metrics::gauge!(EVENT_CONNECTIONS.name).decrement(1.0);
    }
}

fn release(places: &mut HashMap<String, usize>, key: &str) {
    if let Some(taken) = places.get_mut(key) {
        *taken -= 1;
        if *taken == 0 {
            places.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_six_places_and_a_user_24() {
        let connections = EventConnections::default();
        let mut six: Vec<_> = (0..6).map(|_| connections.take("a", "anna").unwrap()).collect();
        assert_eq!(connections.take("a", "anna").unwrap_err(), NoPlace::OfSession);
        let mut others = Vec::new();
        for session in ["b", "c", "d"] {
            others.extend((0..6).map(|_| connections.take(session, "anna").unwrap()));
        }
        assert_eq!(connections.take("e", "anna").unwrap_err(), NoPlace::OfUser);
        assert!(connections.take("f", "berta").is_ok(), "another user's");
        six.pop();
        assert!(connections.take("a", "anna").is_ok() && connections.take("e", "anna").is_ok());
        drop((six, others));
        let open = connections.0.lock();
        assert!(open.of_sessions.is_empty() && open.of_users.is_empty(), "nothing is kept of those without one");
    }
}
