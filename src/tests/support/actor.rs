//! The people who use the application, and the answers that they get.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};

use super::{
    ACCOUNT, REGION,
    app::TestApp,
    forms::{borrowed, hidden_fields, hidden_fields_of},
};

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The session cookie that the answer sets.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

/// Somebody with a browser.
#[derive(Clone)]
pub struct Actor<'a> {
    pub app: &'a TestApp,
    pub cookie: Option<String>,
    /// The peer's.
    pub address: [u8; 4],
}

impl<'a> Actor<'a> {
    /// The same browser, signed in by the form.
    pub async fn signed_in(&self, user: &str, password: &str) -> Actor<'a> {
        let answer = self.sign_in(user, password).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert!(answer.headers.contains_key(header::SET_COOKIE), "led to {}", answer.location());
        Actor { cookie: Some(answer.cookie()), ..*self }
    }

    /// Sends the form of the sign-in.
    pub async fn sign_in(&self, user: &str, password: &str) -> Answer {
        self.post("/api/sign-in", &[("user_name", user), ("password", password)]).await
    }

    /// A request as a browser sends it from one of our pages.
    pub fn request(&self, method: Method, path: &str, accept: &str) -> axum::http::request::Builder {
        let origin = self.app.state.origin.as_str();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .extension(ConnectInfo(SocketAddr::from((self.address, 50_000))))
            .header(header::HOST, self.app.state.origin.host_header())
            .header(header::ACCEPT, accept)
            .header(header::ORIGIN, origin)
            .header("sec-fetch-site", "same-origin");
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::GET, path, "text/html").body(Body::empty()).unwrap()).await
    }

    /// Sends a plain form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.form(path, fields, "text/html").await
    }

    /// Sends a form as wasm does.
    pub async fn call(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.form(path, fields, "application/json").await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)], accept: &str) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(Method::POST, path, accept)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONTENT_LENGTH, body.len());
        self.app.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Calls a server function that takes JSON.
    pub async fn json(&self, path: &str, input: serde_json::Value) -> Answer {
        let request =
            self.request(Method::POST, path, "application/json").header(header::CONTENT_TYPE, "application/json");
        self.app.send(request.body(Body::from(input.to_string())).unwrap()).await
    }

    /// The fields of a stream's confirmation, as the page shows them, with name and reason filled in.
    pub async fn confirmation(&self, name: &str) -> Vec<(String, String)> {
        let page = self.get(&format!("/streams/{ACCOUNT}/{REGION}/{name}/disable")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let mut fields = hidden_fields(&page.body);
        assert_eq!(fields.len(), 8, "{}", page.body);
        fields.push(("typed_name".to_owned(), name.to_owned()));
        fields.push(("reason".to_owned(), "OPS-1".to_owned()));
        fields
    }

    /// The same of an enable with a key.
    pub async fn enabling(&self, name: &str, key: &str) -> Vec<(String, String)> {
        let page = self.get(&format!("/streams/{ACCOUNT}/{REGION}/{name}/enable")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let mut fields = hidden_fields_of("enable", &page.body);
        assert_eq!(fields.len(), 11, "{}", page.body);
        for (field, value) in [("typed_name", name), ("reason", "OPS-1"), ("key", key)] {
            fields.push((field.to_owned(), value.to_owned()));
        }
        fields
    }

    /// Confirms an enable by the plain form.
    pub async fn try_enable(&self, name: &str, key: &str) -> Answer {
        let fields = self.enabling(name, key).await;
        self.post("/api/enable", &borrowed(&fields)).await
    }

    /// Confirms an enable by the plain form and returns the id of its change.
    pub async fn enable(&self, name: &str, key: &str) -> String {
        let answer = self.try_enable(name, key).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("led to {}", answer.location())).to_owned()
    }

    /// Confirms a disable by the plain form and returns the id of its change.
    pub async fn disable(&self, name: &str) -> String {
        let fields = self.confirmation(name).await;
        let answer = self.post("/api/disable", &borrowed(&fields)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("led to {}", answer.location())).to_owned()
    }
}
