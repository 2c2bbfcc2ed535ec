//! Discovery: finds the server whose API belongs to a domain, a page or an account.
//!
//! The domain of an account can differ from the domain of its server. It then redirects or links to the server: in
//! WebFinger (RFC 7033), host metadata (RFC 6415) or NodeInfo.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use url::Url;

use super::address::{Address, is_this_machine, parse_address};
use crate::call::core::Settings;
use crate::call::decode::decode;
use crate::call::endpoint::Endpoint;
use crate::call::endpoints::{
    INSTANCE_HOST_META, INSTANCE_NODEINFO_INDEX, INSTANCE_V1, INSTANCE_V2, WEBFINGER,
};
use crate::error::{Error, TimeoutSetting};
use crate::http::RawResponse;
use crate::http::hooks::Attempt;
use crate::http::network_error::network_error;
use crate::http::read::{BodyLimit, ReadError, read_body};
use crate::http::redirect::{RedirectRule, follow};
use crate::http::transport::{Recipient, Transport};
use crate::redact::redact_url;

/// Name of the operation in errors.
const ENDPOINT_NAME: &str = "discover";

/// Maximum size of a response in bytes. Instances with long rules have a few hundred KiB.
const MAX_BODY_LEN: usize = 1 << 20;

/// Maximum number of servers that are tried, the domain itself included.
const MAX_SERVERS: usize = 6;

/// Maximum number of characters of an origin in an error. The domain can link to any host.
const MAX_ORIGIN_LEN: usize = 100;

/// A server with Mastodon's API.
pub(super) struct DiscoveredServer {
    /// Origin of the API, with the path `/`.
    pub(super) origin: Url,
    /// Instance that it returned.
    pub(super) instance: (&'static Endpoint, RawResponse),
}

/// Finds the server of an address.
pub(super) async fn discover(
    address: &str,
    settings: &Settings,
) -> Result<DiscoveredServer, Error> {
    let start = parse_address(address, settings)?;
    settings.transport.check_proxy(&start.origin)?;
    let discovery = Discovery {
        transport: Transport::new(settings.transport.clone())?,
        start,
        allow_plain_http: settings.allow_plain_http,
        servers: Vec::new(),
        tried: Vec::new(),
        has_failed_temporarily: false,
    };
    let (setting, limit) = match settings.deadline {
        Some(deadline) => (TimeoutSetting::Deadline, deadline),
        None => (TimeoutSetting::Attempt, settings.timeout),
    };
    match tokio::time::timeout(limit, discovery.run(address)).await {
        Ok(result) => result,
        Err(_) => Err(Error::timeout(ENDPOINT_NAME, setting, limit)),
    }
}

/// Document in which a domain names its server.
#[derive(Clone, Copy)]
enum Document {
    WebFinger,
    HostMeta,
    NodeInfo,
}

impl Document {
    fn path(self) -> &'static str {
        match self {
            Self::WebFinger => WEBFINGER.path,
            Self::HostMeta => INSTANCE_HOST_META.path,
            Self::NodeInfo => INSTANCE_NODEINFO_INDEX.path,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::WebFinger => "application/jrd+json, application/json",
            Self::HostMeta => "application/xrd+xml, application/xml, application/jrd+json;q=0.9",
            Self::NodeInfo => "application/json",
        }
    }

    /// Returns the URLs on the server that the document contains, the most reliable one first.
    fn urls(self, body: &str) -> Vec<String> {
        let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        match self {
            // The profile page can be on a website of its own; the ActivityPub ID is on the server.
            Self::WebFinger => {
                let mut urls = links(&json, "href", Some("self"));
                urls.extend(links(
                    &json,
                    "href",
                    Some("http://webfinger.net/rel/profile-page"),
                ));
                urls
            }
            Self::HostMeta if json.is_object() => links(&json, "template", Some("lrdd")),
            Self::HostMeta => templates(body),
            Self::NodeInfo => links(&json, "href", None),
        }
    }
}

/// Returns the URLs of the links with this relation in a JSON document.
fn links(document: &serde_json::Value, member: &str, rel: Option<&str>) -> Vec<String> {
    let links = document["links"].as_array().into_iter().flatten();
    let links = links.filter(|link| rel.is_none_or(|rel| link["rel"] == rel));
    links
        .filter_map(|link| link[member].as_str().map(str::to_owned))
        .collect()
}

