//! What clones of a client share, over real sockets.

use std::time::Duration;

use mastodon_sdk::{Budget, Mastodon, RateFamily, RateLimit};
use mastodon_test_server::TestServer;

fn client(server: &TestServer, name: &str, mode: RateLimit) -> Mastodon {
    Mastodon::builder(server.url())
        .access_token(server.token(name, "read write"))
        .rate_limit(mode)
        .build()
        .unwrap()
}

#[tokio::test]
async fn clones_share_the_budget_of_their_token_and_other_tokens_have_their_own() {
    let builder = TestServer::builder().rate_limit("general", 5);
    let server = builder.start().await.unwrap();
    let alice = client(&server, "alice", RateLimit::Throw);
    let calls = (0..5).map(|_| {
        let clone = alice.clone();
        tokio::spawn(async move { clone.me().await.map(|me| me.acct) })
    });
    for call in futures_util::future::join_all(calls).await {
        assert_eq!(call.unwrap().unwrap(), "alice");
    }
    let (one, other) = (alice.clone(), client(&server, "bob", RateLimit::Throw));
    assert_eq!(one.rate_limit(RateFamily::General).unwrap().remaining, 0);
    assert!(one.me().await.unwrap_err().is_rate_limited());
    assert_eq!(other.rate_limit(RateFamily::General), None);
    assert_eq!(other.me().await.unwrap().acct, "bob");
}

#[tokio::test(start_paused = true)]
async fn families_have_budgets_of_their_own_which_clones_share() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice", RateLimit::Throw);
    let empty = Budget {
        limit: Some(30),
        remaining: 0,
        reset_in: Duration::from_secs(60),
    };
    alice.set_rate_limit(RateFamily::Deletions, empty);
    let clone = alice.clone();
    assert!(
        clone
            .status_delete("1")
            .await
            .unwrap_err()
            .is_rate_limited()
    );
    clone.me().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_gives_up_waiting_holds_up_no_other_and_uses_nothing_up() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice", RateLimit::Wait);
    let budget = |remaining| Budget {
        limit: Some(300),
        remaining,
        reset_in: Duration::from_secs(200),
    };
    alice.set_rate_limit(RateFamily::General, budget(0));
    let impatient = IntoFuture::into_future(alice.clone().me().deadline(Duration::from_secs(5)));
    let dropped = tokio::spawn(IntoFuture::into_future(alice.clone().me()));
    let patient = tokio::spawn(IntoFuture::into_future(alice.clone().me()));
    assert!(impatient.await.unwrap_err().is_timeout());
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    alice.set_rate_limit(RateFamily::General, budget(2));
    assert_eq!(patient.await.unwrap().unwrap().acct, "alice");
    alice.me().await.unwrap();
}
