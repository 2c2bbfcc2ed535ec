//! Registering programs, asking users, handing out tokens.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use mastodon_test_server::TestServer;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::client::{Answer, Client, send};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const CALLBACK: &str = "https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1";

/// A registered program, and what a browser keeps.
struct Flow<'s> {
    server: &'s TestServer,
    client_id: String,
    secret: String,
    cookie: String,
}

impl<'s> Flow<'s> {
    async fn new(server: &'s TestServer, scopes: &str) -> Self {
        let app = json!({
            "client_name": "Crab & Co", "scopes": scopes,
            "redirect_uris": ["https://app.example/cb?x=1", "urn:ietf:wg:oauth:2.0:oob"],
        });
        let app = Client::visitor(server).post("/api/v1/apps", app).await.ok();
        let text = |name: &str| app[name].as_str().unwrap().to_owned();
        Self {
            server,
            client_id: text("client_id"),
            secret: text("client_secret"),
            cookie: String::new(),
        }
    }

    fn query(&self, more: &str) -> String {
        let id = &self.client_id;
        format!("response_type=code&client_id={id}&redirect_uri={CALLBACK}&{more}")
    }

    async fn browse(&mut self, verb: &str, path: &str, form: &str) -> Answer {
        let headers = [FORM, ("cookie", self.cookie.as_str())];
        let answer = send(self.server, verb, path, "", &headers, form.as_bytes()).await;
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        answer
    }

    async fn sign_in(&mut self, query: &str) -> Answer {
        let form = format!("{query}&user[email]=alice@example.org&user[password]=alice");
        self.browse("POST", "/auth/sign_in", &form).await
    }

    /// Signs in and agrees: the code.
    async fn code(&mut self, more: &str) -> String {
        let query = self.query(more);
        self.sign_in(&query).await;
        let answer = self.browse("POST", "/oauth/authorize", &query).await;
        let target = answer.header("location").unwrap();
        let code = target.split("&code=").nth(1).unwrap();
        code.split('&').next().unwrap().to_owned()
    }

    async fn token(&self, more: &str) -> Answer {
        let (id, secret) = (&self.client_id, &self.secret);
        let form = format!("client_id={id}&client_secret={secret}&{more}");
        Client::visitor(self.server)
            .form("POST", "/oauth/token", &form)
            .await
    }

    async fn redeem(&self, code: &str, more: &str) -> Answer {
        let grant =
            format!("grant_type=authorization_code&redirect_uri={CALLBACK}&code={code}&{more}");
        self.token(&grant).await
    }
}

fn page(answer: &Answer) -> String {
    String::from_utf8(answer.bytes.clone()).unwrap()
}

#[tokio::test]
async fn a_program_is_registered_with_what_it_said_and_told_its_secrets() {
    let server = TestServer::start().await.unwrap();
    let app = json!({
        "client_name": "Bot", "redirect_uris": "https://a.example/cb\nmyapp://done", "scopes": "read write:statuses",
        "website": "https://a.example",
    });
    let visitor = Client::visitor(&server);
    let app = visitor.post("/api/v1/apps", app).await.ok();
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
    let token = visitor.form("POST", "/oauth/token", &form).await.ok();
    let token = token["access_token"].as_str().unwrap();
    let known = send(
        &server,
        "GET",
        "/api/v1/apps/verify_credentials",
        token,
        &[],
        b"",
    )
    .await
    .ok();
    assert_eq!((&known["id"], &known["name"]), (&app["id"], &app["name"]));
    assert_eq!(known.get("client_secret"), None);
}

#[tokio::test]
async fn a_registration_that_makes_no_sense_is_refused_with_every_reason() {
    let server = TestServer::builder()
        .rate_limit("apps", 100)
        .start()
        .await
        .unwrap();
    let visitor = Client::visitor(&server);
    let long = "x".repeat(61);
    for (name, uris, scopes, said) in [
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
        let answer = visitor.post("/api/v1/apps", app).await;
        assert_eq!(
            (answer.status, answer.error()),
            (422, format!("Validation failed: {said}").as_str())
        );
    }
}

