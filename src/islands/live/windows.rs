//! The windows of one browser share one event connection: over HTTP/1.1, a browser opens at most six connections to a
//! server. The visible window that holds a lock has the connection, and passes events on to the others over a channel;
//! those say what they show. Where a browser has neither locks nor channels, each window has its own connection.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use js_sys::{Array, Function};
use wasm_bindgen::JsValue;
use web_sys::{AbortController, BroadcastChannel};

use super::{parts::Shown, source::Source};
use crate::model::time::Timestamp;

/// This window among the windows of its browser.
pub struct Windows {
    /// The name of this window, new with every page.
    pub id: String,
    /// The name of channel and lock: windows of one session and one build.
    pub name: RefCell<String>,
    pub channel: RefCell<Option<BroadcastChannel>>,
    /// Whether this window has the connection for all.
    pub is_leading: Cell<bool>,
    /// Gives back the lock that this window holds.
    pub end_turn: RefCell<Option<Function>>,
    /// Takes back this window's request for the lock.
    pub request: RefCell<Option<AbortController>>,
    /// What the windows show, while this one holds the lock.
    pub members: RefCell<BTreeMap<String, Member>>,
    pub sources: RefCell<Vec<Source>>,
    pub is_opening: Cell<bool>,
    pub ticks: Cell<u32>,
}

/// A window, as it said itself.
#[derive(Debug, Clone)]
pub struct Member {
    pub shown: Shown,
    pub rev: i64,
    pub seen_at: Timestamp,
}

impl Windows {
    pub fn new(tag: &str, version: &str) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any number will do")]
        let id = (js_sys::Math::random() * 1e15) as u64;
        Self {
            id: id.to_string(),
            name: RefCell::new(format!("keystream {tag} {version}")),
            channel: RefCell::default(),
            is_leading: Cell::new(false),
            end_turn: RefCell::default(),
            request: RefCell::default(),
            members: RefCell::default(),
            sources: RefCell::default(),
            is_opening: Cell::new(false),
            ticks: Cell::new(0),
        }
    }

    /// Closes the connection, hands over the lock and says goodbye.
    pub fn leave(&self) {
        self.sources.borrow_mut().clear();
        self.members.borrow_mut().clear();
        if let Some(request) = self.request.take() {
            request.abort();
        }
        self.post(&["bye", &self.id]);
        self.is_leading.set(false);
        if let Some(end_turn) = self.end_turn.take() {
            // A promise's own function doesn't throw.
            let _ = end_turn.call0(&JsValue::NULL);
        }
    }

    /// Returns when the connection that has been silent for longest last heard something; `None` without one.
    pub fn heard_at(&self) -> Option<Timestamp> {
        self.sources.borrow().iter().map(Source::heard_at).min()
    }

    /// Closes a connection that has fallen silent.
    pub fn end_silence(&self) {
        self.sources.borrow_mut().clear();
    }

    /// Tells the other windows that the connection is lost.
    pub fn tell_lost(&self, since: Timestamp, next_try: Timestamp) {
        if self.is_leading.get() {
            self.post(&["lost", &since.as_millis().to_string(), &next_try.as_millis().to_string()]);
        }
    }

    pub fn post(&self, message: &[&str]) {
        if let Some(channel) = self.channel.borrow().as_ref() {
            let message: Array = message.iter().map(|part| JsValue::from_str(part)).collect();
            // Fails only for a channel that was closed.
            let _ = channel.post_message(&message);
        }
    }
}
