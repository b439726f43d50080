//! Orders of the simulator.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;

use super::app::TestApp;

fn client() -> hyper_util::client::legacy::Client<hyper_util::client::legacy::connect::HttpConnector, Body> {
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

impl TestApp {
    /// Orders something of the simulator.
    pub async fn control(&self, path: &str, order: serde_json::Value) {
        control(&self.simulator, Method::POST, path, order).await;
    }

    /// Disarms the simulator's faults.
    pub async fn forget_faults(&self) {
        control(&self.simulator, Method::DELETE, "faults", serde_json::Value::Null).await;
    }

    /// Forgets the orders that wait for a call.
    pub async fn forget_orders(&self) {
        control(&self.simulator, Method::DELETE, "triggers", serde_json::Value::Null).await;
    }

    /// How many calls of an operation the simulator counted.
    pub async fn calls(&self, operation: &str) -> usize {
        self.call_log().await.iter().filter(|call| call["operation"] == operation).count()
    }

    /// Every call that the simulator got.
    pub async fn call_log(&self) -> Vec<serde_json::Value> {
        self.listed("calls").await
    }

    /// Everything that was ordered of the simulator.
    pub async fn acts(&self) -> Vec<serde_json::Value> {
        self.listed("acts").await
    }

    async fn listed(&self, what: &str) -> Vec<serde_json::Value> {
        let request = Request::get(format!("{}/_control/{what}", self.simulator)).body(Body::empty()).unwrap();
        let body = client().request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }
}
