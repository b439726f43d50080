//! Keys and signatures of a provider.

use aws_lc_rs::{
    hmac,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaEncoding, RsaKeyPair,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::server::adapters::random;

/// A signing key of a provider.
pub enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    /// The client's secret, which no provider should sign with.
    Secret(&'static str),
    None,
}

pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    pub fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().unwrap())
    }

    /// The public half, as a JSON Web Key.
    pub fn public(&self, kid: &str) -> Value {
        match self {
            Self::Rsa(key) => {
                // SEQUENCE { INTEGER n (257 bytes with its zero), INTEGER e }, for 2,048 bits.
                let der = key.public_key().as_ref();
                let (n, e) = (&der[9..265], &der[267..]);
                json!({"kty": "RSA", "use": "sig", "kid": kid, "n": encoded(n), "e": encoded(e)})
            }
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = (encoded(&point[1..33]), encoded(&point[33..]));
                json!({"kty": "EC", "use": "sig", "kid": kid, "crv": "P-256", "x": x, "y": y})
            }
            Self::Ed(key) => {
                let x = encoded(key.public_key().as_ref());
                json!({"kty": "OKP", "use": "sig", "kid": kid, "crv": "Ed25519", "x": x})
            }
            Self::Secret(_) | Self::None => Value::Null,
        }
    }

    /// A signed token. `header` overrides what its header says by itself.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        let alg = match (self, header.get("alg").and_then(Value::as_str)) {
            (_, Some(alg)) => alg.to_owned(),
            (Self::Rsa(_), None) => "RS256".to_owned(),
            (Self::Ec(_), None) => "ES256".to_owned(),
            (Self::Ed(_), None) => "EdDSA".to_owned(),
            (Self::Secret(_), None) => "HS256".to_owned(),
            (Self::None, None) => "none".to_owned(),
        };
        let mut all = json!({"alg": alg, "typ": "JWT", "kid": "one"});
        super::provider::merge(&mut all, header);
        let signed = format!("{}.{}", encoded(all.to_string()), encoded(claims.to_string()));
        format!("{signed}.{}", encoded(self.sign(&alg, signed.as_bytes())))
    }

    fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key) => {
                let padding: &'static dyn RsaEncoding =
                    if alg == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random::for_keys(), message, &mut signature).unwrap();
                signature
            }
            Self::Ec(key) => key.sign(&random::for_keys(), message).unwrap().as_ref().to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
            Self::Secret(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message).as_ref().to_vec()
            }
            Self::None => Vec::new(),
        }
    }
}
