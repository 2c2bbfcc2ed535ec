//! The examples do what they say. They are compiled in here, so that they cannot fall behind.

use std::time::Duration;

use http::HeaderMap;
use mastodon_sdk::{Mastodon, Status, StreamEvent, Upload};
use mastodon_test_server::{Fault, TestServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[allow(dead_code, reason = "a program's own beginning is not called here")]
#[path = "../../examples/archive.rs"]
mod archive;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/bot.rs"]
mod bot;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/moderate.rs"]
mod moderate;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/push_receiver.rs"]
mod push_receiver;
#[allow(dead_code, reason = "as above")]
#[path = "../../examples/watch.rs"]
mod watch;

fn user(server: &TestServer, name: &str) -> Mastodon {
    let token = server.token(name, "read write admin:read admin:write");
    let builder = Mastodon::builder(server.url()).access_token(token);
    builder.build().unwrap()
}

/// What a bot of alice's has answered so far.
async fn answers(alice: &Mastodon) -> Vec<String> {
    let me = alice.me().await.unwrap();
    let own = alice.account_statuses(&me).await.unwrap();
    let answers = own.iter().filter(|status| status.in_reply_to_id.is_some());
    answers.map(Status::plain_text).collect()
}

#[tokio::test]
async fn the_bot_answers_each_mention_once_even_after_a_crash() {
    let server = TestServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("position");
    let (alice, bob) = (user(&server, "alice"), user(&server, "bob"));
    bob.status_post("@alice before its time").await.unwrap();
    assert_eq!(
        bot::answer_mentions(&alice, &file).await.unwrap(),
        0,
        "it begins with what comes"
    );
    for words in ["one", "one two", "one two three"] {
        bob.status_post(format!("@alice {words}")).await.unwrap();
    }
    // It answers the first one, and crashes before it can write that down.
    let before = std::fs::read_to_string(&file).unwrap();
    server.inject(Fault::status(401).on("POST", "/api/v1/statuses"));
    assert!(bot::answer_mentions(&alice, &file).await.is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    let mentions = alice.notifications().limit(3).await.unwrap();
    let oldest = mentions[2].status.as_ref().unwrap();
    alice
        .status_reply(oldest, "You said 2 words to me.")
        .await
        .unwrap();

    assert_eq!(bot::answer_mentions(&alice, &file).await.unwrap(), 2);
    assert_eq!(bot::answer_mentions(&alice, &file).await.unwrap(), 0);
    let said = ["4", "3", "2"].map(|words| format!("@bob You said {words} words to me."));
    assert_eq!(answers(&alice).await, said);
}

#[tokio::test]
async fn the_archive_goes_on_where_it_was_cut_off_and_fetches_nothing_twice() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bob = user(&server, "bob");
    for number in 1..=90 {
        bob.status_post(format!("Number {number}")).await.unwrap();
    }
    let pixel = &include_bytes!("../../examples/shared/pixel.png")[..];
    let media = bob.media_post_v2(Upload::bytes(pixel)).await.unwrap();
    bob.status_post("A picture")
        .media_ids([&media])
        .await
        .unwrap();
    let lines = || {
        let text = std::fs::read_to_string(folder.path().join("statuses.jsonl")).unwrap();
        let read = |line: &str| serde_json::from_str::<Status>(line).unwrap().id;
        let mut ids: Vec<_> = text.lines().map(read).collect();
        ids.sort();
        ids
    };
    let archive = || archive::archive(&bob, "bob", folder.path());

    // It is cut off after two pages, in the middle of a line.
    server.inject(Fault::status(404).on("GET", "/api/v1/accounts/lookup"));
    assert!(archive().await.is_err());
    archive().await.unwrap();
    let path = folder.path().join("statuses.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    let cut = whole.lines().take(50).map(str::len).sum::<usize>() + 60;
    std::fs::write(&path, &whole[..cut]).unwrap();
    bob.status_post("The newest").await.unwrap();
    archive().await.unwrap();
    let ids = lines();
    assert_eq!(
        ids.len(),
        93,
        "bob's first status, 90 numbers, the picture and the newest"
    );
    assert!(
        ids.windows(2).all(|pair| pair[0] != pair[1]),
        "none is there twice"
    );
    let mut files = std::fs::read_dir(folder.path().join("media")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "one file, and nothing beside it");
    assert_eq!(file.file_stem().unwrap().to_str(), Some(media.id.as_str()));
    assert_eq!(std::fs::read(file).unwrap(), pixel);

    // Media that are there are not asked for again.
    server.inject(Fault::status(500).on("GET", "/media/"));
    archive().await.unwrap();
    assert_eq!(lines(), ids);
    let fault_is_left = bob.download(media.url.as_deref().unwrap()).bytes().await;
    assert!(fault_is_left.unwrap_err().is_server_error());
}

#[tokio::test]
async fn the_moderator_sees_what_waits_and_decides() {
    let server = TestServer::start().await.unwrap();
    moderate::make_trouble(&server).await.unwrap();
    let staff = user(&server, "dave");
    let act = async |line: &str| moderate::act(&staff, line).await.unwrap();
    let list = act("list").await;
    assert!(
        list.contains("@frida (frida@example.org): I like birds."),
        "{list}"
    );
    assert!(
        list.contains("@bob about @carol (nobody's): Rude."),
        "{list}"
    );
    assert!(list.contains("> You are all fools."), "{list}");
    let frida = staff.admin_accounts().status("pending").await.unwrap()[0]
        .id
        .clone();
    let report = staff.admin_reports().await.unwrap()[0].id.clone();
    assert_eq!(
        act(&format!("assign {report}")).await,
        format!("report {report} is yours")
    );
    assert!(act("list").await.contains("(@dave's)"));
    assert_eq!(
        act(&format!("resolve {report}")).await,
        format!("report {report} is resolved")
    );
    assert_eq!(act(&format!("approve {frida}")).await, "@frida may join");
    assert_eq!(act("list").await, "Who wishes to join:\nOpen reports:");
    assert!(act("dance").await.contains("approve ACCOUNT"));
    assert!(
        moderate::act(&staff, &format!("reject {frida}"))
            .await
            .unwrap_err()
            .is_forbidden()
    );
}

#[tokio::test]
async fn the_watcher_shows_each_status_once_although_the_connection_is_lost() {
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
    assert_eq!(count("connection lost"), 2, "{lines:#?}");
    assert_eq!((count("* connected"), count("up to date again")), (2, 1));
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("< ") && line.ends_with("Number 4 of 9"))
    );
}

