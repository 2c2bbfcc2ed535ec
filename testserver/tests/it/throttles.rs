//! Throttles and families of the rate limits, as the real server counts them.

use std::time::Duration;

use mastodon_test_server::{TestServer, TestServerBuilder};
use serde_json::json;

use crate::client::{Client, Response, id, send};
use crate::rate_limits::rate_limit;

const STATUSES: &str = "/api/v1/statuses";
const PUBLIC: &str = "/api/v1/timelines/public";
const RULES: &str = "/api/v1/instance/rules";

/// Returns a builder of a server whose clock starts in the middle of a window.
fn at_noon() -> TestServerBuilder {
    let start = "2026-06-15T12:01:00.123456Z".parse().unwrap();
    TestServer::builder().start_time(start)
}

async fn get_from(server: &TestServer, path: &str, address: &str) -> Response {
    let headers = [("x-forwarded-for", address)];
    send(server, "GET", path, "", &headers, b"").await
}

#[tokio::test]
async fn throttles_count_every_request_whatever_its_outcome() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for path in [
        "/api/v1/statuses/1",
        "/api/v1/dances",
        "/api/v1/timelines/home",
    ] {
        alice.get(path).await;
    }
    let headers = [("content-type", "application/json")];
    send(&server, "POST", STATUSES, &alice.token, &headers, b"{").await;
    assert_eq!(rate_limit(&alice.get(RULES).await), (300, 295));
}

#[tokio::test]
async fn windows_are_aligned_to_the_clock_and_end_for_all_clients_together() {
    let server = at_noon().rate_limit("general", 1).start().await.unwrap();
    let [alice, bob] = ["alice", "bob"].map(|name| Client::user(&server, name));
    let first = alice.get(RULES).await;
    let reset = first.header("x-ratelimit-reset").unwrap();
    assert!(reset.starts_with("2026-06-15T12:05:00."), "{reset}");
    server.clock().advance(Duration::from_secs(200));
    bob.get(RULES).await.ok();
    assert_eq!(bob.get(RULES).await.status, 429);
    server.clock().advance(Duration::from_secs(40));
    for client in [&alice, &bob] {
        client.get(RULES).await.ok();
    }
}

#[tokio::test]
async fn request_over_one_throttle_is_not_counted_by_those_after_it() {
    let server = at_noon()
        .rate_limit("general", 3)
        .rate_limit("paging", 2)
        .start()
        .await
        .unwrap();
    let anonymous = Client::anonymous(&server);
    let page = format!("{PUBLIC}?max_id=1");
    for _ in 0..3 {
        anonymous.get(PUBLIC).await.ok();
    }
    for _ in 0..5 {
        assert_eq!(
            rate_limit(&anonymous.get(&page).await),
            (3, 0),
            "over the general limit"
        );
    }
    server.clock().advance(Duration::from_secs(300));
    // The window of paging lasts longer, but has counted none of the rejected requests.
    assert_eq!(rate_limit(&anonymous.get(&page).await), (2, 1));
}

#[tokio::test]
async fn addresses_are_counted_apart_and_those_of_an_ipv6_network_together() {
    let server = at_noon().rate_limit("general", 2).start().await.unwrap();
    for (address, remaining) in [
        ("198.51.100.1", 1),
        ("198.51.100.2", 1),
        ("2001:db8:0:1::1", 1),
        ("2001:db8:0:1:ffff::2", 0),
        ("2001:db8:0:2::1", 1),
    ] {
        let response = get_from(&server, PUBLIC, address).await;
        assert_eq!(rate_limit(&response), (2, remaining), "{address}");
    }
    // An unknown token and that of an application count as a visitor.
    let headers = [("x-forwarded-for", "198.51.100.1")];
    let unknown = send(&server, "GET", PUBLIC, "unknown", &headers, b"").await;
    assert_eq!(rate_limit(&unknown), (2, 0));
    let app = crate::signup::app_client(&server).await;
    let own = send(&server, "GET", PUBLIC, &app.token, &headers, b"").await;
    assert_eq!(own.status, 429);
}

