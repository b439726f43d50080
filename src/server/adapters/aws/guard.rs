//! The last check before a mutating request is written to the socket: whether the read it was decided on is still
//! fresh. A process that was stopped, or a machine that slept, sends nothing.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextMut},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use thiserror::Error;

use crate::server::adapters::clock::Freshness;

/// The request was held back: no byte of it was written.
#[derive(Debug, Clone, Copy, Error)]
#[error("the last read of the stream was more than 5 s old when the request was about to be written")]
pub struct HeldBack;

/// Adds the check to a request.
#[derive(Debug)]
pub struct SendGuard(pub Freshness);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for SendGuard {
    fn name(&self) -> &'static str {
        "KeystreamSendGuard"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.request_mut().body_mut();
        let bytes = body.bytes().map(Bytes::copy_from_slice).ok_or("the request's body is not in memory")?;
        *body = SdkBody::from_body_1_x(GuardedBody { bytes: Some(bytes), freshness: self.0.clone() });
        Ok(())
    }
}

/// The body of a guarded request. hyper polls it once the connection is established and the head is in its buffer, and
/// if it fails, drops both unwritten.
struct GuardedBody {
    bytes: Option<Bytes>,
    freshness: Freshness,
}

impl Body for GuardedBody {
    type Data = Bytes;
    type Error = HeldBack;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HeldBack>>> {
        if self.bytes.is_some() && self.freshness.is_over() {
            return Poll::Ready(Some(Err(HeldBack)));
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
