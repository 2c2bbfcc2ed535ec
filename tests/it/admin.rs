//! Administration, where the server is not what its documentation says.

use jiff::Timestamp;
use mastodon_sdk::entities::{
    AdminDomainBlock, AdminIpBlockSeverity, AdminMeasureKey, AdminTrendingTag, ReportCategory,
};
use mastodon_sdk::methods::AdminMetricTag;
use mastodon_sdk::{Error, Mastodon};

use crate::server::{Server, json};

fn client() -> Mastodon {
    Mastodon::builder("a.example").build().unwrap()
}

fn body(request: &http::Request<bytes::Bytes>) -> serde_json::Value {
    serde_json::from_slice(request.body()).unwrap()
}

#[test]
fn a_filter_of_accounts_is_given_as_true_or_not_at_all() {
    let call = client().admin_accounts_v1().remote().suspended();
    let request = call.by_domain("b.example").limit(5).http_request().unwrap();
    assert_eq!(
        request.uri().query().unwrap(),
        "remote=true&suspended=true&by_domain=b.example&limit=5"
    );
}

#[test]
fn the_rules_of_a_report_are_sent_as_numbers() {
    let call = client()
        .admin_report_update("3")
        .category(ReportCategory::Violation)
        .rule_ids(["1", "22"]);
    assert_eq!(
        body(&call.http_request().unwrap()),
        serde_json::json!({ "category": "violation", "rule_ids": [1, 22] })
    );
}

#[test]
fn a_measure_names_the_hashtag_that_it_is_of() {
    let day = |text: &str| text.parse::<Timestamp>().unwrap();
    let call = client()
        .admin_measures(
            [AdminMeasureKey::ActiveUsers, AdminMeasureKey::TagUses],
            day("2026-01-01T00:00:00Z"),
            day("2026-01-07T00:00:00Z"),
        )
        .tag_uses(AdminMetricTag::new("802"));
    assert_eq!(
        body(&call.http_request().unwrap()),
        serde_json::json!({
            "keys": ["active_users", "tag_uses"],
            "start_at": "2026-01-01T00:00:00Z",
            "end_at": "2026-01-07T00:00:00Z",
            "tag_uses": { "id": "802" },
        })
    );
}

#[test]
fn a_block_of_addresses_cannot_do_without_the_addresses() {
    let call = client().admin_create_ip_block("192.0.2.0/24", AdminIpBlockSeverity::NoAccess);
    assert_eq!(
        body(&call.http_request().unwrap()),
        serde_json::json!({ "ip": "192.0.2.0/24", "severity": "no_access" })
    );
}

#[tokio::test]
async fn a_block_that_is_taken_away_is_gone_whether_the_server_shows_it_or_not() {
    let shown = r#"{"id":"4","domain":"b.example","created_at":"2022-09-14T21:32:44.945Z"}"#;
    let server = Server::start(vec![json(200, "", "{}"), json(200, "", shown)]).await;
    let client = server.client();
    client.admin_delete_domain_allow("4").await.unwrap();
    client.admin_delete_domain_allow("4").await.unwrap();
    assert!(server.seen()[1].starts_with("DELETE /api/v1/admin/domain_allows/4 "));
}

#[tokio::test]
async fn what_trends_is_as_moderators_see_it_or_as_everyone_does() {
    let tags = r#"[
        {"id":"802","name":"caturday","url":"https://a.example/tags/caturday","history":[],"trendable":true,"usable":true,"requires_review":false},
        {"name":"rust","url":"https://a.example/tags/rust","history":[]}
    ]"#;
    let server = Server::start(vec![json(200, "", tags)]).await;
    let page = server.client().admin_trending_tags().await.unwrap();
    let AdminTrendingTag::AdminTag(tag) = &page[0] else {
        panic!("{page:?}");
    };
    assert_eq!((tag.id.as_str(), tag.trendable), ("802", true));
    assert_eq!(page[1].as_tag().unwrap().name, "rust");
}

#[tokio::test]
async fn counting_is_asked_for_again_and_moderating_is_not() {
    let cohorts = r#"[{"period":"2022-09-01T00:00:00+00:00","frequency":"month","data":[{"date":"2022-09-01T00:00:00+00:00","rate":1.0,"value":"2"}]}]"#;
    let broken = json(503, "", "{}");
    let server = Server::start(vec![broken.clone(), json(200, "", cohorts), broken]).await;
    let (client, moment) = (server.client(), Timestamp::UNIX_EPOCH);
    let found = client
        .admin_retention(moment, moment, "month")
        .await
        .unwrap();
    assert_eq!(found[0].data[0].value, 2);
    let refused = client.admin_account_moderate("23", "suspend").await;
    assert!(refused.unwrap_err().is_server_error());
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn the_stricter_block_that_stands_in_the_way_comes_with_the_refusal() {
    let refusal = r#"{"error":"You have already imposed stricter limits on b.example.","existing_domain_block":
        {"id":"1","domain":"b.example","created_at":"2022-11-16T08:15:34.238Z","severity":"suspend","private_comment":null}}"#;
    let server = Server::start(vec![json(422, "", refusal)]).await;
    let refused = server.client().admin_create_domain_block("b.example").await;
    let Err(Error::Api(error)) = refused else {
        panic!("{refused:?}");
    };
    let block: AdminDomainBlock = error.attached("existing_domain_block").unwrap();
    assert_eq!(block.id.as_str(), "1");
}

#[tokio::test]
async fn an_account_is_read_in_each_form_that_it_had() {
    let account = |extra: &str| {
        format!(
            r#"{{"id":"23","username":"admin","created_at":"2022-05-08T18:18:53.221Z",{extra},
            "account":{{"id":"23","username":"admin","acct":"admin","created_at":"2022-05-08T00:00:00.000Z"}}}}"#
        )
    };
    let old = account(
        r#""ip":{"user_id":1,"ip":"192.0.2.1","used_at":"2022-09-08T16:10:38.621Z"},"role":"admin""#,
    );
    let new = account(r#""ip":"192.0.2.1","role":{"id":"3","name":"Owner","permissions":"1"}"#);
    let remote = account(r#""ip":null,"email":null,"role":null,"locale":null"#);
    let script = [old, new, remote].map(|body| json(200, "", &body));
    let server = Server::start(script.to_vec()).await;
    let client = server.client();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let account = client.admin_account("23").await.unwrap();
        seen.push((account.ip, account.role.map(|role| role.permissions)));
    }
    let ip = || Some("192.0.2.1".to_owned());
    assert_eq!(seen, [(ip(), None), (ip(), Some(1)), (None, None)]);
}
