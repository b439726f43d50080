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

/// Returns what a user typed, for its field, which takes `longest` characters. Up to twice as many go back whole, so
/// that a text that is a little too long can be shortened instead of typed again. What is cut ends with an ellipsis: it
/// must not become a valid value that nobody typed.
pub fn typed(text: &str, longest: usize) -> String {
    match text.char_indices().nth(2 * longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
    }
}

/// Returns the first so many characters of a text.
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

    #[test]
    fn what_is_too_long_for_a_field_stays_too_long_for_it() {
        for whole in ["", "1", "1000", "100000"] {
            assert_eq!(typed(whole, 3), whole);
        }
        for cut in ["1000000", "1          ", "     1000"] {
            let kept = typed(cut, 3);
            assert!(kept.chars().count() == 7 && kept.ends_with('\u{2026}'), "{kept}");
        }
    }
}
