//! The blocking API, for code that is not async.

use mastodon_sdk::blocking::{Wait, WaitIter};
use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;

use crate::support::{client_builder, client_for};

/// A test server on its own runtime, and a client with alice's token.
fn alice() -> (tokio::runtime::Runtime, TestServer, Mastodon) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start()).unwrap();
    let client = client_for(&server, "alice");
    (runtime, server, client)
}

#[test]
fn calls_pages_and_items_can_be_used_without_async() {
    let (_runtime, _server, mastodon) = alice();
    for number in 1..=3 {
        mastodon
            .status_post(format!("Number {number}"))
            .wait()
            .unwrap();
    }
    let me = mastodon.me().wait().unwrap();
    let first = mastodon.account_statuses(&me.id).limit(2).wait().unwrap();
    let second = first.next().wait().unwrap().unwrap();
    assert!(second[0].id < first[1].id);
    let all: Result<Vec<_>, Error> = mastodon
        .account_statuses(&me.id)
        .limit(1)
        .items()
        .wait_iter()
        .collect();
    assert_eq!(
        i64::try_from(all.unwrap().len()).unwrap(),
        me.statuses_count
    );
    assert!(mastodon.status("0").wait().unwrap_err().is_not_found());
}

#[test]
fn streams_can_be_used_without_async() {
    let (_runtime, server, alice) = alice();
    let bob = client_builder(&server, "bob", "write");
    let mut events = alice.stream_user().wait().unwrap().wait_iter();
    bob.build()
        .unwrap()
        .status_post("@alice Hi")
        .wait()
        .unwrap();
    let sender = events.find_map(|event| match event.unwrap() {
        StreamEvent::Notification(notification) => Some(notification.account.acct.clone()),
        _ => None,
    });
    assert_eq!(sender.as_deref(), Some("bob"));
}

#[tokio::test]
async fn waiting_inside_an_async_runtime_is_an_error_that_recommends_await() {
    let mastodon = Mastodon::builder("mastodon.social").build().unwrap();
    let error = mastodon.instance().wait().unwrap_err();
    assert!(error.to_string().contains("use `.await`"), "{error}");
    let mut items = mastodon.timeline_public().items().wait_iter();
    assert!(matches!(
        items.next(),
        Some(Err(Error::BlockingInAsync { .. }))
    ));
    assert!(items.next().is_none());
}

#[test]
fn helpers_without_a_result_can_be_used_without_async() {
    let (_runtime, _server, mastodon) = alice();
    let length = mastodon.get_status_length("Hello", "").wait().unwrap();
    assert_eq!(length, 5);
    let texts = ["One", "Two", "Three"];
    let posts = mastodon.bulk(texts, |mastodon, text| mastodon.status_post(*text));
    let mut posted: Vec<_> = posts.wait_iter().map(Result::unwrap).collect();
    posted.sort_by_key(|done| done.index);
    for (done, text) in posted.into_iter().zip(texts) {
        assert_eq!(done.result.unwrap().content.to_text(), text);
    }
    let mut none = mastodon.bulk(Vec::<String>::new(), |mastodon, id| mastodon.status(id));
    assert!(none.next().wait().unwrap().is_none());
    assert!(none.results().wait().unwrap().is_empty());
}

/// Results of async functions that cannot fail. `blocking::WaitOutput` is implemented for each of them.
const OUTPUTS_WITHOUT_ERRORS: [(&str, &str); 4] = [
    ("get_status_length", "u64"),
    ("lost", "()"),
    ("next", "Option<BulkItem<I, T>>"),
    ("results", "Vec<BulkItem<I, T>>"),
];

#[test]
fn everything_that_can_be_awaited_can_be_waited_for() {
    let mut checked = 0;
    for (path, text) in sources() {
        // The bodies of these functions and implementations follow their signatures.
        for start in ["\n    pub async fn ", "\npub async fn "] {
            for function in text.split(start).skip(1) {
                let name = function.split(['(', '<']).next().unwrap();
                let signature = function.split(" {\n").next().unwrap();
                let output = signature
                    .rsplit_once(" -> ")
                    .map_or("()", |(_, output)| output);
                let output = output.split_whitespace().collect::<Vec<_>>().join(" ");
                let is_result = output.starts_with("Result<") && output.ends_with(", Error>");
                assert!(
                    is_result || OUTPUTS_WITHOUT_ERRORS.contains(&(name, &*output)),
                    "{path}: `{name}` returns `{output}`: implement `blocking::WaitOutput` for it"
                );
                checked += 1;
            }
        }
        for implementation in text.split(" IntoFuture for ").skip(1) {
            let output = implementation.split("type Output = ").nth(1).unwrap();
            let is_result = output.starts_with("Result<") || output.starts_with("<CallFuture<");
            assert!(is_result, "{path}: a call returns {}", &output[..40]);
            checked += 1;
        }
    }
    assert!(
        checked > 40,
        "only {checked} functions and calls were found"
    );
}

#[test]
fn every_stream_can_be_iterated() {
    fn can_be_iterated<S: WaitIter>() {}
    can_be_iterated::<mastodon_sdk::call::Items<mastodon_sdk::Status>>();
    can_be_iterated::<mastodon_sdk::call::Pages<mastodon_sdk::Status>>();
    can_be_iterated::<mastodon_sdk::streaming::EventStream>();
    can_be_iterated::<mastodon_sdk::methods::Bulk<String, ()>>();
    let streams: Vec<String> = sources()
        .iter()
        .flat_map(|(_, text)| text.split(" Stream for ").skip(1))
        .map(|rest| {
            rest.chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect()
        })
        .collect();
    for name in &streams {
        assert!(
            ["Items", "Pages", "EventStream", "Bulk"].contains(&name.as_str()),
            "`{name}` is missing from this test"
        );
    }
    assert_eq!(streams.len(), 4, "{streams:?}");
}

/// Paths and texts of the source files that contain public functions.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "simulation" {
                    folders.push(path);
                }
            } else if !["tests.rs", "fuzzing.rs", "golden.rs", "layers.rs"].contains(&&*name) {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
                sources.push((path.display().to_string(), text.to_owned()));
            }
        }
    }
    sources
}
