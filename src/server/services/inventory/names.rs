//! Which names several streams have.

use std::collections::HashMap;

use crate::model::stream::StreamName;

/// How many streams have each name.
#[derive(Debug, Default)]
pub struct Names(HashMap<StreamName, u32>);

impl Names {
    /// Counts a stream. Returns whether it is the second one of its name.
    pub fn add(&mut self, name: &StreamName) -> bool {
        let count = self.0.entry(name.clone()).or_default();
        *count += 1;
        *count == 2
    }

    /// Forgets a stream that was counted.
    pub fn remove(&mut self, name: &StreamName) {
        if let Some(count) = self.0.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(name);
            }
        }
    }

    /// Returns whether several streams have this name.
    pub fn is_shared(&self, name: &StreamName) -> bool {
        self.0.get(name).is_some_and(|count| *count > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shared_by_two() {
        let (mut names, name) = (Names::default(), "orders-prod".parse().unwrap());
        assert!(!names.add(&name) && !names.is_shared(&name));
        assert!(names.add(&name) && names.is_shared(&name), "the second");
        assert!(!names.add(&name) && names.is_shared(&name), "the third");
        names.remove(&name);
        names.remove(&name);
        assert!(!names.is_shared(&name));
        names.remove(&name);
        assert!(names.0.is_empty());
    }
}
