//! Access tokens as the real server issues, accepts, reuses and forgets them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use mastodon_test_server::TestServer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::{Client, Response, id, send};

const HOME: &str = "/api/v1/timelines/home";
const PUBLIC: &str = "/api/v1/timelines/public";
const VERIFY: &str = "/api/v1/accounts/verify_credentials";
const CALLBACK: &str = "https%3A%2F%2Fapp.example%2Fcb";
const DAY: Duration = Duration::from_secs(86_400);

/// A registered application.
struct App {
    id: String,
    secret: String,
}

impl App {
    async fn register(server: &TestServer, scopes: Option<&str>) -> Self {
        let app = json!({
            "client_name": "Crab", "redirect_uris": "https://app.example/cb urn:ietf:wg:oauth:2.0:oob",
            "scopes": scopes,
        });
        let app = Client::anonymous(server)
            .post("/api/v1/apps", app)
            .await
            .ok();
        let field = |name: &str| app[name].as_str().unwrap().to_owned();
        Self {
            id: field("client_id"),
            secret: field("client_secret"),
        }
    }

    /// Posts a form to `/oauth/…` with the credentials of the application.
    async fn post(&self, server: &TestServer, path: &str, form: &str) -> Response {
        let form = format!("client_id={}&client_secret={}&{form}", self.id, self.secret);
        let anonymous = Client::anonymous(server);
        anonymous.send_form("POST", path, &form).await
    }

    fn query(&self, parameters: &str) -> String {
        format!(
            "response_type=code&client_id={}&redirect_uri={CALLBACK}&{parameters}",
            self.id
        )
    }

    /// Returns a code that alice has authorized.
    fn code(&self, server: &TestServer, parameters: &str) -> String {
        let url = format!("/oauth/authorize?{}", self.query(parameters));
        server.authorize(&url, "alice").unwrap()
    }

    async fn exchange(&self, server: &TestServer, code: &str, parameters: &str) -> Response {
        let form = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&{parameters}"
        );
        self.post(server, "/oauth/token", &form).await
    }

    /// Returns an access token of alice.
    async fn token(&self, server: &TestServer, scope: &str) -> Value {
        let code = self.code(server, &format!("scope={scope}"));
        self.exchange(server, &code, "").await.ok()
    }

    async fn revoke(&self, server: &TestServer, token: &str) -> Response {
        self.post(server, "/oauth/revoke", &format!("token={token}"))
            .await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn get_with(server: &TestServer, path: &str, token: &str) -> Response {
    send(server, "GET", path, token, &[], b"").await
}

#[tokio::test]
async fn same_application_user_and_scopes_share_a_token() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read write push")).await;
    let first = app.token(&server, "read+write").await;
    assert_eq!(app.token(&server, "write+read").await, first);
    let narrower = app.token(&server, "read").await;
    assert_ne!(narrower["access_token"], first["access_token"]);
    let other = App::register(&server, Some("read write")).await;
    let other = other.token(&server, "read+write").await;
    assert_ne!(other["access_token"], first["access_token"]);
    // A revoked token is not issued again.
    app.revoke(&server, &text(&first["access_token"]))
        .await
        .ok();
    let renewed = app.token(&server, "read+write").await;
    assert_ne!(renewed["access_token"], first["access_token"]);
}

#[tokio::test]
async fn token_response_has_no_expiry_and_is_not_cached() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    let code = app.code(&server, "");
    let response = app.exchange(&server, &code, "").await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("pragma"), Some("no-cache"));
    let token = response.ok();
    let members: Vec<&String> = token.as_object().unwrap().keys().collect();
    let expected = ["access_token", "created_at", "scope", "token_type"];
    assert_eq!(members, expected);
}

#[tokio::test]
async fn second_exchange_of_a_code_fails_and_leaves_the_token_valid() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    let code = app.code(&server, "");
    let token = app.exchange(&server, &code, "").await.ok();
    let again = app.exchange(&server, &code, "").await;
    assert_eq!((again.status, again.error()), (400, "invalid_grant"));
    let token = text(&token["access_token"]);
    assert_eq!(get_with(&server, VERIFY, &token).await.status, 200);
}

