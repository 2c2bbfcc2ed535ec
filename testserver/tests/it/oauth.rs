//! OAuth: application registration, authorization and access tokens.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use mastodon_test_server::TestServer;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::client::{Client, Response, send};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const CALLBACK: &str = "https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1";

/// A registered application, and the cookie of a browser.
struct OAuthFlow<'s> {
    server: &'s TestServer,
    client_id: String,
    secret: String,
    cookie: String,
}

impl<'s> OAuthFlow<'s> {
    async fn new(server: &'s TestServer, scopes: &str) -> Self {
        let app = json!({
            "client_name": "Crab & Co", "scopes": scopes,
            "redirect_uris": ["https://app.example/cb?x=1", "urn:ietf:wg:oauth:2.0:oob"],
        });
        let app = Client::anonymous(server)
            .post("/api/v1/apps", app)
            .await
            .ok();
        let field = |name: &str| app[name].as_str().unwrap().to_owned();
        Self {
            server,
            client_id: field("client_id"),
            secret: field("client_secret"),
            cookie: String::new(),
        }
    }

    fn query(&self, parameters: &str) -> String {
        let id = &self.client_id;
        format!("response_type=code&client_id={id}&redirect_uri={CALLBACK}&{parameters}")
    }

    /// Sends a request with the cookie of the browser.
    async fn browser_request(&mut self, method: &str, path: &str, form: &str) -> Response {
        let headers = [FORM, ("cookie", self.cookie.as_str())];
        let response = send(self.server, method, path, "", &headers, form.as_bytes()).await;
        if let Some(cookie) = response.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        response
    }

    async fn sign_in(&mut self, query: &str) -> Response {
        let form = format!("{query}&user[email]=alice@example.org&user[password]=alice");
        self.browser_request("POST", "/auth/sign_in", &form).await
    }

    /// Signs in, authorizes the application, and returns the code.
    async fn authorize(&mut self, parameters: &str) -> String {
        let query = self.query(parameters);
        self.sign_in(&query).await;
        let response = self
            .browser_request("POST", "/oauth/authorize", &query)
            .await;
        let location = response.header("location").unwrap();
        let code = location.split("&code=").nth(1).unwrap();
        code.split('&').next().unwrap().to_owned()
    }

    async fn request_token(&self, parameters: &str) -> Response {
        let (id, secret) = (&self.client_id, &self.secret);
        let form = format!("client_id={id}&client_secret={secret}&{parameters}");
        Client::anonymous(self.server)
            .send_form("POST", "/oauth/token", &form)
            .await
    }

    async fn exchange_code(&self, code: &str, parameters: &str) -> Response {
        let grant = format!(
            "grant_type=authorization_code&redirect_uri={CALLBACK}&code={code}&{parameters}"
        );
        self.request_token(&grant).await
    }
}

fn body_text(response: &Response) -> String {
    String::from_utf8(response.bytes.clone()).unwrap()
}

#[tokio::test]
async fn registered_application_receives_its_credentials() {
    let server = TestServer::start().await.unwrap();
    let app = json!({
        "client_name": "Bot", "redirect_uris": "https://a.example/cb\nmyapp://done", "scopes": "read write:statuses",
        "website": "https://a.example",
    });
    let anonymous = Client::anonymous(&server);
    let app = anonymous.post("/api/v1/apps", app).await.ok();
    assert_eq!(
        app["redirect_uris"],
        json!(["https://a.example/cb", "myapp://done"])
    );
    assert_eq!(app["redirect_uri"], "https://a.example/cb\nmyapp://done");
    assert_eq!(app["scopes"], json!(["read", "write:statuses"]));
    assert_eq!(
        (&app["name"], &app["website"]),
        (&json!("Bot"), &json!("https://a.example"))
    );
    assert!(app["id"].as_str().unwrap().parse::<u64>().is_ok());
    assert_eq!(app["client_secret_expires_at"], 0);
    let (id, secret) = (
        app["client_id"].as_str().unwrap(),
        app["client_secret"].as_str().unwrap(),
    );
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let token = anonymous
        .send_form("POST", "/oauth/token", &form)
        .await
        .ok();
    let token = token["access_token"].as_str().unwrap();
    let fetched = send(
        &server,
        "GET",
        "/api/v1/apps/verify_credentials",
        token,
        &[],
        b"",
    )
    .await
    .ok();
    assert_eq!(
        (&fetched["id"], &fetched["name"]),
        (&app["id"], &app["name"])
    );
    assert_eq!(fetched.get("client_secret"), None);
}

