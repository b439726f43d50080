//! A provider that does as it is told, on loopback: good by itself, and as bad as a test wants.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Response, StatusCode, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::keys::{Key, encoded};
use crate::{
    model::access::{identity::Role, provider::GroupRule, scope::Scope},
    server::{
        adapters::clock::{Clock, SystemClock},
        config::ProviderSettings,
    },
};

pub const CLIENT: &str = "keystream-client";
pub const SECRET: &str = "a secret of 30 characters, too";
pub const DISCOVERY: &str = "/.well-known/openid-configuration";

/// What a path answers instead of what it should.
#[derive(Debug, Clone)]
pub enum Fault {
    Status(u16),
    Html(u16),
    /// 10 MB of JSON.
    Large,
    Redirect,
    Hang,
    /// A document with these members in place of its own; `null` takes one away.
    Json(Value),
}

/// What the provider does.
pub struct Script {
    pub clock: Arc<dyn Clock>,
    /// The published keys, by id.
    pub keys: Vec<(&'static str, Arc<Key>)>,
    /// The key that signs, if it isn't the first of these.
    pub signer: Option<Arc<Key>>,
    /// Members of headers and claims in place of a token's own; `null` takes one away.
    pub header: Value,
    pub claims: Value,
    pub faults: BTreeMap<&'static str, Fault>,
    /// How often each path was asked for.
    pub calls: BTreeMap<String, usize>,
    /// The claims and the challenge that belong to each open code.
    codes: BTreeMap<String, (Value, String)>,
    issuer: String,
}

/// The provider.
#[derive(Clone)]
pub struct TestProvider {
    pub issuer: String,
    pub script: Arc<Mutex<Script>>,
}

/// Puts the members of one document in place of those of another.
pub fn merge(into: &mut Value, members: &Value) {
    let (Some(into), Some(members)) = (into.as_object_mut(), members.as_object()) else { return };
    for (name, value) in members {
        match value {
            Value::Null => into.remove(name),
            value => into.insert(name.clone(), value.clone()),
        };
    }
}

impl TestProvider {
    pub async fn start() -> Self {
        static RSA: std::sync::LazyLock<Arc<Key>> = std::sync::LazyLock::new(|| Arc::new(Key::rsa()));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script {
            clock: Arc::new(SystemClock),
            keys: vec![("one", RSA.clone())],
            signer: None,
            header: json!({}),
            claims: json!({}),
            faults: BTreeMap::new(),
            calls: BTreeMap::new(),
            codes: BTreeMap::new(),
            issuer: issuer.clone(),
        }));
        let app = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { issuer, script }
    }

    pub fn settings(&self) -> ProviderSettings {
        let rule = |group: &str, role, scope: &str| GroupRule {
            group: group.to_owned(),
            role,
            scope: Scope::parse(scope).unwrap(),
        };
        ProviderSettings {
            issuer: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: SECRET.into(),
            name: "Example ID".to_owned(),
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            groups_claim: "groups".to_owned(),
            ca_file: None,
            rules: vec![
                rule("stream-admins", Role::Admin, "*"),
                rule("stream-operators", Role::Operator, "*"),
                rule("stream-viewers", Role::Viewer, "111122223333/eu-west-1/orders-*"),
            ],
        }
    }

    /// Sets claims of tokens from now on; `null` takes one away.
    pub fn claims(&self, claims: Value) {
        for (name, value) in claims.as_object().unwrap() {
            self.script.lock().claims[name] = value.clone();
        }
    }

    pub fn fault(&self, path: &'static str, fault: Fault) {
        self.script.lock().faults.insert(path, fault);
    }

    pub fn calls(&self, path: &str) -> usize {
        self.script.lock().calls.get(path).copied().unwrap_or_default()
    }

    /// Lets the person at the browser sign in: returns the address that the browser is sent back to.
    pub fn authorize(&self, address: &str) -> String {
        let url = Url::parse(address).unwrap();
        assert!(address.starts_with(&format!("{}/authorize?", self.issuer)), "led to {address}");
        let one = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("code_challenge_method", "S256"),
            ("scope", "openid profile email"),
            ("redirect_uri", "http://127.0.0.1:3000/auth/oidc/callback"),
        ] {
            assert_eq!(one(name).as_deref(), Some(value), "{address}");
        }
        let mut script = self.script.lock();
        let code = format!("code-{}", script.codes.len() + 1);
        let nonce = json!(one("nonce").unwrap());
        script.codes.insert(code.clone(), (nonce, one("code_challenge").unwrap()));
        let issuer: String = url::form_urlencoded::byte_serialize(self.issuer.as_bytes()).collect();
        format!("/auth/oidc/callback?code={code}&state={}&iss={issuer}", one("state").unwrap())
    }

    /// A signed logout token; members of header and claims in place of its own.
    pub fn logout_token(&self, header: Value, claims: Value) -> String {
        let script = self.script.lock();
        let now = script.clock.now().as_millis() / 1_000;
        let mut all = json!({
            "iss": script.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "logout-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        merge(&mut all, &claims);
        let mut head = json!({"typ": "logout+jwt"});
        merge(&mut head, &header);
        script.signer().token(&head, &all)
    }
}

impl Script {
    fn signer(&self) -> Arc<Key> {
        self.signer.clone().unwrap_or_else(|| self.keys[0].1.clone())
    }

    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "issuer": self.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "jwks_uri": at("/jwks"), "end_session_endpoint": at("/end"),
            "authorization_response_iss_parameter_supported": true,
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    /// The tokens for a code, which is used up.
    fn tokens(&mut self, form: &[(String, String)], authorization: &str) -> Result<Value, &'static str> {
        let one = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let encoded_secret: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT}:{encoded_secret}")));
        if authorization != expected {
            return Err("invalid_client");
        }
        let (nonce, challenge) = self.codes.get_mut(one("code")).map(std::mem::take).ok_or("invalid_grant")?;
        let is_own = one("redirect_uri") == "http://127.0.0.1:3000/auth/oidc/callback"
            && encoded(Sha256::digest(one("code_verifier").as_bytes())) == challenge;
        if !is_own {
            return Err("invalid_grant");
        }
        let now = self.clock.now().as_millis() / 1_000;
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "subject-1", "iat": now, "exp": now + 300, "nonce": nonce,
            "preferred_username": "mira", "groups": ["everyone", "stream-operators"], "auth_time": now, "sid": "sid-1",
        });
        merge(&mut claims, &self.claims);
        let token = self.signer().token(&self.header, &claims);
        Ok(json!({"access_token": "unused", "token_type": "Bearer", "expires_in": 60, "id_token": token}))
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let authorization = request.headers().get(header::AUTHORIZATION).map_or("", |value| value.to_str().unwrap());
    let authorization = authorization.to_owned();
    let body = to_bytes(request.into_body(), 100_000).await.unwrap();
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let fault = {
        let mut script = script.lock();
        *script.calls.entry(path.clone()).or_default() += 1;
        script.faults.get(path.as_str()).cloned()
    };
    let respond = |status: u16, kind: &str, body: String| {
        Response::builder().status(status).header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()
    };
    let members = match fault {
        None => json!({}),
        Some(Fault::Json(members)) => members,
        Some(Fault::Status(status)) => return respond(status, "application/json", "{}".to_owned()),
        Some(Fault::Html(status)) => return respond(status, "text/html", "<h1>Hotel Wi-Fi</h1>".to_owned()),
        Some(Fault::Large) => return respond(200, "application/json", format!("\"{}\"", "x".repeat(10_000_000))),
        Some(Fault::Redirect) => {
            let response = Response::builder().status(StatusCode::FOUND).header(header::LOCATION, "/elsewhere");
            return response.body(Body::empty()).unwrap();
        }
        Some(Fault::Hang) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            return respond(500, "text/plain", String::new());
        }
    };
    let mut script = script.lock();
    let (status, mut document) = match path.as_str() {
        DISCOVERY => (200, script.metadata()),
        "/jwks" => {
            let keys: Vec<Value> = script.keys.iter().map(|(kid, key)| key.public(kid)).collect();
            (200, json!({"keys": keys}))
        }
        "/token" => match script.tokens(&form, &authorization) {
            Ok(tokens) => (200, tokens),
            Err(error) => (400, json!({"error": error})),
        },
        _ => (404, json!({})),
    };
    merge(&mut document, &members);
    respond(status, "application/json", document.to_string())
}
