//! Orders of the simulator.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};

pub(super) fn client() -> hyper_util::client::legacy::Client<hyper_util::client::legacy::connect::HttpConnector, Body> {
    hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http()
}

pub(super) async fn control(simulator: &str, method: Method, path: &str, order: serde_json::Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("{simulator}/_control/{path}"))
        .body(Body::from(order.to_string()))
        .unwrap();
    let answer = client().request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}