#[tokio::test]
async fn invalid_registration_is_rejected_with_every_reason() {
    let server = TestServer::builder()
        .rate_limit("apps", 100)
        .start()
        .await
        .unwrap();
    let anonymous = Client::anonymous(&server);
    let long = "x".repeat(61);
    for (name, uris, scopes, message) in [
        (
            " ",
            "https://a.example",
            "read",
            "Application name can't be blank",
        ),
        (
            &long,
            "https://a.example",
            "read",
            "Application name is too long (maximum is 60 characters)",
        ),
        (
            "x",
            "no address",
            "read",
            "Redirect URI must be an absolute URI., Redirect URI must be an absolute URI.",
        ),
        (
            "x",
            "javascript:alert(1)",
            "read",
            "Redirect URI is forbidden by the server.",
        ),
        (
            "x",
            "https://a.example/#part",
            "read",
            "Redirect URI cannot contain a fragment.",
        ),
        (
            "x",
            "https://a.example",
            "read dance",
            "Scopes doesn't match configured on the server.",
        ),
    ] {
        let app = json!({ "client_name": name, "redirect_uris": uris, "scopes": scopes });
        let response = anonymous.post("/api/v1/apps", app).await;
        assert_eq!(
            (response.status, response.error()),
            (422, format!("Validation failed: {message}").as_str())
        );
    }
}

#[tokio::test]
async fn user_signs_in_sees_the_requested_scopes_and_authorizes() {
    let server = TestServer::start().await.unwrap();
    let mut flow = OAuthFlow::new(&server, "read write:statuses push").await;
    let query = flow.query("scope=read+push&state=a%26b&lang=de");
    let login = flow
        .browser_request("GET", &format!("/oauth/authorize?{query}"), "")
        .await;
    assert!(body_text(&login).contains("<html lang=\"de\">"));
    assert!(body_text(&login).contains("name=\"user[password]\""));
    let wrong = format!("{query}&user[email]=alice@example.org&user[password]=bob");
    let rejected = flow.browser_request("POST", "/auth/sign_in", &wrong).await;
    assert_eq!(rejected.status, 422);
    assert!(body_text(&rejected).contains("Invalid E-mail address or password."));
    let redirect = flow.sign_in(&query).await;
    let location = redirect.header("location").unwrap().to_owned();
    let consent = body_text(&flow.browser_request("GET", &location, "").await);
    for part in [
        "Crab &amp; Co",
        "<code>read</code>",
        "<code>push</code>",
        "@alice",
        "Deny",
    ] {
        assert!(consent.contains(part), "{part} is not in {consent}");
    }
    assert!(!consent.contains("write:statuses"));
    let redirect = flow
        .browser_request("POST", "/oauth/authorize", &query)
        .await;
    assert_eq!(redirect.status, 302);
    let location = redirect.header("location").unwrap();
    assert!(
        location.starts_with("https://app.example/cb?x=1&code="),
        "{location}"
    );
    assert!(location.ends_with("&state=a%26b"), "{location}");
}

#[tokio::test]
async fn denied_authorization_redirects_with_access_denied() {
    let server = TestServer::start().await.unwrap();
    let mut flow = OAuthFlow::new(&server, "read").await;
    let query = flow.query("state=s");
    flow.sign_in(&query).await;
    let redirect = flow
        .browser_request(
            "POST",
            "/oauth/authorize",
            &format!("{query}&_method=delete"),
        )
        .await;
    let location = redirect.header("location").unwrap();
    assert!(
        location.contains("error=access_denied&error_description="),
        "{location}"
    );
    assert!(location.ends_with("&state=s"), "{location}");
}

#[tokio::test]
async fn earlier_authorization_is_reused_unless_force_login_is_set() {
    let server = TestServer::start().await.unwrap();
    let mut flow = OAuthFlow::new(&server, "read").await;
    let code = flow.authorize("").await;
    flow.exchange_code(&code, "").await.ok();
    let path = format!("/oauth/authorize?{}", flow.query(""));
    let again = flow.browser_request("GET", &path, "").await;
    assert!(again.header("location").unwrap().contains("code="));
    let forced = flow
        .browser_request("GET", &format!("{path}force_login=true"), "")
        .await;
    assert_eq!(forced.header("location"), None);
    assert!(body_text(&forced).contains("would like permission"));
}

