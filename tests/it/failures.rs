//! What goes wrong is told, and nothing is lost or leaked.

use mastodon_sdk::{Error, Mastodon, RateFamily, RateLimit, VersionCheck};

use crate::server::{Server, answer, json};

const RELATIONSHIP: &str = r#"{"id":"23","following":true}"#;

#[tokio::test]
async fn a_page_for_browsers_says_that_this_is_no_mastodon_server() {
    let server = Server::start(vec![answer(200, "text/html; charset=utf-8", "", "<html>")]).await;
    let error = server.client().account_block("1").await.unwrap_err();
    assert!(matches!(error, Error::NotMastodon { .. }));
    assert!(
        error
            .to_string()
            .contains("is 127.0.0.1 a Mastodon server?"),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_tells_the_place_and_no_secret() {
    let body = r#"[{"id":"1","following":true},{"id":"2","following":[],"access_token":"s3cret"}]"#;
    let server = Server::start(vec![json(200, "", body)]).await;
    let error = server
        .client()
        .account_relationships(["1", "2"])
        .await
        .unwrap_err();
    let Error::Decode(decode) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (decode.endpoint, decode.path.as_str()),
        ("account_relationships", "[1].following")
    );
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test]
async fn an_unreachable_server_is_told_without_the_token() {
    let client = Mastodon::builder("http://127.0.0.1:1")
        .access_token("hunter2")
        .max_retries(0);
    let client = client.version_check(VersionCheck::Off).build().unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }));
    assert!(!format!("{error} {error:?} {client:?}").contains("hunter2"));
}