#[tokio::test]
async fn media_deletions_and_registrations_have_their_own_limits() {
    let builder = at_noon().rate_limit("media", 1).rate_limit("deletions", 1);
    let server = builder.rate_limit("apps", 1).start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for (path, status) in [("/api/v1/media", 422), ("/api/v2/media", 429)] {
        assert_eq!(alice.post(path, json!({})).await.status, status, "{path}");
    }
    let status = alice.post_text("x").await;
    alice.act_on_status(&status, "unreblog").await;
    let path = format!("{STATUSES}/{status}");
    assert_eq!(alice.delete(&path).await.status, 429);
    let anonymous = Client::anonymous(&server);
    for expected in [422, 429] {
        assert_eq!(
            anonymous.post("/api/v1/apps", json!({})).await.status,
            expected
        );
    }
}

#[tokio::test]
async fn headers_show_the_budget_with_less_left_and_of_equal_ones_the_earlier() {
    let server = at_noon().start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let page = format!("{PUBLIC}?since_id=1");
    let reset = |response: &Response| {
        let reset = response.header("x-ratelimit-reset").unwrap();
        reset[11..16].to_owned()
    };
    let equal = alice.get(&page).await;
    assert_eq!(
        (rate_limit(&equal), reset(&equal)),
        ((300, 299), "12:05".to_owned())
    );
    server.clock().advance(Duration::from_secs(300));
    let paging = alice.get(&page).await;
    assert_eq!(
        (rate_limit(&paging), reset(&paging)),
        ((300, 298), "12:15".to_owned())
    );
    // A blank cursor is none.
    let blank = alice.get(&format!("{PUBLIC}?since_id=")).await;
    assert_eq!(
        (rate_limit(&blank), reset(&blank)),
        ((300, 298), "12:10".to_owned())
    );
}

#[tokio::test]
async fn last_request_passes_and_rejected_ones_do_not_prolong_the_window() {
    let server = at_noon().rate_limit("general", 2).start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for remaining in [1, 0] {
        let response = alice.get(RULES).await;
        assert_eq!(
            (response.status, rate_limit(&response)),
            (200, (2, remaining))
        );
    }
    for _ in 0..3 {
        let rejected = alice.get(RULES).await;
        assert_eq!((rejected.status, rate_limit(&rejected)), (429, (2, 0)));
        assert_eq!(rejected.json, json!({ "error": "Too many requests" }));
        assert_eq!(rejected.header("retry-after"), None);
        assert_eq!(rejected.header("content-type"), Some("application/json"));
    }
    server.clock().advance(Duration::from_secs(240));
    alice.get(RULES).await.ok();
}

#[tokio::test]
async fn oauth_and_discovery_are_not_throttled_but_sign_in_is() {
    let server = at_noon().rate_limit("general", 1).start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    for path in [
        "/.well-known/nodeinfo",
        "/oauth/userinfo",
        "/.well-known/oauth-authorization-server",
    ] {
        for _ in 0..3 {
            let response = anonymous.get(path).await;
            assert_ne!(response.status, 429, "{path}");
            assert_eq!(response.header("x-ratelimit-limit"), None, "{path}");
        }
    }
    let mut statuses = Vec::new();
    for _ in 0..26 {
        let form = "user[email]=alice@example.org&user[password]=wrong";
        statuses.push(
            anonymous
                .send_form("POST", "/auth/sign_in", form)
                .await
                .status,
        );
    }
    assert_eq!((statuses[24], statuses[25]), (422, 429));
}