#[tokio::test]
async fn token_is_accepted_in_the_header_and_in_parameters_of_all_encodings() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read write");
    let anonymous = Client::anonymous(&server);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {token}");
        let headers = [("authorization", value.as_str())];
        let response = send(&server, "GET", VERIFY, "", &headers, b"").await;
        assert_eq!(response.status, 200, "{scheme}");
    }
    for name in ["access_token", "bearer_token"] {
        let body = json!({ "status": name, name: token });
        anonymous.post("/api/v1/statuses", body).await.ok();
        let form = format!("status=form+{name}&{name}={token}");
        let posted = anonymous.send_form("POST", "/api/v1/statuses", &form).await;
        assert_eq!(posted.ok()["account"]["username"], "alice");
    }
}

#[tokio::test]
async fn unknown_token_is_a_visitor_where_none_is_needed_and_a_revoked_one_is_rejected() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    assert_eq!(get_with(&server, PUBLIC, "unknown").await.status, 200);
    let token = text(&app.token(&server, "read").await["access_token"]);
    assert_eq!(get_with(&server, PUBLIC, &token).await.status, 200);
    app.revoke(&server, &token).await.ok();
    for path in [PUBLIC, HOME] {
        let rejected = get_with(&server, path, &token).await;
        let error = "The access token was revoked";
        assert_eq!((rejected.status, rejected.error()), (401, error), "{path}");
        let challenge = format!(
            "Bearer realm=\"Doorkeeper\", error=\"invalid_token\", error_description=\"{error}\""
        );
        assert_eq!(rejected.header("www-authenticate"), Some(&*challenge));
    }
    // An endpoint without any authentication does not look at the token.
    assert_eq!(
        get_with(&server, "/api/v2/instance", &token).await.status,
        200
    );
}

#[tokio::test]
async fn revoked_token_is_forgotten_in_the_next_night() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    let token = text(&app.token(&server, "read").await["access_token"]);
    app.revoke(&server, &token).await.ok();
    assert_eq!(get_with(&server, PUBLIC, &token).await.status, 401);
    server.clock().advance(DAY);
    assert_eq!(get_with(&server, PUBLIC, &token).await.status, 200);
    let rejected = get_with(&server, HOME, &token).await;
    let error = "The access token is invalid";
    assert_eq!((rejected.status, rejected.error()), (401, error));
}

#[tokio::test]
async fn unsupported_and_missing_grant_types_are_rejected() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    for (form, error) in [
        (
            "grant_type=password&username=a&password=b",
            "unsupported_grant_type",
        ),
        ("", "invalid_request"),
    ] {
        let rejected = app.post(&server, "/oauth/token", form).await;
        assert_eq!((rejected.status, rejected.error()), (400, error), "{form}");
    }
}

#[tokio::test]
async fn challenge_and_verifier_must_belong_together() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(b"right"));
    let parameters = format!("code_challenge={challenge}&code_challenge_method=S256");
    let code = app.code(&server, &parameters);
    let missing = app.exchange(&server, &code, "").await;
    assert_eq!(
        missing.json["error_description"],
        "Missing required parameter: code_verifier."
    );
    assert_eq!((missing.status, missing.error()), (400, "invalid_request"));
    let wrong = app.exchange(&server, &code, "code_verifier=wrong").await;
    assert_eq!((wrong.status, wrong.error()), (400, "invalid_grant"));
    app.exchange(&server, &code, "code_verifier=right")
        .await
        .ok();
    // A verifier for a code without a challenge is wrong, too.
    let code = app.code(&server, "");
    let unexpected = app.exchange(&server, &code, "code_verifier=right").await;
    assert_eq!(
        (unexpected.status, unexpected.error()),
        (400, "invalid_grant")
    );
    app.exchange(&server, &code, "").await.ok();
}

