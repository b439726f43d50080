//! The event source.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use crate::model::time::Timestamp;

/// The events that the server sends.
const EVENTS: [&str; 5] = ["heartbeat", "fragments", "moved", "announce", "reset"];

/// An open event source; closes when dropped.
pub struct Source {
    source: EventSource,
    /// When its last event arrived, or it was opened.
    heard_at: Rc<Cell<Timestamp>>,
    /// Kept alive as long as the source may call them.
    _listeners: Vec<Closure<dyn FnMut(MessageEvent)>>,
}

impl Source {
    /// Opens an event source; `None` where the browser has none. `heard_at` is when it last heard something; `on_event`
    /// gets each event's name, data and id; `on_end` gets whether the server refused the connection, rather than it
    /// broke.
    pub fn open(
        address: &str,
        heard_at: Rc<Cell<Timestamp>>,
        on_event: impl Fn(&str, &str, &str) + Clone + 'static,
        on_end: impl Fn(bool) + 'static,
    ) -> Option<Self> {
        let source = EventSource::new(address).ok()?;
        let mut listeners = Vec::new();
        for kind in EVENTS {
            let on_event = on_event.clone();
            let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let data = event.data().as_string().unwrap_or_default();
                on_event(kind, &data, &event.last_event_id());
            });
            source.add_event_listener_with_callback(kind, listener.as_ref().unchecked_ref()).ok()?;
            listeners.push(listener);
        }
        let failing = source.clone();
        let failed = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
            // The browser would reconnect by itself after a break, but wouldn't say when.
            let is_refused = failing.ready_state() == EventSource::CLOSED;
            failing.close();
            on_end(is_refused);
        });
        source.add_event_listener_with_callback("error", failed.as_ref().unchecked_ref()).ok()?;
        listeners.push(failed);
        Some(Self { source, heard_at, _listeners: listeners })
    }

    pub fn heard_at(&self) -> Timestamp {
        self.heard_at.get()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
    }
}
