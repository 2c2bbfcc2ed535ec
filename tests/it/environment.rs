//! What a client says about the machine that it runs on. The environment of a process cannot be changed safely while
//! other threads read it, so these tests run in processes of their own.

use std::process::Command;

use mastodon_sdk::Mastodon;
use mastodon_test_server::TestServer;

#[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
use crate::support::authority::Authority;
use crate::support::forwarder::{Forwarder, address_of};

/// Environment variables that name proxies.
const PROXY_VARIABLES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/// Runs another test of this file in a process with these environment variables.
fn run_with(name: &str, variables: &[(&str, &str)]) {
    let test = format!("environment::{name}");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &test, "--include-ignored"])
        .env_remove("SSL_CERT_DIR");
    for name in PROXY_VARIABLES {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[cfg(feature = "rustls")]
fn client(url: &str) -> Mastodon {
    let builder = Mastodon::builder(url).version_check(mastodon_sdk::server::VersionCheck::Off);
    builder.build().unwrap()
}

/// Environment of a machine without root certificates.
#[cfg(feature = "rustls")]
const NO_ROOT_CERTIFICATES: (&str, &str) = ("SSL_CERT_FILE", "/nonexistent/certificates.pem");

#[cfg(all(feature = "rustls", not(feature = "webpki-roots")))]
#[test]
fn error_without_root_certificates_says_where_to_get_them() {
    run_with("without_root_certificates", &[NO_ROOT_CERTIFICATES]);
}

#[cfg(all(feature = "rustls", not(feature = "webpki-roots")))]
#[tokio::test]
#[ignore = "needs another environment"]
async fn without_root_certificates() {
    let (url, connections) = crate::errors::self_signed_server();
    let error = client(&url).timeline_public().await.unwrap_err();
    assert!(error.is_network() && !error.is_retryable(), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("this machine has no root certificates")
            && message.ends_with("; install the package `ca-certificates`, or set the environment variable SSL_CERT_FILE to a file of root certificates in PEM format, or enable the Cargo feature `webpki-roots`"),
        "{message}"
    );
    assert_eq!(connections.try_iter().count(), 1);
    // A server without TLS needs no certificates.
    let server = crate::support::ScriptedServer::start(vec![]).await;
    let error = server.client().timeline_public().await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}

#[cfg(all(feature = "rustls", feature = "webpki-roots"))]
#[test]
fn bundled_root_certificates_are_used_on_a_machine_without_any() {
    run_with("with_bundled_root_certificates", &[NO_ROOT_CERTIFICATES]);
}

#[cfg(all(feature = "rustls", feature = "webpki-roots"))]
#[tokio::test]
#[ignore = "needs another environment"]
async fn with_bundled_root_certificates() {
    let (url, _connections) = crate::errors::self_signed_server();
    let error = client(&url).timeline_public().await.unwrap_err();
    // The certificate is compared with root certificates, none of which has signed it.
    let message = error.to_string();
    assert!(
        message.contains("check the certificate of the server and the root certificates"),
        "{message}"
    );
}

#[cfg(feature = "rustls")]
#[test]
fn added_root_certificate_is_sufficient_on_a_machine_without_any() {
    run_with("with_one_root_certificate", &[NO_ROOT_CERTIFICATES]);
}

#[cfg(feature = "rustls")]
#[tokio::test]
#[ignore = "needs another environment"]
async fn with_one_root_certificate() {
    let server = TestServer::start().await.unwrap();
    let authority = Authority::new();
    let tls = Forwarder::tls(address_of(server.url()), &authority).await;
    let url = format!("https://localhost:{}", tls.address.port());
    let builder = Mastodon::builder(url).add_root_certificate(authority.pem());
    builder.build().unwrap().instance_v2().await.unwrap();
}

/// A client that sends a call to the server of the environment variable `TEST_URL`.
#[tokio::test]
#[ignore = "needs another environment"]
async fn call_in_another_environment() {
    let variable = |name: &str| std::env::var(name).ok();
    let mut builder = Mastodon::builder(variable("TEST_URL").unwrap());
    if let Some(certificate) = variable("TEST_CERTIFICATE") {
        builder = builder.add_root_certificate(certificate);
    }
    builder = match variable("TEST_PROXY").as_deref() {
        None => builder,
        Some("none") => builder.no_proxy(),
        Some(proxy) => builder.proxy(proxy),
    };
    builder.build().unwrap().instance_v2().await.unwrap();
}

/// Runs a call in a process with these environment variables.
async fn call_with(variables: &[(&str, &str)]) {
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let call = tokio::task::spawn_blocking(move || {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        run_with("call_in_another_environment", &variables);
    });
    call.await.unwrap();
}

#[tokio::test]
async fn plain_requests_use_the_http_proxy_of_the_environment_except_for_listed_hosts() {
    let server = TestServer::start().await.unwrap();
    let proxy = Forwarder::http_proxy(address_of(server.url())).await;
    let (proxy_url, elsewhere) = (proxy.url("http"), ("TEST_URL", "http://mastodon.example"));
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let before = proxy.requests().len();
        call_with(&[elsewhere, (variable, &proxy_url)]).await;
        assert!(proxy.requests().len() > before, "{variable}");
    }
    let before = proxy.requests().len();
    let direct = ("TEST_URL", server.url());
    let listed = ("NO_PROXY", "files.example,127.0.0.1");
    call_with(&[direct, listed, ("HTTP_PROXY", &proxy_url)]).await;
    call_with(&[direct, ("TEST_PROXY", "none"), ("HTTP_PROXY", &proxy_url)]).await;
    assert_eq!(proxy.requests().len(), before);
    // The proxy of the builder replaces all of them.
    let unused = ("HTTP_PROXY", "http://127.0.0.1:1");
    let listed = ("NO_PROXY", "mastodon.example");
    call_with(&[elsewhere, unused, listed, ("TEST_PROXY", &proxy_url)]).await;
    assert!(proxy.requests().len() > before);
}

#[cfg(any(feature = "rustls", feature = "rustls-aws-lc", feature = "native-tls"))]
#[tokio::test]
async fn encrypted_requests_use_the_https_proxy_of_the_environment() {
    let server = TestServer::start().await.unwrap();
    let authority = Authority::new();
    let tls = Forwarder::tls(address_of(server.url()), &authority).await;
    let proxy = Forwarder::http_proxy(tls.address).await;
    let (proxy_url, certificate) = (proxy.url("http"), authority.pem());
    call_with(&[
        ("TEST_URL", "https://mastodon.example"),
        ("TEST_CERTIFICATE", &certificate),
        ("HTTPS_PROXY", &proxy_url),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ])
    .await;
    let head = &proxy.requests()[0];
    assert!(head.starts_with("CONNECT mastodon.example:443 "), "{head}");
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn socks_proxy_of_the_environment_is_used() {
    let server = TestServer::start().await.unwrap();
    let proxy = Forwarder::socks_proxy(address_of(server.url())).await;
    let url = ("TEST_URL", "http://mastodon.example");
    call_with(&[url, ("ALL_PROXY", &proxy.url("socks5h"))]).await;
    assert_eq!(proxy.requests()[0], "mastodon.example:80");
}

#[cfg(not(feature = "socks"))]
#[test]
fn error_of_a_socks_proxy_names_the_cargo_feature() {
    run_with(
        "with_a_socks_proxy",
        &[("ALL_PROXY", "socks5h://u:s3cr3t@127.0.0.1:1")],
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
