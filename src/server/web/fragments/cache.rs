//! Rendered fragments, kept for all pages and connections that show them.

use std::{any::Any, collections::HashMap, sync::Arc};

use parking_lot::Mutex;

/// The most fragments to keep. When there are more, all are rendered anew.
const MOST: usize = 5_000;

/// Fragments by part and audience, each with what it was rendered from. A fragment is rendered once for each state, and
/// anew when its words of time differ.
#[derive(Default)]
pub struct FragmentCache(Mutex<HashMap<String, Kept>>);

/// A fragment, and the state that it shows. The state is kept alive, so its address stands for it.
struct Kept {
    state: Arc<dyn Any + Send + Sync>,
    words_of_time: String,
    html: Arc<str>,
}

impl std::fmt::Debug for FragmentCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "FragmentCache({})", self.0.lock().len())
    }
}

impl FragmentCache {
    /// Returns the fragment of a state, rendered now if this state wasn't yet. `key` names part and audience.
    /// `words_of_time` are what it says about the present, such as ages; `None` where browsers keep ages up to date
    /// themselves.
    pub fn get<T: Send + Sync + 'static>(
        &self,
        key: String,
        state: &Arc<T>,
        words_of_time: Option<String>,
        render: impl FnOnce() -> String,
    ) -> Arc<str> {
        let address = |state: &Arc<dyn Any + Send + Sync>| Arc::as_ptr(state).cast::<()>();
        let state: Arc<dyn Any + Send + Sync> = state.clone();
        if let Some(kept) = self.0.lock().get(&key)
            && address(&kept.state) == address(&state)
            && words_of_time.as_ref().is_none_or(|words| *words == kept.words_of_time)
        {
            return kept.html.clone();
        }
        // Two connections may render the same fragment at the same time; that does no harm.
        let html: Arc<str> = render().into();
        let mut kept = self.0.lock();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, Kept { state, words_of_time: words_of_time.unwrap_or_default(), html: html.clone() });
        html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_rendered_once_for_each_audience() {
        let cache = FragmentCache::default();
        let mut rendered = 0;
        let (first, second) = (Arc::new(1), Arc::new(1));
        for (key, state, age, expected) in [
            ("a", &first, "1 s", 1),
            ("a", &first, "1 s", 1),
            ("b", &first, "1 s", 2),
            ("a", &second, "1 s", 3),
            ("a", &second, "1 s", 3),
            ("a", &second, "2 s", 4),
            ("a", &second, "any", 4),
            ("a", &first, "any", 5),
        ] {
            let age = (age != "any").then(|| age.to_owned());
            let html = cache.get(key.to_owned(), state, age, || {
                rendered += 1;
                rendered.to_string()
            });
            assert!(!html.is_empty());
            assert_eq!(rendered, expected, "{key}");
        }
    }
}
