//! Sharing one event connection among the windows of a browser: the window that holds the lock opens it for what all of
//! them show, and passes its events on.

use std::{cell::Cell, rc::Rc, time::Duration};

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

use super::{
    address::{address, connections},
    parts::Shown,
    source::Source,
    state::LiveState,
    windows::Member,
};
use crate::{
    islands::dom::listen,
    model::time::{SECOND_MS, Timestamp},
};

/// When a window gets the lock.
#[derive(Clone, Copy)]
enum Turn {
    /// After the window that holds it.
    Next,
    /// At once, taken from the window that holds it.
    Now,
}

/// How often a window says that it is still there, and how long one counts without that.
const HELLO_EVERY_S: u32 = 15;
const MEMBER_FOR_MS: i64 = 50 * SECOND_MS;

impl LiveState {
    /// Opens the channel to the other windows.
    pub(super) fn listen_to_windows(self: &Rc<Self>) {
        let channel = BroadcastChannel::new(&self.windows.name.borrow()).ok();
        if let Some(channel) = &channel {
            let live = self.clone();
            listen(channel, "message", move |event: MessageEvent| {
                let message: Vec<String> =
                    Array::from(&event.data()).iter().filter_map(|part| part.as_string()).collect();
                live.take_message(&message.iter().map(String::as_str).collect::<Vec<_>>());
            });
        }
        if let Some(former) = self.windows.channel.replace(channel) {
            former.close();
        }
    }

    /// Follows another session's or other rights' windows from now on.
    pub(super) fn change_windows(self: &Rc<Self>, tag: &str) {
        self.windows.leave();
        self.windows.name.replace(format!("keystream {tag} {}", self.version));
        self.tag.replace(tag.to_owned());
        self.listen_to_windows();
    }

    fn take_message(self: &Rc<Self>, message: &[&str]) {
        if !self.is_wanted() {
            return;
        }
        let number = |text: &str| text.parse::<i64>().ok();
        match message {
            ["who"] => self.windows_hello(),
            ["hello", id, rows, parts, moves, rev] if self.windows.is_leading.get() => {
                let shown = Shown { rows: (*rows).to_owned(), parts: (*parts).to_owned(), moves: (*moves).to_owned() };
                self.take_in(id, shown, number(rev).unwrap_or_default());
            }
            // Fewer rows than the connection brings do no harm until it is opened again.
            ["bye", id] => drop(self.windows.members.borrow_mut().remove(*id)),
            ["event", kind, data, rev] if !self.windows.is_leading.get() => self.take(kind, data, number(rev)),
            ["lost", since, next_try] if !self.windows.is_leading.get() => {
                let at = |text: &str| Timestamp::from_millis(number(text).unwrap_or_default());
                // The window that has the connection opens it again.
                self.deafen(Some(at(next_try)));
                self.show_gap(at(since), Some(at(next_try)));
            }
            _ => {}
        }
    }

    /// Passes on an event of this window's connection, to itself and to the others.
    pub(super) fn deliver(self: &Rc<Self>, kind: &str, data: &str, id: &str) {
        self.windows.post(&["event", kind, data, id]);
        let rev = id.parse().ok();
        for member in self.windows.members.borrow_mut().values_mut() {
            member.rev = member.rev.max(rev.unwrap_or_default());
        }
        self.take(kind, data, rev);
    }

    /// Says what this window shows.
    pub(super) fn windows_hello(self: &Rc<Self>) {
        if !self.is_wanted() {
            return;
        }
        let (shown, rev) = (self.shown.borrow().clone(), self.rev.get());
        if self.windows.is_leading.get() {
            return self.take_in(&self.windows.id.clone(), shown, rev);
        }
        let Shown { rows, parts, moves } = &shown;
        self.windows.post(&["hello", &self.windows.id, rows, parts, moves, &rev.to_string()]);
    }

    /// Takes part in the events of the windows, and asks for the lock.
    pub(super) fn join(self: &Rc<Self>) {
        self.windows_hello();
        if self.windows.is_leading.get() || self.windows.request.borrow().is_some() {
            return;
        }
        self.deafen(Some(self.time()));
        let has_channel = self.windows.channel.borrow().is_some();
        if !has_channel || self.request_lock(Turn::Next).is_none() {
            self.lead(None);
        }
    }

    /// Takes the connection away from a window that holds the lock and passes nothing on.
    pub(super) fn take_over(self: &Rc<Self>) {
        if let Some(waiting) = self.windows.request.take() {
            waiting.abort();
        }
        // Windows without locks lead themselves.
        let _ = self.request_lock(Turn::Now);
    }

