//! Methods that combine several requests or preset parameters.

use mastodon_sdk::{AsyncRefreshStatus, Error, Mastodon};
use mastodon_test_server::TestServer;
use tokio::time::Instant;

use crate::support::{ScriptedServer, error_response, json_response};

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn async_refresh_is_polled_at_the_interval_of_the_server() {
    let refresh = |status: &str| {
        let body =
            format!(r#"{{"async_refresh":{{"id":"a/b=","status":"{status}","result_count":4}}}}"#);
        json_response(200, "", &body)
    };
    let context = r#"{"ancestors":[],"descendants":[]}"#;
    let header = "mastodon-async-refresh: id=\"a/b=\", retry=3\r\n";
    let server = ScriptedServer::start(vec![
        json_response(200, header, context),
        refresh("running"),
        refresh("finished"),
    ])
    .await;
    let client = server.client();
    let thread = client.status_context("1").response().await.unwrap();
    let start = Instant::now();
    let finished = client
        .await_async_refresh(&thread.pending_refresh().unwrap())
        .await
        .unwrap();
    assert_eq!(
        (finished.status, finished.result_count),
        (AsyncRefreshStatus::Finished, Some(4))
    );
    assert_eq!(
        start.elapsed().as_secs(),
        6,
        "polled twice, three seconds apart"
    );
    assert!(server.requests()[1].starts_with("GET /api/v1_alpha/async_refreshes/a%2Fb%3D "));
}

#[tokio::test]
async fn nodeinfo_is_found_through_its_index_and_only_on_the_same_host() {
    let server = TestServer::start().await.unwrap();
    let client = Mastodon::builder(server.url()).build().unwrap();
    assert_eq!(
        client.instance_nodeinfo().await.unwrap().software.name,
        "mastodon"
    );
    let index = r#"{"links":[{"rel":"https://n.example/schema/2.0","href":"/newer"},{"rel":"https://n.example/schema/1.0","href":"/older"}]}"#;
    let info = r#"{"version":"2.0","software":{"name":"x","version":"1"},"protocols":[],"services":{"inbound":[],"outbound":[]},
        "openRegistrations":false,"usage":{"users":{}},"metadata":{}}"#;
    let other = ScriptedServer::start(vec![
        json_response(200, "", index),
        json_response(200, "", info),
    ])
    .await;
    assert_eq!(
        other
            .client()
            .instance_nodeinfo()
            .await
            .unwrap()
            .software
            .name,
        "x"
    );
    let request = &other.requests()[1];
    assert!(
        request.starts_with("GET /newer ") && !request.contains("hunter2"),
        "{request}"
    );
    let other_host = r#"{"links":[{"rel":"x","href":"https://evil.example/nodeinfo/2.0"}]}"#;
    for index in [other_host, r#"{"links":[]}"#] {
        let server = ScriptedServer::start(vec![json_response(200, "", index)]).await;
        let error = server.client().instance_nodeinfo().await.unwrap_err();
        assert!(matches!(error, Error::NotProvided { .. }), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn server_time_is_taken_from_the_date_header() {
    let date = "date: Fri, 07 Aug 2026 12:00:00 GMT\r\n";
    // An old server has only the first version of the instance endpoint.
    let not_found = error_response(404, "Not Found");
    let server = ScriptedServer::start(vec![
        not_found,
        json_response(200, date, r#"{"version":"3.5.3"}"#),
        json_response(200, "", r#"{"version":"4.6.5"}"#),
    ])
    .await;
    let time = server.client().get_approx_server_time().await.unwrap();
    assert_eq!(time.to_string(), "2026-08-07T12:00:00Z");
    assert!(server.client().get_approx_server_time().await.is_err());
}

#[tokio::test]
async fn timeline_local_requests_the_public_timeline_with_local_true() {
    let server = ScriptedServer::start(vec![json_response(200, "", "[]")]).await;
    server.client().timeline_local().await.unwrap();
    assert!(server.requests()[0].starts_with("GET /api/v1/timelines/public?local=true "));
}

#[tokio::test]
async fn rejected_registration_lists_the_errors_of_each_field() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Mastodon::builder(server.url()).build().unwrap();
    let app = anonymous
        .create_app(
            "Sign-up",
            mastodon_sdk::auth::OUT_OF_BAND,
            "read write",
            None,
        )
        .await
        .unwrap();
    let (client, _) = anonymous
        .log_in_with_client_credentials(&app, "read write")
        .await
        .unwrap();
    let error = client
        .create_account("alice", "no address", "short", true, "en")
        .await
        .unwrap_err();
    let details: Vec<(&str, &str)> = error
        .api()
        .unwrap()
        .details
        .iter()
        .map(|detail| (detail.field.as_str(), detail.code.as_str()))
        .collect();
    assert!(
        details.contains(&("username", "ERR_TAKEN")) && details.contains(&("email", "ERR_INVALID")),
        "{details:?}"
    );
    client
        .create_account("frank", "frank@example.net", "a long password", true, "en")
        .await
        .unwrap();
}
