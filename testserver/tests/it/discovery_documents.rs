//! Documents for other servers and websites: WebFinger, host metadata, oEmbed, and small endpoints beside them.

use mastodon_sdk::Mastodon;
use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, Response, send};

async fn get_accepting(server: &TestServer, path: &str, types: &str) -> Response {
    send(server, "GET", path, "", &[("accept", types)], b"").await
}

#[tokio::test]
async fn webfinger_finds_a_local_account_by_address_and_by_url() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::anonymous(&server);
    let host = server.url().trim_start_matches("http://");
    let (page, actor) = (
        format!("{}/@alice", server.url()),
        format!("{}/users/alice", server.url()),
    );
    for resource in [
        format!("acct:alice@{host}"),
        format!("Alice@{host}"),
        page.clone(),
        actor.clone(),
    ] {
        let found = visitor
            .get(&format!("/.well-known/webfinger?resource={resource}"))
            .await;
        let content_type = found.header("content-type").map(str::to_owned);
        assert_eq!(
            content_type.as_deref(),
            Some("application/jrd+json; charset=utf-8"),
            "{resource}"
        );
        let found = found.ok();
        assert_eq!(found["subject"], format!("acct:alice@{host}"));
        assert_eq!(found["aliases"], json!([page, actor]));
        let own = json!({ "rel": "self", "type": "application/activity+json", "href": actor });
        assert_eq!(found["links"][1], own);
    }
    let server_actor = format!("/.well-known/webfinger?resource=acct:{host}@{host}");
    let found = visitor.get(&server_actor).await.ok();
    assert_eq!(found["aliases"], json!([format!("{}/actor", server.url())]));
}

#[tokio::test]
async fn webfinger_refuses_without_a_body() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::anonymous(&server);
    let host = server.url().trim_start_matches("http://");
    for (query, status) in [
        (String::new(), 400),
        ("?resource=".to_owned(), 400),
        ("?resource=acct:alice".to_owned(), 400),
        (format!("?resource=acct:nobody@{host}"), 404),
        ("?resource=acct:erin@elsewhere.example".to_owned(), 404),
        ("?resource=https://elsewhere.example/@erin".to_owned(), 404),
    ] {
        let refused = visitor.get(&format!("/.well-known/webfinger{query}")).await;
        assert_eq!(
            (refused.status, refused.bytes.len()),
            (status, 0),
            "{query}"
        );
        assert_eq!(refused.header("cache-control"), Some("max-age=180, public"));
    }
}

#[tokio::test]
async fn host_meta_is_xml_unless_the_client_asks_for_json() {
    let server = TestServer::start().await.unwrap();
    let template = format!("{}/.well-known/webfinger?resource={{uri}}", server.url());
    let path = "/.well-known/host-meta";
    let xml = get_accepting(&server, path, "*/*").await;
    let content_type = xml.header("content-type").unwrap();
    assert!(
        content_type.starts_with("application/xrd+xml"),
        "{content_type}"
    );
    let text = String::from_utf8(xml.bytes).unwrap();
    assert!(text.contains(&format!("template=\"{template}\"")), "{text}");
    let json = get_accepting(&server, path, "application/json").await.ok();
    assert_eq!(
        json,
        json!({ "links": [{ "rel": "lrdd", "template": template }] })
    );
}

#[tokio::test]
async fn oembed_describes_public_statuses_only() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let posted = alice.post_status(json!({ "status": "Embed me" })).await;
    for url in [&posted["url"], &posted["uri"]] {
        let path = format!("/api/oembed?url={}", url.as_str().unwrap());
        let embed = alice.get(&path).await.ok();
        assert_eq!(
            (&embed["type"], &embed["version"]),
            (&json!("rich"), &json!("1.0"))
        );
        assert_eq!(embed["author_url"], format!("{}/@alice", server.url()));
        assert_eq!(
            (&embed["width"], &embed["height"]),
            (&json!(400), &Value::Null)
        );
        let sized = alice
            .get(&format!("{path}&maxwidth=300&maxheight=200"))
            .await
            .ok();
        assert_eq!(
            (&sized["width"], &sized["height"]),
            (&json!(300), &json!(200))
        );
    }
    let private = json!({ "status": "Keep me", "visibility": "private" });
    let private = alice.post_status(private).await;
    let unknown = format!("{}/@alice/1", server.url());
    for (url, message) in [
        (private["url"].as_str().unwrap(), "Not Found"),
        (unknown.as_str(), "Record not found"),
        ("https://elsewhere.example/@erin/1", "Record not found"),
        ("", "Record not found"),
    ] {
        let refused = alice.get(&format!("/api/oembed?url={url}")).await;
        assert_eq!((refused.status, refused.error()), (404, message), "{url}");
    }
}

#[tokio::test]
async fn donation_campaign_is_the_one_that_was_set() {
    let server = TestServer::start().await.unwrap();
    let (alice, visitor) = (Client::user(&server, "alice"), Client::anonymous(&server));
    let path = "/api/v1/donation_campaigns";
    let none = alice.get(path).await;
    assert_eq!((none.status, none.bytes.len()), (204, 0));
    let campaign = json!({ "id": "spring", "locale": "en", "banner_message": "Help us" });
    server.set_donation_campaign(Some(campaign.clone()));
    assert_eq!(alice.get(path).await.ok(), campaign);
    let refused = visitor.get(path).await;
    let message = "This method requires an authenticated user";
    assert_eq!((refused.status, refused.error()), (422, message));
}

#[tokio::test]
async fn email_subscriptions_exist_only_where_a_user_offers_them() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::anonymous(&server);
    let lookup = visitor.get("/api/v1/accounts/lookup?acct=alice").await.ok();
    let id = lookup["id"].as_str().unwrap();
    let path = format!("/api/v1/accounts/{id}/email_subscriptions");
    let subscribe = async |email: &str| visitor.post(&path, json!({ "email": email })).await;
    let refused = subscribe("reader@example.org").await;
    assert_eq!((refused.status, refused.bytes.len()), (404, 0));
    server.enable_email_subscriptions("alice");
    assert_eq!(subscribe(" Reader@example.org").await.ok(), json!({}));
    assert_eq!(server.email_subscribers("alice"), ["reader@example.org"]);
    for (email, message) in [
        ("", "can't be blank"),
        ("reader", "is invalid"),
        ("reader@example.org", "has already been taken"),
    ] {
        let refused = subscribe(email).await;
        assert_eq!(refused.status, 422);
        assert_eq!(
            refused.error(),
            format!("Validation failed: Email {message}")
        );
        assert_eq!(refused.json["details"]["email"][0]["description"], message);
    }
    let unknown = visitor
        .post("/api/v1/accounts/1/email_subscriptions", json!({}))
        .await;
    assert_eq!((unknown.status, unknown.error()), (404, "Record not found"));
}

#[tokio::test]
async fn sdk_reads_the_documents() -> Result<(), Box<dyn std::error::Error>> {
    let server = TestServer::start().await?;
    let host = server.url().trim_start_matches("http://");
    let client = Mastodon::builder(server.url())
        .access_token(server.token("alice", "read write"))
        .build()?;
    let found = client.webfinger(format!("acct:alice@{host}")).await?;
    assert_eq!(found.subject, format!("acct:alice@{host}"));
    let status = client.status_post("Embed me https://blog.example/").await?;
    let url = status.url.ok_or("the status has no URL")?;
    client.oembed(url).await?;
    client.instance_host_meta().await?;
    let card = client
        .status(&status.id)
        .await?
        .card
        .ok_or("the card is missing")?;
    assert_eq!(card.title, "blog.example");
    Ok(())
}