#[tokio::test]
async fn scopes_must_be_registered_by_name_and_the_default_is_read() {
    let server = TestServer::builder()
        .rate_limit("apps", 100)
        .start()
        .await
        .unwrap();
    let app = App::register(&server, Some("read write")).await;
    assert_eq!(app.token(&server, "").await["scope"], "read");
    let grant = "grant_type=client_credentials";
    let token = app.post(&server, "/oauth/token", grant).await.ok();
    assert_eq!(token["scope"], "read");
    let narrower = format!("{grant}&scope=read:accounts");
    let rejected = app.post(&server, "/oauth/token", &narrower).await;
    assert_eq!((rejected.status, rejected.error()), (400, "invalid_scope"));
    // Without `read` there is no default.
    let writer = App::register(&server, Some("write")).await;
    let rejected = writer.post(&server, "/oauth/token", grant).await;
    assert_eq!((rejected.status, rejected.error()), (400, "invalid_scope"));
    // An application that registers no scopes has `read`.
    let plain = App::register(&server, None).await;
    let write = format!("{grant}&scope=write");
    assert_eq!(
        plain.post(&server, "/oauth/token", &write).await.status,
        400
    );
    plain.post(&server, "/oauth/token", grant).await.ok();
    let unknown =
        json!({ "client_name": "x", "redirect_uris": "https://a.example", "scopes": "dance" });
    let rejected = Client::anonymous(&server)
        .post("/api/v1/apps", unknown)
        .await;
    assert_eq!(rejected.status, 422);
}

#[tokio::test]
async fn oauth_errors_have_a_challenge_and_the_language_of_the_server() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    let wrong = App {
        secret: "guess".to_owned(),
        ..app
    };
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept-language", "de"),
    ];
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        wrong.id, wrong.secret
    );
    let rejected = send(
        &server,
        "POST",
        "/oauth/token",
        "",
        &headers,
        form.as_bytes(),
    )
    .await;
    assert_eq!((rejected.status, rejected.error()), (401, "invalid_client"));
    let description = rejected.json["error_description"].as_str().unwrap();
    assert!(description.starts_with("Client authentication failed"));
    let challenge = rejected.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer realm=\"Doorkeeper\", error=\"invalid_client\", "));
    assert_eq!(rejected.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn errors_of_the_decision_are_redirected_and_those_of_the_page_are_shown() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    let anonymous = Client::anonymous(&server);
    let query = app.query("scope=write&state=s");
    let page = anonymous.get(&format!("/oauth/authorize?{query}")).await;
    assert_eq!((page.status, page.header("location")), (400, None));
    let form = format!("{query}&email=alice@example.org&password=alice");
    let redirect = anonymous.send_form("POST", "/oauth/authorize", &form).await;
    let location = redirect.header("location").unwrap();
    let start = "https://app.example/cb?error=invalid_scope&error_description=";
    assert!(
        location.starts_with(start) && location.ends_with("&state=s"),
        "{location}"
    );
    // Without a client there is nowhere to redirect to.
    let unknown = form.replace(&app.id, "nobody");
    let rejected = anonymous
        .send_form("POST", "/oauth/authorize", &unknown)
        .await;
    assert_eq!((rejected.status, rejected.error()), (401, "invalid_client"));
}

#[tokio::test]
async fn revocation_needs_the_client_and_ends_the_push_subscription() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read push")).await;
    let token = text(&app.token(&server, "push").await["access_token"]);
    let alice = Client::with_token(&server, token.clone());
    let keys = json!({
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    });
    let subscription = json!({ "endpoint": "https://push.example/", "keys": keys });
    let data = json!({ "alerts": { "mention": true } });
    let body = json!({ "subscription": subscription, "data": data });
    alice.post("/api/v1/push/subscription", body).await.ok();
    let anonymous = Client::anonymous(&server);
    let other = App::register(&server, Some("read")).await;
    for rejected in [
        anonymous
            .send_form("POST", "/oauth/revoke", &format!("token={token}"))
            .await,
        anonymous
            .send_form("POST", "/oauth/revoke", "token=unknown")
            .await,
        other.revoke(&server, &token).await,
    ] {
        let error = (rejected.status, rejected.error());
        assert_eq!(error, (403, "unauthorized_client"));
    }
    assert_eq!(app.revoke(&server, "unknown").await.ok(), json!({}));
    assert_eq!(app.revoke(&server, &token).await.ok(), json!({}));
    Client::user(&server, "bob").post_text("@alice Hello").await;
    assert!(server.push_messages().wait_until_idle().await.is_empty());
}

