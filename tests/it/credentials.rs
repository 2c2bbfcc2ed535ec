//! Credentials files.

use mastodon_sdk::Mastodon;
use mastodon_sdk::auth::Credentials;

use crate::support::CapturedLog;
use crate::support::fixtures::oauth_app;

#[test]
fn saved_credentials_are_readable_by_their_owner_only_and_load_again() {
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

#[test]
fn a_path_that_cannot_be_written_is_named_in_the_error() {
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
fn a_damaged_file_is_reported_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    for (text, message) in [
        (
            r#"{"version":1,"access_token":"hunter2","#,
            "damaged at line 1, column 38",
        ),
        (
            r#"{"version":1,"access_token":["hunter2"]}"#,
            "damaged at line 1",
        ),
        (
            r#"{"version":9,"access_token":"hunter2"}"#,
            "a later version of this library wrote it",
        ),
        ("", "holds no credentials"),
        ("<html>\nhunter2", "holds no credentials"),
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
fn credentials_readable_by_others_are_logged_as_a_warning() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    Credentials::default().save(&path).unwrap();
    let log_at_mode = |mode: u32| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let (log, _guard) = CapturedLog::start();
        Credentials::load(&path).unwrap();
        log.text()
    };
    assert!(log_at_mode(0o644).contains("others can read these credentials"));
    assert_eq!(log_at_mode(0o600), "");
}
