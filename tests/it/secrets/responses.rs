//! Responses of every kind to calls that send secrets.

use std::time::Duration;

use mastodon_sdk::Mastodon;
use mastodon_sdk::methods::{NewPushSubscription, PushKeys};
use mastodon_sdk::rate_limit::{RateLimitBucket, RateLimitMode, RateLimitStatus};

use super::{CLIENT, CODE, KEY, NUMBER, PASSWORD, REFRESH, TOKEN, VisibleOutput, app, builder};
use crate::support::{ScriptedServer, error_response, response};

/// Bodies that repeat a secret of the request.
fn bodies_with(secret: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(secret).to_string();
    let query: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = escaped(secret, |code| format!("\\u{code:04x}"));
    let nested = escaped(secret, |code| format!("\\\\u{code:04x}"));
    let html = escaped(secret, |code| format!("&#{code};"));
    let url = escaped(secret, |code| format!("%{code:02x}"));
    let details = format!(r#"{{"x":[{{"error":"ERR_X","description":{quoted}}}]}}"#);
    vec![
        secret.to_owned(),
        quoted.clone(),
        format!("You sent password={query}&token={query}"),
        format!(r#"{{"error":{quoted}}}"#),
        format!(r#"{{"error":{{"error":{quoted},"details":{details}}}}}"#),
        format!(r#"{{"error":"invalid_request","error_description":{quoted}}}"#),
        format!(r#"{{"id":"1","strange":{quoted},"created_at":[]}}"#),
        format!(r#"{{"error":"{json}","{json}":1}}"#),
        format!(r#"{{"id":"1","strange":"{json}","created_at":["{json}"]}}"#),
        format!(r#"{{"error":"{{\"x\":\"{nested}\"}}"}}"#),
        format!("<title>{html}</title> {url}"),
    ]
}

/// Escapes every ASCII character.
fn escaped(secret: &str, escape: impl Fn(u32) -> String) -> String {
    let escaped = |c: char| match c.is_ascii() {
        true => escape(c.into()),
        false => c.into(),
    };
    secret.chars().map(escaped).collect()
}

/// Bodies with secrets that were not part of the request; only the field names identify them.
fn bodies_with_secret_fields() -> impl Iterator<Item = String> {
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
            format!(r#"{{"error":"{{\"{name}\":\"new-s3cr3t\"}}"}}"#),
            format!(
                r#"{{"error":"x","\u00{:02x}{}":"new-s3cr3t"}}"#,
                name.as_bytes()[0],
                &name[1..]
            ),
        ]
    })
}

/// Makes a call that sends the secret.
async fn call_with_secret(output: &mut VisibleOutput, client: &Mastodon, secret: &str) {
    let app = app();
    match secret {
        TOKEN => output.result(client.status("1").await),
        CLIENT => {
            let revoke = client.oauth_revoke("id", CLIENT, TOKEN);
            output.debug(&revoke);
            output.result(revoke.await);
        }
        PASSWORD => {
            let login = client.log_in_with_password(&app, "a@b.example", PASSWORD, "read");
            output.result(login.await);
        }
        CODE => {
            let login = client.auth_request_url(&app, "read").await.unwrap();
            output.result(client.log_in_with_code(&app, &login, CODE).await);
        }
        KEY => {
            let keys = PushKeys::new("p256dh-s3cr3t-s3cr3t", KEY);
            let subscription = NewPushSubscription::new("https://push.example", keys);
            let subscription = client.push_subscription_set(subscription);
            output.debug(&subscription);
            output.result(subscription.await);
        }
        _ => output.result(
            client
                .log_in_with_refresh_token(&app, REFRESH, "read")
                .await,
        ),
    }
}

/// Makes a call with every secret for every response.
pub(super) async fn call_with_every_response(output: &mut VisibleOutput) {
    let mut script = Vec::new();
    for secret in [TOKEN, CLIENT, PASSWORD, CODE, KEY, REFRESH] {
        for body in bodies_with(secret)
            .into_iter()
            .chain(bodies_with_secret_fields())
        {
            let echo: String = secret.chars().filter(char::is_ascii).collect();
            let echo = format!("x-echo: {echo}\r\nset-cookie: id=s3cr3t\r\n");
            script.push((secret, response(200, "application/json", &echo, &body)));
            script.push((secret, response(422, "application/json", "", &body)));
            script.push((secret, response(500, "text/plain", "", &body)));
            script.push((
                secret,
                response(200, "text/html", "", &format!("<html>{body}")),
            ));
        }
        for status in [400, 401, 403, 404, 409, 410, 429] {
            script.push((secret, error_response(status, "No")));
        }
    }
    let server = ScriptedServer::start(
        script
            .iter()
            .map(|(_, response)| response.clone())
            .collect(),
    )
    .await;
    let client = builder(&server)
        .rate_limit_mode(RateLimitMode::Throw)
        .build()
        .unwrap();
    for (secret, _) in &script {
        call_with_secret(output, &client, secret).await;
        // After a 429 the next call must still be sent.
        let full = RateLimitStatus::new(Some(300), 300, Duration::from_secs(300));
        for bucket in [
            RateLimitBucket::General,
            RateLimitBucket::Paging,
            RateLimitBucket::Address,
            RateLimitBucket::Statuses,
        ] {
            client.set_rate_limit_status(bucket, full);
        }
    }
    assert_eq!(server.requests().len(), script.len());
    output.request_lines(&server);
}
