//! What programs do so often that it has a name of its own.

use mastodon_sdk::{AsyncRefreshStatus, Mastodon};
use mastodon_test_server::TestServer;
use tokio::time::Instant;

use crate::server::{Server, json};

#[tokio::test(start_paused = true)]
async fn work_that_goes_on_is_waited_for_as_the_server_wants_it() {
    let work = |status: &str| {
        let body =
            format!(r#"{{"async_refresh":{{"id":"a/b=","status":"{status}","result_count":4}}}}"#);
        json(200, "", &body)
    };
    let context = r#"{"ancestors":[],"descendants":[]}"#;
    let header = "mastodon-async-refresh: id=\"a/b=\", retry=3\r\n";
    let server = Server::start(vec![
        json(200, header, context),
        work("running"),
        work("finished"),
    ])
    .await;
    let client = server.client();
    let thread = client.status_context("1").response().await.unwrap();
    let began = Instant::now();
    let done = client
        .await_async_refresh(&thread.pending_refresh().unwrap())
        .await
        .unwrap();
    assert_eq!(
        (done.status, done.result_count),
        (AsyncRefreshStatus::Finished, Some(4))
    );
    assert_eq!(
        began.elapsed().as_secs(),
        6,
        "asked twice, three seconds apart"
    );
    assert!(server.seen()[1].starts_with("GET /api/v1_alpha/async_refreshes/a%2Fb%3D "));
}

#[tokio::test]
async fn nodeinfo_is_found_through_its_index_and_only_on_the_server_itself() {
    let server = TestServer::start().await.unwrap();
    let client = Mastodon::builder(server.url()).build().unwrap();
    assert_eq!(
        client.instance_nodeinfo().await.unwrap().software.name,
        "mastodon"
    );
    let forms = r#"{"links":[{"rel":"https://n.example/schema/2.0","href":"/newer"},{"rel":"https://n.example/schema/1.0","href":"/older"}]}"#;
    let info = r#"{"version":"2.0","software":{"name":"x","version":"1"},"protocols":[],"services":{"inbound":[],"outbound":[]},
        "openRegistrations":false,"usage":{"users":{}},"metadata":{}}"#;
    let other = Server::start(vec![json(200, "", forms), json(200, "", info)]).await;
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
    let asked = &other.seen()[1];
    assert!(
        asked.starts_with("GET /newer ") && !asked.contains("hunter2"),
        "{asked}"
    );
    let elsewhere = r#"{"links":[{"rel":"x","href":"https://evil.example/nodeinfo/2.0"}]}"#;
    for index in [elsewhere, r#"{"links":[]}"#] {
        let server = Server::start(vec![json(200, "", index)]).await;
        let error = server
            .client()
            .instance_nodeinfo()
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("names no address of its own"), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn the_time_of_the_server_is_that_of_its_answers() {
    let date = "date: Fri, 07 Aug 2026 12:00:00 GMT\r\n";
    // An old server has the first form of its description only.
    let old = json(404, "", r#"{"error":"Not Found"}"#);
    let server = Server::start(vec![old, json(200, date, "{}"), json(200, "", "{}")]).await;
    let time = server.client().get_approx_server_time().await.unwrap();
    assert_eq!(time.to_string(), "2026-08-07T12:00:00Z");
    assert!(server.client().get_approx_server_time().await.is_err());
}

#[tokio::test]
async fn the_local_timeline_is_the_public_one_of_the_server_alone() {
    let server = Server::start(vec![json(200, "", "[]")]).await;
    server.client().timeline_local().await.unwrap();
    assert!(server.seen()[0].starts_with("GET /api/v1/timelines/public?local=true "));
}

#[tokio::test]
async fn what_is_wrong_with_a_new_account_is_told_field_by_field() {
    let server = TestServer::start().await.unwrap();
    let visitor = Mastodon::builder(server.url()).build().unwrap();
    let app = visitor
        .create_app("Sign-up", mastodon_sdk::OUT_OF_BAND, "read write", None)
        .await
        .unwrap();
    let (program, _) = visitor.log_in_as_app(&app, "read write").await.unwrap();
    let error = program
        .create_account("alice", "no address", "short", true, "en")
        .await
        .unwrap_err();
    let wrong: Vec<(&str, &str)> = error
        .api()
        .unwrap()
        .details
        .iter()
        .map(|one| (one.field.as_str(), one.code.as_str()))
        .collect();
    assert!(
        wrong.contains(&("username", "ERR_TAKEN")) && wrong.contains(&("email", "ERR_INVALID")),
        "{wrong:?}"
    );
    program
        .create_account("frank", "frank@example.net", "a long password", true, "en")
        .await
        .unwrap();
}
