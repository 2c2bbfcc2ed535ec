//! What a client says about the machine that it runs on. The environment of a process cannot be changed safely while
//! other threads read it, so these tests run in processes of their own.

use std::process::Command;

use mastodon_sdk::Mastodon;

/// Runs another test of this file in a process with an environment variable.
fn run_with(name: &str, (variable, value): (&str, &str)) {
    let test = format!("environment::{name}");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test, "--include-ignored"])
        .env_remove("SSL_CERT_DIR")
        .env(variable, value)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[cfg(feature = "rustls")]
#[test]
fn error_without_root_certificates_says_where_to_get_them() {
    run_with(
        "without_root_certificates",
        ("SSL_CERT_FILE", "/nonexistent/certificates.pem"),
    );
}

#[cfg(feature = "rustls")]
#[tokio::test]
#[ignore = "needs another environment"]
async fn without_root_certificates() {
    let (url, connections) = crate::errors::self_signed_server();
    let client = Mastodon::builder(url).version_check(mastodon_sdk::server::VersionCheck::Off);
    let error = client.build().unwrap().timeline_public().await.unwrap_err();
    assert!(error.is_network() && !error.is_retryable(), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("this machine has no root certificates")
            && message.ends_with("; install the package `ca-certificates`, or set the environment variable SSL_CERT_FILE to a file of root certificates in PEM format"),
        "{message}"
    );
    assert_eq!(connections.try_iter().count(), 1);
    // A server without TLS needs no certificates.
    let server = crate::support::ScriptedServer::start(vec![]).await;
    let error = server.client().timeline_public().await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}

#[cfg(not(feature = "socks"))]
#[test]
fn error_of_a_socks_proxy_names_the_cargo_feature() {
    run_with(
        "with_a_socks_proxy",
        ("ALL_PROXY", "socks5h://u:s3cr3t@127.0.0.1:1"),
    );
}

#[cfg(not(feature = "socks"))]
#[tokio::test]
#[ignore = "needs another environment"]
async fn with_a_socks_proxy() {
    let expected = "mastodon.example cannot be reached: an environment variable such as ALL_PROXY names a SOCKS proxy; \
                    enable the Cargo feature `socks` to use it, or list the host in NO_PROXY";
    let error = Mastodon::builder("mastodon.example").build().unwrap_err();
    assert!(matches!(
        error,
        mastodon_sdk::Error::Configuration {
            setting: "proxy",
            ..
        }
    ));
    assert_eq!(error.to_string(), expected);
    let error = Mastodon::discover("mastodon.example").await.unwrap_err();
    assert_eq!(error.to_string(), expected);
}