#[tokio::test]
async fn a_user_signs_in_sees_who_asks_for_what_and_gives_leave() {
    let server = TestServer::start().await.unwrap();
    let mut flow = Flow::new(&server, "read write:statuses push").await;
    let query = flow.query("scope=read+push&state=a%26b&lang=de");
    let login = flow
        .browse("GET", &format!("/oauth/authorize?{query}"), "")
        .await;
    assert!(page(&login).contains("<html lang=\"de\">"));
    assert!(page(&login).contains("name=\"user[password]\""));
    let wrong = format!("{query}&user[email]=alice@example.org&user[password]=bob");
    let refused = flow.browse("POST", "/auth/sign_in", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(page(&refused).contains("Invalid E-mail address or password."));
    let onward = flow.sign_in(&query).await;
    let onward = onward.header("location").unwrap().to_owned();
    let consent = page(&flow.browse("GET", &onward, "").await);
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
    let back = flow.browse("POST", "/oauth/authorize", &query).await;
    assert_eq!(back.status, 302);
    let target = back.header("location").unwrap();
    assert!(
        target.starts_with("https://app.example/cb?x=1&code="),
        "{target}"
    );
    assert!(target.ends_with("&state=a%26b"), "{target}");
}

#[tokio::test]
async fn a_user_who_denies_is_sent_back_with_access_denied() {
    let server = TestServer::start().await.unwrap();
    let mut flow = Flow::new(&server, "read").await;
    let query = flow.query("state=s");
    flow.sign_in(&query).await;
    let back = flow
        .browse(
            "POST",
            "/oauth/authorize",
            &format!("{query}&_method=delete"),
        )
        .await;
    let target = back.header("location").unwrap();
    assert!(
        target.contains("error=access_denied&error_description="),
        "{target}"
    );
    assert!(target.ends_with("&state=s"), "{target}");
}

#[tokio::test]
async fn who_gave_leave_before_is_not_asked_again_unless_a_login_is_forced() {
    let server = TestServer::start().await.unwrap();
    let mut flow = Flow::new(&server, "read").await;
    let code = flow.code("").await;
    flow.redeem(&code, "").await.ok();
    let address = format!("/oauth/authorize?{}", flow.query(""));
    let again = flow.browse("GET", &address, "").await;
    assert!(again.header("location").unwrap().contains("code="));
    let forced = flow
        .browse("GET", &format!("{address}force_login=true"), "")
        .await;
    assert!(page(&forced).contains("user[password]"));
}

#[tokio::test]
async fn out_of_band_the_code_is_shown_on_a_page() {
    let server = TestServer::start().await.unwrap();
    let mut flow = Flow::new(&server, "read").await;
    let oob = "urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob";
    let query = flow.query("").replace(CALLBACK, oob);
    flow.sign_in(&query).await;
    let answer = flow.browse("POST", "/oauth/authorize", &query).await;
    let shown = answer
        .header("location")
        .unwrap()
        .strip_prefix(server.url())
        .unwrap()
        .to_owned();
    let shown = page(&flow.browse("GET", &shown, "").await);
    let code = shown
        .split("<code>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let grant = format!("grant_type=authorization_code&redirect_uri={oob}&code={code}");
    let token = flow.token(&grant).await.ok();
    assert_eq!(
        (&token["token_type"], &token["scope"]),
        (&json!("Bearer"), &json!("read"))
    );
}

#[tokio::test]
async fn a_doubtful_request_shows_an_error_and_sends_nobody_anywhere() {
    let server = TestServer::start().await.unwrap();
    let mut flow = Flow::new(&server, "read").await;
    let good = flow.query("");
    for (query, status, said) in [
        (
            good.replace(&flow.client_id, "nobody"),
            401,
            "Client authentication failed",
        ),
        (
            good.replace("app.example", "evil.example"),
            400,
            "redirect uri",
        ),
        (
            good.replace("response_type=code", "response_type=token"),
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
        let answer = flow
            .browse("GET", &format!("/oauth/authorize?{query}"), "")
            .await;
        assert_eq!(answer.status, status, "{query}");
        assert_eq!(answer.header("location"), None);
        assert!(
            page(&answer).contains(said),
            "{said} is not in {}",
            page(&answer)
        );
    }
}

#[tokio::test]
async fn a_code_is_good_once_for_its_client_and_for_ten_minutes() {
    let server = TestServer::builder()
        .rate_limit("apps", 100)
        .start()
        .await
        .unwrap();
    let mut flow = Flow::new(&server, "read").await;
    let code = flow.code("").await;
    let other = Flow::new(&server, "read").await;
    let refused = other.redeem(&code, "").await;
    assert_eq!((refused.status, refused.error()), (400, "invalid_grant"));
    let token = flow.redeem(&code, "").await.ok();
    assert_eq!(token["created_at"], server.clock().now().as_second());
    let again = flow.redeem(&code, "").await;
    assert_eq!((again.status, again.error()), (400, "invalid_grant"));
    let code = Flow::code(&mut flow, "").await;
    server.clock().advance(Duration::from_secs(600));
    let late = flow.redeem(&code, "").await;
    assert_eq!((late.status, late.error()), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_challenge_wants_its_verifier() {
    let server = TestServer::start().await.unwrap();
    let mut flow = Flow::new(&server, "read").await;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(b"right"));
    let asked = format!("code_challenge={challenge}&code_challenge_method=S256");
    let code = flow.code(&asked).await;
    let without = flow.redeem(&code, "").await;
    assert_eq!((without.status, without.error()), (400, "invalid_request"));
    let wrong = flow.redeem(&code, "code_verifier=wrong").await;
    assert_eq!((wrong.status, wrong.error()), (400, "invalid_grant"));
    flow.redeem(&code, "code_verifier=right").await.ok();
}

#[tokio::test]
async fn clients_prove_themselves_by_basic_authentication_or_by_parameters() {
    let server = TestServer::start().await.unwrap();
    let flow = Flow::new(&server, "read write").await;
    let basic = STANDARD.encode(format!("{}:{}", flow.client_id, flow.secret));
    let headers = [FORM, ("authorization", &format!("Basic {basic}"))];
    let form = b"grant_type=client_credentials&scope=write";
    let token = send(&server, "POST", "/oauth/token", "", &headers, form)
        .await
        .ok();
    assert_eq!(token["scope"], "write");
    let bad = Flow {
        secret: "guess".to_owned(),
        ..Flow::new(&server, "read").await
    };
    let refused = bad.token("grant_type=client_credentials").await;
    assert_eq!((refused.status, refused.error()), (401, "invalid_client"));
}

#[tokio::test]
async fn a_program_gets_no_scope_that_it_was_not_registered_with() {
    let server = TestServer::start().await.unwrap();
    let flow = Flow::new(&server, "read").await;
    let refused = flow
        .token("grant_type=client_credentials&scope=read+write")
        .await;
    assert_eq!((refused.status, refused.error()), (400, "invalid_scope"));
    assert_eq!(
        flow.token("grant_type=client_credentials").await.ok()["scope"],
        "read"
    );
}

#[tokio::test]
async fn passwords_and_refresh_tokens_are_no_longer_taken() {
    let server = TestServer::start().await.unwrap();
    let flow = Flow::new(&server, "read").await;
    for grant in [
        "password&username=alice@example.org&password=alice",
        "refresh_token&refresh_token=x",
    ] {
        let refused = flow.token(&format!("grant_type={grant}")).await;
        assert_eq!(
            (refused.status, refused.error()),
            (400, "unsupported_grant_type")
        );
    }
    let refused = flow.token("").await;
    assert_eq!((refused.status, refused.error()), (400, "invalid_request"));
}

#[tokio::test]
async fn a_program_that_asks_again_gets_the_token_that_it_has() {
    let server = TestServer::start().await.unwrap();
    let flow = Flow::new(&server, "read write").await;
    let first = flow
        .token("grant_type=client_credentials&scope=read+write")
        .await
        .ok();
    server.clock().advance(Duration::from_secs(60));
    let second = flow
        .token("grant_type=client_credentials&scope=write+read")
        .await
        .ok();
    assert_eq!(first, second);
    let other = flow
        .token("grant_type=client_credentials&scope=read")
        .await
        .ok();
    assert_ne!(first["access_token"], other["access_token"]);
}

#[tokio::test]
async fn only_its_own_client_revokes_a_token_and_then_it_is_dead() {
    let server = TestServer::start().await.unwrap();
    let mut flow = Flow::new(&server, "read").await;
    let code = flow.code("").await;
    let token = flow.redeem(&code, "").await.ok()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let visitor = Client::visitor(&server);
    let form = |flow: &Flow<'_>| {
        format!(
            "client_id={}&client_secret={}&token={token}",
            flow.client_id, flow.secret
        )
    };
    let other = Flow::new(&server, "read").await;
    let refused = visitor.form("POST", "/oauth/revoke", &form(&other)).await;
    assert_eq!(
        (refused.status, refused.error()),
        (403, "unauthorized_client")
    );
    for _ in 0..2 {
        assert_eq!(
            visitor
                .form("POST", "/oauth/revoke", &form(&flow))
                .await
                .ok(),
            json!({})
        );
    }
    let dead = send(
        &server,
        "GET",
        "/api/v1/accounts/verify_credentials",
        &token,
        &[],
        b"",
    )
    .await;
    assert_eq!(
        (dead.status, dead.error()),
        (401, "The access token was revoked")
    );
}

#[tokio::test]
async fn the_profile_scope_tells_who_the_user_is() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "profile");
    for verb in ["GET", "POST"] {
        let who = send(&server, verb, "/oauth/userinfo", &token, &[], b"")
            .await
            .ok();
        assert_eq!(who["preferred_username"], "alice");
        assert_eq!(who["sub"], format!("{}/users/alice", server.url()));
        assert_eq!(who["iss"], format!("{}/", server.url()));
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
async fn the_server_tells_where_its_endpoints_are() {
    let server = TestServer::start().await.unwrap();
    let told = Client::visitor(&server)
        .get("/.well-known/oauth-authorization-server")
        .await
        .ok();
    assert_eq!(
        told["token_endpoint"],
        format!("{}/oauth/token", server.url())
    );
    assert_eq!(told["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(
        told["grant_types_supported"],
        json!(["authorization_code", "client_credentials"])
    );
    let scopes = told["scopes_supported"].as_array().unwrap();
    assert!(scopes.contains(&json!("admin:write:reports")) && !scopes.contains(&json!("crypto")));
}

#[tokio::test]
async fn a_token_may_stand_among_the_parameters() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let visitor = Client::visitor(&server);
    for name in ["access_token", "bearer_token"] {
        let path = format!("/api/v1/accounts/verify_credentials?{name}={token}");
        assert_eq!(visitor.get(&path).await.ok()["username"], "alice");
    }
}

#[tokio::test]
async fn a_bad_token_does_no_harm_where_none_is_looked_at() {
    let server = TestServer::start().await.unwrap();
    let get = |path: &'static str| send(&server, "GET", path, "wrong", &[], b"");
    assert_eq!(get("/api/v2/instance").await.status, 200);
    let refused = get("/api/v1/trends/statuses").await;
    assert_eq!(
        (refused.status, refused.json),
        (401, json!({ "error": "The access token is invalid" }))
    );
}
