//! Logging in, and keeping what it gave.

use mastodon_sdk::{App, Credentials, Mastodon, OUT_OF_BAND, Scope, Scopes};
use mastodon_test_server::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::logs::Log;
use crate::server::{Server, json};

/// What a browser does with an address; returns the page.
async fn visit(host: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

/// A parameter of the page that asks the user.
fn parameter(page: &str, name: &str) -> String {
    let (_, query) = page.split_once('?').unwrap();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[tokio::test]
async fn a_log_in_through_the_browser_ends_with_a_page_that_can_be_closed() {
    let server = TestServer::start().await.unwrap();
    let (shown, address) = oneshot::channel();
    let client = Mastodon::builder(server.url()).build().unwrap();
    let show = move |page: &str| shown.send(page.to_owned()).unwrap();
    let login = client.login_in_browser("A program", "read", show);
    let browser = async {
        let page = address.await.unwrap();
        let code = server.authorize(&page, "alice").unwrap();
        let host = parameter(&page, "redirect_uri");
        let host = host.strip_prefix("http://").unwrap().trim_end_matches('/');
        // Browsers connect in advance without asking for anything, and ask for icons.
        let _idle = TcpStream::connect(host).await.unwrap();
        assert!(
            visit(host, "/favicon.ico")
                .await
                .starts_with("HTTP/1.1 404")
        );
        let forged = visit(host, "/?code=evil&state=guessed").await;
        assert!(forged.starts_with("HTTP/1.1 400"), "{forged}");
        visit(
            host,
            &format!("/?code={code}&state={}", parameter(&page, "state")),
        )
        .await
    };
    let (result, page) = futures_util::future::join(login, browser).await;
    assert!(page.contains("You can close this page"), "{page}");
    let (client, app, token) = result.unwrap();
    assert_eq!(
        (token.scope.as_str(), app.scopes),
        ("read", Scopes::from([Scope::Read]))
    );
    assert_eq!(
        client.account_verify_credentials().await.unwrap().acct,
        "alice"
    );
}

#[tokio::test]
async fn a_user_who_refuses_in_the_browser_ends_the_log_in() {
    let server = TestServer::start().await.unwrap();
    let (shown, address) = oneshot::channel();
    let client = Mastodon::builder(server.url()).build().unwrap();
    let show = move |page: &str| shown.send(page.to_owned()).unwrap();
    let login = client.login_in_browser("A program", "read", show);
    let browser = async {
        let page = address.await.unwrap();
        let host = parameter(&page, "redirect_uri");
        let host = host.strip_prefix("http://").unwrap().trim_end_matches('/');
        let state = parameter(&page, "state");
        visit(
            host,
            &format!("/?error=access_denied&error_description=No.&state={state}"),
        )
        .await
    };
    let (result, page) = futures_util::future::join(login, browser).await;
    assert!(page.contains("You did not give leave"), "{page}");
    assert_eq!(
        result.unwrap_err().to_string(),
        "the log-in was refused (access_denied): No."
    );
}

fn app() -> App {
    App::new("id", "s3cret", OUT_OF_BAND, "read write")
}

#[tokio::test]
async fn a_grant_that_is_smaller_than_asked_names_what_is_missing() {
    let token = r#"{"access_token":"t","token_type":"Bearer","scope":"read","created_at":1}"#;
    let server = Server::start(vec![json(200, "", token)]).await;
    let error = server
        .client()
        .log_in_as_app(&app(), "read write")
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("missing are the scopes write"),
        "{error}"
    );
}

#[tokio::test]
async fn a_password_where_it_is_not_offered_says_what_to_do_instead() {
    let refused = r#"{"error":"unsupported_grant_type","error_description":"The grant type is not supported."}"#;
    let server = Server::start(vec![json(400, "", refused)]).await;
    let login = server.client();
    let error = login
        .log_in_with_password(&app(), "a@b.example", "hunter2", "read")
        .await
        .unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("does not offer log-ins by password") && text.contains("auth_request_url"),
        "{text}"
    );
    assert!(
        !text.contains("hunter2") && !text.contains("s3cret"),
        "{text}"
    );
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_another_token() {
    let token =
        r#"{"access_token":"new","token_type":"Bearer","scope":"read","refresh_token":"next"}"#;
    let server = Server::start(vec![json(200, "", token)]).await;
    let (_, token) = server
        .client()
        .log_in_with_refresh_token(&app(), "old", "read")
        .await
        .unwrap();
    assert_eq!(token.access_token.expose(), "new");
    assert_eq!(token.refresh_token.unwrap().expose(), "next");
    let body = server.seen()[0]
        .split_once("\r\n\r\n")
        .unwrap()
        .1
        .to_owned();
    assert!(
        body.contains("grant_type=refresh_token") && body.contains("refresh_token=old"),
        "{body}"
    );
}

#[test]
fn credentials_are_kept_for_their_owner_alone_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    let client = Mastodon::builder("a.example")
        .access_token("hunter2")
        .build()
        .unwrap();
    let kept = client.credentials(Some(&app()));
    std::fs::write(&path, "{").unwrap();
    kept.save(&path).unwrap();
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
        "nothing is left beside it"
    );
    let read = Credentials::load(&path).unwrap();
    assert_eq!(read, kept);
    assert_eq!(
        read.builder().unwrap().build().unwrap().server(),
        "https://a.example"
    );
    assert!(!format!("{read:?}").contains("hunter2"));
}

#[test]
fn credentials_that_cannot_be_written_leave_the_old_ones_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/bot.json");
    let error = Credentials::default().save(&path).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot write the file") && error.contains("bot.json"),
        "{error}"
    );
}

#[test]
fn the_files_of_mastodon_py_load() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        let path = folder.path().join("some.secret");
        std::fs::write(&path, text).unwrap();
        Credentials::load(path)
    };
    let program = load("client-id-0\nclient-secret-0\nhttps://a.example\nA program\n").unwrap();
    assert_eq!(
        program.app.as_ref().unwrap().client_secret.expose(),
        "client-secret-0"
    );
    assert_eq!(
        (program.server.as_deref(), &program.access_token),
        (Some("https://a.example"), &None)
    );
    let user = load("user-token-0\nhttps://a.example\nclient-id-0\nclient-secret-0\n").unwrap();
    assert_eq!(user.access_token.as_ref().unwrap().expose(), "user-token-0");
    assert_eq!(user.app, program.app);
    let old = load("user-token-0\n").unwrap();
    assert!(
        old.builder()
            .unwrap_err()
            .to_string()
            .contains("do not name their server")
    );
    assert_eq!(
        old.or(program).builder().unwrap().build().unwrap().server(),
        "https://a.example"
    );
}

#[test]
fn a_damaged_file_says_so_and_shows_nothing_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    for (text, said) in [
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
            shown.contains(said) && shown.contains("bot.json"),
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
fn credentials_that_others_can_read_are_warned_of() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    Credentials::default().save(&path).unwrap();
    let warned = |mode: u32| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let (log, _guard) = Log::begin();
        Credentials::load(&path).unwrap();
        log.text()
    };
    assert!(warned(0o644).contains("others can read these credentials"));
    assert_eq!(warned(0o600), "");
}
