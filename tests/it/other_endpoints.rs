//! `Mastodon::request`: endpoints that the SDK does not know.

use std::time::Duration;

use mastodon_sdk::blocking::Wait;
use mastodon_sdk::call::StoredPage;
use mastodon_sdk::rate_limit::{RateLimitBucket, RateLimitMode, RateLimitStatus};
use mastodon_sdk::{Account, Error, Method, Page, Tag, Upload};
use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::support::fixtures::{account, tag};
use crate::support::{
    CapturedLog, ScriptedServer, client_for, error_response, form_body, json_body, json_response,
    multipart_body, ok_json, request_body, request_header,
};

#[derive(Debug, serde::Deserialize)]
struct Chat {
    id: String,
    account: Account,
}

#[tokio::test]
async fn response_is_json_or_any_type() {
    let chats = json!([{ "id": "1", "account": account("2", "bob"), "unread": 3 }]);
    let server = ScriptedServer::start(vec![ok_json(&chats); 5]).await;
    let client = server.client();
    let call = || {
        client
            .request(Method::GET, "/api/v2/pleroma/chats")
            .query("limit", 20)
    };
    assert_eq!(call().json().await.unwrap(), chats);
    let untyped: Value = call().await.unwrap();
    assert_eq!(untyped[0]["unread"], 3);
    let typed = call().decode::<Vec<Chat>>().await.unwrap();
    assert_eq!((&*typed[0].id, &*typed[0].account.acct), ("1", "bob"));
    let response = call().decode::<Vec<Chat>>().response().await.unwrap();
    assert_eq!((response.status.as_u16(), response.value.len()), (200, 1));
    let raw = call().raw().await.unwrap();
    assert_eq!(raw.body, chats.to_string());
    let requests = server.requests();
    for request in requests {
        assert!(request.starts_with("GET /api/v2/pleroma/chats?limit=20 "));
        assert_eq!(
            request_header(&request, "authorization"),
            Some("Bearer hunter2")
        );
        assert_eq!(request_header(&request, "accept"), Some("application/json"));
    }
}

#[tokio::test]
async fn tolerated_values_are_reported() {
    let body = json!([{ "id": "1", "account": { "id": "2", "acct": "bob", "created_at": 5 } }]);
    let server = ScriptedServer::start(vec![ok_json(&body)]).await;
    let call = server.client().request(Method::GET, "/api/v1/x");
    let response = call.decode::<Vec<Chat>>().response().await.unwrap();
    assert!(!response.problems().is_empty());
}

#[tokio::test]
async fn parameters_are_sent_in_the_query_or_as_json() {
    let server = ScriptedServer::start(vec![ok_json(&json!({})); 4]).await;
    let client = server.client();
    let path = "/api/v1/x/{id}";
    let call = client
        .request(Method::POST, path)
        .path_param("id", "a/b ?")
        .query("with", true)
        .param("text", "Hi")
        .param("tags", vec!["a", "b"])
        .param("nested", json!({ "a": [1, 2.5, null] }));
    call.await.unwrap();
    let call = client.request(Method::DELETE, path).path_param("id", 5);
    call.param("ids", vec![1, 2]).await.unwrap();
    let body = json!({ "z": 1, "a": [u64::MAX] });
    client
        .request(Method::PATCH, "/api/v1/x")
        .body(&body)
        .await
        .unwrap();
    client
        .request(Method::PUT, "/api/v1/x")
        .bytes("text/plain", "hello")
        .await
        .unwrap();
    let lines = server.request_lines();
    assert_eq!(lines[0], "POST /api/v1/x/a%2Fb%20%3F?with=true");
    assert_eq!(lines[1], "DELETE /api/v1/x/5?ids%5B%5D=1&ids%5B%5D=2");
    let requests = server.requests();
    assert_eq!(
        json_body(&requests[0]),
        json!({ "text": "Hi", "tags": ["a", "b"], "nested": { "a": [1, 2.5, null] } })
    );
    assert_eq!(request_body(&requests[2]), body.to_string());
    let content_type = |request| request_header(request, "content-type");
    assert_eq!(content_type(&requests[0]), Some("application/json"));
    assert_eq!(content_type(&requests[1]), None);
    assert_eq!(content_type(&requests[2]), Some("application/json"));
    assert_eq!(content_type(&requests[3]), Some("text/plain"));
    assert_eq!(request_body(&requests[3]), "hello");
}

