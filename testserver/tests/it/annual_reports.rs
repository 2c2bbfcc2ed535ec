//! Annual reports and asynchronous refreshes.

use std::time::Duration;

use mastodon_sdk::Mastodon;
use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, Response};

const REPORT: &str = "/api/v1/annual_reports/2026";

async fn start_at(time: &str) -> TestServer {
    let builder = TestServer::builder().start_time(time.parse().unwrap());
    builder.start().await.unwrap()
}

/// Returns the ID of the work that a response names.
#[track_caller]
fn refresh_id(response: &Response) -> String {
    let header = response.header("mastodon-async-refresh").unwrap();
    assert!(header.ends_with("\", retry=2"), "{header}");
    header.split('"').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn report_is_generated_in_the_background_and_can_then_be_read() {
    let server = start_at("2026-12-15T12:00:00Z").await;
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let boosted = alice.post_text("Once more #rust").await;
    bob.act_on_status(&boosted, "reblog").await;
    let state = async || alice.get(&format!("{REPORT}/state")).await;
    assert_eq!(state().await.ok(), json!({ "state": "eligible" }));
    assert_eq!(alice.get(REPORT).await.status, 404);

    let accepted = alice.post(&format!("{REPORT}/generate"), json!({})).await;
    assert_eq!((accepted.status, accepted.bytes.len()), (202, 0));
    let refresh = refresh_id(&accepted);
    let generating = state().await;
    assert_eq!(refresh_id(&generating), refresh);
    assert_eq!(generating.ok(), json!({ "state": "generating" }));
    let refresh_path = format!("/api/v1_alpha/async_refreshes/{refresh}");
    let running = alice.get(&refresh_path).await.ok();
    let expected = json!({ "id": refresh, "status": "running", "result_count": null });
    assert_eq!(running["async_refresh"], expected);

    server.clock().advance(Duration::from_secs(2));
    assert_eq!(state().await.ok(), json!({ "state": "available" }));
    let finished = alice.get(&refresh_path).await.ok();
    assert_eq!(finished["async_refresh"]["status"], "finished");
    let shown = alice.get(REPORT).await.ok();
    let report = &shown["annual_reports"][0];
    assert_eq!(
        (&report["year"], &report["schema_version"]),
        (&json!(2026), &json!(2))
    );
    let data = &report["data"];
    assert_eq!(data["archetype"], "lurker");
    assert_eq!(data["top_statuses"]["by_reblogs"], boosted);
    assert_eq!(
        data["time_series"],
        json!([{ "month": 12, "statuses": 3, "followers": 2 }])
    );
    assert_eq!(
        data["top_hashtags"],
        json!([{ "name": "rust", "count": 2 }])
    );
    assert_eq!(shown["statuses"][0]["id"], boosted);
    assert_eq!(shown["accounts"][0]["username"], "alice");

    let unread = async || alice.get("/api/v1/annual_reports").await.ok()["annual_reports"].take();
    assert_eq!(unread().await.as_array().unwrap().len(), 1);
    assert_eq!(
        alice.post(&format!("{REPORT}/read"), json!({})).await.ok(),
        json!({})
    );
    assert_eq!(unread().await, json!([]));
    assert_eq!(alice.get(REPORT).await.status, 200);
    let again = alice.post(&format!("{REPORT}/generate"), json!({})).await;
    assert_eq!(again.ok(), json!({}));

    server.clock().advance(Duration::from_secs(3600));
    assert_eq!(alice.get(&refresh_path).await.status, 404);
}

#[tokio::test]
async fn reports_are_offered_only_from_10_december_to_those_who_post() {
    let server = start_at("2026-12-09T23:59:59Z").await;
    let (alice, dave) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dave"),
    );
    let state = async |client: &Client<'_>| {
        let state = client.get(&format!("{REPORT}/state")).await.ok();
        state["state"].clone()
    };
    assert_eq!(state(&alice).await, "ineligible");
    let refused = alice.post(&format!("{REPORT}/generate"), json!({})).await;
    assert_eq!(refused.header("mastodon-async-refresh"), None);
    assert_eq!(refused.ok(), json!({}));
    server.clock().advance(Duration::from_secs(1));
    assert_eq!(
        (state(&alice).await, state(&dave).await),
        (json!("eligible"), json!("ineligible"))
    );
    let other_year = alice.get("/api/v1/annual_reports/2025/state").await.ok();
    assert_eq!(other_year["state"], "ineligible");
    assert_eq!(
        alice
            .post(&format!("{REPORT}/read"), json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn sdk_reads_an_annual_report() -> Result<(), Box<dyn std::error::Error>> {
    let server = start_at("2026-12-15T12:00:00Z").await;
    let token = server.token("alice", "read write");
    let alice = Mastodon::builder(server.url())
        .access_token(token)
        .build()?;
    alice.annual_report_generate(2026).await?;
    server.clock().advance(Duration::from_secs(2));
    alice.annual_report_state(2026).await?;
    let reports = alice.annual_report(2026).await?;
    assert_eq!(reports.annual_reports.len(), 1);
    alice.annual_report_read(2026).await?;
    assert_eq!(alice.annual_reports().await?.annual_reports.len(), 0);
    Ok(())
}

#[tokio::test]
async fn unknown_refresh_does_not_exist() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let unknown = alice.get("/api/v1_alpha/async_refreshes/unknown").await;
    assert_eq!(
        (unknown.status, &unknown.json),
        (404, &json!({ "error": "Not Found" }))
    );
    assert_ne!(unknown.json, Value::Null);
}
