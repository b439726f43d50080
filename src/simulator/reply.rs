//! Answers in the formats of AWS's protocols.

use std::io;

use futures_util::Stream;
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Response, StatusCode,
    body::{Bytes, Frame},
    header,
};
use serde_json::json;

use super::outcome::Refused;

/// The body of an answer: whole, one that breaks off, or one that never ends.
pub type Body = BoxBody<Bytes, io::Error>;

/// The content type of JSON 1.1.
pub const JSON: &str = "application/x-amz-json-1.1";

/// What becomes of a request.
pub enum Answer {
    Send(Response<Body>),
    /// Sent without the request id of AWS's own answers.
    SendWithoutId(Response<Body>),
    Drop,
}

/// A refusal in JSON 1.1.
pub fn refuse(refused: &Refused) -> Response<Body> {
    let body = json!({"__type": refused.code, "message": refused.message});
    respond(StatusCode::BAD_REQUEST, JSON, body.to_string())
}

/// An answer in one piece.
pub fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}

/// An answer in JSON 1.1 in pieces, without its length.
pub fn stream_json(pieces: impl Stream<Item = io::Result<Frame<Bytes>>> + Send + Sync + 'static) -> Response<Body> {
    let mut response = Response::new(StreamBody::new(pieces).boxed());
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(JSON));
    response
}
