//! Answers in the shapes of AWS's protocols.

use std::io;

use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{Response, StatusCode, body::Bytes, header};
use serde_json::json;

use super::{outcome::Refused, request_id};

/// Whole bodies, and one that breaks off.
pub type Body = BoxBody<Bytes, io::Error>;

/// What becomes of a request.
pub enum Answer {
    Send(Response<Body>),
    Drop,
}

/// A refusal in JSON 1.1.
pub fn refuse(refused: &Refused) -> Response<Body> {
    let body = json!({"__type": refused.code, "message": refused.message});
    respond(StatusCode::BAD_REQUEST, "application/x-amz-json-1.1", body.to_string())
}

/// An answer with a request id.
pub fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    if let Ok(id) = header::HeaderValue::from_str(&request_id::next()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
