//! Answers in the formats of AWS's protocols.

use std::io;

use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{Response, StatusCode, body::Bytes, header};
use serde_json::json;

use super::outcome::Refused;

/// The body of an answer: whole, or one that breaks off.
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
