//! The event source.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use super::state::Live;
use crate::api;

/// An open event source; closes when dropped.
pub struct Source {
    source: EventSource,
    live: Live,
    /// Kept alive as long as the source may call them.
    _listeners: [Closure<dyn FnMut(MessageEvent)>; 4],
}

impl Source {
    /// Opens `/events` from the page's revision on; `None` where the browser has no event sources.
    pub fn open(live: Live, view: &str) -> Option<Self> {
        let source = EventSource::new(&format!("/events?after={}&rows={view}", live.rev.get_value())).ok()?;
        live.heard_at.set_value(Some(live.time()));
        live.has_spoken.set_value(false);
        let heartbeat =
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match event.data().as_string() {
                Some(version) if live.version.with_value(|own| *own != version) => live.end_outdated(),
                _ => live.heard(),
            });
        let frame = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            match event.data().as_string().as_deref().map(api::wire::read) {
                Some(Ok(frame)) => {
                    live.heard();
                    live.take(frame);
                }
                _ => live.end_outdated(),
            }
        });
        let closing = source.clone();
        let reset = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
            closing.close();
            live.heard_at.set_value(None);
            live.lose(live.time(), true);
        });
        let failing = source.clone();
        let failed = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
            // The browser would reconnect by itself after a break, but wouldn't say when.
            let is_refused = failing.ready_state() == EventSource::CLOSED;
            failing.close();
            live.heard_at.set_value(None);
            live.lose(live.time(), is_refused);
        });
        for (name, listener) in [("heartbeat", &heartbeat), ("frame", &frame), ("reset", &reset), ("error", &failed)] {
            source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref()).ok()?;
        }
        Some(Self { source, live, _listeners: [heartbeat, frame, reset, failed] })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
        self.live.heard_at.try_set_value(None);
    }
}
