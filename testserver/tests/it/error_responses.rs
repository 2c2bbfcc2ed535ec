//! Errors as the real server words, formats, translates and orders them.

use mastodon_test_server::{Fault, TestServer};
use serde_json::json;

use crate::client::{Client, Response, id, send};

const STATUSES: &str = "/api/v1/statuses";
const HOME: &str = "/api/v1/timelines/home";
const PUBLIC: &str = "/api/v1/timelines/public";
const JSON: (&str, &str) = ("content-type", "application/json");

async fn get_as(server: &TestServer, path: &str, accept: &str) -> Response {
    send(server, "GET", path, "", &[("accept", accept)], b"").await
}

fn is_html(response: &Response) -> bool {
    response
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"))
}

#[tokio::test]
async fn each_kind_of_error_has_its_status_and_text() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let ids: Vec<String> = (1..=41).map(|number| format!("id[]={number}")).collect();
    let too_many = alice
        .get(&format!("/api/v1/accounts?{}", ids.join("&")))
        .await;
    let error = (too_many.status, too_many.error());
    assert_eq!(error, (422, "Mastodon::ValidationError"));
    let invalid = alice.post(STATUSES, json!({ "status": "" })).await;
    let error = "Validation failed: Text can't be blank";
    assert_eq!((invalid.status, invalid.error()), (422, error));
    let missing = alice.get("/api/v1/lists/1").await;
    assert_eq!((missing.status, missing.error()), (404, "Record not found"));
    let bob = Client::user(&server, "bob");
    let status = bob
        .post_status(json!({ "status": "x", "visibility": "unlisted" }))
        .await;
    let path = format!("{STATUSES}/{}/unpin", id(&status));
    assert!(alice.post(&path, json!({})).await.status < 500);
    let blank = alice.get("/api/v2/search?q=").await;
    let error = "param is missing or the value is empty or invalid: q";
    assert_eq!((blank.status, blank.error()), (400, error));
}

#[tokio::test]
async fn hidden_status_and_unknown_record_are_told_apart_by_their_texts_only() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = bob
        .post("/api/v1/lists", json!({ "title": "x" }))
        .await
        .ok();
    let foreign = alice.get(&format!("/api/v1/lists/{}", id(&list))).await;
    assert_eq!((foreign.status, foreign.error()), (404, "Record not found"));
    let unknown = alice.get("/api/v1/dances/1").await;
    assert_eq!((unknown.status, unknown.error()), (404, "Not Found"));
}

#[tokio::test]
async fn validation_errors_are_in_the_language_that_is_asked_for() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let post = |path: &'static str, language: &'static str| {
        let headers = [JSON, ("accept-language", language)];
        let token = alice.token.clone();
        let server = &server;
        async move { send(server, "POST", path, &token, &headers, b"{\"status\":\"\"}").await }
    };
    let english = "Validation failed: Text can't be blank";
    let german = "Gültigkeitsprüfung ist fehlgeschlagen: Text muss ausgefüllt werden";
    let french = "La validation a échoué : Text doit être rempli(e)";
    // The user's language wins over the header, and the parameter over both.
    assert_eq!(post(STATUSES, "de").await.error(), english);
    assert_eq!(post("/api/v1/statuses?lang=de", "fr").await.error(), german);
    assert_eq!(post("/api/v1/statuses?lang=fr", "de").await.error(), french);
    assert_eq!(
        post("/api/v1/statuses?lang=klingon", "de").await.error(),
        english
    );
    // Without a user the header decides.
    let app = json!({ "client_name": "", "redirect_uris": "https://a.example" }).to_string();
    for (language, error) in [
        (
            "fr-CH, de;q=0.5",
            "La validation a échoué : Nom de l'application doit être rempli(e)",
        ),
        (
            "de-AT",
            "Gültigkeitsprüfung ist fehlgeschlagen: Anwendungsname muss ausgefüllt werden",
        ),
        ("xx", "Validation failed: Application name can't be blank"),
    ] {
        let headers = [JSON, ("accept-language", language)];
        let rejected = send(
            &server,
            "POST",
            "/api/v1/apps",
            "",
            &headers,
            app.as_bytes(),
        )
        .await;
        assert_eq!(
            (rejected.status, rejected.error()),
            (422, error),
            "{language}"
        );
    }
    // Fixed texts stay English.
    let missing = alice.get("/api/v1/lists/1?lang=de").await;
    assert_eq!(missing.error(), "Record not found");
}

#[tokio::test]
async fn errors_of_tokens_are_translated_with_their_challenge() {
    let server = TestServer::start().await.unwrap();
    let headers = [("accept-language", "de")];
    let rejected = send(&server, "GET", HOME, "unknown", &headers, b"").await;
    let error = "Der Zugriffstoken ist ungültig";
    assert_eq!((rejected.status, rejected.error()), (401, error));
    let challenge = rejected.header("www-authenticate").unwrap();
    assert!(
        challenge.ends_with("error_description=\"Der Zugriffstoken ist ung_ltig\""),
        "{challenge}"
    );
}

