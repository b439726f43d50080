//! Parts of a page that update themselves.

use leptos::prelude::*;

/// Draws `what` and, in the browser, redraws it whenever it changes. On the server it is drawn once, without the memo
/// and the closure that would track it: they were most of the cost of a page of 50 rows.
pub fn drawn<T>(what: impl Fn() -> T + Send + Sync + 'static, draw: impl Fn(T) -> AnyView + Send + 'static) -> AnyView
where
    T: PartialEq + Clone + Send + Sync + 'static,
{
    if cfg!(feature = "ssr") {
        return untrack(|| draw(what()));
    }
    let what = Memo::new(move |_| what());
    (move || draw(what.get())).into_any()
}
