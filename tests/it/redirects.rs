//! Redirects: within the server and to other hosts.

use mastodon_sdk::entities::GrantType;
use mastodon_sdk::{Error, Upload};

use crate::support::fixtures::RELATIONSHIP;
use crate::support::{ScriptedServer, json_response, request_body};

#[tokio::test]
async fn redirect_to_another_host_is_not_followed() {
    let other = ScriptedServer::start(vec![json_response(200, "", RELATIONSHIP)]).await;
    let headers = format!("location: {}/api/v1/x?token=s3cret\r\n", other.url);
    for status in [301, 302, 303, 307, 308] {
        let server = ScriptedServer::start(vec![json_response(status, &headers, "")]).await;
        let error = server.client().blocks().await.unwrap_err();
        assert!(matches!(error, Error::Redirect { .. }), "{error:?}");
        assert!(!error.is_retryable() && !error.is_network());
        assert_eq!(
            error.to_string(),
            format!(
                "blocks: the server redirects the request to {0}/api/v1/x: another port, which must not receive secrets; use the base URL {0} if you trust it",
                other.url
            )
        );
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn redirect_within_the_server_keeps_the_token_and_a_redirect_loop_is_an_error() {
    let moved = json_response(307, "location: /api/v1/moved\r\n", "");
    let server =
        ScriptedServer::start(vec![moved.clone(), json_response(200, "", RELATIONSHIP)]).await;
    assert!(server.client().account_block("1").await.unwrap().following);
    let second = server.requests()[1].to_lowercase();
    assert!(second.starts_with("post /api/v1/moved "), "{second}");
    assert!(second.contains("authorization: bearer hunter2"), "{second}");

    let server = ScriptedServer::start(vec![moved; 6]).await;
    let error = server.client().account_block("1").await.unwrap_err();
    assert!(!error.is_retryable());
    assert!(
        error.to_string().contains("redirected more than 5 times"),
        "{error}"
    );
}

#[tokio::test]
async fn get_is_redirected_within_the_server_by_every_status() {
    for status in [301, 302, 303, 307, 308] {
        let moved = json_response(status, "location: /api/v1/moved\r\n", "");
        let server = ScriptedServer::start(vec![moved, json_response(200, "", "[]")]).await;
        assert!(server.client().blocks().await.unwrap().is_empty());
        assert_eq!(server.request_lines()[1], "GET /api/v1/moved");
    }
}

#[tokio::test]
async fn write_that_is_redirected_by_301_302_or_303_is_never_sent_as_a_get() {
    for status in [301, 302, 303] {
        for location in [
            "/api/v1/moved?code=s3cret",
            "https://www.a.example/api/v1/statuses",
        ] {
            let moved = json_response(status, &format!("location: {location}\r\n"), "");
            let server = ScriptedServer::start(vec![moved; 6]).await;
            let client = server.client();
            let errors = [
                client.status_post("Hi").await.unwrap_err(),
                client.update_filter_v2("1").title("x").await.unwrap_err(),
                client
                    .account_update_credentials()
                    .note("x")
                    .await
                    .unwrap_err(),
                client.status_delete("1").await.unwrap_err(),
                client
                    .oauth_token(GrantType::ClientCredentials, "id", "secret")
                    .await
                    .unwrap_err(),
            ];
            for error in &errors {
                assert!(matches!(error, Error::Redirect { .. }), "{error:?}");
                assert!(!error.is_retryable() && !error.is_network());
                assert!(!format!("{error:?} {error}").contains("s3cret"), "{error}");
            }
            let lines = server.request_lines();
            assert_eq!(lines.len(), errors.len());
            assert!(
                lines.iter().all(|line| !line.starts_with("GET")),
                "{lines:?}"
            );
        }
    }
}

#[tokio::test]
async fn error_of_a_redirected_write_names_the_base_url_to_use() {
    let message = async |status, location: &str| {
        let moved = json_response(status, &format!("location: {location}\r\n"), "");
        let server = ScriptedServer::start(vec![moved]).await;
        let error = server.client().status_post("Hi").await.unwrap_err();
        error.to_string().replace(&server.url, "http://a.example")
    };
    assert_eq!(
        message(301, "https://www.a.example/api/v1/statuses").await,
        "status_post: the server redirects the request to https://www.a.example/api/v1/statuses: a POST is not repeated there (301), and was not carried out; use the base URL https://www.a.example"
    );
    assert_eq!(
        message(302, "/login?next=1").await,
        "status_post: the server redirects the request to http://a.example/login: a POST is not repeated there (302), and was not carried out; check the base URL"
    );
    assert_eq!(
        message(303, "/api/v1/statuses/1").await,
        "status_post: the server redirects the request to http://a.example/api/v1/statuses/1: the server may have carried out the POST, but its response is at another URL (303)"
    );
}

#[tokio::test]
async fn redirect_by_307_or_308_sends_the_body_again_if_it_can_be_read_again() {
    let attachment = r#"{"id":"1","type":"unknown"}"#;
    for status in [307, 308] {
        let moved = json_response(status, "location: /api/v1/moved\r\n", "");
        let script = vec![moved.clone(), json_response(200, "", attachment)];
        let server = ScriptedServer::start(script).await;
        let upload = Upload::bytes(&b"GIF89a"[..]).file_name("cat.gif");
        server.client().media_post_v2(upload).await.unwrap();
        let requests = server.requests();
        assert_eq!(request_body(&requests[0]), request_body(&requests[1]));

        let server = ScriptedServer::start(vec![moved]).await;
        let reader = Upload::reader(&b"GIF89a"[..], 6).file_name("cat.gif");
        let error = server.client().media_post_v2(reader).await.unwrap_err();
        assert!(
            error.to_string().contains("cannot be sent again"),
            "{error}"
        );
        assert_eq!(server.requests().len(), 1);
    }
}
