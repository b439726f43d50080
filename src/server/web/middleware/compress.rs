//! Compression. Pages are complete before they are sent and hold no secret beside what a request brings, so they may be
//! compressed; precompressed files are left as they are.

use std::{convert::Infallible, future::ready};

use axum::{
    body::Body,
    extract::Request,
    http::header::{ACCEPT_ENCODING, CONTENT_TYPE},
    middleware::Next,
    response::Response,
};
use tower::{ServiceExt, service_fn};
use tower_http::{CompressionLevel, compression::Compression};

/// How much pages are compressed: brotli makes a list an eighth smaller than at its fastest level, for 0.6 ms more of
/// CPU. The next levels gain a twentieth each.
const LEVEL: CompressionLevel = CompressionLevel::Precise(2);
const EVENT_STREAM: &str = "text/event-stream";

/// Compresses the answer as the client accepts it. Event streams pass untouched: within a layer around the handlers,
/// each open one would hold room for a compressor, 6 kB.
pub async fn compress(request: Request, next: Next) -> Response {
    let mut asked = Request::new(Body::empty());
    for accepted in request.headers().get_all(ACCEPT_ENCODING) {
        asked.headers_mut().append(ACCEPT_ENCODING, accepted.clone());
    }
    let response = next.run(request).await;
    if response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == EVENT_STREAM) {
        return response;
    }
    let mut response = Some(response);
    // Called once.
    let answer = service_fn(move |_| ready(Ok::<Response, Infallible>(response.take().unwrap_or_default())));
    let Ok(compressed) = Compression::new(answer).quality(LEVEL).oneshot(asked).await;
    compressed.map(Body::new)
}
