//! Where to go after sign-in.

/// The longest address.
pub const LONGEST: usize = 2_000;

/// Returns the page to open after sign-in: a path of this site, never of another. Anything else becomes `/streams`.
pub fn safe_next(next: &str) -> String {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    let is_plain = next.len() <= LONGEST && next.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'\\');
    let is_way_in = next.starts_with("/sign-in") || next.starts_with("/auth/");
    if is_path && is_plain && !is_way_in { next.to_owned() } else { "/streams".to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn next_never_leaves_the_site() {
        for hostile in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "",
            "/a\r\nSet-Cookie: x",
            "/\tx",
            "/sign-in",
            "/auth/oidc/start?next=%2F",
        ] {
            assert_eq!(safe_next(hostile), "/streams", "{hostile:?}");
        }
        assert_eq!(safe_next("/streams?q=orders&page=2"), "/streams?q=orders&page=2");
    }

    proptest! {
        #[test]
        fn next_is_always_a_plain_path(text in ".{0,100}") {
            let next = safe_next(&text);
            prop_assert!(next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', ' ']));
        }
    }
}
