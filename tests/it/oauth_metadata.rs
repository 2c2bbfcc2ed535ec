//! OAuth metadata of the server: endpoints, grant types, PKCE and scopes.

use mastodon_sdk::auth::{App, OUT_OF_BAND};

use crate::support::fixtures::oauth_app;
use crate::support::{CapturedLog, ScriptedServer, json_response, response};

const TOKEN: &str = r#"{"access_token":"t0k3n","token_type":"Bearer","scope":"read"}"#;

/// A metadata document of the server at `url`, with additional fields.
fn metadata(url: &str, fields: &str) -> String {
    let body = format!(
        r#"{{"issuer":"{url}/","authorization_endpoint":"{url}/auth/page",
        "token_endpoint":"{url}/auth/token","revocation_endpoint":"{url}/auth/revoke",
        "userinfo_endpoint":"{url}/auth/me","app_registration_endpoint":"{url}/auth/apps"{fields}}}"#
    );
    json_response(200, "", &body)
}

#[tokio::test]
async fn endpoints_of_the_metadata_are_used_and_the_metadata_is_requested_once() {
    let application =
        r#"{"id":"1","name":"Example app","client_id":"id","client_secret":"s3cret"}"#;
    let me = r#"{"iss":"https://a.example/","sub":"https://a.example/users/alice"}"#;
    let script = vec![
        json_response(200, "", application),
        json_response(200, "", TOKEN),
        json_response(200, "", me),
        json_response(200, "", "{}"),
    ];
    let server = ScriptedServer::with_oauth_metadata_for(|url| metadata(url, ""), script).await;
    let client = server.client();
    let app = client
        .create_app("Example app", OUT_OF_BAND, "read", None)
        .await
        .unwrap();
    let request = client.auth_request_url(&app, "read").await.unwrap();
    let page = format!("{}/auth/page?response_type=code&", server.url);
    assert!(request.url().starts_with(&page), "{}", request.url());
    let (client, _) = client
        .log_in_with_code(&app, &request, "code")
        .await
        .unwrap();
    client.oauth_userinfo().await.unwrap();
    client.clone().revoke_access_token(&app).await.unwrap();
    assert_eq!(
        server.request_lines(),
        [
            "POST /auth/apps",
            "POST /auth/token",
            "GET /auth/me",
            "POST /auth/revoke",
        ]
    );
    assert_eq!(server.metadata_requests(), 1);
}

