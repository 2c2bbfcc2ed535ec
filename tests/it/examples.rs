//! The examples in `examples/`, run against the test server.

use std::time::Duration;

use http::HeaderMap;
use mastodon_sdk::auth::Credentials;
use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Mastodon, Status, Upload, Visibility};
use mastodon_test_server::{Fault, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::client_builder;

#[allow(dead_code, reason = "the tests do not call `main`")]
#[path = "../../examples/archive.rs"]
mod archive;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/auto_reply.rs"]
mod auto_reply;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/bot.rs"]
mod bot;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/export_bookmarks.rs"]
mod export_bookmarks;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/fleet.rs"]
mod fleet;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/follow_hashtags.rs"]
mod follow_hashtags;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "as above; an example has no public API"
)]
#[path = "../../examples/login.rs"]
mod login;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/moderate.rs"]
mod moderate;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/post.rs"]
mod post;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/push_receiver.rs"]
mod push_receiver;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/watch.rs"]
mod watch;

fn client(server: &TestServer, user: &str) -> Mastodon {
    client_builder(server, user, "read write admin:read admin:write")
        .build()
        .unwrap()
}

/// The replies that alice has posted so far, newest first.
async fn replies(alice: &Mastodon) -> Vec<String> {
    let me = alice.me().await.unwrap();
    let own = alice.account_statuses(&me).await.unwrap();
    let replies = own.iter().filter(|status| status.in_reply_to_id.is_some());
    replies.map(|status| status.content.to_text()).collect()
}

#[tokio::test]
async fn bot_replies_to_each_mention_once_even_after_a_crash() {
    let server = TestServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("position");
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    bob.status_post("@alice earlier").await.unwrap();
    assert_eq!(
        bot::reply_to_mentions(&alice, &file).await.unwrap(),
        0,
        "mentions before the first run are ignored"
    );
    for words in ["one", "one two", "one two three"] {
        bob.status_post(format!("@alice {words}")).await.unwrap();
    }
    // The bot replies to the first mention and crashes before it saves its position.
    let before = std::fs::read_to_string(&file).unwrap();
    server.inject(Fault::status(401).on("POST", "/api/v1/statuses"));
    assert!(bot::reply_to_mentions(&alice, &file).await.is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    let mentions = alice.notifications().limit(3).await.unwrap();
    let oldest = mentions[2].status.as_ref().unwrap();
    alice
        .status_reply(oldest, "You said 2 words to me.")
        .await
        .unwrap();

    assert_eq!(bot::reply_to_mentions(&alice, &file).await.unwrap(), 2);
    assert_eq!(bot::reply_to_mentions(&alice, &file).await.unwrap(), 0);
    let expected = ["4", "3", "2"].map(|words| format!("@bob You said {words} words to me."));
    assert_eq!(replies(&alice).await, expected);
}

#[tokio::test]
async fn interrupted_archive_continues_and_downloads_nothing_twice() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bob = client(&server, "bob");
    for number in 1..=90 {
        bob.status_post(format!("Number {number}")).await.unwrap();
    }
    let pixel = &include_bytes!("../../examples/shared/pixel.png")[..];
    let media = bob.media_post_v2(Upload::bytes(pixel)).await.unwrap();
    bob.status_post("An image")
        .media_ids([&media])
        .await
        .unwrap();
    let archived_ids = || {
        let text = std::fs::read_to_string(folder.path().join("statuses.jsonl")).unwrap();
        let id = |line: &str| serde_json::from_str::<Status>(line).unwrap().id;
        let mut ids: Vec<_> = text.lines().map(id).collect();
        ids.sort();
        ids
    };
    let archive = || archive::archive(&bob, "bob", folder.path());

    // The first run fails; the file of the second one is cut in the middle of a line.
    server.inject(Fault::status(404).on("GET", "/api/v1/accounts/lookup"));
    assert!(archive().await.is_err());
    archive().await.unwrap();
    let path = folder.path().join("statuses.jsonl");
    let complete = std::fs::read_to_string(&path).unwrap();
    let length = complete.lines().take(50).map(str::len).sum::<usize>() + 60;
    std::fs::write(&path, &complete[..length]).unwrap();
    bob.status_post("The newest").await.unwrap();
    archive().await.unwrap();
    let ids = archived_ids();
    assert_eq!(
        ids.len(),
        93,
        "bob's first status, 90 numbers, the image and the newest"
    );
    assert!(
        ids.windows(2).all(|pair| pair[0] != pair[1]),
        "no status is archived twice"
    );
    let mut files = std::fs::read_dir(folder.path().join("media")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "no other file");
    assert_eq!(file.file_stem().unwrap().to_str(), Some(media.id.as_str()));
    assert_eq!(std::fs::read(file).unwrap(), pixel);

    // Archived media is not downloaded again, so the injected fault is still there afterwards.
    server.inject(Fault::status(500).on("GET", "/system/media_attachments/"));
    archive().await.unwrap();
    assert_eq!(archived_ids(), ids);
    let download = bob.download(media.url.as_deref().unwrap()).bytes().await;
    assert!(download.unwrap_err().is_server_error());
}

