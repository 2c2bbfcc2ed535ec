//! What a server tells of its OAuth is used, as far as it can be trusted.

use mastodon_sdk::{App, Credentials, Mastodon, OUT_OF_BAND};
use mastodon_test_server::TestServer;

use crate::logs::Log;
use crate::server::{Server, answer, json};

const TOKEN: &str = r#"{"access_token":"t0k3n","token_type":"Bearer","scope":"read"}"#;

fn app() -> App {
    App::new("id", "s3cret", OUT_OF_BAND, "read write")
}

/// A document that names these endpoints and offers.
fn metadata(more: &str) -> String {
    let body = format!(
        r#"{{"issuer":"https://a.example/","authorization_endpoint":"/auth/page",
        "token_endpoint":"/auth/token","revocation_endpoint":"/auth/revoke",
        "userinfo_endpoint":"/auth/me","app_registration_endpoint":"/auth/apps"{more}}}"#
    );
    json(200, "", &body)
}

/// The first line of each request.
fn lines(server: &Server) -> Vec<String> {
    let first = |request: &String| request.lines().next().unwrap().to_owned();
    server.seen().iter().map(first).collect()
}

#[tokio::test]
async fn endpoints_are_used_where_the_server_says_and_it_is_asked_once() {
    let application = r#"{"id":"1","name":"A program","client_id":"id","client_secret":"s3cret"}"#;
    let me = r#"{"iss":"https://a.example/","sub":"https://a.example/users/alice"}"#;
    let script = vec![
        json(200, "", application),
        json(200, "", TOKEN),
        json(200, "", me),
        json(200, "", "{}"),
    ];
    let server = Server::telling(metadata(""), script).await;
    let visitor = server.client();
    let app = visitor
        .create_app("A program", OUT_OF_BAND, "read", None)
        .await
        .unwrap();
    let login = visitor.auth_request_url(&app, "read").await.unwrap();
    let page = format!("{}/auth/page?response_type=code&", server.url);
    assert!(login.url().starts_with(&page), "{}", login.url());
    let (client, _) = visitor
        .log_in_with_code(&app, &login, "code")
        .await
        .unwrap();
    client.oauth_userinfo().await.unwrap();
    client.clone().revoke_access_token(&app).await.unwrap();
    assert_eq!(
        lines(&server),
        [
            "POST /auth/apps HTTP/1.1",
            "POST /auth/token HTTP/1.1",
            "GET /auth/me HTTP/1.1",
            "POST /auth/revoke HTTP/1.1",
        ]
    );
    assert_eq!(server.asked_for_metadata(), 1);
}

