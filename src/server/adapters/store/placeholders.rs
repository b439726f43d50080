//! The placeholders of statements that insert many rows at a time.

/// The placeholders of so many rows, each with values of its own in so many `columns`, and what follows them in each
/// row.
pub fn placeholders(rows: usize, columns: usize, then: &str) -> String {
    let of_row = |row: usize| {
        let numbers = (row * columns + 1..=(row + 1) * columns).map(|number| format!("${number}"));
        format!("({}{then})", numbers.collect::<Vec<_>>().join(", "))
    };
    (0..rows).map(of_row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_its_own_numbers() {
        assert_eq!(placeholders(2, 3, ""), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(placeholders(2, 1, ", $3"), "($1, $3), ($2, $3)");
    }
}