#[tokio::test]
async fn moderation_example_lists_and_handles_accounts_and_reports() {
    let server = TestServer::start().await.unwrap();
    moderate::add_account_and_report(&server).await.unwrap();
    let moderator = client(&server, "admin");
    let run = async |line: &str| moderate::run_command(&moderator, line).await.unwrap();
    let list = run("list").await;
    assert!(
        list.contains("@frida (frida@example.org): I like birds."),
        "{list}"
    );
    assert!(
        list.contains("@bob about @carol (unassigned): Rude."),
        "{list}"
    );
    assert!(list.contains("> You are all fools."), "{list}");
    let frida = moderator.admin_accounts().status("pending").await.unwrap()[0]
        .id
        .clone();
    let report = moderator.admin_reports().await.unwrap()[0].id.clone();
    assert_eq!(
        run(&format!("assign {report}")).await,
        format!("report {report} is assigned to you")
    );
    assert!(run("list").await.contains("(assigned to @admin)"));
    assert_eq!(
        run(&format!("resolve {report}")).await,
        format!("report {report} is resolved")
    );
    assert_eq!(run(&format!("approve {frida}")).await, "@frida is approved");
    assert_eq!(run("list").await, "Pending accounts:\nOpen reports:");
    assert!(run("dance").await.contains("approve ACCOUNT"));
    assert!(
        moderate::run_command(&moderator, &format!("reject {frida}"))
            .await
            .unwrap_err()
            .is_forbidden()
    );
}

#[tokio::test]
async fn watch_example_prints_each_status_once_despite_lost_connections() {
    let mut lines = Vec::new();
    let show = |line: &str| lines.push(line.to_owned());
    watch::demonstrate(Duration::ZERO, show).await.unwrap();
    let statuses = lines.iter().filter(|line| line.contains("@bob: "));
    let numbers: Vec<_> = statuses
        .map(|line| line.split(": ").nth(1).unwrap())
        .collect();
    let expected: Vec<_> = (1..=9)
        .map(|number| format!("Number {number} of 9"))
        .collect();
    assert_eq!(numbers, expected, "{lines:#?}");
    let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("* disconnected"), 2, "{lines:#?}");
    assert_eq!((count("* connected"), count("events backfilled")), (2, 1));
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("< ") && line.ends_with("Number 4 of 9"))
    );
}

#[test]
fn watch_example_parses_stream_names_and_removes_terminal_control_characters() {
    let tag = "hashtag:#rust".parse::<watch::Source>().unwrap();
    assert_eq!(tag, watch::Source::Hashtag("rust".into()));
    let error = "everything".parse::<watch::Source>().unwrap_err();
    assert!(error.contains("`everything`"), "{error}");
    let status = r#"{"id":"1","created_at":"2024-01-01T12:13:14Z","content":"<p>a\u001b[2Jb</p><p>c</p>","visibility":"public","account":{"id":"1","username":"ada","acct":"ada","url":"","created_at":"2024-01-01"}}"#;
    let event = StreamEvent::Update(serde_json::from_str(status).unwrap());
    let line = watch::describe(&event, true).unwrap();
    assert_eq!(line, "< 12:13:14 @ada: a [2Jb  c");
}

