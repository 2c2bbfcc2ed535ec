//! Credentials files.

use mastodon_sdk::Mastodon;
use mastodon_sdk::auth::Credentials;

use crate::support::fixtures::oauth_app;

#[test]
fn saved_credentials_are_readable_by_their_owner_only_and_can_be_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    let client = Mastodon::builder("a.example")
        .access_token("hunter2")
        .build()
        .unwrap();
    let saved = client.credentials(Some(&oauth_app()));
    std::fs::write(&path, "{").unwrap();
    saved.save(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file is left"
    );
    let loaded = Credentials::load(&path).unwrap();
    assert_eq!(loaded, saved);
    assert_eq!(
        loaded.builder().unwrap().build().unwrap().server(),
        "https://a.example"
    );
    assert!(!format!("{loaded:?}").contains("hunter2"));
}

/// The current folder of a process is shared by its threads, so the test runs in a process of its own.
#[test]
fn credentials_can_be_saved_in_the_current_folder() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "credentials::in_the_current_folder", "--ignored"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{text}");
    assert!(folder.path().join("bot.json").exists());
}

#[test]
#[ignore = "needs another current folder"]
fn in_the_current_folder() {
    Credentials::default().save("bot.json").unwrap();
    assert_eq!(
        Credentials::load("bot.json").unwrap(),
        Credentials::default()
    );
}

#[test]
fn error_names_the_path_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/bot.json");
    let error = Credentials::default().save(&path).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot write the file") && error.contains("bot.json"),
        "{error}"
    );
}

#[test]
fn credentials_files_of_mastodon_py_can_be_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        let path = folder.path().join("some.secret");
        std::fs::write(&path, text).unwrap();
        Credentials::load(path)
    };
    let app = load("client-id-0\nclient-secret-0\nhttps://a.example\nExample app\n").unwrap();
    assert_eq!(
        app.app.as_ref().unwrap().client_secret.expose(),
        "client-secret-0"
    );
    assert_eq!(
        (app.server.as_deref(), &app.access_token),
        (Some("https://a.example"), &None)
    );
    let user = load("user-token-0\nhttps://a.example\nclient-id-0\nclient-secret-0\n").unwrap();
    assert_eq!(user.access_token.as_ref().unwrap().expose(), "user-token-0");
    assert_eq!(user.app, app.app);
    let old = load("user-token-0\n").unwrap();
    assert!(
        old.builder()
            .unwrap_err()
            .to_string()
            .contains("do not name their server")
    );
    assert_eq!(
        old.or(app).builder().unwrap().build().unwrap().server(),
        "https://a.example"
    );
}

#[test]
fn error_of_an_invalid_file_does_not_contain_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    for (text, message) in [
        (
            r#"{"version":1,"access_token":"hunter2","#,
            "invalid at line 1, column 38",
        ),
        (
            r#"{"version":1,"access_token":["hunter2"]}"#,
            "invalid at line 1",
        ),
        (
            r#"{"version":9,"access_token":"hunter2"}"#,
            "a later version of this SDK wrote it",
        ),
        ("", "contains no credentials"),
        ("<html>\nhunter2", "contains no credentials"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = Credentials::load(&path).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains(message) && shown.contains("bot.json"),
            "{shown}"
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    std::fs::write(&path, vec![b'x'; 100_000]).unwrap();
    assert!(
        Credentials::load(&path)
            .unwrap_err()
            .to_string()
            .contains("too large")
    );
}

#[cfg(unix)]
#[test]
fn credentials_file_that_other_users_can_read_is_logged_as_a_warning() {
    use std::os::unix::fs::PermissionsExt;

    use crate::support::CapturedLog;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    Credentials::default().save(&path).unwrap();
    let log_at_mode = |mode: u32| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let (log, _guard) = CapturedLog::start();
        Credentials::load(&path).unwrap();
        log.text()
    };
    assert!(log_at_mode(0o644).contains("other users can read this credentials file"));
    assert_eq!(log_at_mode(0o600), "");
}
