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

    /// Forgets a stream that was counted. Returns whether one of its name is left, and no more.
    pub fn remove(&mut self, name: &StreamName) -> bool {
        let Some(count) = self.0.get_mut(name) else { return false };
        *count -= 1;
        let left = *count;
        if left == 0 {
            self.0.remove(name);
        }
        left == 1
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
        assert!(!names.remove(&name) && names.is_shared(&name), "two are left");
        assert!(names.remove(&name) && !names.is_shared(&name), "one is left");
        assert!(!names.remove(&name) && names.0.is_empty());
    }
}
