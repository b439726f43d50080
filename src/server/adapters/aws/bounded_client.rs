//! The limit on AWS's answers: an HTTP client that gives up an answer once it is longer than any that AWS has for us.
//! Otherwise the SDK would keep all of it in memory, whatever sent it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use thiserror::Error;

/// The longest answer that is read, in MiB. The longest of AWS's is that to `GetRecords`: 10 MiB of payload, which
/// base64 makes a third longer, and a few hundred bytes beside each of 25 records. Listings have some 100 kB at most.
pub const LONGEST_MIB: u64 = 16;
/// The same in bytes.
const LONGEST_ANSWER: u64 = LONGEST_MIB << 20;

/// The answer was given up. Whether the call took effect isn't known.
#[derive(Debug, Clone, Copy, Error)]
#[error("the answer is longer than {LONGEST_MIB} MiB")]
pub struct AnswerTooLong;

/// An HTTP client whose answers are limited, for all services and for credentials.
#[derive(Debug)]
pub struct BoundedClient(pub SharedHttpClient);

impl HttpClient for BoundedClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(BoundedConnector(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.0, components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.0, components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Debug)]
struct BoundedConnector(SharedHttpConnector);

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let bounded = |body| SdkBody::from_body_1_x(BoundedBody { body, left: LONGEST_ANSWER });
            Ok(answer.await?.map(bounded))
        })
    }
}

/// The body of an answer. It fails as one that breaks off does: the SDK has the head, but no answer.
struct BoundedBody {
    body: SdkBody,
    /// The bytes that may still come.
    left: u64,
}

impl Body for BoundedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // What `Content-Length` announces is refused before it comes.
        if self.size_hint().lower() > self.left {
            return Poll::Ready(Some(Err(AnswerTooLong.into())));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            let length = frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
            let Some(left) = self.left.checked_sub(length) else {
                return Poll::Ready(Some(Err(AnswerTooLong.into())));
            };
            self.left = left;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::{BodyExt, Empty, Full, StreamBody};

    use super::*;

    fn bounded(body: SdkBody) -> BoundedBody {
        BoundedBody { body, left: 5 }
    }

    fn in_pieces<const N: usize>(pieces: [&'static str; N]) -> SdkBody {
        let frame = |piece: &'static str| Ok::<_, BoxError>(Frame::data(Bytes::from_static(piece.as_bytes())));
        SdkBody::from_body_1_x(StreamBody::new(stream::iter(pieces.map(frame))))
    }

    async fn read(body: SdkBody) -> Result<Bytes, String> {
        let collected = bounded(body).collect().await;
        collected.map(http_body_util::Collected::to_bytes).map_err(|error| error.to_string())
    }

    /// A body that announces its length, and then sends nothing.
    struct Announced(u64);

    impl Body for Announced {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            Poll::Pending
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0)
        }
    }

    #[tokio::test]
    async fn a_body_up_to_the_limit_is_read_whole() {
        assert_eq!(read(SdkBody::from_body_1_x(Empty::new())).await.unwrap(), "");
        assert_eq!(read(SdkBody::from_body_1_x(Full::new(Bytes::from_static(b"12345")))).await.unwrap(), "12345");
        assert_eq!(read(in_pieces(["12", "", "345"])).await.unwrap(), "12345");
    }

    #[tokio::test]
    async fn a_longer_body_is_given_up() {
        for pieces in [["123456", ""], ["12345", "6"], ["1", "23456"]] {
            assert_eq!(read(in_pieces(pieces)).await.unwrap_err(), "the answer is longer than 16 MiB", "{pieces:?}");
        }
    }

    #[test]
    fn an_announced_body_is_refused_before_it_comes() {
        let poll = |length| {
            let mut body = bounded(SdkBody::from_body_1_x(Announced(length)));
            let mut context = Context::from_waker(std::task::Waker::noop());
            Pin::new(&mut body).poll_frame(&mut context).map(|frame| frame.unwrap().unwrap_err().to_string())
        };
        assert_eq!(poll(6), Poll::Ready("the answer is longer than 16 MiB".to_owned()));
        assert_eq!(poll(5), Poll::Pending);
    }
}
