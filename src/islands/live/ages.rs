//! Ages and durations that keep counting.

use js_sys::Date;
use wasm_bindgen::JsValue;
use web_sys::{Element, Event};

use super::{
    super::dom::{all, closest, data, set, write},
    state::parse_time,
};
use crate::model::time::{SECOND_MS, Timestamp, span};

/// Writes every age and every duration of the page as of `now`.
pub fn count(now: Timestamp) {
    for age in all("time.age[datetime]") {
        count_age(&age, now);
    }
    for elapsed in all("time.elapsed[datetime]") {
        if let Some(since) = time_of(&elapsed) {
            write(&elapsed, &span(now.millis_since(since)));
        }
    }
}

/// Writes an age; from some age on, or after a failed read, as "last known", in the words that came with it.
fn count_age(age: &Element, now: Timestamp) {
    let Some(at) = time_of(age) else { return };
    let stale_after = data(age, "data-stale-after").parse::<i64>().ok();
    let is_old = stale_after.is_some_and(|seconds| now.millis_since(at) > seconds.saturating_mul(SECOND_MS));
    let is_stale = is_old || age.has_attribute("data-failed");
    // Fails only for malformed class names.
    let _ = age.class_list().toggle_with_force("stale", is_stale);
    let words = if is_stale { data(age, "data-stale") } else { String::new() };
    write(age, &format!("{words}{}", at.age(now)));
}

/// Gives a time that somebody points at its local time and its full date, on hover.
pub fn tell_local_time(pointed: &Event) {
    let Some(time) = closest(pointed, "time[datetime]") else { return };
    let date = Date::new(&data(&time, "datetime").into());
    if let Some(at) = time_of(&time) {
        let local = String::from(date.to_locale_string("default", &JsValue::UNDEFINED));
        set(&time, "title", &format!("{} \u{b7} {local}", at.date_and_clock()));
    }
}

fn time_of(element: &Element) -> Option<Timestamp> {
    parse_time(&data(element, "datetime"))
}