#[tokio::test]
async fn out_of_band_code_is_shown_on_a_page() {
    let server = TestServer::start().await.unwrap();
    let mut flow = OAuthFlow::new(&server, "read").await;
    let oob = "urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob";
    let query = flow.query("").replace(CALLBACK, oob);
    flow.sign_in(&query).await;
    let response = flow
        .browser_request("POST", "/oauth/authorize", &query)
        .await;
    let path = response
        .header("location")
        .unwrap()
        .strip_prefix(server.url())
        .unwrap()
        .to_owned();
    let html = body_text(&flow.browser_request("GET", &path, "").await);
    let code = html
        .split("<code>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let grant = format!("grant_type=authorization_code&redirect_uri={oob}&code={code}");
    let token = flow.request_token(&grant).await.ok();
    assert_eq!(
        (&token["token_type"], &token["scope"]),
        (&json!("Bearer"), &json!("read"))
    );
}

#[tokio::test]
async fn invalid_authorization_request_shows_an_error_without_redirecting() {
    let server = TestServer::start().await.unwrap();
    let mut flow = OAuthFlow::new(&server, "read").await;
    let valid = flow.query("");
    for (query, status, message) in [
        (
            valid.replace(&flow.client_id, "nobody"),
            401,
            "Client authentication failed",
        ),
        (
            valid.replace("app.example", "evil.example"),
            400,
            "redirect uri",
        ),
        (
            valid.replace("response_type=code", "response_type=token"),
            400,
            "response type",
        ),
        (flow.query("scope=write"), 400, "requested scope is invalid"),
        (
            flow.query("scope=read:statuses"),
            400,
            "requested scope is invalid",
        ),
        (
            flow.query("code_challenge=x&code_challenge_method=plain"),
            400,
            "must be S256",
        ),
    ] {
        let response = flow
            .browser_request("GET", &format!("/oauth/authorize?{query}"), "")
            .await;
        assert_eq!(response.status, status, "{query}");
        assert_eq!(response.header("location"), None);
        assert!(
            body_text(&response).contains(message),
            "{message} is not in {}",
            body_text(&response)
        );
    }
}

#[tokio::test]
async fn code_can_be_exchanged_once_by_its_client_within_ten_minutes() {
    let server = TestServer::builder()
        .rate_limit("apps", 100)
        .start()
        .await
        .unwrap();
    let mut flow = OAuthFlow::new(&server, "read").await;
    let code = flow.authorize("").await;
    let other = OAuthFlow::new(&server, "read").await;
    let rejected = other.exchange_code(&code, "").await;
    assert_eq!((rejected.status, rejected.error()), (400, "invalid_grant"));
    let token = flow.exchange_code(&code, "").await.ok();
    assert_eq!(token["created_at"], server.clock().now().as_second());
    let again = flow.exchange_code(&code, "").await;
    assert_eq!((again.status, again.error()), (400, "invalid_grant"));
    let code = flow.authorize("").await;
    server.clock().advance(Duration::from_secs(600));
    let late = flow.exchange_code(&code, "").await;
    assert_eq!((late.status, late.error()), (400, "invalid_grant"));
}

#[tokio::test]
async fn pkce_challenge_requires_its_verifier() {
    let server = TestServer::start().await.unwrap();
    let mut flow = OAuthFlow::new(&server, "read").await;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(b"right"));
    let parameters = format!("code_challenge={challenge}&code_challenge_method=S256");
    let code = flow.authorize(&parameters).await;
    let without = flow.exchange_code(&code, "").await;
    assert_eq!((without.status, without.error()), (400, "invalid_request"));
    let wrong = flow.exchange_code(&code, "code_verifier=wrong").await;
    assert_eq!((wrong.status, wrong.error()), (400, "invalid_grant"));
    flow.exchange_code(&code, "code_verifier=right").await.ok();
}

#[tokio::test]
async fn client_authenticates_by_basic_authentication_or_parameters() {
    let server = TestServer::start().await.unwrap();
    let flow = OAuthFlow::new(&server, "read write").await;
    let basic = STANDARD.encode(format!("{}:{}", flow.client_id, flow.secret));
    let headers = [FORM, ("authorization", &format!("Basic {basic}"))];
    let form = b"grant_type=client_credentials&scope=write";
    let token = send(&server, "POST", "/oauth/token", "", &headers, form)
        .await
        .ok();
    assert_eq!(token["scope"], "write");
    let impostor = OAuthFlow {
        secret: "guess".to_owned(),
        ..OAuthFlow::new(&server, "read").await
    };
    let rejected = impostor
        .request_token("grant_type=client_credentials")
        .await;
    assert_eq!((rejected.status, rejected.error()), (401, "invalid_client"));
}

#[tokio::test]
async fn application_cannot_request_unregistered_scopes() {
    let server = TestServer::start().await.unwrap();
    let flow = OAuthFlow::new(&server, "read").await;
    let rejected = flow
        .request_token("grant_type=client_credentials&scope=read+write")
        .await;
    assert_eq!((rejected.status, rejected.error()), (400, "invalid_scope"));
    assert_eq!(
        flow.request_token("grant_type=client_credentials")
            .await
            .ok()["scope"],
        "read"
    );
}

