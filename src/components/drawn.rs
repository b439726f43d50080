//! What moves by itself on a page.

use leptos::prelude::*;

/// Draws `what` now, and in the browser anew whenever it has become another. On the server it is drawn once, without
/// the memo and the closure that would follow it: of a page of 50 rows those were most of the cost.
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
