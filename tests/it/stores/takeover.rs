//! Bots whose worker is killed, or stalled, and replaced by another one.

use std::collections::BTreeMap;

use mastodon_sdk::{Mastodon, StatusId};
use mastodon_test_server::TestServer;

use super::redis_server::RedisServer;
use super::worker::{Job, Role, Step};

/// Client of the test server.
fn client(server: &TestServer, user: &str) -> Mastodon {
    let token = server.token(user, "read write");
    Mastodon::builder(server.url())
        .access_token(token)
        .build()
        .unwrap()
}

async fn mention(bob: &Mastodon, number: usize) -> StatusId {
    let text = format!("@alice mention {number}");
    bob.status_post(text).await.unwrap().id
}

/// Number of alice's replies to each status that she has replied to.
async fn replies(server: &TestServer) -> BTreeMap<String, usize> {
    let alice = client(server, "alice");
    let me = alice.me().await.unwrap();
    let mut replies = BTreeMap::new();
    for status in &alice.account_statuses(&me).limit(40).await.unwrap() {
        if let Some(to) = &status.in_reply_to_id {
            *replies.entry(to.to_string()).or_default() += 1;
        }
    }
    replies
}

fn once(mentions: &[StatusId]) -> BTreeMap<String, usize> {
    mentions.iter().map(|id| (id.to_string(), 1)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_worker_is_replaced_and_each_mention_is_answered_once() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let server = TestServer::start().await.unwrap();
    let bob = client(&server, "bob");
    let job = |stop| Job::new(&server, "alice", &redis, Role::Bot { stop });
    let mut first = job(Some((Step::Claimed, 2))).start();
    first.wait_for("streams").await;
    let mut mentions = Vec::new();
    for number in 1..=3 {
        mentions.push(mention(&bob, number).await);
    }
    first.wait_for("stopped").await;
    first.kill();
    // Nobody streams now.
    mentions.push(mention(&bob, 4).await);

    let mut second = job(Some((Step::Posted, 2))).start();
    second.wait_for("stopped").await;
    second.kill();
    assert_eq!(
        replies(&server).await,
        once(&mentions[..3]),
        "the fourth is not answered"
    );
    let mut third = job(None).start();
    third.wait_for(&format!("answered {}", mentions[2])).await;
    third.wait_for(&format!("answered {}", mentions[3])).await;

    redis.kill();
    mentions.push(mention(&bob, 5).await);
    let report = third.report().await.unwrap();
    assert!(report.starts_with("waits: "), "{report}");
    redis.restart();
    third.wait_for(&format!("answered {}", mentions[4])).await;
    assert_eq!(replies(&server).await, once(&mentions));
}

#[tokio::test(flavor = "multi_thread")]
async fn stalled_worker_that_continues_after_it_was_replaced_ends() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = TestServer::start().await.unwrap();
    let bob = client(&server, "bob");
    let job = Job::new(&server, "alice", &redis, Role::Bot { stop: None });
    let mut first = job.start();
    first.wait_for("streams").await;
    let mut mentions = vec![mention(&bob, 1).await];
    first.wait_for(&format!("answered {}", mentions[0])).await;
    first.signal("STOP");
    let mut second = job.start();
    second.wait_for("streams").await;
    mentions.push(mention(&bob, 2).await);
    second.wait_for(&format!("answered {}", mentions[1])).await;

    first.signal("CONT");
    first
        .wait_for("ended: another worker has taken the lease `bot`; stop the work that needs it")
        .await;
    mentions.push(mention(&bob, 3).await);
    second.wait_for(&format!("answered {}", mentions[2])).await;
    assert_eq!(replies(&server).await, once(&mentions));
}
