//! Message authentication codes with keys that are derived from the key that signs checkpoints.

use aws_lc_rs::{
    error::Unspecified,
    hkdf::{HKDF_SHA256, Salt},
    hmac::{self, HMAC_SHA256},
};
use serde::Serialize;

/// A key for HMAC-SHA-256. Only the checkpoint key yields it, so it is never in the database.
#[derive(Debug, Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    /// Derives the key for a purpose with HKDF.
    pub(super) fn derive(secret: &[u8], purpose: &str) -> Result<Self, Unspecified> {
        let extracted = Salt::new(HKDF_SHA256, b"keystream").extract(secret);
        extracted.expand(&[purpose.as_bytes()], HMAC_SHA256).map(|key| Self(hmac::Key::from(key)))
    }

    /// Returns the MAC of a value's JSON, in hex.
    ///
    /// # Errors
    /// If the value has no JSON.
    pub fn mac(&self, value: &impl Serialize) -> Result<String, serde_json::Error> {
        Ok(hex::encode(hmac::sign(&self.0, &serde_json::to_vec(value)?)))
    }

    /// Returns whether a text is the MAC of a value.
    pub fn has_made(&self, mac: &str, value: &impl Serialize) -> bool {
        match (hex::decode(mac), serde_json::to_vec(value)) {
            (Ok(mac), Ok(json)) => hmac::verify(&self.0, &json, &mac).is_ok(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_is_of_one_key_one_purpose_and_one_value() {
        let key = |secret: u8, purpose| MacKey::derive(&[secret; 32], purpose).unwrap();
        let mac = key(1, "a").mac(&("x", 1)).unwrap();
        assert!(key(1, "a").has_made(&mac, &("x", 1)) && mac.len() == 64);
        assert!(!key(1, "a").has_made(&mac, &("x", 2)));
        assert!(!key(1, "b").has_made(&mac, &("x", 1)));
        assert!(!key(2, "a").has_made(&mac, &("x", 1)));
        for other in ["", "zz", &mac[..62], &format!("{mac}00")] {
            assert!(!key(1, "a").has_made(other, &("x", 1)), "{other}");
        }
    }
}
