//! Discovery: from a domain, an account or a page to the server with the API.

use std::sync::{Arc, Mutex};

use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{error_response, json_response, ok_json, request_header, response};

/// A website: sends the response for each path, otherwise the page 404.
struct Site {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn start(pages: Vec<(&'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let record = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                        break;
                    }
                }
                let request = String::from_utf8(request).unwrap();
                let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let path = target.split('?').next().unwrap_or_default();
                let page = pages
                    .iter()
                    .find(|(known, _)| *known == path || *known == "*");
                let page = page.map_or_else(not_found_page, |(_, page)| page.clone());
                record.lock().unwrap().push(request);
                let _closed = stream.write_all(page.as_bytes()).await;
            }
        });
        Self { url, requests }
    }

    /// Domain and port.
    fn domain(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Path and query of each request.
    fn targets(&self) -> Vec<String> {
        let requests = self.requests();
        let target = |request: &String| request.split(' ').nth(1).unwrap().to_owned();
        requests.iter().map(target).collect()
    }
}

fn not_found_page() -> String {
    response(404, "text/html", "", "<!doctype html><title>Not found")
}

fn redirect(to: &str) -> String {
    response(301, "text/html", &format!("location: {to}\r\n"), "")
}

fn instance(domain: &str) -> String {
    ok_json(&json!({ "domain": domain, "title": "A", "version": "4.6.5" }))
}

async fn discover(address: &str) -> Result<Mastodon, Error> {
    Mastodon::discover(address).await?.build()
}

const WEB_FINGER: &str = "/.well-known/webfinger";
const HOST_META: &str = "/.well-known/host-meta";
const NODE_INFO: &str = "/.well-known/nodeinfo";
const INSTANCE: &str = "/api/v2/instance";

#[tokio::test]
async fn domain_with_the_api_is_the_server_and_its_instance_is_fetched_once() {
    let server = Site::start(vec![(INSTANCE, instance("a.example"))]).await;
    let page = format!("{}/@alice/1?x=y#z", server.url);
    let account = format!("@alice@{}", server.domain());
    for address in [server.domain(), &server.url, &page, &account] {
        let client = discover(address).await.unwrap();
        assert_eq!(client.server(), server.url, "{address}");
        let version = client.retrieve_mastodon_version().await.unwrap();
        assert_eq!(version.raw, "4.6.5");
    }
    assert_eq!(server.targets(), [INSTANCE; 4]);
}

#[tokio::test]
async fn domain_that_redirects_its_documents_leads_to_the_server() {
    let server = TestServer::start().await.unwrap();
    // Mastodon requires the redirect of WebFinger only, GoToSocial that of all three.
    for document in [WEB_FINGER, HOST_META, NODE_INFO] {
        let target = format!("{}{document}", server.url());
        let domain = Site::start(vec![(document, redirect(&target))]).await;
        for address in [
            domain.domain().to_owned(),
            format!("alice@{}", domain.domain()),
        ] {
            let client = discover(&address).await.unwrap();
            assert_eq!(client.server(), server.url(), "{document} {address}");
            client.instance().await.unwrap();
        }
    }
}

#[tokio::test]
async fn domain_that_links_to_the_server_leads_to_it() {
    let server = Site::start(vec![("/api/v1/instance", ok_json(&json!({
        "uri": "https://a.example", "title": "A", "version": "2.7.2 (compatible; Akkoma 3.13.2)",
    })))])
    .await;
    let web_finger = ok_json(&json!({
        "subject": "acct:alice@a.example",
        "links": [
            { "rel": "http://webfinger.net/rel/profile-page", "href": "https://a.example/@alice" },
            { "rel": "self", "type": "application/activity+json", "href": format!("{}/users/alice", server.url) },
        ],
    }));
    let host_meta = format!(
        r#"<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
        <Link rel="lrdd" template="{}/.well-known/webfinger?resource={{uri}}"/></XRD>"#,
        server.url
    );
    let node_info = ok_json(&json!({ "links": [
        { "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": format!("{}/nodeinfo/2.0", server.url) },
    ] }));
    for (path, document) in [
        (WEB_FINGER, web_finger),
        (
            HOST_META,
            response(200, "application/xrd+xml", "", &host_meta),
        ),
        (NODE_INFO, node_info),
    ] {
        let domain = Site::start(vec![(path, document)]).await;
        let address = format!("@alice@{}", domain.domain());
        let client = discover(&address).await.unwrap();
        assert_eq!(client.server(), server.url, "{path}");
        let version = client.retrieve_mastodon_version().await.unwrap();
        assert_eq!(version.raw, "2.7.2 (compatible; Akkoma 3.13.2)");
    }
}

#[tokio::test]
async fn web_finger_is_queried_for_the_account_or_the_server_itself() {
    let domain = Site::start(Vec::new()).await;
    let (host, port) = domain.domain().split_once(':').unwrap();
    for (address, user) in [
        (format!("@alice@{host}:{port}"), "alice"),
        (domain.domain().to_owned(), host),
    ] {
        discover(&address).await.unwrap_err();
        let expected = format!("{WEB_FINGER}?resource=acct%3A{user}%40{host}%3A{port}");
        assert!(
            domain.targets().contains(&expected),
            "{:?}",
            domain.targets()
        );
    }
}

