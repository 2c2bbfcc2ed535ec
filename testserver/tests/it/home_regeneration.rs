//! Home timelines that are incomplete for a while.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::accounts::account_id;
use crate::client::{Client, ids};
use crate::feeds::{HOME, home, set_feeds};
use crate::relationships::account_action;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
const REFRESH: &str = "mastodon-async-refresh";

#[tokio::test]
async fn home_of_a_returning_user_is_incomplete_until_it_is_regenerated() {
    let server = TestServer::start().await.unwrap();
    set_feeds(&server, |feeds| {
        feeds.regeneration_time = MINUTE;
    });
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let before = alice.post_text("before").await;
    server.clock().advance(DAY * 8);
    let alice = Client::user(&server, "alice");
    server.clock().advance(MINUTE * 2);
    // Nothing is delivered to users who were not active for a week.
    let away = alice.post_text("away").await;
    let first = bob.get(HOME).await;
    assert_eq!((first.status, first.json.clone()), (206, json!([])));
    let refresh = first.header(REFRESH).unwrap();
    assert!(
        refresh.starts_with("id=\"") && refresh.ends_with("\", retry=5"),
        "{refresh}"
    );
    let meanwhile = alice.post_text("meanwhile").await;
    let partial = bob.get(HOME).await;
    assert_eq!(partial.status, 206);
    assert_eq!(ids(&partial.json), [meanwhile.as_str()]);
    server.clock().advance(MINUTE);
    let complete = bob.get(HOME).await;
    assert_eq!(complete.header(REFRESH), None);
    assert_eq!(ids(&complete.ok())[..3], [meanwhile, away, before]);
}

#[tokio::test]
async fn home_of_a_returning_user_is_complete_at_once_by_default() {
    let server = TestServer::start().await.unwrap();
    let bob = Client::user(&server, "bob");
    server.clock().advance(DAY * 8);
    let away = Client::user(&server, "alice").post_text("away").await;
    assert_eq!(home(&bob).await[0], away);
}

#[tokio::test]
async fn test_can_regenerate_a_home_timeline() {
    let server = TestServer::start().await.unwrap();
    set_feeds(&server, |feeds| {
        feeds.regeneration_time = MINUTE;
    });
    let bob = Client::user(&server, "bob");
    let before = home(&bob).await;
    assert!(server.regenerate_feeds("bob"));
    let partial = bob.get(HOME).await;
    assert_eq!((partial.status, partial.json), (206, json!([])));
    server.clock().advance(MINUTE);
    assert_eq!(home(&bob).await, before);
    assert!(!server.regenerate_feeds("nobody"));
}

#[tokio::test]
async fn home_is_incomplete_until_the_first_follow_is_accepted() {
    let server = TestServer::start().await.unwrap();
    let frank = Client::user(&server, "frank");
    let erin = "erin@elsewhere.example";
    let far = Client::user(&server, erin).post_text("far").await;
    let erin_id = account_id(&frank, erin).await;
    account_action(&frank, &erin_id, "follow", json!({})).await;
    let partial = frank.get(HOME).await;
    assert_eq!(partial.status, 206);
    assert!(partial.header(REFRESH).is_some());
    assert!(server.accept_follow("frank", erin));
    assert_eq!(home(&frank).await, [far]);
    // A local account that accepts everyone is merged at once.
    let grace = Client::user(&server, "grace");
    let alice = account_id(&grace, "alice").await;
    account_action(&grace, &alice, "follow", json!({})).await;
    assert_eq!(home(&grace).await.len(), 2);
    // Without an answer, the mark expires after a day.
    let heidi = Client::user(&server, "heidi");
    let dave = account_id(&heidi, "dave").await;
    account_action(&heidi, &dave, "follow", json!({})).await;
    assert_eq!(heidi.get(HOME).await.status, 206);
    server.clock().advance(DAY);
    assert_eq!(home(&heidi).await, [""; 0]);
}
