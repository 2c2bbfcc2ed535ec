//! Users, tokens and emails.

use mastodon_test_server::{EmailKind, TestServer};
use serde_json::{Value, json};

use super::{call, client, get, post};
use crate::client::{Client, send_to};
use crate::signup::app_client;

const VERIFY: &str = "/api/v1/accounts/verify_credentials";

#[tokio::test]
async fn token_is_created_without_a_browser() {
    let server = TestServer::start().await.unwrap();
    let token = post(
        &server,
        "/tokens",
        json!({ "user": "bob", "token": "fixed", "scopes": "read" }),
    )
    .await;
    assert_eq!(
        (
            &token["access_token"],
            &token["token_type"],
            &token["scope"]
        ),
        (&json!("fixed"), &json!("Bearer"), &json!("read"))
    );
    assert_eq!(
        client(&server, "fixed").get(VERIFY).await.ok()["username"],
        "bob"
    );
    let repeated = json!({ "user": "bob", "token": "fixed" });
    let rejected = call(&server, "POST", "/tokens", &repeated).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "token: `fixed` exists already")
    );
    let unknown = call(&server, "POST", "/tokens", &json!({ "user": "nobody" })).await;
    assert!(
        unknown
            .error()
            .starts_with("user: unknown user `nobody`; the users are `alice`, `bob`"),
        "{}",
        unknown.error()
    );
}