#[tokio::test]
async fn redirect_of_the_api_leads_to_the_server() {
    let server = Site::start(vec![(INSTANCE, instance("a.example"))]).await;
    let moved = redirect(&format!("{}{INSTANCE}", server.url));
    let domain = Site::start(vec![(INSTANCE, moved)]).await;
    assert_eq!(
        discover(domain.domain()).await.unwrap().server(),
        server.url
    );
    // Another path is not the API, and not a client's base URL either.
    let nested = redirect(&format!("{}/nested{INSTANCE}", server.url));
    let domain = Site::start(vec![(INSTANCE, nested)]).await;
    discover(domain.domain()).await.unwrap_err();
}

#[tokio::test]
async fn access_token_is_sent_to_no_host_during_the_discovery() {
    let server = Site::start(vec![(INSTANCE, instance("a.example"))]).await;
    let domain = Site::start(vec![(HOST_META, redirect(&format!("{}/x", server.url)))]).await;
    let builder = Mastodon::builder(&domain.url)
        .access_token("hunter2")
        .user_agent("bot/1.0");
    let client = builder.discover().await.unwrap().build().unwrap();
    client.timeline_home().await.unwrap_err();
    let requests = [domain.requests(), server.requests()].concat();
    let (call, discovery) = requests.split_last().unwrap();
    assert!(call.contains("hunter2"), "the client keeps the token");
    assert!(discovery.len() > 3);
    for request in discovery {
        assert!(!request.contains("hunter2"), "{request}");
        assert_eq!(request_header(request, "user-agent"), Some("bot/1.0"));
    }
}

#[tokio::test]
async fn error_contains_what_was_tried() {
    let other = Site::start(Vec::new()).await;
    let domain = Site::start(vec![
        (INSTANCE, response(200, "text/html", "", "<!doctype html>")),
        (
            "/api/v1/instance",
            ok_json(&json!({ "version": 1, "title": "Shop" })),
        ),
        (NODE_INFO, redirect(&format!("{}/x", other.url))),
    ])
    .await;
    let error = discover(domain.domain()).await.unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Configuration {
                setting: "server",
                ..
            }
        ),
        "{error:?}"
    );
    let (site, other) = (&domain.url, &other.url);
    assert_eq!(
        error.to_string(),
        format!(
            "no server with Mastodon's API belongs to `{}`; tried {site}/api/v2/instance (no instance), \
             {site}/api/v1/instance (no instance), {site}/.well-known/host-meta (status 404), \
             {other}/api/v2/instance (status 404), {other}/api/v1/instance (status 404), \
             {site}/.well-known/webfinger (status 404); check the address",
            domain.domain()
        )
    );
}

#[tokio::test]
async fn endless_and_oversized_responses_are_refused() {
    let huge = format!(
        "{{\"version\":\"4.6.5\",\"title\":\"{}\"}}",
        "x".repeat(2 << 20)
    );
    let domain = Site::start(vec![
        (INSTANCE, json_response(200, "", &huge)),
        (HOST_META, redirect(HOST_META)),
    ])
    .await;
    let error = discover(domain.domain()).await.unwrap_err().to_string();
    assert!(error.contains("larger than 1048576 bytes"), "{error}");
    assert!(error.contains("redirected more than 5 times"), "{error}");
    assert!(
        error.contains("/.well-known/nodeinfo (status 404)"),
        "{error}"
    );
}

#[tokio::test]
async fn number_of_tried_servers_is_limited() {
    let mut sites = Vec::new();
    for _ in 0..20 {
        sites.push(Site::start(Vec::new()).await);
    }
    let links = |sites: &[Site]| {
        let link = |site: &Site| json!({ "rel": "self", "href": format!("{}/users/a", site.url) });
        ok_json(&json!({ "links": sites.iter().map(link).collect::<Vec<_>>() }))
    };
    let domain = Site::start(vec![(WEB_FINGER, links(&sites))]).await;
    discover(&format!("a@{}", domain.domain()))
        .await
        .unwrap_err();
    let tried = sites.iter().filter(|site| !site.requests().is_empty());
    assert_eq!(tried.count(), 5);
}

#[tokio::test]
async fn unreachable_domain_is_an_error_that_may_pass() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let error = discover(&address).await.unwrap_err();
    assert!(error.is_network() && error.is_retryable(), "{error:?}");
    assert!(
        error.to_string().contains("cannot connect to 127.0.0.1"),
        "{error}"
    );
    // A server that is down for maintenance is found later.
    let domain = Site::start(vec![("*", error_response(503, "Maintenance"))]).await;
    let error = discover(domain.domain()).await.unwrap_err();
    assert!(error.is_network() && error.is_retryable(), "{error:?}");
    assert!(
        error.to_string().contains("/api/v2/instance (status 503)"),
        "{error}"
    );
}

#[tokio::test]
async fn link_to_an_unreachable_server_does_not_hide_the_right_one() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}/users/alice", closed.local_addr().unwrap());
    drop(closed);
    let server = Site::start(vec![(INSTANCE, instance("a.example"))]).await;
    let links = json!({ "links": [{ "rel": "self", "href": dead }] });
    let domain = Site::start(vec![
        (WEB_FINGER, ok_json(&links)),
        (NODE_INFO, redirect(&format!("{}{NODE_INFO}", server.url))),
    ])
    .await;
    let client = discover(&format!("alice@{}", domain.domain()))
        .await
        .unwrap();
    assert_eq!(client.server(), server.url);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn silent_domain_ends_the_discovery_at_the_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let error = discover(&address).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!(
        error
            .to_string()
            .starts_with("discover: no response within 60s"),
        "{error}"
    );
}
