//! Invites.

use std::time::Duration;

use mastodon_sdk::Mastodon;
use mastodon_test_server::TestServer;
use serde_json::json;

use crate::client::{Response, send};

async fn show(server: &TestServer, code: &str) -> Response {
    let path = format!("/invite/{code}");
    send(
        server,
        "GET",
        &path,
        "",
        &[("accept", "application/json")],
        b"",
    )
    .await
}

#[tokio::test]
async fn invite_is_shown_while_it_is_valid() {
    let server = TestServer::start().await.unwrap();
    let day = Duration::from_secs(86_400);
    let code = server.create_invite("alice", None, Some(day)).unwrap();
    let api_url = format!("{}/api/v2/instance", server.url());
    let expected = json!({ "invite_code": code, "instance_api_url": api_url });
    assert_eq!(show(&server, &code).await.ok(), expected);
    let path = format!("/invite/{code}");
    let page = send(&server, "GET", &path, "", &[("accept", "*/*")], b"").await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    server.clock().advance(day);
    let expired = show(&server, &code).await;
    assert_eq!(
        (expired.status, expired.error()),
        (401, "This invite is not valid")
    );
    assert_eq!(show(&server, "unknown").await.status, 404);
}

#[tokio::test]
async fn sign_up_uses_an_invite() {
    let server = TestServer::start().await.unwrap();
    let code = server.create_invite("alice", Some(1), None).unwrap();
    let app = crate::signup::app_client(&server).await;
    let body = json!({
        "username": "frank", "email": "frank@mail.example", "password": "a long password", "agreement": true,
        "locale": "en", "invite_code": code,
    });
    app.post("/api/v1/accounts", body).await.ok();
    assert_eq!(show(&server, &code).await.status, 401);
}

#[tokio::test]
async fn sdk_reads_an_invite() -> Result<(), Box<dyn std::error::Error>> {
    let server = TestServer::start().await?;
    let code = server
        .create_invite("alice", None, None)
        .ok_or("no invite")?;
    let client = Mastodon::builder(server.url()).build()?;
    assert_eq!(client.invite(&code).await?.invite_code, code);
    Ok(())
}
