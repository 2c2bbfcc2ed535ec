//! What a server is too old for, and what it is in the first place.

use mastodon_sdk::{Error, ServerVersion, Software, VersionCheck};

use crate::server::{Server, answer, json};

fn instance(version: &str) -> String {
    json(200, "", &format!(r#"{{"version":"{version}"}}"#))
}

#[tokio::test]
async fn only_the_parameters_that_are_used_are_judged_and_only_if_wanted() {
    // `only_media` came with 2.3.0, `local` was there from the beginning.
    let old = ServerVersion::parse("2.0.0", None);
    let server = Server::start(vec![json(200, "", "[]"); 9]).await;
    let client = |check| {
        let builder = server
            .builder()
            .version_check(check)
            .server_version(old.clone());
        builder.build().unwrap()
    };
    let changed = client(VersionCheck::Changed);
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
            .contains("needs Mastodon 2.3.0, the server is Mastodon (2.0.0)"),
        "{error}"
    );
    let created = client(VersionCheck::Created);
    created.timeline_public().only_media(true).await.unwrap();
    let error = created.bookmarks().await.unwrap_err();
    assert!(matches!(error, Error::Version { .. }), "{error}");
    client(VersionCheck::Off).bookmarks().await.unwrap();
    assert_eq!(server.seen().len(), 3, "what was refused was not sent");
}

#[tokio::test]
async fn software_is_told_by_its_version_and_else_by_nodeinfo() {
    let server = Server::start(vec![instance("4.2.1 (compatible; Akkoma 3.10.4)")]).await;
    let client = server.client();
    for _ in 0..2 {
        assert_eq!(client.server_software().await.unwrap(), Software::Akkoma);
    }
    assert_eq!(server.seen().len(), 1);

    let index = json(
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
            json(401, "", r#"{"error":"Sign in first"}"#),
            "mastodon",
            Software::Mastodon,
        ),
        (
            answer(200, "text/html", "", "<p>"),
            "pixelfed",
            Software::Pixelfed,
        ),
    ] {
        let info = format!(
            r#"{{"version":"2.1","software":{{"name":"{name}","version":"1"}},"protocols":["activitypub"],
            "usage":{{"users":{{"total":1}}}},"openRegistrations":false,"metadata":{{}}}}"#
        );
        let refused = !first
            .starts_with("HTTP/1.1 200 X\r\nconnection: close\r\ncontent-type: application/json");
        let mut script = vec![first.clone()];
        if refused {
            // Whoever asks for the version itself gets the reason.
            script.push(first);
        }
        script.extend([index.clone(), json(200, "", &info)]);
        let server = Server::start(script).await;
        let client = server.client();
        assert_eq!(client.server_software().await.unwrap(), software, "{name}");
        let asked = server.seen().len();
        assert_eq!(client.clone().server_software().await.unwrap(), software);
        assert_eq!(server.seen().len(), asked, "it is remembered");
    }
}

#[tokio::test]
async fn software_that_nobody_tells_is_unknown_or_an_error() {
    let server = Server::start(vec![instance("0.1.0")]).await;
    assert_eq!(
        server.client().server_software().await.unwrap(),
        Software::Unknown
    );
    let server = Server::start(vec![json(401, "", r#"{"error":"Sign in first"}"#); 9]).await;
    let error = server.client().server_software().await.unwrap_err();
    assert!(error.to_string().contains("Sign in first"), "{error}");
}