#[tokio::test]
async fn redirect_uri_of_the_exchange_must_be_that_of_the_authorization() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    let code = app.code(&server, "");
    for (uri, status) in [
        ("https%3A%2F%2Fapp.example%2Fother", 400),
        ("urn:ietf:wg:oauth:2.0:oob", 400),
        (CALLBACK, 200),
    ] {
        let form = format!("grant_type=authorization_code&code={code}&redirect_uri={uri}");
        let response = app.post(&server, "/oauth/token", &form).await;
        assert_eq!(response.status, status, "{uri}");
    }
    for (uri, status) in [
        ("javascript:alert(1)", 422),
        ("data:text/html,x", 422),
        ("http://app.example/cb", 200),
    ] {
        let app = json!({ "client_name": "x", "redirect_uris": uri });
        let response = Client::anonymous(&server).post("/api/v1/apps", app).await;
        assert_eq!(response.status, status, "{uri}");
    }
}

#[tokio::test]
async fn password_reset_revokes_all_access_of_the_user() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read")).await;
    let token = text(&app.token(&server, "read").await["access_token"]);
    let pending = app.code(&server, "");
    let bob = server.token("bob", "read");
    assert!(server.reset_password("alice", "new password"));
    let rejected = get_with(&server, VERIFY, &token).await;
    assert_eq!(rejected.error(), "The access token was revoked");
    let late = app.exchange(&server, &pending, "").await;
    assert_eq!((late.status, late.error()), (400, "invalid_grant"));
    assert_eq!(get_with(&server, VERIFY, &bob).await.status, 200);
    let form = |password: &str| {
        format!(
            "{}&email=alice@example.org&password={password}",
            app.query("")
        )
    };
    let anonymous = Client::anonymous(&server);
    for (password, status) in [("alice", 422), ("new+password", 302)] {
        let response = anonymous
            .send_form("POST", "/oauth/authorize", &form(password))
            .await;
        assert_eq!(response.status, status, "{password}");
    }
    assert!(!server.reset_password("nobody", "x"));
}

#[tokio::test]
async fn names_websites_and_redirect_uris_of_applications_are_limited() {
    let server = TestServer::builder()
        .rate_limit("apps", 100)
        .start()
        .await
        .unwrap();
    let anonymous = Client::anonymous(&server);
    let valid = json!({ "client_name": "x", "redirect_uris": "https://a.example", "website": "https://a.example" });
    for (name, value, message) in [
        (
            "client_name",
            "x".repeat(61),
            "Application name is too long (maximum is 60 characters)",
        ),
        (
            "website",
            format!("https://a.example/{}", "x".repeat(2000)),
            "Application website is too long (maximum is 2000 characters)",
        ),
        (
            "website",
            "ftp://a.example".to_owned(),
            "Application website is not a valid URL",
        ),
        (
            "redirect_uris",
            format!("https://a.example/{}", "x".repeat(2000)),
            "Redirect URI is too long (maximum is 2000 characters)",
        ),
    ] {
        let mut app = valid.clone();
        app[name] = value.into();
        let rejected = anonymous.post("/api/v1/apps", app).await;
        let error = format!("Validation failed: {message}");
        assert_eq!((rejected.status, rejected.error()), (422, &*error));
    }
}

#[tokio::test]
async fn status_has_the_application_of_its_token() {
    let server = TestServer::start().await.unwrap();
    let app = App::register(&server, Some("read write")).await;
    let token = text(&app.token(&server, "read+write").await["access_token"]);
    let alice = Client::with_token(&server, token);
    let status = alice.post_status(json!({ "status": "x" })).await;
    assert_eq!(status["application"]["name"], "Crab");
    let seen = Client::anonymous(&server).fetch_status(&id(&status)).await;
    assert_eq!(seen["application"]["name"], "Crab");
    let verified = alice.get("/api/v1/apps/verify_credentials").await.ok();
    assert_eq!(verified["name"], "Crab");
    // The application authenticates with a token of its own.
    let basic = STANDARD.encode(format!("{}:{}", app.id, app.secret));
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", &*format!("Basic {basic}")),
    ];
    let form = b"grant_type=client_credentials";
    let own = send(&server, "POST", "/oauth/token", "", &headers, form)
        .await
        .ok();
    let own = Client::with_token(&server, text(&own["access_token"]));
    let rejected = own.get(VERIFY).await;
    let error = "This method requires an authenticated user";
    assert_eq!((rejected.status, rejected.error()), (422, error));
}
