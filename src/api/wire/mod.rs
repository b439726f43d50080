//! The JSON encoding of responses. The server writes it with serde_json; the browser reads it with its own parser, so
//! that no JSON reader is compiled into the wasm for each type.

use leptos::server::codee::{Decoder, Encoder};
#[cfg(feature = "hydrate")]
mod reader;

use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, codec::Post};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

/// The encoding of responses, of the hydration data in a page, and of event frames.
#[derive(Debug)]
pub struct Wire;

/// The output of server functions: JSON in the body.
pub type Answer = Post<Wire>;

/// The error for text that cannot be written or read as the requested type.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct WireError(String);

/// Writes a value as JSON.
///
/// # Errors
/// Returns `WireError` if the value cannot be written as JSON, which never happens for the types of `model`.
pub fn write<T: Serialize>(value: &T) -> Result<String, WireError> {
    serde_json::to_string(value).map_err(|error| WireError(error.to_string()))
}

/// Reads a value from JSON.
///
/// # Errors
/// Returns `WireError` if the text is not JSON or not of this type.
#[cfg(not(feature = "hydrate"))]
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, WireError> {
    serde_json::from_str(text).map_err(|error| WireError(error.to_string()))
}

/// Reads a value from JSON.
///
/// # Errors
/// Returns `WireError` if the text is not JSON or not of this type.
#[cfg(feature = "hydrate")]
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, WireError> {
    let parsed = js_sys::JSON::parse(text).map_err(|_| WireError("not JSON".to_owned()))?;
    T::deserialize(reader::Reader(parsed)).map_err(|error| WireError(error.to_string()))
}

impl ContentType for Wire {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Wire {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Wire {
    type Error = WireError;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        write(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Wire {
    type Error = WireError;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        read(std::str::from_utf8(&bytes).map_err(|_| WireError("not UTF-8".to_owned()))?)
    }
}

impl<T: Serialize> Encoder<T> for Wire {
    type Error = WireError;
    type Encoded = String;

    fn encode(value: &T) -> Result<Self::Encoded, Self::Error> {
        write(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Wire {
    type Error = WireError;
    type Encoded = str;

    fn decode(text: &Self::Encoded) -> Result<T, Self::Error> {
        read(text)
    }
}
