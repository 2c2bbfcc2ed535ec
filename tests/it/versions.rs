//! The version check, and the detection of server software.

use mastodon_sdk::Error;
use mastodon_sdk::server::{ServerVersion, Software, Version, VersionCheck};

use crate::support::{ScriptedServer, error_response, json_response, response};

fn instance(version: &str) -> String {
    json_response(200, "", &format!(r#"{{"version":"{version}"}}"#))
}

#[tokio::test]
async fn version_check_covers_only_the_parameters_that_are_set() {
    // `only_media` was added in 2.3.0; `local` has always existed.
    let old = ServerVersion::parse("2.0.0", None);
    let server = ScriptedServer::start(vec![json_response(200, "", "[]"); 9]).await;
    let client = |check| {
        let builder = server
            .builder()
            .version_check(check)
            .server_version(old.clone());
        builder.build().unwrap()
    };
    let changed = client(VersionCheck::Parameters);
    changed.timeline_public().local(true).await.unwrap();
    let error = changed
        .timeline_public()
        .only_media(true)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Version { what, .. } if what == "the parameter `only_media`"),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("requires Mastodon 2.3.0, the server is Mastodon (2.0.0)"),
        "{error}"
    );
    let created = client(VersionCheck::Endpoints);
    created.timeline_public().only_media(true).await.unwrap();
    let error = created.bookmarks().await.unwrap_err();
    assert!(matches!(error, Error::Version { .. }), "{error}");
    client(VersionCheck::Off).bookmarks().await.unwrap();
    assert_eq!(
        server.requests().len(),
        3,
        "a call that fails the check is not sent"
    );
}

#[tokio::test]
async fn software_is_detected_from_the_version_or_else_from_nodeinfo() {
    let server = ScriptedServer::start(vec![instance("4.2.1 (compatible; Akkoma 3.10.4)")]).await;
    let client = server.client();
    for _ in 0..2 {
        assert_eq!(client.server_software().await.unwrap(), Software::Akkoma);
    }
    assert_eq!(server.requests().len(), 1);

    let index = json_response(
        200,
        "",
        r#"{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"/nodeinfo/2.1"}]}"#,
    );
    for (first, name, software) in [
        (instance("0.10.0"), "hollo", Software::Hollo),
        (instance("0.17.0"), "gotosocial", Software::GoToSocial),
        (
            instance(""),
            "Bookwyrm",
            Software::Other("Bookwyrm".to_owned()),
        ),
        (
            error_response(401, "Sign in first"),
            "mastodon",
            Software::Mastodon,
        ),
        (
            response(200, "text/html", "", "<p>"),
            "pixelfed",
            Software::Pixelfed,
        ),
    ] {
        let info = format!(
            r#"{{"version":"2.1","software":{{"name":"{name}","version":"1"}},"protocols":["activitypub"],
            "usage":{{"users":{{"total":1}}}},"openRegistrations":false,"metadata":{{}}}}"#
        );
        let has_version = first
            .starts_with("HTTP/1.1 200 X\r\nconnection: close\r\ncontent-type: application/json");
        let mut script = vec![first.clone()];
        if !has_version {
            // The failed request is repeated, so that its error can be returned. A page of a web interface may
            // hide that only version 1 of the endpoint exists.
            let requests = if first.contains("text/html") { 4 } else { 2 };
            script = vec![first; requests];
        }
        script.extend([index.clone(), json_response(200, "", &info)]);
        let server = ScriptedServer::start(script).await;
        let client = server.client();
        assert_eq!(client.server_software().await.unwrap(), software, "{name}");
        let sent = server.requests().len();
        assert_eq!(client.clone().server_software().await.unwrap(), software);
        assert_eq!(server.requests().len(), sent, "the software is cached");
    }
}

#[tokio::test]
async fn version_check_knows_the_software_that_only_nodeinfo_names() {
    let index = r#"{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"/nodeinfo/2.1"}]}"#;
    let info = r#"{"version":"2.1","software":{"name":"hollo","version":"0.10.0"}}"#;
    let script = vec![
        instance("0.10.0"),
        json_response(200, "", index),
        json_response(200, "", info),
        json_response(200, "", "[]"),
    ];
    let server = ScriptedServer::start(script).await;
    let builder = server.builder().version_check(VersionCheck::Endpoints);
    let client = builder.build().unwrap();
    let version = client.retrieve_mastodon_version().await.unwrap();
    assert_eq!(version.software, Software::Hollo);
    assert_eq!(version.software_version, Some(Version::new(0, 10, 0)));
    let error = client.scheduled_statuses().await.unwrap_err();
    assert!(matches!(error, Error::Version { .. }), "{error:?}");
    client.timeline_home().await.unwrap();
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn undetected_software_is_unknown_or_an_error() {
    let server = ScriptedServer::start(vec![instance("0.1.0")]).await;
    assert_eq!(
        server.client().server_software().await.unwrap(),
        Software::Unknown
    );
    let server = ScriptedServer::start(vec![error_response(401, "Sign in first"); 9]).await;
    let error = server.client().server_software().await.unwrap_err();
    assert!(error.to_string().contains("Sign in first"), "{error}");
}

#[tokio::test]
async fn endpoint_newer_than_the_server_is_an_error_and_not_requested() {
    let server = ScriptedServer::start(vec![
        json_response(404, "", "{}"),
        json_response(200, "", r#"{"version":"3.5.3"}"#),
    ])
    .await;
    let client = server
        .builder()
        .version_check(VersionCheck::Endpoints)
        .build()
        .unwrap();
    for _ in 0..2 {
        // An older endpoint is requested; this server has no response for it.
        assert!(client.instance_rules().await.unwrap_err().is_not_found());
        let result = client.status_quotes("1").await;
        assert!(matches!(result, Err(Error::Version { .. })), "{result:?}");
    }
    let error = client.status_quotes("1").await.unwrap_err().to_string();
    assert!(
        error.contains("requires Mastodon 4.5.0 or Hollo since 0.8.0, "),
        "{error}"
    );
    let instance_requests = server
        .requests()
        .iter()
        .filter(|request| request.contains("/instance "))
        .count();
    assert_eq!(instance_requests, 2, "v2, then v1, then from the cache");
}

#[tokio::test]
async fn failed_version_request_blocks_no_call_and_is_repeated_by_the_next_call() {
    let server = ScriptedServer::start(vec![
        String::new(),
        json_response(200, "", "[]"),
        json_response(200, "", r#"{"version":"3.5.3"}"#),
    ])
    .await;
    let client = server
        .builder()
        .version_check(VersionCheck::Endpoints)
        .max_retries(0)
        .build()
        .unwrap();
    client.status_quotes("1").await.unwrap();
    let error = client.status_quotes("1").await.unwrap_err();
    assert!(matches!(error, Error::Version { .. }), "{error:?}");
}