/// Posts a push message and returns the status of the response.
async fn post_push(address: &str, headers: &HeaderMap, body: &[u8]) -> u16 {
    let (host, path) = address["http://".len()..].split_once('/').unwrap();
    let mut request = format!("POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    request += &format!("content-length: {}\r\n\r\n", body.len());
    let mut socket = TcpStream::connect(host).await.unwrap();
    let request = [request.as_bytes(), body].concat();
    socket.write_all(&request).await.unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    response.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn push_receiver_prints_each_notification_once_and_rejects_other_messages() {
    let server = TestServer::start().await.unwrap();
    let client = |user| client_builder(&server, user, "read write push").build();
    let (alice, bob) = (client("alice").unwrap(), client("bob").unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/push", listener.local_addr().unwrap());
    let notifications = push_receiver::subscribe(&alice, listener, &endpoint).await;
    let mut notifications = notifications.unwrap();

    bob.status_post("@alice Are you there?").await.unwrap();
    let line = push_receiver::line(&notifications.recv().await.unwrap());
    assert_eq!(line, "You were mentioned by bob: @alice Are you there?");
    let sent = server.push_messages().wait_until_idle().await;
    assert_eq!(sent[0].response_status, Some(201));
    let resend = async |change: &dyn Fn(&mut HeaderMap, &mut Vec<u8>)| {
        let (mut headers, mut body) = (sent[0].headers.clone(), sent[0].body.to_vec());
        change(&mut headers, &mut body);
        post_push(&endpoint, &headers, &body).await
    };
    assert_eq!(resend(&|_, _| {}).await, 201);
    let unsigned = |headers: &mut HeaderMap, _: &mut Vec<u8>| drop(headers.remove("authorization"));
    assert_eq!(resend(&unsigned).await, 403);
    assert_eq!(resend(&|_, body| body[100] ^= 1).await, 410);
    bob.status_post("@alice Then good night.").await.unwrap();
    let line = push_receiver::line(&notifications.recv().await.unwrap());
    assert_eq!(line, "You were mentioned by bob: @alice Then good night.");
}

async fn run_login(arguments: &[&str]) -> Result<(), String> {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned());
    let result = login::run(arguments).await;
    result.map_err(|error| error.to_string())
}

#[tokio::test]
async fn login_example_saves_credentials_with_and_without_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    for (name, options) in [("a.json", &[][..]), ("b.json", &["--no-browser"][..])] {
        let path = folder.path().join(name);
        let mut arguments = vec!["--approve", "--file", path.to_str().unwrap()];
        arguments.extend(options);
        run_login(&arguments).await.unwrap();
        let saved = Credentials::load(&path).unwrap();
        assert!(saved.access_token.is_some() && saved.app.is_some());
        assert!(saved.server.unwrap().starts_with("http://127.0.0.1:"));
    }
}

#[tokio::test]
async fn login_example_rejects_invalid_options() {
    let error = run_login(&["--browser"]).await.unwrap_err();
    assert!(error.contains("unknown option `--browser`"), "{error}");
    assert_eq!(
        run_login(&["--file"]).await.unwrap_err(),
        "--file needs a value"
    );
    let error = run_login(&["--approve", "--server", "a.example"])
        .await
        .unwrap_err();
    assert!(error.contains("remove --server"), "{error}");
}

#[tokio::test]
async fn fleet_example_answers_each_mention_once_although_a_worker_stops() {
    let stores = fleet::Stores::in_memory();
    fleet::demonstrate(&stores, 2, 4).await.unwrap();
}

#[tokio::test]
async fn short_examples_post_and_export_bookmarks() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice");
    let status = post::post(&alice, "Hello, world!").await.unwrap();
    assert_eq!(status.visibility, Visibility::Unlisted);
    alice.status_bookmark(&status).await.unwrap();
    let mut list = Vec::new();
    export_bookmarks::export(&alice, &mut list).await.unwrap();
    let url = status.url.unwrap();
    let expected = format!("- [alice]({url}): Hello, world!\n");
    assert_eq!(String::from_utf8(list).unwrap(), expected);
}

#[tokio::test]
async fn short_example_shows_each_new_status_with_a_hashtag() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    let (sender, mut shown) = tokio::sync::mpsc::unbounded_channel();
    let show = move |status: &Status| drop(sender.send(status.content.to_text()));
    let stream = tokio::spawn(follow_hashtags::follow(alice, "crabs".to_owned(), show));
    server.streaming().wait_for_subscriptions(1).await;
    bob.status_post("Gophers").await.unwrap();
    bob.status_post("#crabs").await.unwrap();
    assert_eq!(shown.recv().await.as_deref(), Some("#crabs"));
    stream.abort();
}

#[tokio::test]
async fn short_bot_answers_each_mention_once_despite_restarts() {
    let server = TestServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    let own = alice.status_post("I am a bot").await.unwrap();
    let mut answers = bob.stream_user_notifications().await.unwrap();
    for text in ["@alice One", "@alice Two"] {
        let (alice, state) = (alice.clone(), folder.path().join("state"));
        let bot =
            tokio::spawn(async move { auto_reply::run(&alice, state.to_str().unwrap()).await });
        if text.ends_with("One") {
            // The second run continues where the first one stopped.
            server.streaming().wait_for_subscriptions(2).await;
        }
        // A favourite is not a mention.
        bob.status_favourite(&own).await.unwrap();
        bob.status_post(text).await.unwrap();
        while !matches!(
            answers.try_next().await.unwrap().unwrap(),
            StreamEvent::Notification(_)
        ) {}
        bot.abort();
        let _aborted = bot.await;
    }
    assert_eq!(
        replies(&alice).await,
        ["@bob Thank you for your message!"; 2]
    );
}
