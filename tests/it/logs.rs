//! Log output.

use crate::support::{CapturedLog, ScriptedServer, error_response, json_response};

#[tokio::test]
async fn deprecated_endpoint_is_logged_as_a_warning() {
    let headers = "deprecation: @1668384000\r\nsunset: Fri, 07 Aug 2026 12:00:00 GMT\r\n";
    let server = ScriptedServer::start(vec![json_response(200, headers, "[]")]).await;
    let (log, _guard) = CapturedLog::start();
    let response = server.client().trending_tags().response().await.unwrap();
    let deprecation = response.deprecation().unwrap();
    assert_eq!(
        deprecation.since.unwrap().to_string(),
        "2022-11-14T00:00:00Z"
    );
    assert_eq!(
        deprecation.sunset.unwrap().to_string(),
        "2026-08-07T12:00:00Z"
    );
    let log = log.text();
    let warning = log.lines().find(|line| line.contains("WARN")).unwrap();
    for part in [
        "trending_tags",
        "2022-11-14T00:00:00Z",
        "2026-08-07T12:00:00Z",
    ] {
        assert!(warning.contains(part), "{warning}");
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn log_names_each_call_and_contains_no_secret() {
    let rate_limited = json_response(
        429,
        "retry-after: 1\r\n",
        r#"{"error":"Too many requests"}"#,
    );
    let server = ScriptedServer::start(vec![
        rate_limited,
        json_response(200, "", "[]"),
        error_response(403, "unauthorized_client"),
    ])
    .await;
    let (log, _guard) = CapturedLog::start();
    let client = server.client();
    client.notifications().await.unwrap();
    let error = client.oauth_revoke("id", "s3cret", "hunter2").await;
    let text = format!("{} {error:?}", log.text());
    assert!(
        text.contains("endpoint=\"notifications\"") && text.contains("endpoint=\"oauth_revoke\""),
        "{text}"
    );
    assert!(
        !text.contains("hunter2") && !text.contains("s3cret"),
        "{text}"
    );
}