#[tokio::test]
async fn form_is_multipart_if_it_contains_a_file() {
    let server = ScriptedServer::start(vec![ok_json(&json!({})); 2]).await;
    let client = server.client();
    let call = || {
        let call = client.request(Method::POST, "/api/v1/x");
        call.form("name", "é").form("options", vec!["a"])
    };
    call().await.unwrap();
    let file = Upload::bytes("meow").file_name("cat.png");
    call().form("file", file).await.unwrap();
    let requests = server.requests();
    let pairs = form_body(&requests[0]);
    assert_eq!(pairs[0], ("name".to_owned(), "é".to_owned()));
    assert_eq!(pairs[1], ("options[]".to_owned(), "a".to_owned()));
    let parts = multipart_body(&requests[1]);
    assert_eq!(parts[2].name, "file");
    assert_eq!(parts[2].file_name, Some("cat.png"));
    assert_eq!(parts[2].value, "meow");
}

#[tokio::test]
async fn header_is_sent_with_one_request() {
    let server = ScriptedServer::start(vec![ok_json(&json!({})); 2]).await;
    let client = server.builder().header("X-Both", "client").build().unwrap();
    let call = client
        .request(Method::GET, "/api/v1/x")
        .header("X-Both", "call")
        .header("Accept", "text/plain");
    call.await.unwrap();
    client.request(Method::GET, "/api/v1/x").await.unwrap();
    let requests = server.requests();
    assert_eq!(request_header(&requests[0], "x-both"), Some("call"));
    assert_eq!(request_header(&requests[0], "accept"), Some("text/plain"));
    assert_eq!(request_header(&requests[1], "x-both"), Some("client"));
}

#[tokio::test]
async fn web_page_is_a_response_only_if_it_is_accepted() {
    let page = crate::support::response(200, "text/html", "", "<html></html>");
    let server = ScriptedServer::start(vec![page; 2]).await;
    let client = server.client();
    let call = client.request(Method::GET, "/about");
    let error = call.clone().raw().await.unwrap_err();
    assert!(matches!(error, Error::NotMastodon { .. }), "{error:?}");
    let raw = call.header("Accept", "text/html").raw().await.unwrap();
    assert_eq!(raw.body, "<html></html>");
}

#[tokio::test]
async fn list_can_be_read_from_a_position_to_its_newest_item() {
    let page = |id: u32| {
        let link = format!("link: <https://other.example/x?min_id={id}>; rel=\"prev\"\r\n");
        json_response(200, &link, &format!("[{}]", tag(&format!("t{id}"))))
    };
    let script = vec![page(6), page(7), json_response(200, "", "[]")];
    let server = ScriptedServer::start(script).await;
    let call = server.client().request(Method::GET, "/api/v1/x");
    let mut items = call.query("min_id", "5").paged::<Tag>().items();
    let mut names = Vec::new();
    while let Some(tag) = items.try_next().await.unwrap() {
        names.push(tag.name);
    }
    assert_eq!(names, ["t6", "t7"]);
}