/// No name ends in `.invalid`, and where there is no resolver at all the failure is the same.
#[tokio::test]
async fn an_unknown_host_is_named_with_what_to_do_and_without_the_token() {
    let client = Mastodon::builder("mastodon.invalid")
        .access_token("hunter2")
        .max_retries(0);
    let client = client.version_check(VersionCheck::Off).build().unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error:?}");
    let said = error.to_string();
    assert!(
        said.contains("no connection to mastodon.invalid: "),
        "{said}"
    );
    assert!(
        said.ends_with("; check its name and your network"),
        "{said}"
    );
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let other = Server::start(vec![json(200, "", RELATIONSHIP)]).await;
    let headers = format!("location: {}/api/v1/x\r\n", other.url);
    let server = Server::start(vec![json(302, &headers, "")]).await;
    let error = server.client().account_block("1").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("nothing secret goes to another host"),
        "{error}"
    );
    assert!(other.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_never_posts_twice() {
    let status = r#"{"id":"9","scheduled_at":"2030-01-01T00:00:00.000Z","params":{"text":"Hi"},"media_attachments":[]}"#;
    let server = Server::start(vec![
        String::new(),
        json(503, "", ""),
        json(200, "", status),
    ])
    .await;
    let posted = server.client().status_post("Hi").await.unwrap();
    assert!(posted.as_scheduled_status().is_some());
    let keys: Vec<String> = server
        .seen()
        .iter()
        .map(|request| {
            request
                .to_lowercase()
                .split("idempotency-key: ")
                .nth(1)
                .unwrap()
                .lines()
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(
        keys.iter().all(|key| *key == keys[0] && key.len() == 32),
        "{keys:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_repeated_is_sent_once() {
    let server = Server::start(vec![json(503, "", "{}"), json(200, "", RELATIONSHIP)]).await;
    let error = server.client().app_create("x", "y").await.unwrap_err();
    assert!(error.is_server_error());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn at_the_limit_a_client_waits_and_goes_on_or_says_so() {
    let refused = json(
        429,
        "retry-after: 30\r\n",
        r#"{"error":"Too many requests"}"#,
    );
    for mode in [RateLimit::Wait, RateLimit::Pace] {
        let server = Server::start(vec![refused.clone(), json(200, "", RELATIONSHIP)]).await;
        let client = server.builder().rate_limit(mode).build().unwrap();
        let began = tokio::time::Instant::now();
        client.account_block("1").await.unwrap();
        assert!(began.elapsed().as_secs() >= 29, "{mode:?}");
    }

    let server = Server::start(vec![refused]).await;
    let client = server
        .builder()
        .rate_limit(RateLimit::Throw)
        .build()
        .unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(
        matches!(error, Error::RateLimited { remaining: 0, .. }),
        "{error:?}"
    );
    assert!(error.is_rate_limited());
}

#[tokio::test]
async fn an_endpoint_that_the_server_is_too_old_for_is_told_and_not_asked() {
    let server = Server::start(vec![
        json(404, "", "{}"),
        json(200, "", r#"{"version":"3.5.3"}"#),
    ])
    .await;
    let client = server
        .builder()
        .version_check(VersionCheck::Created)
        .build()
        .unwrap();
    for _ in 0..2 {
        let error = client
            .instance_rules()
            .await
            .map(|_| ())
            .and(client.status_quotes("1").await.map(|_| ()));
        assert!(
            matches!(error, Err(Error::Version { .. }) | Err(Error::Api(_))),
            "{error:?}"
        );
    }
    let error = client.status_quotes("1").await.unwrap_err().to_string();
    assert!(
        error.contains("needs Mastodon 4.5.0, the server is Mastodon (3.5.3)"),
        "{error}"
    );
    let asked = server
        .seen()
        .iter()
        .filter(|request| request.contains("/instance "))
        .count();
    assert_eq!(asked, 2, "v2, then v1, and never again");
}

#[tokio::test]
async fn a_redirect_within_the_server_keeps_the_token_and_one_in_a_circle_ends() {
    let moved = json(307, "location: /api/v1/moved\r\n", "");
    let server = Server::start(vec![moved.clone(), json(200, "", RELATIONSHIP)]).await;
    assert!(server.client().account_block("1").await.unwrap().following);
    let second = server.seen()[1].to_lowercase();
    assert!(second.starts_with("post /api/v1/moved "), "{second}");
    assert!(second.contains("authorization: bearer hunter2"), "{second}");

    let server = Server::start(vec![moved; 6]).await;
    let error = server.client().account_block("1").await.unwrap_err();
    assert!(error.to_string().contains("in a circle"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    let server = Server::start(vec![json(200, "", &" ".repeat(5000))]).await;
    let client = server.builder().max_body(4096).build().unwrap();
    let error = client.account_block("1").await.unwrap_err().to_string();
    assert!(error.contains("larger than 4096 bytes"), "{error}");
}

#[tokio::test]
async fn requests_with_a_position_have_a_budget_of_their_own() {
    let spent = "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nx-ratelimit-limit: 300\r\n\
                 x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 2026-08-07T12:15:00.000Z\r\n";
    let server = Server::start(vec![json(200, spent, "[]"), json(200, "", "[]")]).await;
    let client = server
        .builder()
        .rate_limit(RateLimit::Throw)
        .build()
        .unwrap();
    client.timeline_home().max_id("7").await.unwrap();
    let error = client.timeline_home().max_id("6").await.unwrap_err();
    assert!(error.is_rate_limited());
    client.timeline_home().await.unwrap();
    assert_eq!(client.rate_limit(RateFamily::Paging).unwrap().remaining, 0);
}

#[tokio::test]
async fn a_version_that_could_not_be_learnt_stops_no_call_and_is_asked_for_again() {
    let server = Server::start(vec![
        String::new(),
        json(200, "", "[]"),
        json(200, "", r#"{"version":"3.5.3"}"#),
    ])
    .await;
    let client = server
        .builder()
        .version_check(VersionCheck::Created)
        .max_retries(0)
        .build()
        .unwrap();
    client.status_quotes("1").await.unwrap();
    let error = client.status_quotes("1").await.unwrap_err();
    assert!(matches!(error, Error::Version { .. }), "{error:?}");
}

#[tokio::test]
async fn clones_ask_for_the_version_once_between_them() {
    let server = Server::start(vec![json(200, "", r#"{"version":"3.5.3"}"#)]).await;
    let client = server
        .builder()
        .version_check(VersionCheck::Created)
        .build()
        .unwrap();
    let calls = (0..8).map(|_| IntoFuture::into_future(client.clone().status_quotes("1")));
    for result in futures_util::future::join_all(calls).await {
        assert!(matches!(result, Err(Error::Version { .. })));
    }
    assert_eq!(server.seen().len(), 1);
}
