//! The seam for randomness: ids, tokens and keys from the operating system's generator.

use aws_lc_rs::rand::SystemRandom;

/// Letters and digits that can't be mistaken for each other (Crockford's base 32, lower case).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text of `length` random characters, 5 bits each.
///
/// # Panics
/// When the operating system provides no randomness: nothing could be done safely without it.
pub fn text(length: usize) -> String {
    let mut bytes = vec![0; length];
    fill(&mut bytes);
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// An id of a row: 16 characters, 80 bits.
pub fn id() -> String {
    text(16)
}

/// A number in `-limit..=limit`, for jitter.
pub fn jitter(limit: i64) -> i64 {
    let mut bytes = [0; 4];
    fill(&mut bytes);
    i64::from(u32::from_le_bytes(bytes)) % (2 * limit + 1) - limit
}

/// The generator for signing keys.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn for_keys() -> SystemRandom {
    SystemRandom::new()
}

#[expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "this is the seam; without randomness nothing safe can be done"
)]
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}