#[test]
fn the_watcher_knows_its_streams_and_lets_no_status_steer_the_terminal() {
    let tag = "hashtag:#rust".parse::<watch::Source>().unwrap();
    assert_eq!(tag, watch::Source::Hashtag("rust".into()));
    let error = "everything".parse::<watch::Source>().unwrap_err();
    assert!(error.contains("`everything`"), "{error}");
    let status = r#"{"id":"1","created_at":"2024-01-01T12:13:14Z","content":"<p>a\u001b[2Jb</p><p>c</p>","visibility":"public","account":{"id":"1","username":"ada","acct":"ada","url":"","created_at":"2024-01-01"}}"#;
    let event = StreamEvent::Update(serde_json::from_str(status).unwrap());
    let line = watch::describe(&event, true).unwrap();
    assert_eq!(line, "< 12:13:14 @ada: a [2Jb  c");
}

/// The status that a request is answered with.
async fn posted(address: &str, headers: &HeaderMap, body: &[u8]) -> u16 {
    let (host, path) = address["http://".len()..].split_once('/').unwrap();
    let mut request = format!("POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    request += &format!("content-length: {}\r\n\r\n", body.len());
    let mut socket = TcpStream::connect(host).await.unwrap();
    let request = [request.as_bytes(), body].concat();
    socket.write_all(&request).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_push_receiver_tells_each_notification_once_and_turns_others_away() {
    let server = TestServer::start().await.unwrap();
    let scopes = "read write push";
    let user = |name| Mastodon::builder(server.url()).access_token(server.token(name, scopes));
    let (alice, bob) = (user("alice").build().unwrap(), user("bob").build().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/push", listener.local_addr().unwrap());
    let told = push_receiver::subscribe(&alice, listener, &endpoint).await;
    let mut told = told.unwrap();

    bob.status_post("@alice Are you there?").await.unwrap();
    let line = push_receiver::line(&told.recv().await.unwrap());
    assert_eq!(line, "bob mentioned you: @alice Are you there?");
    let sent = server.pushes().settled().await;
    assert_eq!(sent[0].answer, Some(201));
    let again = async |change: &dyn Fn(&mut HeaderMap, &mut Vec<u8>)| {
        let (mut headers, mut body) = (sent[0].headers.clone(), sent[0].body.to_vec());
        change(&mut headers, &mut body);
        posted(&endpoint, &headers, &body).await
    };
    assert_eq!(again(&|_, _| {}).await, 201);
    let unsigned = |headers: &mut HeaderMap, _: &mut Vec<u8>| drop(headers.remove("authorization"));
    assert_eq!(again(&unsigned).await, 403);
    assert_eq!(again(&|_, body| body[100] ^= 1).await, 410);
    bob.status_post("@alice Then good night.").await.unwrap();
    let line = push_receiver::line(&told.recv().await.unwrap());
    assert_eq!(line, "bob mentioned you: @alice Then good night.");
}