#[tokio::test]
async fn user_is_created_and_changed() {
    let server = TestServer::start().await.unwrap();
    let created = json!({
        "username": "frida", "id": 7, "approved": false, "reason": "Curious", "tokens": [{ "token": "t" }],
    });
    let frida = post(&server, "/users", created).await;
    assert_eq!(
        (&frida["id"], &frida["approved"], &frida["tokens"]),
        (&json!("7"), &json!(false), &json!(["t"]))
    );
    let pending = client(&server, "t").get(VERIFY).await;
    assert_eq!(
        (pending.status, pending.error()),
        (403, "Your login is currently pending approval")
    );
    assert_eq!(
        post(&server, "/users/frida/approve", json!({})).await["approved"],
        true
    );
    assert_eq!(client(&server, "t").get(VERIFY).await.status, 200);
    let changes =
        json!({ "display_name": "Frida", "locked": true, "silenced": true, "moved_to": "bob" });
    let changed = call(&server, "PATCH", "/users/7", &changes).await.ok();
    assert_eq!(changed["silenced"], true);
    let account = client(&server, "t").get("/api/v1/accounts/7").await.ok();
    assert_eq!(
        (
            &account["display_name"],
            &account["locked"],
            &account["limited"],
            &account["moved"]["username"]
        ),
        (&json!("Frida"), &json!(true), &json!(true), &json!("bob"))
    );
    let unknown = call(&server, "PATCH", "/users/nobody", &changes).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn confirmation_email_has_a_link_that_works_by_get() {
    let server = TestServer::start().await.unwrap();
    let sign_up = json!({
        "username": "frida", "email": "frida@example.org", "password": "correct horse", "agreement": true, "locale": "en",
    });
    let app_client = app_client(&server).await;
    let token = app_client.post("/api/v1/accounts", sign_up).await.ok();
    let frida = client(&server, token["access_token"].as_str().unwrap());
    let emails = get(&server, "/emails?to=frida@example.org").await;
    assert_eq!(
        (&emails[0]["kind"], &emails[0]["to"], &emails[0]["username"]),
        (
            &json!("confirmation"),
            &json!("frida@example.org"),
            &json!("frida")
        )
    );
    let link = emails[0]["link"].as_str().unwrap();
    assert_eq!(Some(link), server.confirmation_url("frida").as_deref());
    frida
        .post("/api/v1/emails/confirmations", json!({}))
        .await
        .ok();
    assert_eq!(
        get(&server, "/emails?to=frida")
            .await
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(frida.get(VERIFY).await.status, 403);
    let path = link.strip_prefix(server.url()).unwrap();
    send_to(server.url(), "GET", path, "", &[], b"").await;
    assert_eq!(frida.get(VERIFY).await.status, 200);
    assert_eq!(server.emails()[0].kind, EmailKind::Confirmation);
    call(&server, "DELETE", "/emails", &Value::Null).await.ok();
    assert_eq!(get(&server, "/emails").await, json!([]));
}

#[tokio::test]
async fn sign_up_is_confirmed_through_the_control_api() {
    let server = TestServer::start().await.unwrap();
    let created = json!({ "username": "frida", "confirmed": false, "tokens": [{ "token": "t" }] });
    let frida = post(&server, "/users", created).await;
    assert_eq!(frida["confirmed"], false);
    assert_eq!(client(&server, "t").get(VERIFY).await.status, 403);
    assert_eq!(
        post(&server, "/users/frida/confirm", json!({})).await["confirmed"],
        true
    );
    assert_eq!(client(&server, "t").get(VERIFY).await.status, 200);
}

#[tokio::test]
async fn user_authorizes_an_application_without_a_browser() {
    let server = TestServer::start().await.unwrap();
    let app = json!({ "name": "App", "client_id": "app", "client_secret": "secret", "redirect_uris": ["app://callback"] });
    post(&server, "/applications", app).await;
    let zoe = json!({ "username": "zoe", "email": "zoe+1@example.net", "password": "a & b" });
    post(&server, "/users", zoe).await;
    let url = format!(
        "{}/oauth/authorize?response_type=code&client_id=app&redirect_uri=app://callback&scope=read",
        server.url()
    );
    let code = post(&server, "/authorize", json!({ "url": url, "user": "zoe" })).await;
    let grant = json!({
        "grant_type": "authorization_code", "code": code["code"], "client_id": "app", "client_secret": "secret",
        "redirect_uri": "app://callback",
    });
    let token = Client::anonymous(&server)
        .post("/oauth/token", grant)
        .await
        .ok();
    assert_eq!(token["scope"], "read");
    let url = url.replace("client_id=app", "client_id=other");
    let rejected = call(
        &server,
        "POST",
        "/authorize",
        &json!({ "url": url, "user": "alice" }),
    )
    .await;
    assert_eq!(rejected.status, 422);
}

#[tokio::test]
async fn forgotten_password_is_changed_with_the_link_in_the_email() {
    let server = TestServer::start().await.unwrap();
    let (alice, anonymous) = (Client::user(&server, "alice"), Client::anonymous(&server));
    let form = "user[email]=alice@example.org";
    let sent = anonymous.send_form("POST", "/auth/password", form).await;
    assert_eq!(
        (sent.status, sent.header("location")),
        (302, Some("/auth/sign_in"))
    );
    // Whether a user exists is not told.
    let form = "user[email]=nobody@example.org";
    assert_eq!(
        anonymous
            .send_form("POST", "/auth/password", form)
            .await
            .status,
        302
    );
    let emails = get(&server, "/emails?kind=password_reset").await;
    assert_eq!(
        (emails.as_array().unwrap().len(), &emails[0]["to"]),
        (1, &json!("alice@example.org"))
    );
    let link = emails[0]["link"].as_str().unwrap();
    let path = link.strip_prefix(server.url()).unwrap();
    let page = anonymous.get(path).await;
    assert_eq!(page.status, 200);
    let token = path.split_once('=').unwrap().1;
    let change = async |password: &str, confirmation: &str| {
        let form = format!(
            "_method=put&user[reset_password_token]={token}&user[password]={password}&user[password_confirmation]={confirmation}"
        );
        anonymous
            .send_form("POST", "/auth/password", &form)
            .await
            .status
    };
    assert_eq!(change("long enough", "different").await, 422);
    assert_eq!(alice.get(VERIFY).await.status, 200);
    assert_eq!(change("long enough", "long enough").await, 302);
    assert_eq!(alice.get(VERIFY).await.status, 401);
    assert_eq!(
        get(&server, "/users/alice").await["password"],
        "long enough"
    );
    // The link works once.
    assert_eq!(
        anonymous.get(path).await.header("location"),
        Some("/auth/password/new")
    );
}
