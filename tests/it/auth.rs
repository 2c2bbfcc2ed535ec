//! OAuth log-ins.

use std::time::Duration;

use mastodon_sdk::auth::{App, Credentials, OUT_OF_BAND};
use mastodon_sdk::{Mastodon, Scope, Scopes};
use mastodon_test_server::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::support::fixtures::oauth_app;
use crate::support::{ScriptedServer, json_response, request_body};

/// Requests a URL like a browser and returns the response.
async fn visit(host: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

/// A query parameter of the authorization URL.
fn query_parameter(url: &str, name: &str) -> String {
    let (_, query) = url.split_once('?').unwrap();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[tokio::test]
async fn a_browser_log_in_ignores_other_requests_and_returns_a_client() {
    let server = TestServer::start().await.unwrap();
    let (url_sender, url_receiver) = oneshot::channel();
    let client = Mastodon::builder(server.url()).build().unwrap();
    let open_browser = move |url: &str| url_sender.send(url.to_owned()).unwrap();
    let login = client.log_in_with_browser("Example app", "read", open_browser);
    let browser = async {
        let url = url_receiver.await.unwrap();
        let code = server.authorize(&url, "alice").unwrap();
        let host = query_parameter(&url, "redirect_uri");
        let host = host.strip_prefix("http://").unwrap().trim_end_matches('/');
        // Browsers open connections in advance without sending a request, and request icons.
        let _idle = TcpStream::connect(host).await.unwrap();
        assert!(
            visit(host, "/favicon.ico")
                .await
                .starts_with("HTTP/1.1 404")
        );
        let forged = visit(host, "/?code=evil&state=guessed").await;
        assert!(forged.starts_with("HTTP/1.1 400"), "{forged}");
        visit(
            host,
            &format!("/?code={code}&state={}", query_parameter(&url, "state")),
        )
        .await
    };
    let (result, page) = futures_util::future::join(login, browser).await;
    assert!(page.contains("You can close this page"), "{page}");
    let (client, app, token) = result.unwrap();
    assert_eq!(
        (token.scope.as_str(), app.scopes),
        ("read", Scopes::from([Scope::Read]))
    );
    assert_eq!(
        client.account_verify_credentials().await.unwrap().acct,
        "alice"
    );
}

#[tokio::test]
async fn a_denied_authorization_ends_the_browser_log_in() {
    let server = TestServer::start().await.unwrap();
    let (url_sender, url_receiver) = oneshot::channel();
    let client = Mastodon::builder(server.url()).build().unwrap();
    let open_browser = move |url: &str| url_sender.send(url.to_owned()).unwrap();
    let login = client.log_in_with_browser("Example app", "read", open_browser);
    let browser = async {
        let url = url_receiver.await.unwrap();
        let host = query_parameter(&url, "redirect_uri");
        let host = host.strip_prefix("http://").unwrap().trim_end_matches('/');
        let state = query_parameter(&url, "state");
        visit(
            host,
            &format!("/?error=access_denied&error_description=No.&state={state}"),
        )
        .await
    };
    let (result, page) = futures_util::future::join(login, browser).await;
    assert!(page.contains("You did not give leave"), "{page}");
    assert_eq!(
        result.unwrap_err().to_string(),
        "the log-in was refused (access_denied): No"
    );
}

#[tokio::test]
async fn scopes_missing_from_the_token_are_named_in_the_error() {
    let token = r#"{"access_token":"t","token_type":"Bearer","scope":"read","created_at":1}"#;
    let server = ScriptedServer::start(vec![json_response(200, "", token)]).await;
    let error = server
        .client()
        .log_in_with_client_credentials(&oauth_app(), "read write")
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("missing are the scopes write"),
        "{error}"
    );
}

#[tokio::test]
async fn a_rejected_password_grant_names_the_alternative() {
    let refusal = r#"{"error":"unsupported_grant_type","error_description":"The grant type is not supported."}"#;
    let server = ScriptedServer::start(vec![json_response(400, "", refusal)]).await;
    let error = server
        .client()
        .log_in_with_password(&oauth_app(), "a@b.example", "hunter2", "read")
        .await
        .unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("does not offer log-ins by password") && text.contains("auth_request_url"),
        "{text}"
    );
    assert!(
        !text.contains("hunter2") && !text.contains("s3cret"),
        "{text}"
    );
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_another_token() {
    let token =
        r#"{"access_token":"new","token_type":"Bearer","scope":"read","refresh_token":"next"}"#;
    let server = ScriptedServer::start(vec![json_response(200, "", token)]).await;
    let (_, token) = server
        .client()
        .log_in_with_refresh_token(&oauth_app(), "old", "read")
        .await
        .unwrap();
    assert_eq!(token.access_token.expose(), "new");
    assert_eq!(token.refresh_token.unwrap().expose(), "next");
    let requests = server.requests();
    let body = request_body(&requests[0]);
    assert!(
        body.contains("grant_type=refresh_token") && body.contains("refresh_token=old"),
        "{body}"
    );
}

#[tokio::test]
async fn an_expired_or_used_code_and_a_wrong_client_secret_say_what_to_do() {
    let server = TestServer::start().await.unwrap();
    let visitor = Mastodon::builder(server.url()).build().unwrap();
    let app = visitor
        .create_app("Example app", OUT_OF_BAND, "read", None)
        .await
        .unwrap();
    let login = visitor.auth_request_url(&app, "read").await.unwrap();
    let used = server.authorize(&login.url(), "alice").unwrap();
    visitor.log_in_with_code(&app, &login, &used).await.unwrap();
    let expired = server.authorize(&login.url(), "alice").unwrap();
    server.clock().advance(Duration::from_secs(3600));
    for code in [used, expired, "guessed".to_owned()] {
        let error = visitor.log_in_with_code(&app, &login, &code).await;
        let error = error.unwrap_err();
        assert_eq!(error.api().unwrap().message, "invalid_grant");
        let message = error.to_string();
        assert!(
            message.ends_with("ask the user again: a code is good for one use and some minutes"),
            "{message}"
        );
    }
    let wrong = App::new(&*app.client_id, "wrong", OUT_OF_BAND, "read");
    let error = visitor
        .log_in_with_client_credentials(&wrong, "read")
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("check the program's id and secret, or register it again"),
        "{error}"
    );
}

#[tokio::test]
async fn an_app_token_verifies_the_app_until_it_is_revoked() {
    let server = TestServer::start().await.unwrap();
    let visitor = Mastodon::builder(server.url()).build().unwrap();
    let app = visitor
        .create_app("Example app", OUT_OF_BAND, "read", None)
        .await
        .unwrap();
    let (client, _) = visitor
        .log_in_with_client_credentials(&app, "read")
        .await
        .unwrap();
    let verified = client.app_verify_credentials().await.unwrap();
    assert_eq!(verified.name, "Example app");
    let saved: Credentials = client.credentials(Some(&app));
    client.revoke_access_token(&app).await.unwrap();
    let revoked = saved.builder().unwrap().build().unwrap();
    assert!(
        revoked
            .app_verify_credentials()
            .await
            .unwrap_err()
            .is_unauthorized()
    );
}
