//! Access to public timelines.

use mastodon_sdk::server::{TimelineFeed, TimelineOrigin, VersionCheck};
use mastodon_sdk::{Mastodon, TimelineAccess};
use serde_json::{Value, json};

use crate::support::{ScriptedServer, error_response, json_response, ok_json};

fn instance_with_access(access: &Value) -> String {
    ok_json(&json!({ "version": "4.6.5", "configuration": { "timelines_access": access } }))
}

fn anonymous_client(server: &ScriptedServer) -> Mastodon {
    Mastodon::builder(&server.url)
        .version_check(VersionCheck::Off)
        .build()
        .unwrap()
}

#[tokio::test]
async fn timeline_access_is_taken_from_the_instance_configuration() {
    let feed = |local: &str, remote: &str| json!({ "local": local, "remote": remote });
    let instance = instance_with_access(&json!({
        "live_feeds": feed("public", "authenticated"), "hashtag_feeds": feed("public", "public"),
        "trending_link_feeds": feed("disabled", "of-a-later-version"),
    }));
    let server = ScriptedServer::start(vec![instance.clone(), instance]).await;
    let (visitor, user) = (anonymous_client(&server), server.client());
    for (feed, origin, to_visitors, to_users) in [
        (TimelineFeed::Public, TimelineOrigin::Local, true, true),
        (TimelineFeed::Public, TimelineOrigin::Remote, false, true),
        (TimelineFeed::Public, TimelineOrigin::All, false, true),
        (TimelineFeed::Hashtag, TimelineOrigin::All, true, true),
        (TimelineFeed::Link, TimelineOrigin::Local, false, false),
        (TimelineFeed::Link, TimelineOrigin::Remote, false, false),
    ] {
        let available =
            async |client: &Mastodon| client.timeline_is_available(feed, origin).await.unwrap();
        assert_eq!(
            (available(&visitor).await, available(&user).await),
            (to_visitors, to_users),
            "{feed:?} {origin:?}"
        );
    }
    let access = user
        .timeline_access(TimelineFeed::Public, TimelineOrigin::All)
        .await
        .unwrap();
    assert_eq!(access, Some(TimelineAccess::Authenticated));
    assert_eq!(
        server.requests().len(),
        2,
        "each client requests the instance once"
    );
}

#[tokio::test]
async fn timeline_is_requested_if_the_instance_has_no_access_configuration() {
    let old_instance = json_response(200, "", r#"{"version":"4.2.0"}"#);
    let unauthorized = |status| error_response(status, "This method requires an authenticated user");
    let script = vec![
        old_instance,
        json_response(200, "", "[]"),
        unauthorized(401),
        unauthorized(422),
        unauthorized(500),
    ];
    let server = ScriptedServer::start(script).await;
    let client = anonymous_client(&server);
    let available = async |origin| client.timeline_is_available(TimelineFeed::Hashtag, origin).await;
    assert!(available(TimelineOrigin::Local).await.unwrap());
    assert!(!available(TimelineOrigin::Remote).await.unwrap());
    assert!(!available(TimelineOrigin::All).await.unwrap());
    assert!(
        available(TimelineOrigin::All).await.is_err(),
        "a server error does not show whether the timeline is available"
    );
    assert_eq!(
        server.request_lines()[1],
        "GET /api/v1/timelines/public?local=true&limit=1"
    );
    assert_eq!(
        client
            .timeline_access(TimelineFeed::Link, TimelineOrigin::All)
            .await
            .unwrap(),
        None
    );
}
