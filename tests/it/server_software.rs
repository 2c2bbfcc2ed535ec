//! What servers other than Mastodon have: the check before a call is sent, and the address of the call.

use mastodon_sdk::Error;
use mastodon_sdk::server::{ServerVersion, Software, VersionCheck};

use crate::support::{ScriptedServer, json_response, request_line};

const STATUS: &str = r#"{"id":"1","created_at":"2026-01-31T12:00:00Z","content":"","visibility":"public",
    "account":{"id":"2","username":"a","acct":"a","created_at":"2026-01-31T12:00:00Z"}}"#;

async fn server_and_client(
    version: ServerVersion,
    check: VersionCheck,
) -> (ScriptedServer, mastodon_sdk::Mastodon) {
    let server = ScriptedServer::start(vec![json_response(200, "", STATUS); 2]).await;
    let builder = server.builder().version_check(check);
    let client = builder.server_version(version).build().unwrap();
    (server, client)
}

#[tokio::test]
async fn a_reaction_is_sent_to_the_address_that_the_servers_software_has() {
    for (version, line) in [
        (
            "2.7.2 (compatible; Pleroma 2.7.0)",
            "PUT /api/v1/pleroma/statuses/1/reactions/%F0%9F%A6%80",
        ),
        (
            "2.7.2 (compatible; Akkoma 3.20.0)",
            "PUT /api/v1/pleroma/statuses/1/reactions/%F0%9F%A6%80",
        ),
        (
            "4.7.0+chuckya",
            "POST /api/v1/statuses/1/react/%F0%9F%A6%80",
        ),
        (
            "4.0.0 (not true; really snac/2.94)",
            "POST /api/v1/statuses/1/react/%F0%9F%A6%80",
        ),
        // Nothing is known of this software.
        (
            "4.0.0 (compatible; Wildebeest 0.4)",
            "POST /api/v1/statuses/1/react/%F0%9F%A6%80",
        ),
    ] {
        let version = ServerVersion::parse(version, None);
        let (server, client) = server_and_client(version, VersionCheck::Endpoints).await;
        client.status_react("1", "🦀").await.unwrap();
        let requests = server.requests();
        assert_eq!(request_line(&requests[0]), line);
    }
}

#[tokio::test]
async fn a_call_that_the_servers_software_lacks_is_an_error_and_not_sent() {
    for (version, named) in [
        ("4.7.0", "the server is Mastodon (4.7.0)"),
        ("4.0.0 (not true; really snac/2.80)", "snac since 2.86.0"),
        ("takahe/0.11.0", "the server is Takahe (takahe/0.11.0)"),
    ] {
        let version = ServerVersion::parse(version, None);
        let (server, client) = server_and_client(version, VersionCheck::Endpoints).await;
        let error = client.status_react("1", "🦀").await.unwrap_err();
        assert!(matches!(error, Error::Version { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.starts_with("status_react: the endpoint requires Chuckya, "),
            "{text}"
        );
        assert!(text.contains("Pleroma since 2.0.0"), "{text}");
        assert!(text.contains(named), "{text}");
        assert_eq!(server.requests().len(), 0);
    }
    let takahe = ServerVersion::parse("takahe/0.11.0", None);
    let (server, client) = server_and_client(takahe, VersionCheck::Endpoints).await;
    let error = client.scheduled_statuses().await.unwrap_err().to_string();
    assert!(
        error.contains("requires Mastodon 2.7.0 or GoToSocial since 0.20.0"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_parameter_is_checked_against_the_api_level_and_the_software() {
    let glitch = ServerVersion::parse("4.7.0+glitch", Some(9));
    assert_eq!(glitch.software, Software::GlitchSoc);
    let newer = glitch.clone().with_api_version("glitch", 1);
    let hometown = ServerVersion::parse("4.5.0+hometown-1.1.2", None);
    let post = async |version: &ServerVersion| {
        let (_server, client) = server_and_client(version.clone(), VersionCheck::Parameters).await;
        client.status_post("Hi").local_only(true).await.map(drop)
    };
    post(&newer).await.unwrap();
    post(&hometown).await.unwrap();
    for (version, expected) in [
        (&glitch, "glitch-soc since API level 1"),
        (&ServerVersion::parse("4.7.0", None), "Hometown"),
    ] {
        let error = post(version).await.unwrap_err();
        let Error::Version {
            what,
            since,
            required,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(
            (what.as_str(), since),
            ("the parameter `local_only`", &None)
        );
        assert!(required.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn the_list_of_features_of_the_instance_decides_what_pleroma_has() {
    let instance = |features: &str| {
        let text = format!(
            r#"{{"version":"2.7.2 (compatible; Pleroma 2.5.0)","pleroma":{{"metadata":{{"features":[{features}]}}}}}}"#
        );
        json_response(200, "", &text)
    };
    for (features, is_sent) in [
        (r#""pleroma_chat_messages""#, true),
        (r#""editing""#, false),
    ] {
        let server =
            ScriptedServer::start(vec![instance(features), json_response(200, "", "[]")]).await;
        let builder = server.builder().version_check(VersionCheck::Endpoints);
        let result = builder.build().unwrap().chats().await;
        assert_eq!(result.is_ok(), is_sent, "{result:?}");
        assert_eq!(server.requests().len(), 1 + usize::from(is_sent));
    }
}

#[tokio::test]
async fn what_only_some_software_lacks_is_checked_without_another_request() {
    // Mastodon has always had it, Iceshrimp.NET has not.
    let call = |server: &ScriptedServer| {
        let builder = server.builder().version_check(VersionCheck::Endpoints);
        builder.build().unwrap()
    };
    let instance = r#"{"version":"3.0.0 (compatible; Iceshrimp.NET/2024.1)"}"#;
    let server = ScriptedServer::start(vec![
        json_response(200, "", "{}"),
        json_response(200, "", instance),
    ])
    .await;
    let client = call(&server);
    client.notifications_clear().await.unwrap();
    client.retrieve_mastodon_version().await.unwrap();
    let error = client.notifications_clear().await.unwrap_err();
    assert!(matches!(error, Error::Version { .. }), "{error}");
    assert_eq!(server.requests().len(), 2);
}
