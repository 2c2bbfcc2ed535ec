//! Who may read which timeline.

use mastodon_sdk::server::{Feed, Origin, VersionCheck};
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
async fn timeline_access_is_read_from_the_instance_configuration() {
    let feed = |local: &str, remote: &str| json!({ "local": local, "remote": remote });
    let instance = instance_with_access(&json!({
        "live_feeds": feed("public", "authenticated"), "hashtag_feeds": feed("public", "public"),
        "trending_link_feeds": feed("disabled", "of-a-later-version"),
    }));
    let server = ScriptedServer::start(vec![instance.clone(), instance]).await;
    let (visitor, user) = (anonymous_client(&server), server.client());
    for (feed, origin, to_visitors, to_users) in [
        (Feed::Public, Origin::Local, true, true),
        (Feed::Public, Origin::Remote, false, true),
        (Feed::Public, Origin::All, false, true),
        (Feed::Hashtag, Origin::All, true, true),
        (Feed::Link, Origin::Local, false, false),
        (Feed::Link, Origin::Remote, false, false),
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
        .timeline_access(Feed::Public, Origin::All)
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
async fn without_access_configuration_the_timeline_itself_is_requested() {
    let old_instance = json_response(200, "", r#"{"version":"4.2.0"}"#);
    let refusal = |status| error_response(status, "This method requires an authenticated user");
    let script = vec![
        old_instance,
        json_response(200, "", "[]"),
        refusal(401),
        refusal(422),
        refusal(500),
    ];
    let server = ScriptedServer::start(script).await;
    let client = anonymous_client(&server);
    let available = async |origin| client.timeline_is_available(Feed::Hashtag, origin).await;
    assert!(available(Origin::Local).await.unwrap());
    assert!(!available(Origin::Remote).await.unwrap());
    assert!(!available(Origin::All).await.unwrap());
    assert!(
        available(Origin::All).await.is_err(),
        "a server error does not show whether the timeline is available"
    );
    assert_eq!(
        server.request_lines()[1],
        "GET /api/v1/timelines/public?local=true&limit=1"
    );
    assert_eq!(
        client
            .timeline_access(Feed::Link, Origin::All)
            .await
            .unwrap(),
        None
    );
}