    /// Asks for the lock; `None` where the browser has none. The lock is held until the promise that the callback
    /// returns is resolved, or another window takes it over.
    fn request_lock(self: &Rc<Self>, turn: Turn) -> Option<()> {
        let locks = Reflect::get(window().navigator().as_ref(), &"locks".into()).ok()?;
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        let abort = AbortController::new().ok()?;
        let options = Object::new();
        // A browser takes either.
        match turn {
            Turn::Next => Reflect::set(&options, &"signal".into(), &abort.signal()).ok()?,
            Turn::Now => Reflect::set(&options, &"steal".into(), &JsValue::TRUE).ok()?,
        };
        let (live, is_granted) = (self.clone(), Rc::new(Cell::new(false)));
        let granted = is_granted.clone();
        let grant = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
            live.windows.request.take();
            if !live.is_wanted() {
                return JsValue::UNDEFINED;
            }
            granted.set(true);
            Promise::new(&mut |resolve, _| live.lead(Some(resolve))).into()
        });
        let name = JsValue::from_str(&self.windows.name.borrow());
        let held: Promise = request.call3(&locks, &name, &options, &grant).ok()?.dyn_into().ok()?;
        self.windows.request.replace(Some(abort));
        let live = self.clone();
        spawn_local(async move {
            // Also fails when the request is taken back, which means nothing.
            if JsFuture::from(held).await.is_err() && is_granted.get() {
                live.lose_turn();
            }
        });
        Some(())
    }

    /// Follows the window that has taken over, after it has waited for this one for too long.
    fn lose_turn(self: &Rc<Self>) {
        if self.windows.is_leading.get() {
            self.windows.leave();
            self.follow();
        }
    }

    /// Takes over the connection for all windows.
    fn lead(self: &Rc<Self>, end_turn: Option<Function>) {
        self.windows.is_leading.set(true);
        self.windows.end_turn.replace(end_turn);
        self.windows_hello();
        self.windows.post(&["who"]);
        self.reconnect();
    }

    /// Notes what a window shows, and opens the connection again if that is new.
    fn take_in(self: &Rc<Self>, id: &str, shown: Shown, rev: i64) {
        let member = Member { shown, rev, seen_at: self.time() };
        let known = self.windows.members.borrow_mut().insert(id.to_owned(), member.clone());
        if known.is_none_or(|known| known.shown != member.shown) {
            self.reconnect();
        }
    }

    /// Says every some seconds that this window is still there, and forgets those that don't.
    pub(super) fn windows_tick(self: &Rc<Self>) {
        self.windows.ticks.set(self.windows.ticks.get().wrapping_add(1));
        if self.windows.ticks.get().is_multiple_of(HELLO_EVERY_S) && self.is_wanted() {
            self.windows_hello();
            let now = self.time();
            let mut members = self.windows.members.borrow_mut();
            members.retain(|id, member| *id == self.windows.id || now.millis_since(member.seen_at) < MEMBER_FOR_MS);
        }
    }

    /// Opens the connection again, for what all windows show; once for all that happens at the same time.
    pub(super) fn reconnect(self: &Rc<Self>) {
        if !self.windows.is_leading.get() || self.windows.is_opening.replace(true) {
            return;
        }
        let live = self.clone();
        set_timeout(
            move || {
                live.windows.is_opening.set(false);
                if live.windows.is_leading.get() && live.is_wanted() {
                    live.open_sources();
                }
            },
            Duration::from_millis(20),
        );
    }

    fn open_sources(self: &Rc<Self>) {
        let members: Vec<Member> = self.windows.members.borrow().values().cloned().collect();
        self.windows.sources.borrow_mut().clear();
        self.deafen(Some(self.time()));
        let tag = self.tag.borrow().clone();
        let connections = connections(&members);
        let opened = connections.iter().filter_map(|members| self.open_source(&address(members, &tag))).collect();
        self.windows.sources.replace(opened);
    }

    fn open_source(self: &Rc<Self>, address: &str) -> Option<Source> {
        let (live, losing) = (self.clone(), self.clone());
        let heard_at = Rc::new(Cell::new(self.time()));
        let hearing = heard_at.clone();
        let on_event = move |kind: &str, data: &str, id: &str| {
            hearing.set(live.time());
            live.deliver(kind, data, id);
        };
        let on_end = move |is_refused| {
            losing.deafen(None);
            losing.lose(losing.time(), is_refused);
        };
        Source::open(address, heard_at, on_event, on_end)
    }
}