#[tokio::test]
async fn server_has_a_language_for_requests_that_ask_for_none() {
    let server = TestServer::builder()
        .default_locale("fr")
        .rate_limit("general", 1)
        .start()
        .await
        .unwrap();
    let anonymous = Client::anonymous(&server);
    let app = json!({ "client_name": "", "redirect_uris": "https://a.example" });
    let rejected = anonymous.post("/api/v1/apps", app).await;
    let error = "La validation a échoué : Nom de l'application doit être rempli(e)";
    assert_eq!(rejected.error(), error);
    // A throttle does not know the request's language.
    let headers = [("accept-language", "de")];
    let limited = send(&server, "GET", PUBLIC, "", &headers, b"").await;
    let error = "Trop de requêtes émises dans un délai donné";
    assert_eq!((limited.status, limited.error()), (429, error));
    assert_eq!(limited.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn unreadable_body_is_an_html_error_unless_json_is_asked_for() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "write");
    let post = |accept: &'static str| {
        let (server, token) = (&server, token.clone());
        async move {
            let headers = [JSON, ("accept", accept)];
            send(server, "POST", STATUSES, &token, &headers, b"{").await
        }
    };
    let rejected = post("application/json").await;
    assert_eq!(
        rejected.json,
        json!({ "status": 400, "error": "Bad Request" })
    );
    for accept in ["*/*", "application/json, text/plain, */*", "text/html"] {
        let rejected = post(accept).await;
        assert_eq!(
            (rejected.status, is_html(&rejected)),
            (400, true),
            "{accept}"
        );
        assert_eq!(rejected.header("x-ratelimit-limit"), None);
        assert!(rejected.header("x-request-id").is_some());
    }
}

#[tokio::test]
async fn internal_error_is_an_html_page_unless_json_is_asked_for() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "push");
    let post = |accept: &'static str| {
        let (server, token) = (&server, token.clone());
        async move {
            let headers = [JSON, ("accept", accept)];
            // The keys are missing.
            let body = b"{\"subscription\":{\"endpoint\":\"https://push.example\"}}";
            send(
                server,
                "POST",
                "/api/v1/push/subscription",
                &token,
                &headers,
                body,
            )
            .await
        }
    };
    let failed = post("application/json").await;
    assert_eq!(failed.status, 500);
    assert_eq!(
        failed.json,
        json!({ "status": 500, "error": "Internal Server Error" })
    );
    let failed = post("*/*").await;
    assert_eq!((failed.status, is_html(&failed)), (500, true));
    // An injected fault keeps its form.
    server.inject(Fault::status(500));
    let injected = get_as(&server, PUBLIC, "*/*").await;
    assert_eq!(
        (injected.status, injected.error()),
        (500, "Internal Server Error")
    );
}

#[tokio::test]
async fn unknown_path_and_wrong_method_are_the_same_404() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for (method, path) in [
        ("GET", "/api/v1/dances"),
        ("DELETE", "/api/v1/timelines/home"),
        ("GET", "/nowhere"),
    ] {
        let json = send(&server, method, path, &alice.token, &[], b"").await;
        assert_eq!(
            (json.status, json.json),
            (404, json!({ "error": "Not Found" })),
            "{path}"
        );
        for accept in ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8"] {
            let headers = [("accept", accept)];
            let html = send(&server, method, path, "", &headers, b"").await;
            assert_eq!(
                (html.status, is_html(&html)),
                (404, true),
                "{path} {accept}"
            );
            assert_eq!(html.header("x-ratelimit-limit"), None);
        }
    }
    let german = send(
        &server,
        "GET",
        "/nowhere?lang=de",
        "",
        &[("accept", "*/*")],
        b"",
    )
    .await;
    let page = String::from_utf8(german.bytes).unwrap();
    assert!(
        page.contains("lang=\"de\"") && page.contains("nicht gefunden"),
        "{page}"
    );
    assert_eq!(alice.get("/api/v1/timelines/home/").await.status, 200);
}

#[tokio::test]
async fn suspended_user_is_rejected_everywhere_while_the_token_is_sent() {
    let server = TestServer::start().await.unwrap();
    let bob = Client::user(&server, "bob");
    server.suspend_account("bob");
    for path in [HOME, PUBLIC, "/api/v2/instance"] {
        let rejected = bob.get(path).await;
        let error = "Your login is currently disabled";
        assert_eq!((rejected.status, rejected.error()), (403, error), "{path}");
    }
    assert_eq!(Client::anonymous(&server).get(PUBLIC).await.status, 200);
}

#[tokio::test]
async fn missing_scope_is_named_in_the_challenge() {
    let server = TestServer::start().await.unwrap();
    let reader = Client::with_token(&server, server.token("alice", "read:accounts"));
    let rejected = reader.get(HOME).await;
    let error = "This action is outside the authorized scopes";
    assert_eq!((rejected.status, rejected.error()), (403, error));
    let challenge = "Bearer realm=\"Doorkeeper\", error=\"insufficient_scope\", \
                     error_description=\"Access to this resource requires scope _read read:statuses_.\"";
    assert_eq!(rejected.header("www-authenticate"), Some(challenge));
}