#[tokio::test]
async fn password_and_refresh_token_grants_are_rejected() {
    let server = TestServer::start().await.unwrap();
    let flow = OAuthFlow::new(&server, "read").await;
    for grant in [
        "password&username=alice@example.org&password=alice",
        "refresh_token&refresh_token=x",
    ] {
        let rejected = flow.request_token(&format!("grant_type={grant}")).await;
        assert_eq!(
            (rejected.status, rejected.error()),
            (400, "unsupported_grant_type")
        );
    }
    let rejected = flow.request_token("").await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (400, "invalid_request")
    );
}

#[tokio::test]
async fn repeated_token_request_returns_the_existing_token() {
    let server = TestServer::start().await.unwrap();
    let flow = OAuthFlow::new(&server, "read write").await;
    let first = flow
        .request_token("grant_type=client_credentials&scope=read+write")
        .await
        .ok();
    server.clock().advance(Duration::from_secs(60));
    let second = flow
        .request_token("grant_type=client_credentials&scope=write+read")
        .await
        .ok();
    assert_eq!(first, second);
    let other = flow
        .request_token("grant_type=client_credentials&scope=read")
        .await
        .ok();
    assert_ne!(first["access_token"], other["access_token"]);
}

#[tokio::test]
async fn only_the_issuing_client_can_revoke_a_token() {
    let server = TestServer::start().await.unwrap();
    let mut flow = OAuthFlow::new(&server, "read").await;
    let code = flow.authorize("").await;
    let token = flow.exchange_code(&code, "").await.ok()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let anonymous = Client::anonymous(&server);
    let form = |flow: &OAuthFlow<'_>| {
        format!(
            "client_id={}&client_secret={}&token={token}",
            flow.client_id, flow.secret
        )
    };
    let other = OAuthFlow::new(&server, "read").await;
    let rejected = anonymous
        .send_form("POST", "/oauth/revoke", &form(&other))
        .await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (403, "unauthorized_client")
    );
    for _ in 0..2 {
        assert_eq!(
            anonymous
                .send_form("POST", "/oauth/revoke", &form(&flow))
                .await
                .ok(),
            json!({})
        );
    }
    let rejected = send(
        &server,
        "GET",
        "/api/v1/accounts/verify_credentials",
        &token,
        &[],
        b"",
    )
    .await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (401, "The access token was revoked")
    );
}

#[tokio::test]
async fn profile_scope_gives_access_to_userinfo() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "profile");
    for method in ["GET", "POST"] {
        let userinfo = send(&server, method, "/oauth/userinfo", &token, &[], b"")
            .await
            .ok();
        assert_eq!(userinfo["preferred_username"], "alice");
        assert_eq!(userinfo["sub"], format!("{}/users/alice", server.url()));
        assert_eq!(userinfo["iss"], format!("{}/", server.url()));
    }
    let reader = server.token("alice", "read");
    assert_eq!(
        send(&server, "GET", "/oauth/userinfo", &reader, &[], b"")
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn authorization_server_metadata_lists_the_endpoints() {
    let server = TestServer::start().await.unwrap();
    let metadata = Client::anonymous(&server)
        .get("/.well-known/oauth-authorization-server")
        .await
        .ok();
    assert_eq!(
        metadata["token_endpoint"],
        format!("{}/oauth/token", server.url())
    );
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256"])
    );
    assert_eq!(
        metadata["grant_types_supported"],
        json!(["authorization_code", "client_credentials"])
    );
    let scopes = metadata["scopes_supported"].as_array().unwrap();
    assert!(scopes.contains(&json!("admin:write:reports")) && !scopes.contains(&json!("crypto")));
}

#[tokio::test]
async fn token_can_be_sent_as_a_query_parameter() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let anonymous = Client::anonymous(&server);
    for name in ["access_token", "bearer_token"] {
        let path = format!("/api/v1/accounts/verify_credentials?{name}={token}");
        assert_eq!(anonymous.get(&path).await.ok()["username"], "alice");
    }
}

#[tokio::test]
async fn unknown_token_is_rejected_only_where_one_is_needed() {
    let server = TestServer::start().await.unwrap();
    let get = |path: &'static str| send(&server, "GET", path, "wrong", &[], b"");
    for path in [
        "/api/v2/instance",
        "/api/v1/trends/statuses",
        "/api/v1/timelines/public",
    ] {
        assert_eq!(get(path).await.status, 200, "{path}");
    }
    let rejected = get("/api/v1/timelines/home").await;
    assert_eq!(
        (rejected.status, rejected.json),
        (401, json!({ "error": "The access token is invalid" }))
    );
}