/// Returns the values of all attributes `template` in host metadata, which are XML. Only their host is used, so that
/// a complete parser is not needed.
fn templates(xml: &str) -> Vec<String> {
    let mut templates = Vec::new();
    for rest in xml.split("template").skip(1) {
        let value = || {
            let rest = rest.trim_start().strip_prefix('=')?.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, _) = rest.strip_prefix(quote)?.split_once(quote)?;
            Some(value.trim().to_owned())
        };
        templates.extend(value());
    }
    templates
}

/// A response and the URL that it was received from.
struct Fetched {
    url: Url,
    response: RawResponse,
}

struct Discovery {
    transport: Transport,
    start: Address,
    allow_plain_http: bool,
    /// Origins that were tried.
    servers: Vec<Url>,
    /// Requests without success and their results, for the error.
    tried: Vec<String>,
    /// Whether a request failed for a reason that may pass.
    has_failed_temporarily: bool,
}

impl Discovery {
    async fn run(mut self, address: &str) -> Result<DiscoveredServer, Error> {
        let origin = self.start.origin.clone();
        // Most domains are those of the server itself, and an unreachable domain cannot name another server.
        if let Some(server) = self.try_server(origin).await? {
            return Ok(server);
        }
        let documents = match &self.start.user {
            Some(_) => [Document::WebFinger, Document::HostMeta, Document::NodeInfo],
            None => [Document::HostMeta, Document::NodeInfo, Document::WebFinger],
        };
        for document in documents {
            for server in self.servers_in(document).await? {
                if let Some(server) = self.try_server(server).await? {
                    return Ok(server);
                }
            }
        }
        Err(self.not_found(address))
    }

    /// Returns the server if it responds with an instance. Fails only if the domain itself cannot be reached.
    async fn try_server(&mut self, origin: Url) -> Result<Option<DiscoveredServer>, Error> {
        if self.servers.contains(&origin) || self.servers.len() >= MAX_SERVERS {
            return Ok(None);
        }
        self.servers.push(origin.clone());
        for endpoint in [&INSTANCE_V2, &INSTANCE_V1] {
            let mut url = origin.clone();
            url.set_path(endpoint.path);
            let Some(fetched) = self.get(&url, "application/json").await? else {
                return Ok(None);
            };
            let path = fetched.url.path();
            let is_same_path = path.strip_suffix('/').unwrap_or(path) == endpoint.path;
            let server = self.server_origin(&fetched.url).filter(|_| is_same_path);
            if fetched.response.status.is_success()
                && is_instance(endpoint, &fetched.response)
                && let Some(origin) = server
            {
                let instance = (endpoint, fetched.response);
                return Ok(Some(DiscoveredServer { origin, instance }));
            }
            self.record_response(&url, &fetched, "no instance");
        }
        Ok(None)
    }

    /// Returns the origins that a document of the domain leads to: by its URLs, or by a redirect.
    async fn servers_in(&mut self, document: Document) -> Result<Vec<Url>, Error> {
        let mut url = self.start.origin.clone();
        url.set_path(document.path());
        if matches!(document, Document::WebFinger) {
            let resource = self.resource();
            url.query_pairs_mut().append_pair("resource", &resource);
        }
        let Some(fetched) = self.get(&url, document.media_type()).await? else {
            return Ok(Vec::new());
        };
        let mut urls = Vec::new();
        if fetched.response.status.is_success() {
            let body = String::from_utf8_lossy(&fetched.response.body);
            let linked = document.urls(&body);
            urls.extend(linked.iter().filter_map(|url| Url::parse(url).ok()));
        }
        // The target of a redirect is the right server even if it does not know the account or hides the document.
        urls.push(fetched.url.clone());
        let servers: Vec<Url> = urls
            .iter()
            .filter_map(|url| self.server_origin(url))
            .filter(|server| !self.servers.contains(server))
            .collect();
        if servers.is_empty() {
            self.record_response(&url, &fetched, "no other server");
        }
        Ok(servers)
    }

    /// Returns the account to look up: the given one, or the account of the server itself, whose name is the domain.
    fn resource(&self) -> String {
        let host = self.start.origin.host_str().unwrap_or_default();
        let user = self.start.user.as_deref().unwrap_or(host);
        match self.start.origin.port() {
            Some(port) => format!("acct:{user}@{host}:{port}"),
            None => format!("acct:{user}@{host}"),
        }
    }

