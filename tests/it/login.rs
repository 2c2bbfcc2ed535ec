//! The example of a log-in does what it says.

use mastodon_sdk::Credentials;

#[allow(dead_code, unreachable_pub, reason = "it is a program")]
#[path = "../../examples/login.rs"]
mod example;

async fn run(arguments: &[&str]) -> Result<(), String> {
    let arguments = arguments.iter().map(|one| (*one).to_owned());
    let ended = example::run(arguments).await;
    ended.map_err(|error| error.to_string())
}

#[tokio::test]
async fn both_ways_to_log_in_end_with_credentials_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, way) in [("a.json", &[][..]), ("b.json", &["--no-browser"][..])] {
        let path = folder.path().join(name);
        let mut arguments = vec!["--approve", "--file", path.to_str().unwrap()];
        arguments.extend(way);
        run(&arguments).await.unwrap();
        let kept = Credentials::load(&path).unwrap();
        assert!(kept.access_token.is_some() && kept.app.is_some());
        assert!(kept.server.unwrap().starts_with("http://127.0.0.1:"));
    }
}

#[tokio::test]
async fn an_option_that_is_none_or_does_not_fit_is_told() {
    let error = run(&["--browser"]).await.unwrap_err();
    assert!(error.contains("`--browser` is no option"), "{error}");
    assert_eq!(run(&["--file"]).await.unwrap_err(), "--file wants a value");
    let error = run(&["--approve", "--server", "a.example"])
        .await
        .unwrap_err();
    assert!(error.contains("leave --server out"), "{error}");
}
