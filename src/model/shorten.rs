//! Texts from outside, cut to a length.

/// Returns a text of at most so many characters; a longer one says at its end how long it was.
pub fn shorten(text: impl Into<String>, most: usize) -> String {
    let mut text = text.into();
    if let Some((end, _)) = text.char_indices().nth(most) {
        let all = text.chars().count();
        text.truncate(end);
        text.push_str(&format!("\u{2026} (shortened from {all} characters)"));
    }
    text
}

/// Returns the first so many characters of what a user typed, which goes back into its field.
pub fn first_of(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_says_how_long_it_was() {
        for short in ["", "abc", "\u{1f512}\u{1f512}\u{1f512}"] {
            assert_eq!(shorten(short, 3), short);
        }
        assert_eq!(shorten("abcd", 3), "abc\u{2026} (shortened from 4 characters)");
        assert_eq!(shorten("\u{1f512}".repeat(5), 2), "\u{1f512}\u{1f512}\u{2026} (shortened from 5 characters)");
        assert_eq!(first_of("\u{1f512}b", 1), "\u{1f512}");
    }
}