    /// Returns the origin of a URL that the domain leads to. A server that names its URLs with http, because a proxy
    /// in front of it handles TLS, is used with https. A foreign domain cannot lead to this machine.
    fn server_origin(&self, url: &Url) -> Option<Url> {
        let mut origin = url.clone();
        origin.set_path("/");
        origin.set_query(None);
        origin.set_fragment(None);
        origin.set_username("").ok()?;
        origin.set_password(None).ok()?;
        if !origin.has_host() || !matches!(origin.scheme(), "https" | "http") {
            return None;
        }
        let is_local = is_this_machine(&origin);
        if is_local && !is_this_machine(&self.start.origin) {
            return None;
        }
        if origin.scheme() == "http" && !is_local && !self.allow_plain_http {
            origin.set_scheme("https").ok()?;
        }
        Some(origin)
    }

    /// Fetches a document without an access token. `None` if another host than the domain cannot be reached.
    async fn get(&mut self, url: &Url, accept: &'static str) -> Result<Option<Fetched>, Error> {
        let mut last = url.clone();
        let (attempt, domain) = (Attempt::from(ENDPOINT_NAME), self.start.origin.origin());
        let fetched = async {
            let send = |url: &Url| {
                last = url.clone();
                let recipient = if url.origin() == domain {
                    Recipient::Server
                } else {
                    Recipient::OtherHost
                };
                let mut request = reqwest::Request::new(Method::GET, url.clone());
                let accept = HeaderValue::from_static(accept);
                request.headers_mut().insert(header::ACCEPT, accept);
                self.transport.get(&attempt, request, recipient)
            };
            let response = follow(
                ENDPOINT_NAME.into(),
                RedirectRule::AnyHost,
                &Method::GET,
                url,
                send,
            )
            .await?;
            let (url, status) = (response.url().clone(), response.status());
            let body = read(response).await?;
            let response = RawResponse::new(status, body);
            Ok(Fetched { url, response })
        };
        match fetched.await {
            Ok(fetched) => Ok(Some(fetched)),
            Err(error) => {
                let is_domain = last.origin() == self.start.origin.origin();
                if is_domain && is_unreachable(&error) {
                    return Err(error);
                }
                // Without a source the response itself was refused, such as a redirect that is not encrypted.
                self.has_failed_temporarily |= std::error::Error::source(&error).is_some();
                self.tried.push(format!("{} ({error})", display(url)));
                Ok(None)
            }
        }
    }

    /// Records a response that does not lead to a server.
    fn record_response(&mut self, url: &Url, fetched: &Fetched, result: &str) {
        let status = fetched.response.status;
        self.has_failed_temporarily |=
            status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        let result = if status.is_success() {
            result.to_owned()
        } else {
            format!("status {}", status.as_u16())
        };
        let redirected = if fetched.url.origin() == url.origin() {
            String::new()
        } else {
            format!("redirected to {}, ", origin_text(&fetched.url))
        };
        self.tried
            .push(format!("{} ({redirected}{result})", display(url)));
    }

    fn not_found(self, address: &str) -> Error {
        let reason = format!(
            "no server with Mastodon's API belongs to `{}`; tried {}",
            redact_url(address.trim()),
            self.tried.join(", ")
        );
        if self.has_failed_temporarily {
            return Error::network(ENDPOINT_NAME, reason);
        }
        Error::configuration("server", format!("{reason}; check the address"))
    }
}

/// Returns whether a response is the instance of a server, in either version. A website may respond to any path
/// with JSON of its own.
fn is_instance(endpoint: &'static Endpoint, response: &RawResponse) -> bool {
    let instance: serde_json::Value = decode(endpoint, response).unwrap_or_default();
    let has_name = ["domain", "uri", "title"]
        .iter()
        .any(|name| instance[*name].is_string());
    instance["version"].is_string() && has_name
}

/// Returns whether the error is that of a host that does not respond at all.
fn is_unreachable(error: &Error) -> bool {
    match error {
        Error::Network {
            source: Some(source),
            ..
        } => source
            .downcast_ref::<reqwest::Error>()
            .is_some_and(|error| error.is_connect() || error.is_timeout()),
        _ => false,
    }
}

