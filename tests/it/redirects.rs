//! Redirects: within the server and to other hosts.

use crate::support::fixtures::RELATIONSHIP;
use crate::support::{ScriptedServer, json_response};

#[tokio::test]
async fn redirect_to_another_host_is_not_followed() {
    let other = ScriptedServer::start(vec![json_response(200, "", RELATIONSHIP)]).await;
    let headers = format!("location: {}/api/v1/x\r\n", other.url);
    let server = ScriptedServer::start(vec![json_response(302, &headers, "")]).await;
    let error = server.client().account_block("1").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("another host, which must not receive secrets"),
        "{error}"
    );
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
    assert!(
        error.to_string().contains("redirected more than 5 times"),
        "{error}"
    );
}