#[tokio::test]
async fn default_endpoints_are_used_if_the_server_has_no_metadata() {
    let page = response(200, "text/html", "", "<!doctype html><p>Not found");
    let other_json = json_response(200, "", r#"{"hello":"world"}"#);
    for no_metadata in [json_response(404, "", "{}"), page, other_json] {
        let server = ScriptedServer::with_oauth_metadata(
            no_metadata,
            vec![json_response(200, "", TOKEN); 2],
        )
        .await;
        let client = server.client();
        let request = client.auth_request_url(&oauth_app(), "read").await.unwrap();
        assert!(request.url().contains("/oauth/authorize?"));
        assert!(
            request.url().contains("code_challenge_method=S256"),
            "PKCE is used unless the server is known not to support it"
        );
        for _ in 0..2 {
            client
                .log_in_with_client_credentials(&oauth_app(), "read")
                .await
                .unwrap();
        }
        assert_eq!(server.request_lines(), ["POST /oauth/token"; 2]);
        assert_eq!(server.metadata_requests(), 1);
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn temporary_failure_of_the_metadata_prevents_no_login_and_is_not_cached() {
    let server = ScriptedServer::with_oauth_metadata(
        json_response(503, "", ""),
        vec![json_response(200, "", TOKEN); 2],
    )
    .await;
    let client = server.builder().max_retries(0).build().unwrap();
    for login in 1..=2 {
        client
            .log_in_with_client_credentials(&oauth_app(), "read")
            .await
            .unwrap();
        // Once for the supported grant types, once for the endpoint.
        assert_eq!(server.metadata_requests(), login * 2);
    }
}

#[tokio::test]
async fn secrets_are_not_sent_to_endpoints_on_another_host() {
    let other = ScriptedServer::start(vec![json_response(200, "", TOKEN)]).await;
    let endpoints = format!(
        r#","token_endpoint":"{0}/token","authorization_endpoint":"{0}/page""#,
        other.url
    );
    let document = format!(r#"{{"issuer":"https://a.example/"{endpoints}}}"#);
    let server = ScriptedServer::with_oauth_metadata(
        json_response(200, "", &document),
        vec![json_response(200, "", TOKEN)],
    )
    .await;
    let (log, _guard) = CapturedLog::start();
    let client = server.client();
    let request = client.auth_request_url(&oauth_app(), "read").await.unwrap();
    assert!(
        request
            .url()
            .starts_with(&format!("{}/oauth/authorize?", server.url))
    );
    client
        .log_in_with_code(&oauth_app(), &request, "code")
        .await
        .unwrap();
    assert_eq!(server.request_lines(), ["POST /oauth/token"]);
    assert!(other.requests().is_empty());
    let warning = log.text();
    assert!(
        warning.contains("names an endpoint on another host") && warning.contains(&other.url),
        "{warning}"
    );
}

#[tokio::test]
async fn unsupported_grant_type_is_an_error_and_no_secret_is_sent() {
    let document = metadata(
        "https://a.example",
        r#","grant_types_supported":["authorization_code"]"#,
    );
    let server = ScriptedServer::with_oauth_metadata(document, Vec::new()).await;
    let (client, app) = (server.client(), oauth_app());
    let login = client.log_in_with_password(&app, "a@b.example", "hunter2", "read");
    let error = login.await.unwrap_err().to_string();
    assert!(
        error.contains("does not support the grant type `password`")
            && error.contains("auth_request_url"),
        "{error}"
    );
    let error = client.log_in_with_refresh_token(&app, "old", "read").await;
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("the grant type `refresh_token`")
    );
    let error = client.log_in_with_client_credentials(&app, "read").await;
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("the grant type `client_credentials`")
    );
    assert!(server.requests().is_empty(), "no secret was sent");
}

#[tokio::test]
async fn pkce_is_not_used_if_the_server_does_not_support_s256() {
    let document = metadata(
        "https://a.example",
        r#","code_challenge_methods_supported":["plain"]"#,
    );
    let server =
        ScriptedServer::with_oauth_metadata(document, vec![json_response(200, "", TOKEN)]).await;
    let client = server.client();
    let request = client.auth_request_url(&oauth_app(), "read").await.unwrap();
    assert!(
        !request.url().contains("code_challenge"),
        "{}",
        request.url()
    );
    client
        .log_in_with_code(&oauth_app(), &request, "code")
        .await
        .unwrap();
    assert!(!server.requests()[0].contains("code_verifier"));
}

#[tokio::test]
async fn scopes_that_the_metadata_does_not_list_are_logged_as_a_warning() {
    let document = metadata(
        "https://a.example",
        r#","scopes_supported":["read","write"]"#,
    );
    let server = ScriptedServer::with_oauth_metadata(document, Vec::new()).await;
    let (log, _guard) = CapturedLog::start();
    let app = App::new("id", "s3cret", OUT_OF_BAND, "");
    let client = server.client();
    client
        .auth_request_url(&app, "read:lists write")
        .await
        .unwrap();
    assert!(!log.text().contains("does not list"), "{}", log.text());
    client.auth_request_url(&app, "read push").await.unwrap();
    let warning = log.text();
    assert!(
        warning.contains("does not list these scopes") && warning.contains("push"),
        "{warning}"
    );
}

#[tokio::test]
async fn secrets_are_not_sent_to_the_start_page_if_the_metadata_has_no_usable_endpoints() {
    let application =
        r#"{"id":"1","name":"Example app","client_id":"id","client_secret":"s3cret"}"#;
    let endpoints = [
        "authorization_endpoint",
        "token_endpoint",
        "revocation_endpoint",
        "app_registration_endpoint",
    ];
    for value in [
        "null",
        r#""""#,
        r#"" ""#,
        r#""/""#,
        r##""#""##,
        r#""oauth2/token""#,
        r#""/oauth2/token""#,
        r#""{url}""#,
        r#""{url}/""#,
        "7",
        "{}",
    ] {
        let metadata = |url: &str| {
            let members =
                endpoints.map(|name| format!(r#""{name}":{}"#, value.replace("{url}", url)));
            let body = format!(r#"{{"issuer":"{url}/",{}}}"#, members.join(","));
            json_response(200, "", &body)
        };
        let script = [application, TOKEN, "{}"];
        let script = script.map(|body| json_response(200, "", body)).into();
        let server = ScriptedServer::with_oauth_metadata_for(metadata, script).await;
        let client = server.client();
        let app = client
            .create_app("Example app", OUT_OF_BAND, "read", None)
            .await
            .unwrap();
        let request = client.auth_request_url(&app, "read").await.unwrap();
        let page = format!("{}/oauth/authorize?response_type=code&", server.url);
        assert!(
            request.url().starts_with(&page),
            "{value}: {}",
            request.url()
        );
        let (client, _) = client
            .log_in_with_code(&app, &request, "code")
            .await
            .unwrap();
        client.revoke_access_token(&app).await.unwrap();
        assert_eq!(
            server.request_lines(),
            [
                "POST /api/v1/apps",
                "POST /oauth/token",
                "POST /oauth/revoke"
            ],
            "{value}"
        );
    }
}