#[tokio::test]
async fn a_server_that_tells_nothing_is_asked_once_and_has_the_usual_paths() {
    let page = answer(200, "text/html", "", "<!doctype html><p>Not found");
    let nonsense = json(200, "", r#"{"hello":"world"}"#);
    for silent in [json(404, "", "{}"), page, nonsense] {
        let server = Server::telling(silent, vec![json(200, "", TOKEN); 2]).await;
        let client = server.client();
        let login = client.auth_request_url(&app(), "read").await.unwrap();
        assert!(login.url().contains("/oauth/authorize?"));
        assert!(
            login.url().contains("code_challenge_method=S256"),
            "where it is not known whether PKCE is checked, it does no harm"
        );
        for _ in 0..2 {
            client.log_in_as_app(&app(), "read").await.unwrap();
        }
        assert_eq!(lines(&server), ["POST /oauth/token HTTP/1.1"; 2]);
        assert_eq!(server.asked_for_metadata(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_moment_stops_no_log_in_and_is_not_remembered() {
    let server = Server::telling(json(503, "", ""), vec![json(200, "", TOKEN); 2]).await;
    let client = server.builder().max_retries(0).build().unwrap();
    for asked in 1..=2 {
        client.log_in_as_app(&app(), "read").await.unwrap();
        // Once for what is offered, once for the address.
        assert_eq!(server.asked_for_metadata(), asked * 2);
    }
}

#[tokio::test]
async fn secrets_do_not_go_to_another_host_that_a_document_names() {
    let other = Server::start(vec![json(200, "", TOKEN)]).await;
    let elsewhere = format!(
        r#","token_endpoint":"{0}/token","authorization_endpoint":"{0}/page""#,
        other.url
    );
    let document = format!(r#"{{"issuer":"https://a.example/"{elsewhere}}}"#);
    let server = Server::telling(json(200, "", &document), vec![json(200, "", TOKEN)]).await;
    let (log, _guard) = Log::begin();
    let client = server.client();
    let login = client.auth_request_url(&app(), "read").await.unwrap();
    assert!(
        login
            .url()
            .starts_with(&format!("{}/oauth/authorize?", server.url))
    );
    client
        .log_in_with_code(&app(), &login, "code")
        .await
        .unwrap();
    assert_eq!(lines(&server), ["POST /oauth/token HTTP/1.1"]);
    assert!(other.seen().is_empty());
    let warned = log.text();
    assert!(
        warned.contains("names another host for this") && warned.contains(&other.url),
        "{warned}"
    );
}

#[tokio::test]
async fn what_the_server_does_not_take_is_not_sent() {
    let offer = metadata(r#","grant_types_supported":["authorization_code"]"#);
    let server = Server::telling(offer, Vec::new()).await;
    let (client, app) = (server.client(), app());
    let by_password = client.log_in_with_password(&app, "a@b.example", "hunter2", "read");
    let error = by_password.await.unwrap_err().to_string();
    assert!(
        error.contains("does not offer log-ins by password") && error.contains("auth_request_url"),
        "{error}"
    );
    let error = client.log_in_with_refresh_token(&app, "old", "read").await;
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("does not offer refresh tokens")
    );
    let error = client.log_in_as_app(&app, "read").await;
    assert!(error.unwrap_err().to_string().contains("without a user"));
    assert!(server.seen().is_empty(), "no secret has travelled");
}

#[tokio::test]
async fn a_server_that_checks_no_challenges_gets_none() {
    let offer = metadata(r#","code_challenge_methods_supported":["plain"]"#);
    let server = Server::telling(offer, vec![json(200, "", TOKEN)]).await;
    let client = server.client();
    let login = client.auth_request_url(&app(), "read").await.unwrap();
    assert!(!login.url().contains("code_challenge"), "{}", login.url());
    client
        .log_in_with_code(&app(), &login, "code")
        .await
        .unwrap();
    assert!(!server.seen()[0].contains("code_verifier"));
}

#[tokio::test]
async fn scopes_that_the_server_does_not_list_are_warned_of() {
    let offer = metadata(r#","scopes_supported":["read","write"]"#);
    let server = Server::telling(offer, Vec::new()).await;
    let (log, _guard) = Log::begin();
    let any = App::new("id", "s3cret", OUT_OF_BAND, "");
    let client = server.client();
    client
        .auth_request_url(&any, "read:lists write")
        .await
        .unwrap();
    assert!(!log.text().contains("does not list"), "{}", log.text());
    client.auth_request_url(&any, "read push").await.unwrap();
    let warned = log.text();
    assert!(
        warned.contains("does not list these scopes") && warned.contains("push"),
        "{warned}"
    );
}

#[tokio::test]
async fn a_code_that_is_too_old_or_used_says_what_to_do() {
    let server = TestServer::start().await.unwrap();
    let visitor = Mastodon::builder(server.url()).build().unwrap();
    let app = visitor
        .create_app("A program", OUT_OF_BAND, "read", None)
        .await
        .unwrap();
    let login = visitor.auth_request_url(&app, "read").await.unwrap();
    let used = server.authorize(&login.url(), "alice").unwrap();
    visitor.log_in_with_code(&app, &login, &used).await.unwrap();
    let old = server.authorize(&login.url(), "alice").unwrap();
    server.clock().advance(std::time::Duration::from_secs(3600));
    for code in [used, old, "guessed".to_owned()] {
        let error = visitor.log_in_with_code(&app, &login, &code).await;
        let error = error.unwrap_err();
        assert_eq!(error.api().unwrap().message, "invalid_grant");
        let said = error.to_string();
        assert!(
            said.ends_with("ask the user again: a code is good for one use and some minutes"),
            "{said}"
        );
    }
    let wrong = App::new(&*app.client_id, "wrong", OUT_OF_BAND, "read");
    let error = visitor.log_in_as_app(&wrong, "read").await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("check the program's id and secret, or register it again"),
        "{error}"
    );
}

#[tokio::test]
async fn a_program_is_verified_by_its_own_token() {
    let server = TestServer::start().await.unwrap();
    let visitor = Mastodon::builder(server.url()).build().unwrap();
    let app = visitor
        .create_app("A program", OUT_OF_BAND, "read", None)
        .await
        .unwrap();
    let (client, _) = visitor.log_in_as_app(&app, "read").await.unwrap();
    let verified = client.app_verify_credentials().await.unwrap();
    assert_eq!(verified.name, "A program");
    let kept: Credentials = client.credentials(Some(&app));
    client.revoke_access_token(&app).await.unwrap();
    let again = kept.builder().unwrap().build().unwrap();
    assert!(
        again
            .app_verify_credentials()
            .await
            .unwrap_err()
            .is_unauthorized()
    );
}