/// Reads a body. Each request takes at most as long as the whole discovery.
async fn read(mut response: reqwest::Response) -> Result<Bytes, Error> {
    let limit = BodyLimit::new(response.status(), MAX_BODY_LEN);
    let body = read_body(&mut response, limit, Duration::MAX).await;
    body.map_err(|error| match error {
        ReadError::Failed(error) => network_error(ENDPOINT_NAME, error),
        ReadError::TooLarge(_) | ReadError::TimedOut => Error::network(
            ENDPOINT_NAME,
            format!("the response is larger than {MAX_BODY_LEN} bytes"),
        ),
    })
}

/// Returns a URL for an error: without its query, which names the account.
fn display(url: &Url) -> String {
    format!("{}{}", origin_text(url), url.path())
}

fn origin_text(url: &Url) -> String {
    let origin = url.origin().ascii_serialization();
    origin.chars().take(MAX_ORIGIN_LEN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_from_every_document() {
        let host_meta = r#"<?xml version="1.0" encoding="UTF-8"?>
            <XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
            <Link rel="lrdd" template = 'https://a.example/.well-known/webfinger?resource={uri}'/>
            <Link rel="lrdd" type="application/xrd+xml" template="https://b.example/main/xrd?uri={uri}"/></XRD>"#;
        assert_eq!(
            Document::HostMeta.urls(host_meta),
            [
                "https://a.example/.well-known/webfinger?resource={uri}",
                "https://b.example/main/xrd?uri={uri}"
            ]
        );
        let json =
            r#"{"links":[{"rel":"lrdd","template":"https://a.example/{uri}"},{"rel":"lrdd"},7]}"#;
        assert_eq!(Document::HostMeta.urls(json), ["https://a.example/{uri}"]);
        let web_finger = r#"{"subject":"acct:a@a.example","links":[
            {"rel":"http://webfinger.net/rel/profile-page","href":"https://www.example/@a"},
            {"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://a.example/x?uri={uri}"},
            {"rel":"self","type":"application/activity+json","href":"https://a.example/users/a"}]}"#;
        assert_eq!(
            Document::WebFinger.urls(web_finger),
            ["https://a.example/users/a", "https://www.example/@a"]
        );
        let node_info = r#"{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0",
            "href":"https://a.example/nodeinfo/2.0"}]}"#;
        assert_eq!(
            Document::NodeInfo.urls(node_info),
            ["https://a.example/nodeinfo/2.0"]
        );
        for broken in [
            "",
            "null",
            "[]",
            "{\"links\":{}}",
            "template=",
            "template=\"",
            "<html template",
        ] {
            for document in [Document::WebFinger, Document::HostMeta, Document::NodeInfo] {
                assert_eq!(document.urls(broken), [""; 0], "{broken}");
            }
        }
    }
    #[test]
    fn foreign_domain_leads_to_encrypted_servers_on_other_machines_only() {
        let origin = |start: &str, url: &str, allow_plain_http| {
            let discovery = Discovery {
                transport: Transport::new(settings().transport).unwrap(),
                start: parse_address(start, &settings()).unwrap(),
                allow_plain_http,
                servers: Vec::new(),
                tried: Vec::new(),
                has_failed_temporarily: false,
            };
            let origin = discovery.server_origin(&Url::parse(url).unwrap());
            origin.map(String::from)
        };
        for (url, expected) in [
            ("https://b.example/users/a?x#y", Some("https://b.example/")),
            (
                "https://u:p@b.example:8443/",
                Some("https://b.example:8443/"),
            ),
            ("http://b.example/users/a", Some("https://b.example/")),
            ("http://127.0.0.1:3000/", None),
            ("https://localhost/", None),
            ("mailto:a@b.example", None),
        ] {
            assert_eq!(
                origin("a.example", url, false).as_deref(),
                expected,
                "{url}"
            );
        }
        let http = Some("http://b.example/".to_owned());
        assert_eq!(origin("a.example", "http://b.example/x", true), http);
        let local = Some("http://[::1]:3000/".to_owned());
        assert_eq!(origin("localhost", "http://[::1]:3000/x", false), local);
    }

    fn settings() -> Settings {
        let client = crate::Mastodon::builder("a.example").build().unwrap();
        client.core().settings.clone()
    }
}
