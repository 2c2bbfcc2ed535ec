//! Answers of every kind to calls that carry secrets.

use std::time::Duration;

use mastodon_sdk::methods::{NewPushSubscription, PushKeys};
use mastodon_sdk::{Budget, Mastodon, RateFamily, RateLimit};

use super::{CLIENT, CODE, KEY, NUMBER, PASSWORD, REFRESH, Shown, TOKEN, app, builder};
use crate::server::{Server, answer, json};

/// Answers that repeat what they were sent.
fn echoes(secret: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(secret).to_string();
    let query: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let details = format!(r#"{{"x":[{{"error":"ERR_X","description":{quoted}}}]}}"#);
    vec![
        secret.to_owned(),
        quoted.clone(),
        format!("You sent password={query}&token={query}"),
        format!(r#"{{"error":{quoted}}}"#),
        format!(r#"{{"error":{{"error":{quoted},"details":{details}}}}}"#),
        format!(r#"{{"error":"invalid_request","error_description":{quoted}}}"#),
        format!(r#"{{"id":"1","strange":{quoted},"created_at":[]}}"#),
    ]
}

/// Answers with secrets that the request did not hold: they are known by their names alone.
fn named() -> impl Iterator<Item = String> {
    let names = [
        "access_token",
        "refresh_token",
        "client_secret",
        "password",
        "code",
        "auth",
    ];
    names.into_iter().flat_map(|name| {
        [
            format!(r#"{{"{name}":"new-s3cr3t","id":[]}}"#),
            format!(r#"{{"{name}":{NUMBER}9,"id":[]}}"#),
            format!(r#"{{"{name}":["new-s3cr3t",{{"x":"s3cr3t"}}],"id":[]}}"#),
            format!(
                r#"{{"id":"1","{name}":"{}","n":[]}}"#,
                "s3cr3t-".repeat(200)
            ),
            format!(r#"{{"{name}":"cut-off-s3cr3t"#),
        ]
    })
}

/// A call that carries a secret.
async fn call(shown: &mut Shown, client: &Mastodon, secret: &str) {
    let app = app();
    match secret {
        TOKEN => shown.result(client.status("1").await),
        CLIENT => {
            let revoke = client.oauth_revoke("id", CLIENT, TOKEN);
            shown.debug(&revoke);
            shown.result(revoke.await);
        }
        PASSWORD => {
            let login = client.log_in_with_password(&app, "a@b.example", PASSWORD, "read");
            shown.result(login.await);
        }
        CODE => {
            let login = client.auth_request_url(&app, "read").await.unwrap();
            shown.result(client.log_in_with_code(&app, &login, CODE).await);
        }
        KEY => {
            let keys = PushKeys::new("p256dh-s3cr3t-s3cr3t", KEY);
            let subscription = NewPushSubscription::new("https://push.example", keys);
            let subscription = client.push_subscription_set(subscription);
            shown.debug(&subscription);
            shown.result(subscription.await);
        }
        _ => shown.result(
            client
                .log_in_with_refresh_token(&app, REFRESH, "read")
                .await,
        ),
    }
}

/// Answers of every kind to calls with every secret.
pub(super) async fn answers(shown: &mut Shown) {
    let mut plan = Vec::new();
    for secret in [TOKEN, CLIENT, PASSWORD, CODE, KEY, REFRESH] {
        for body in echoes(secret).into_iter().chain(named()) {
            plan.push((secret, answer(200, "application/json", "", &body)));
            plan.push((secret, answer(422, "application/json", "", &body)));
            plan.push((secret, answer(500, "text/plain", "", &body)));
            plan.push((secret, answer(200, "text/html", "", &body)));
        }
        for status in [400, 401, 403, 404, 409, 410, 429] {
            plan.push((secret, json(status, "", r#"{"error":"No"}"#)));
        }
    }
    let server = Server::start(plan.iter().map(|(_, answer)| answer.clone()).collect()).await;
    let client = builder(&server)
        .rate_limit(RateLimit::Throw)
        .build()
        .unwrap();
    for (secret, _) in &plan {
        call(shown, &client, secret).await;
        // A 429 must not keep the next call from being sent.
        let full = Budget {
            limit: Some(300),
            remaining: 300,
            reset_in: Duration::from_secs(300),
        };
        client.set_rate_limit(RateFamily::General, full);
    }
    assert_eq!(server.seen().len(), plan.len());
    shown.addresses(&server);
}
