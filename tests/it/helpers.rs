//! The language of errors, access to timelines, and the time in ids.

use mastodon_sdk::{
    Cursor, Feed, Mastodon, Origin, StatusId, TimelineAccess, Timestamp, VersionCheck,
};
use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::server::{Server, json};

#[tokio::test]
async fn the_language_of_errors_is_asked_for_where_it_means_nothing_else() {
    let server = Server::start(Vec::new()).await;
    let client = server.builder().lang("de").build().unwrap();
    let clone = client.clone();
    let _refused = client.status("1").await;
    let _refused = client.status_post("Hi").await;
    let _refused = client.status_translate("1").lang("fr").await;
    let _refused = client.trending_links().await;
    client.set_language(Some("pt-BR"));
    let _refused = clone.timeline_home().limit(2).await;
    client.set_language(None);
    let _refused = client.status("1").await;
    let seen = server.seen();
    let asked: Vec<&str> = seen
        .iter()
        .map(|request| request.split(" HTTP").next().unwrap())
        .collect();
    assert_eq!(
        asked,
        [
            "GET /api/v1/statuses/1?lang=de",
            "POST /api/v1/statuses?lang=de",
            "POST /api/v1/statuses/1/translate",
            "GET /api/v1/trends/links",
            "GET /api/v1/timelines/home?limit=2&lang=pt-BR",
            "GET /api/v1/statuses/1",
        ]
    );
    assert!(seen[2].ends_with(r#"{"lang":"fr"}"#), "{}", seen[2]);
}

fn instance(access: &Value) -> String {
    let instance = json!({ "version": "4.6.5", "configuration": { "timelines_access": access } });
    json(200, "", &instance.to_string())
}

fn anonymous(server: &Server) -> Mastodon {
    Mastodon::builder(&server.url)
        .version_check(VersionCheck::Off)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_server_tells_who_may_read_which_timeline() {
    let feed = |local: &str, remote: &str| json!({ "local": local, "remote": remote });
    let told = instance(&json!({
        "live_feeds": feed("public", "authenticated"), "hashtag_feeds": feed("public", "public"),
        "trending_link_feeds": feed("disabled", "of-a-later-version"),
    }));
    let server = Server::start(vec![told.clone(), told]).await;
    let (visitor, user) = (anonymous(&server), server.client());
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
    assert_eq!(server.seen().len(), 2, "each client asks once");
}

#[tokio::test]
async fn a_server_that_does_not_tell_is_asked_for_the_timeline() {
    let old = json(200, "", r#"{"version":"4.2.0"}"#);
    let refused = |status| {
        json(
            status,
            "",
            r#"{"error":"This method requires an authenticated user"}"#,
        )
    };
    let script = vec![
        old,
        json(200, "", "[]"),
        refused(401),
        refused(422),
        refused(500),
    ];
    let server = Server::start(script).await;
    let client = anonymous(&server);
    let available = async |origin| client.timeline_is_available(Feed::Hashtag, origin).await;
    assert!(available(Origin::Local).await.unwrap());
    assert!(!available(Origin::Remote).await.unwrap());
    assert!(!available(Origin::All).await.unwrap());
    assert!(
        available(Origin::All).await.is_err(),
        "a failure is no answer"
    );
    assert!(server.seen()[1].starts_with("GET /api/v1/timelines/public?local=true&limit=1 "));
    assert_eq!(
        client
            .timeline_access(Feed::Link, Origin::All)
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_time_stands_for_a_position_in_a_timeline() {
    let server = TestServer::start().await.unwrap();
    let client = Mastodon::builder(server.url())
        .access_token(server.token("alice", "read write"))
        .build()
        .unwrap();
    let mine = client
        .account_statuses(&client.me().await.unwrap().id)
        .await
        .unwrap();
    let newest = &mine[0];
    let at: Timestamp = newest.created_at;
    let second = std::time::Duration::from_secs(1);
    let count = async |from: Cursor| client.timeline_home().min_id(from).await.unwrap().len();
    assert_eq!(count(Cursor::at(at + second)).await, 0);
    assert!(count((at - second).into()).await >= 1);
    assert_eq!(
        client
            .timeline_home()
            .max_id(Timestamp::UNIX_EPOCH)
            .await
            .unwrap()
            .len(),
        0
    );
}

/// Calls `look` with each status in a JSON value, however deep it lies.
fn statuses(value: &Value, look: &mut impl FnMut(&str, Timestamp)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| statuses(item, look)),
        Value::Object(fields) => {
            if let (Some(id), Some(time), true) = (
                value["id"].as_str(),
                value["created_at"]
                    .as_str()
                    .and_then(|time| time.parse().ok()),
                fields.contains_key("spoiler_text"),
            ) {
                look(id, time);
            }
            fields.values().for_each(|field| statuses(field, look));
        }
        _ => {}
    }
}

#[test]
fn the_ids_of_real_statuses_tell_when_they_were_posted() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("not run: MASTODON_RECORDINGS does not name the folder of the recordings");
        return;
    };
    let file = std::path::Path::new(&folder).join("mastodon-social.har");
    let har: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let (mut near, mut all) = (0, 0);
    for entry in har["log"]["entries"].as_array().unwrap() {
        let text = entry["response"]["content"]["text"]
            .as_str()
            .unwrap_or_default();
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        statuses(&body, &mut |id, posted| {
            let Some(told) = StatusId::from(id).time() else {
                return;
            };
            all += 1;
            let apart = told.duration_since(posted).as_secs();
            assert!(apart >= -1, "{id} is older than its status of {posted}");
            near += u32::from(apart <= 2);
        });
    }
    println!("{near} of {all} ids are within two seconds");
    assert!(all > 50 && near * 2 > all, "{near} of {all}");
}