#[tokio::test]
async fn token_is_checked_before_the_record_and_the_record_before_the_parameters() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let reader = Client::with_token(&server, server.token("alice", "read"));
    let vote = "/api/v1/polls/1/votes";
    let report = format!("{STATUSES}/1/reblog");
    assert_eq!(reader.post(&report, json!({})).await.status, 403);
    assert_eq!(alice.post(&report, json!({})).await.status, 404);
    let missing = alice.post(vote, json!({})).await;
    assert_eq!((missing.status, missing.error()), (404, "Record not found"));
    let rename = alice.put("/api/v1/lists/1", json!({ "title": "" })).await;
    assert_eq!(rename.status, 404);
}

#[tokio::test]
async fn instance_without_visitor_access_needs_a_user_for_nearly_everything() {
    let error = "This method requires an authenticated user";
    for is_limited in [false, true] {
        let builder = TestServer::builder();
        let server = if is_limited {
            builder.limited_federation()
        } else {
            builder.without_visitor_access()
        };
        let server = server.start().await.unwrap();
        let anonymous = Client::anonymous(&server);
        for path in [PUBLIC, "/api/v1/trends/tags", "/api/v1/custom_emojis", HOME] {
            let rejected = anonymous.get(path).await;
            assert_eq!((rejected.status, rejected.error()), (401, error), "{path}");
            assert_eq!(rejected.header("www-authenticate"), None);
        }
        assert_eq!(anonymous.get("/api/v2/instance").await.status, 200);
        let rules = anonymous.get("/api/v1/instance/rules").await;
        assert_eq!(rules.status, if is_limited { 401 } else { 200 });
        let app = crate::signup::app_client(&server).await;
        assert_eq!(
            app.get(PUBLIC).await.status,
            401,
            "an application is a visitor"
        );
        let signed_up = app
            .post("/api/v1/accounts", crate::signup::sign_up_fields())
            .await;
        assert_eq!(signed_up.status, 200);
        assert_eq!(Client::user(&server, "alice").get(PUBLIC).await.status, 200);
    }
}

#[tokio::test]
async fn server_that_shuts_down_for_good_is_gone() {
    let server = TestServer::builder()
        .self_destructing()
        .start()
        .await
        .unwrap();
    let token = server.token("alice", "read");
    for path in [HOME, PUBLIC, "/api/v2/instance", "/api/v1/nowhere"] {
        let gone = send(&server, "GET", path, &token, &[], b"").await;
        assert_eq!(
            (gone.status, gone.json),
            (410, json!({ "error": "Gone" })),
            "{path}"
        );
    }
    let page = get_as(&server, PUBLIC, "*/*").await;
    assert_eq!((page.status, is_html(&page)), (410, true));
}

#[tokio::test]
async fn ids_are_read_as_rails_reads_integers() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.post_text("x").await;
    let found = alice.get(&format!("{STATUSES}/{status}abc")).await.ok();
    assert_eq!(id(&found), status);
    for missing in ["abc", "99999999999999999999999999"] {
        let rejected = alice.get(&format!("{STATUSES}/{missing}")).await;
        assert_eq!(rejected.status, 404, "{missing}");
    }
    let page = async |query: &str| alice.get(&format!("{PUBLIC}?{query}")).await.ok();
    assert_eq!(page("max_id=abc").await, json!([]));
    let oldest = page("min_id=abc&limit=1").await;
    let all = page("limit=40").await;
    assert_eq!(
        oldest[0]["id"],
        all.as_array().unwrap().last().unwrap()["id"]
    );
    let beyond = page("max_id=99999999999999999999999999").await;
    assert_eq!(
        beyond.as_array().unwrap().len(),
        20.min(all.as_array().unwrap().len())
    );
}

#[tokio::test]
async fn limit_loses_its_sign_and_is_zero_if_it_is_no_number() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for text in ["a", "b", "c"] {
        alice.post_text(text).await;
    }
    for (limit, count) in [
        ("-2", 2),
        ("2", 2),
        ("abc", 0),
        ("0", 0),
        ("", 0),
        ("2x", 2),
    ] {
        let page = alice.get(&format!("{PUBLIC}?limit={limit}")).await.ok();
        assert_eq!(page.as_array().unwrap().len(), count, "limit={limit}");
    }
    // An unknown word is true, an empty string is not given.
    for (value, is_sensitive) in [
        ("maybe", true),
        ("", false),
        ("false", false),
        ("off", false),
    ] {
        let body = json!({ "status": value.to_owned() + "x", "sensitive": value });
        let status = alice.post_status(body).await;
        assert_eq!(status["sensitive"], is_sensitive, "{value}");
    }
}
