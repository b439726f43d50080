//! How many of the 25 a day are used.

use crate::model::change::quota::{A_DAY, Count};

/// `7`, or `7 to 8` where an outcome is not known.
pub fn range(count: &Count) -> String {
    if count.least == count.most { count.most.to_string() } else { format!("{} to {}", count.least, count.most) }
}

/// `7 of 25 used; one is freed at 23 Nov 14:02 UTC`.
pub fn sentence(count: &Count) -> String {
    let used = range(count);
    let frees = count.next_frees_at.map_or_else(String::new, |at| format!("; one is freed at {}", at.day_and_minute()));
    let refused =
        count.refused_at.map_or_else(String::new, |at| format!(". AWS refused another at {}", at.day_and_minute()));
    format!("{used} of {A_DAY} used{frees}{refused}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    #[test]
    fn an_outcome_that_is_not_known_makes_it_a_range() {
        let count = Count { least: 1, most: 2, next_frees_at: Some(Timestamp::from_millis(0)), refused_at: None };
        assert_eq!(sentence(&count), "1 to 2 of 25 used; one is freed at 1 Jan 00:00 UTC");
        assert_eq!(range(&Count { most: 1, ..count }), "1");
    }
}