#[tokio::test]
async fn family_counts_posts_edits_and_new_follows_but_neither_boosts_nor_repetitions() {
    let server = at_noon()
        .rate_limit("statuses", 3)
        .rate_limit("follows", 2)
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.post(STATUSES, json!({ "status": "a" })).await;
    assert_eq!(rate_limit(&status), (3, 2));
    let path = format!("{STATUSES}/{}", id(&status.json));
    for (text, remaining) in [("a", 2), ("b", 1)] {
        let edited = alice.put(&path, json!({ "status": text })).await;
        assert_eq!(rate_limit(&edited), (3, remaining), "{text}");
    }
    let boost = alice.post(&format!("{path}/reblog"), json!({})).await;
    assert_eq!(rate_limit(&boost), (3, 1));
    // A post that fails is not counted, but shows the family.
    let invalid = alice.post(STATUSES, json!({ "status": "" })).await;
    assert_eq!((invalid.status, rate_limit(&invalid)), (422, (3, 1)));
    alice.post_text("c").await;
    let rejected = alice.post(STATUSES, json!({ "status": "d" })).await;
    assert_eq!((rejected.status, rate_limit(&rejected)), (429, (3, 0)));
    let reset = rejected.header("x-ratelimit-reset").unwrap();
    assert!(reset.starts_with("2026-06-15T15:00:00."), "{reset}");
    let carol = alice.get("/api/v1/accounts/lookup?acct=carol").await.ok();
    let follow = format!("/api/v1/accounts/{}/follow", id(&carol));
    for _ in 0..2 {
        let followed = alice.post(&follow, json!({})).await;
        assert_eq!(rate_limit(&followed), (2, 1));
    }
    let tag = alice.post("/api/v1/tags/crabs/follow", json!({})).await;
    assert_eq!(rate_limit(&tag), (2, 0));
    assert_eq!(
        alice
            .post("/api/v1/tags/cats/follow", json!({}))
            .await
            .status,
        429
    );
    let report = json!({ "account_id": carol["id"] });
    let report = alice.post("/api/v1/reports", report).await;
    assert_eq!(rate_limit(&report), (300, 287), "reports are never counted");
}

#[tokio::test]
async fn tie_between_throttle_and_family_goes_to_the_family() {
    let server = at_noon().start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let first = alice.post(STATUSES, json!({ "status": "a" })).await;
    assert_eq!(rate_limit(&first), (300, 299));
    let reset = first.header("x-ratelimit-reset").unwrap();
    assert!(reset.starts_with("2026-06-15T15:00:00."), "{reset}");
}

#[tokio::test]
async fn exhausted_family_is_reported_in_the_language_of_the_user() {
    let server = at_noon().rate_limit("statuses", 1).start().await.unwrap();
    let alice = Client::user(&server, "alice");
    alice.post_text("a").await;
    let rejected = alice
        .post("/api/v1/statuses?lang=de", json!({ "status": "b" }))
        .await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (429, "Zu viele Anfragen")
    );
}

#[tokio::test]
async fn reset_keeps_the_fraction_of_the_second_and_errors_of_the_api_have_the_headers() {
    let server = at_noon().start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let reset = alice.get(RULES).await;
    let reset = reset.header("x-ratelimit-reset").unwrap().to_owned();
    assert!(
        reset.starts_with("2026-06-15T12:05:00.") && reset.len() == 27,
        "{reset}"
    );
    let date = alice.get(RULES).await;
    assert_eq!(date.header("date"), Some("Mon, 15 Jun 2026 12:01:00 GMT"));
    for (path, has_headers) in [("/api/v1/lists/7", true), ("/api/v1/dances", false)] {
        let missing = alice.get(path).await;
        let found = missing.header("x-ratelimit-limit").is_some();
        assert_eq!((missing.status, found), (404, has_headers), "{path}");
    }
}

#[tokio::test]
async fn blocked_address_is_forbidden_everywhere() {
    let server = at_noon().start().await.unwrap();
    let admin = Client::with_token(&server, server.token("admin", "admin:write"));
    let block = json!({ "ip": "203.0.113.0/24", "severity": "no_access" });
    admin.post("/api/v1/admin/ip_blocks", block).await.ok();
    for path in [PUBLIC, "/api/v2/instance", "/oauth/authorize", "/nowhere"] {
        let rejected = get_from(&server, path, "203.0.113.9").await;
        assert_eq!(
            (rejected.status, &*rejected.bytes),
            (403, &b"Forbidden\n"[..]),
            "{path}"
        );
        assert_eq!(rejected.header("content-type"), Some("text/plain"));
        assert_eq!(rejected.header("x-ratelimit-limit"), None);
    }
    assert_eq!(get_from(&server, PUBLIC, "203.0.114.9").await.status, 200);
}
