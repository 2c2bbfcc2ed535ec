//! The clients and the seed file that the README shows.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use mastodon_test_server::TestServer;
use tokio::process::Command;

/// Address in the clients, in place of which the tests put that of their server.
const ADDRESS: &str = "http://127.0.0.1:3000";
const PYTHON: &str = include_str!("../../control/client.py");
const TYPESCRIPT: &str = include_str!("../../control/client.ts");
const SEED: &str = include_str!("../../control/seed.yaml");

#[test]
fn readme_shows_the_clients_and_the_seed_that_are_tested() {
    let readme = include_str!("../../../README.md");
    for (language, file) in [("python", PYTHON), ("ts", TYPESCRIPT), ("yaml", SEED)] {
        let block = format!("```{language}\n{file}```\n");
        assert!(
            readme.contains(&block),
            "the README lacks this block:\n{block}"
        );
    }
}

#[tokio::test]
async fn seed_of_the_readme_is_valid() {
    let server = TestServer::builder().seed_data(SEED).start().await.unwrap();
    let frida = super::client(&server, "frida-token");
    assert_eq!(frida.fetch_status("2001").await["favourites_count"], 1);
}

/// Writes a client for a server into a folder of its own.
fn write(server: &TestServer, name: &str, client: &str) -> (PathBuf, PathBuf) {
    let folder = format!("mastodon-test-server-{name}-{}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    assert!(client.contains(ADDRESS));
    std::fs::write(&path, client.replace(ADDRESS, server.url())).unwrap();
    (folder, path)
}

#[track_caller]
fn assert_success(output: &Output) {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Checks what the clients have done.
async fn check(server: &TestServer) {
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert_eq!(server.pending_faults(), 1);
    let bob = crate::client::Client::user(server, "bob");
    assert_eq!(bob.notification_types().await[0], "mention");
}

async fn is_installed(program: &Path) -> bool {
    let mut probe = Command::new(program);
    let probe = probe
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    probe.status().await.is_ok_and(|status| status.success())
}

#[tokio::test]
async fn python_client_of_the_readme_works() {
    let python = Path::new("python3");
    if !is_installed(python).await {
        eprintln!("skipped: python3 is not installed");
        return;
    }
    let server = TestServer::start().await.unwrap();
    let (folder, path) = write(&server, "client.py", PYTHON);
    let output = Command::new(python).arg(path).output().await.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    assert_success(&output);
    check(&server).await;
}

#[tokio::test]
async fn typescript_client_of_the_readme_works() {
    let default = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../target/node/node_modules/.bin/tsc"
    );
    let compiler = std::env::var("TYPESCRIPT_COMPILER").unwrap_or_else(|_| default.to_owned());
    let (node, compiler) = (Path::new("node"), Path::new(&compiler));
    if !is_installed(node).await || !is_installed(compiler).await {
        eprintln!(
            "skipped: install Node.js, run `npm install --prefix target/node typescript`, or set TYPESCRIPT_COMPILER"
        );
        return;
    }
    let server = TestServer::start().await.unwrap();
    let (folder, path) = write(&server, "client.ts", TYPESCRIPT);
    std::fs::write(folder.join("package.json"), "{ \"type\": \"module\" }").unwrap();
    let options = "--strict --target es2022 --module es2022 --lib es2022,dom";
    let compiled = Command::new(compiler)
        .args(options.split(' '))
        .arg(path)
        .output()
        .await
        .unwrap();
    assert_success(&compiled);
    let output = Command::new(node)
        .arg(folder.join("client.js"))
        .output()
        .await
        .unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    assert_success(&output);
    check(&server).await;
}