#[tokio::test]
async fn mistakes_are_errors_that_name_the_request_and_nothing_is_sent() {
    let server = ScriptedServer::start(vec![]).await;
    let client = server.client();
    let get = |path: &'static str| client.request(Method::GET, path);
    let post = || client.request(Method::POST, "/api/v1/x");
    for (call, expected) in [
        (
            get("https://evil.example/x"),
            "GET https://evil.example/x: `path`: it must start with `/`",
        ),
        (
            get("//evil.example"),
            "GET //evil.example: `path`: it must not start with `//`",
        ),
        (
            get("/x?token=hunter2"),
            "GET /x: `path`: it must not contain `?` or `#`; set the query with `query`",
        ),
        (
            get("/x/{id}"),
            "GET /x/{id}: `id`: `` is not valid in a path",
        ),
        (
            get("/x").path_param("id", "5"),
            "GET /x: `path_param`: the path contains no `{id}`",
        ),
        (
            get("/x").header("Authorization", "Bearer s3cret"),
            "GET /x: `header`: the header `Authorization` cannot be set: the SDK sets it; use `access_token`",
        ),
        (
            get("/x").header("Host", "evil.example"),
            "the header `Host` cannot be set",
        ),
        (
            get("/x").header("a b", "s3cret"),
            "the header `a b` cannot be set: its name is not valid",
        ),
        (
            get("/x").header("a", "s3cret\r\n"),
            "the header `a` cannot be set: its value contains",
        ),
        (
            post().param("a", 1).form("b", 2),
            "POST /api/v1/x: `form`: the request has another body already",
        ),
        (
            post().form("a", 1).body(&1),
            "POST /api/v1/x: `body`: the request has another body already",
        ),
        (
            get("/x").query("a", Upload::bytes("b").file_name("a")),
            "GET /x: `a`: a file cannot be sent in the query",
        ),
    ] {
        let error = call.await.unwrap_err();
        assert!(matches!(error, Error::IllegalArgument { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(expected), "{message}");
        assert!(
            !message.contains("s3cret") && !message.contains("hunter2"),
            "{message}"
        );
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn errors_and_logs_name_method_and_path() {
    let (log, _guard) = CapturedLog::start();
    let forbidden = error_response(403, "This action is outside the authorized scopes");
    let server = ScriptedServer::start(vec![
        error_response(404, "Record not found"),
        ok_json(&json!({ "id": {} })),
        forbidden,
    ])
    .await;
    let client = server.client();
    let call = client
        .request(Method::GET, "/api/v1/x/{id}")
        .path_param("id", "5");
    let error = call.clone().await.unwrap_err();
    assert!(error.is_not_found());
    assert!(
        error
            .to_string()
            .starts_with("GET /api/v1/x/{id} (404 Not Found): "),
        "{error}"
    );
    let error = client
        .request(Method::POST, "/api/v1/x")
        .decode::<Chat>()
        .await
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("POST /api/v1/x (200 OK): the server accepted the request, but"),
        "{message}"
    );
    // The endpoint is known, so its scope is too.
    let error = client.request(Method::GET, "/api/v1/blocks").await;
    let message = error.unwrap_err().to_string();
    assert!(message.contains(r#""read:blocks""#), "{message}");
    let text = log.text();
    assert!(
        text.contains(r#"endpoint="GET /api/v1/x/{id}""#) && !text.contains("hunter2"),
        "{text}"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn only_idempotent_requests_are_retried() {
    for (method, is_retried) in [
        (Method::GET, true),
        (Method::PUT, true),
        (Method::DELETE, true),
        (Method::POST, false),
        (Method::PATCH, false),
    ] {
        for (declared, is_retried) in [(None, is_retried), (Some(true), true), (Some(false), false)]
        {
            let failure = json_response(503, "", "");
            let server = ScriptedServer::start(vec![failure, ok_json(&json!({}))]).await;
            let mut call = server.client().request(method.clone(), "/api/v1/x");
            if let Some(declared) = declared {
                call = call.idempotent(declared);
            }
            let result = call.await;
            assert_eq!(result.is_ok(), is_retried, "{method} {declared:?}");
            let count = if is_retried { 2 } else { 1 };
            assert_eq!(server.requests().len(), count, "{method} {declared:?}");
        }
    }
}

#[tokio::test]
async fn request_counts_against_the_rate_limit_of_its_path() {
    let server = ScriptedServer::start(vec![ok_json(&json!({}))]).await;
    let builder = server.builder().rate_limit_mode(RateLimitMode::Throw);
    let client = builder.build().unwrap();
    let exhausted = RateLimitStatus::new(Some(30), 0, Duration::from_secs(600));
    client.set_rate_limit_status(RateLimitBucket::Deletions, exhausted);
    let delete = |path: &'static str| client.request(Method::DELETE, path);
    let error = delete("/api/v1/statuses/1").await.unwrap_err();
    let Error::RateLimited {
        endpoint, bucket, ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(endpoint, "DELETE /api/v1/statuses/1");
    assert_eq!(*bucket, RateLimitBucket::Deletions);
    delete("/api/v1/pleroma/chats/1").await.unwrap();
    assert_eq!(server.request_lines(), ["DELETE /api/v1/pleroma/chats/1"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn wait_is_announced_with_method_and_path() {
    let server = ScriptedServer::start(vec![ok_json(&json!({}))]).await;
    let client = server.client();
    let exhausted = RateLimitStatus::new(Some(300), 0, Duration::from_secs(60));
    client.set_rate_limit_status(RateLimitBucket::General, exhausted);
    let (announce, announced) = std::sync::mpsc::channel();
    let call = client.request(Method::GET, "/api/v1/x");
    let call = call.on_wait(move |wait| announce.send(wait.endpoint.to_string()).unwrap());
    call.clone().await.unwrap();
    assert_eq!(announced.recv().unwrap(), "GET /api/v1/x");
    client.set_rate_limit_status(RateLimitBucket::General, exhausted);
    let error = call.deadline(Duration::from_secs(1)).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error:?}");
}

#[tokio::test]
async fn pages_follow_the_links_of_the_server_and_keep_parameters() {
    let page = |next: &str, name: &str| {
        let link = format!("link: <https://other.example/x?{next}>; rel=\"next\"\r\n");
        json_response(200, &link, &format!("[{}]", tag(name)))
    };
    let last = json_response(200, "", &format!("[{}]", tag("c")));
    let script = vec![page("max_id=7", "a"), page("max_id=6", "b"), last.clone()];
    let server = ScriptedServer::start([script, vec![last.clone(), last]].concat()).await;
    let client = server.client();
    let list = || {
        let call = client.request(Method::GET, "/api/v1/pleroma/{kind}");
        let call = call.path_param("kind", "tags").query("q", "x");
        call.header("X-Call", "yes").paged::<Tag>()
    };
    let mut names = Vec::new();
    let mut items = list().limit(2).items();
    while let Some(tag) = items.try_next().await.unwrap() {
        names.push(tag.name);
    }
    assert_eq!(names, ["a", "b", "c"]);
    let page: Page<Tag> = list().await.unwrap();
    assert!(!page.has_next());
    let json = serde_json::to_string(&page).unwrap();
    let stored: StoredPage<Tag> = serde_json::from_str(&json).unwrap();
    assert_eq!(stored.attach(&client).unwrap()[0].name, "c");
    let path = "GET /api/v1/pleroma/tags?q=x";
    assert_eq!(
        server.request_lines(),
        [
            format!("{path}&limit=2"),
            format!("{path}&limit=2&max_id=7"),
            format!("{path}&limit=2&max_id=6"),
            path.to_owned(),
        ]
    );
    for request in server.requests() {
        assert_eq!(request_header(&request, "x-call"), Some("yes"));
    }
}

#[tokio::test]
async fn stored_page_of_an_unknown_endpoint_can_be_continued() {
    let link = "link: <https://other.example/x?max_id=7>; rel=\"next\"\r\n";
    let body = format!("[{}]", tag("a"));
    let first = json_response(200, link, &body);
    let server = ScriptedServer::start(vec![first, json_response(200, "", "[]")]).await;
    let client = server.client();
    let call = client.request(Method::GET, "/api/v1/lists/{id}/x");
    let page = call.path_param("id", "a b").paged::<Tag>().await.unwrap();
    let json = serde_json::to_string(&page).unwrap();
    let stored: StoredPage<Tag> = serde_json::from_str(&json).unwrap();
    let next = stored.attach(&client).unwrap().next().await.unwrap();
    assert!(next.unwrap().is_empty());
    assert_eq!(
        server.request_lines()[1],
        "GET /api/v1/lists/a%20b/x?max_id=7"
    );
}

#[tokio::test]
async fn debug_output_and_errors_contain_no_secret() {
    let echo = error_response(
        422,
        "password s3cr3t-p, code s3cr3t-n, token hunter2, x s3cr3t-h",
    );
    let server = ScriptedServer::start(vec![echo; 2]).await;
    let nested = json!({ "keys": { "auth": "s3cr3t-n" } });
    let call = server
        .client()
        .request(Method::POST, "/api/v1/x")
        .param("password", "s3cr3t-p")
        .param("subscription", nested.clone())
        .header("X-Secret", "s3cr3t-h");
    let shown = format!("{call:?} {:?}", call.clone().await.unwrap_err());
    assert!(
        shown.contains("subscription") && shown.contains("X-Secret"),
        "{shown}"
    );
    let body = json!({ "password": "s3cr3t-p", "x": nested });
    let call = server
        .client()
        .request(Method::POST, "/api/v1/x")
        .body(&body);
    let call = call.header("X-Secret", "s3cr3t-h");
    let shown = format!("{shown} {call:?} {:?}", call.clone().await.unwrap_err());
    assert!(
        !shown.contains("s3cr3t") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[tokio::test]
async fn redirect_to_another_host_is_refused() {
    let redirect = json_response(302, "location: https://evil.example/x\r\n", "");
    let server = ScriptedServer::start(vec![redirect]).await;
    let error = server.client().request(Method::GET, "/api/v1/x").await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Redirect { .. }), "{error:?}");
    assert!(error.to_string().starts_with("GET /api/v1/x: "), "{error}");
}

#[tokio::test]
async fn head_request_has_no_body_to_decode() {
    let server = ScriptedServer::start(vec![json_response(200, "x-total: 7\r\n", "")]).await;
    let call = server.client().request(Method::HEAD, "/api/v1/x");
    let raw = call.raw().await.unwrap();
    assert_eq!(raw.headers["x-total"], "7");
}

#[tokio::test]
async fn response_without_content_can_be_ignored() {
    let server = ScriptedServer::start(vec![json_response(204, "", "")]).await;
    let call = server.client().request(Method::POST, "/api/v1/x");
    call.decode::<()>().await.unwrap();
}

#[test]
fn request_can_be_sent_without_async() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start()).unwrap();
    let client = client_for(&server, "alice");
    let call = client.request(Method::GET, "/api/v1/accounts/verify_credentials");
    let me = call.decode::<Account>().wait().unwrap();
    assert_eq!(me.acct, "alice");
}
