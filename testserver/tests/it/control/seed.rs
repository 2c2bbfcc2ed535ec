//! Seed files: data of the server at its start.

use mastodon_test_server::{SEED_SCHEMA, TestServer};
use serde_json::{Value, json};

use super::{call, client, get, post, seed_error, seeded};
use crate::client::Client;

const VERIFY: &str = "/api/v1/accounts/verify_credentials";

const USERS: &str = "
clock: 2026-01-31T12:00:00Z
behavior: { password_grant: true, streaming: { list_lag: 0.5 } }
applications:
  - name: Tusky
    client_id: tusky
    client_secret: tusky-secret
    redirect_uris: ['tusky://callback']
    scopes: read write
users:
  - username: frida
    id: 1001
    email: frida@mail.example
    password: correct horse
    created_at: -30d
    display_name: Frida
    note: Hello
    fields: [{ name: Web, value: 'https://frida.example' }]
    locked: true
    bot: true
    avatar: {}
    posting: { visibility: unlisted, language: de }
    tokens:
      - { token: frida-token, scopes: read write, application: Tusky }
  - username: gustav@elsewhere.example
    id: '1002'
    silenced: true
tokens:
  - { user: frida, token: narrow, scopes: [read:accounts] }
  - { application: tusky, token: app-token, scopes: read }
follows:
  - { from: gustav@elsewhere.example, to: frida, pending: true }
  - { from: frida, to: 1002, notify: true }
";

#[tokio::test]
async fn seed_defines_users_tokens_and_applications() {
    let server = seeded(USERS).await;
    let frida = client(&server, "frida-token");
    let account = frida.get(VERIFY).await.ok();
    for (pointer, expected) in [
        ("/id", json!("1001")),
        ("/username", json!("frida")),
        ("/display_name", json!("Frida")),
        ("/created_at", json!("2026-01-01T00:00:00.000Z")),
        ("/locked", json!(true)),
        ("/bot", json!(true)),
        ("/source/note", json!("Hello")),
        ("/source/fields/0/name", json!("Web")),
        ("/source/privacy", json!("unlisted")),
        ("/source/language", json!("de")),
        ("/source/follow_requests_count", json!(1)),
        ("/following_count", json!(1)),
    ] {
        assert_eq!(account.pointer(pointer), Some(&expected), "{pointer}");
    }
    let avatar = account["avatar"].as_str().unwrap();
    assert!(!avatar.ends_with("missing.png"), "{avatar}");
    let narrow = client(&server, "narrow");
    assert_eq!(narrow.get(VERIFY).await.status, 200);
    assert_eq!(narrow.get("/api/v1/notifications").await.status, 403);
    let app = client(&server, "app-token");
    let app = app.get("/api/v1/apps/verify_credentials").await.ok();
    assert_eq!(
        (&app["name"], &app["redirect_uri"]),
        (&json!("Tusky"), &json!("tusky://callback"))
    );
    let grant = json!({
        "grant_type": "password", "username": "frida@mail.example", "password": "correct horse", "scope": "read write",
        "client_id": "tusky", "client_secret": "tusky-secret",
    });
    let token = Client::anonymous(&server)
        .post("/oauth/token", grant)
        .await
        .ok();
    assert_eq!(token["access_token"], "frida-token");
    assert_eq!(
        get(&server, "/clock").await["now"]
            .as_str()
            .unwrap()
            .get(..16),
        Some("2026-01-31T12:00")
    );
    // The default data are not there.
    let lookup = "/api/v1/accounts/lookup?acct=alice";
    assert_eq!(frida.get(lookup).await.status, 404);
}

#[tokio::test]
async fn seed_error_names_the_place_and_what_is_allowed() {
    for (data, expected) in [
        (
            "users: [{ username: a }, { username: b, role2: x }]",
            "users[1].role2: unknown field `role2`, expected one of `username`,",
        ),
        (
            "users: [{ username: a }, { username: a }]",
            "users[1].username: the user `a` exists already",
        ),
        (
            "users: [{ username: 'a b' }]",
            "users[0].username: `a b` is not a username; use letters",
        ),
        (
            "users: [{ username: a, id: 1 }, { username: b, id: 1 }]",
            "users[1].id: the ID 1 exists already",
        ),
        (
            "users: [{ username: a, id: 0 }]",
            "users[0].id: `0` is not an ID; an ID is an integer from 1 to 9223372036854775807",
        ),
        (
            "users: [{ username: a, locked: perhaps }]",
            "users[0].locked: invalid type: string \"perhaps\", expected a boolean",
        ),
        (
            "users: [{ username: a, created_at: soon }]",
            "users[0].created_at: `soon` is not a time; use a time such as",
        ),
        (
            "users: [{ username: a, posting: { visibility: secret } }]",
            "users[0].posting.visibility: unknown variant `secret`, expected one of `public`, `unlisted`, `private`, `direct`",
        ),
        (
            "users: [{ username: a@b.example, email: a@b.example }]",
            "users[0].email: an account of another server has no login",
        ),
        (
            "users: [{ username: a, avatar: { base64: '?' } }]",
            "users[0].avatar.base64: not valid Base64",
        ),
        (
            "users: [{ username: a, avatar: { file: cat.png } }]",
            "users[0].avatar.file: a file can be given only in a seed file",
        ),
        (
            "users: [{ username: a, tokens: [{ scopes: reed }] }]",
            "users[0].tokens[0].scopes: unknown scope `reed`; the scopes are ",
        ),
        (
            "tokens: [{ user: nobody }]",
            "tokens[0].user: unknown user `nobody`; the users are none",
        ),
        (
            "{ users: [{ username: a }], tokens: [{ user: a, application: x }] }",
            "tokens[0].application: unknown application `x`; the applications are none",
        ),
        (
            "tokens: [{ token: x }]",
            "tokens[0]: a token needs a user, an application, or both",
        ),
        (
            "{ users: [{ username: a }], follows: [{ from: a, to: a }] }",
            "follows[0].to: must be another account than `from`",
        ),
        (
            "behavior: { streaming: { list_lag: -1 } }",
            "behavior: streaming.list_lag: -1 is not a duration in seconds",
        ),
        (
            "behavior: { idempotency_keys: lost }",
            "behavior: idempotency_keys: unknown variant `lost`, expected one of `locked`,",
        ),
        (
            "usres: []",
            "unknown field `usres`, expected one of `clock`,",
        ),
        ("users: [", "did not find expected node content"),
    ] {
        let error = seed_error(data).await;
        assert!(error.contains(expected), "{data}\n{error}\n{expected}");
    }
}

#[tokio::test]
async fn seed_can_be_json_or_a_file_that_names_other_files() {
    let folder = std::env::temp_dir().join(format!("mastodon-test-server-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("seed.json");
    let seed = json!({ "users": [{ "username": "frida", "avatar": { "file": "face.gif" }, "tokens": [{ "token": "t" }] }] });
    std::fs::write(&path, seed.to_string()).unwrap();
    let missing = TestServer::builder().seed_file(&path).start().await;
    let error = missing.err().unwrap().to_string();
    assert!(
        error.contains("seed.json: users[0].avatar.file: `face.gif` cannot be read"),
        "{error}"
    );
    std::fs::write(
        folder.join("face.gif"),
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00",
    )
    .unwrap();
    let server = TestServer::builder()
        .seed_file(&path)
        .start()
        .await
        .unwrap();
    let account = client(&server, "t").get(VERIFY).await.ok();
    assert!(account["avatar"].as_str().unwrap().ends_with(".gif"));
    std::fs::remove_dir_all(folder).unwrap();
    let error = TestServer::builder()
        .seed_file("missing.yaml")
        .start()
        .await
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .starts_with("the seed file missing.yaml cannot be read"),
        "{error}"
    );
}

#[tokio::test]
async fn seed_of_the_tests_fulfils_the_schema() {
    let schema: Value = serde_json::from_str(SEED_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let seed: Value = serde_yaml::from_str(USERS).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&seed)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!validator.is_valid(&json!({ "users": [{ "username": "a", "role2": 1 }] })));
}

#[tokio::test]
async fn reset_restores_the_seed() {
    let server = seeded(USERS).await;
    let frida = client(&server, "frida-token");
    frida.post_text("Gone after the reset").await;
    post(&server, "/users", json!({ "username": "hugo" })).await;
    post(&server, "/clock/advance", json!({ "seconds": 86400 })).await;
    let behavior = json!({ "password_grant": null, "streaming": { "list_lag": 7 } });
    let changed = call(&server, "PATCH", "/behavior", &behavior).await.ok();
    assert_eq!(
        (
            &changed["password_grant"],
            &changed["streaming"]["list_lag"]
        ),
        (&json!(false), &json!(7))
    );
    post(&server, "/reset", json!({})).await;
    let account = frida.get(VERIFY).await.ok();
    assert_eq!(
        (&account["id"], &account["statuses_count"]),
        (&json!("1001"), &json!(0))
    );
    assert_eq!(
        call(&server, "GET", "/users/hugo", &Value::Null)
            .await
            .status,
        404
    );
    let now = get(&server, "/clock").await;
    assert_eq!(now["now"].as_str().unwrap().get(..10), Some("2026-01-31"));
    let behavior = get(&server, "/behavior").await;
    assert_eq!(
        (
            &behavior["password_grant"],
            &behavior["streaming"]["list_lag"]
        ),
        (&json!(true), &json!(0.5))
    );
}

#[tokio::test]
async fn default_data_are_restored_by_a_reset() {
    let server = TestServer::start().await.unwrap();
    Client::user(&server, "alice")
        .post_text("Gone after the reset")
        .await;
    server.reset();
    let alice = Client::user(&server, "alice");
    let account = alice.get(VERIFY).await.ok();
    assert_eq!(
        (&account["statuses_count"], &account["followers_count"]),
        (&json!(2), &json!(2))
    );
}

#[tokio::test]
async fn seed_sets_what_the_administrator_and_users_set_on_web_pages() {
    let server = seeded(
        "
        behavior: { instance: { title: Owls, description: About owls., approval_required: true, translation: true } }
        users: [{ username: frida, chosen_languages: [de], tokens: [{ token: t }] }]
        statuses:
          - { user: frida, text: Eule, language: de }
          - { user: frida, text: Owl, language: en }
        ",
    )
    .await;
    let frida = client(&server, "t");
    let instance = frida.get("/api/v2/instance").await.ok();
    assert_eq!(
        (&instance["title"], &instance["description"]),
        (&json!("Owls"), &json!("About owls."))
    );
    assert_eq!(instance["registrations"]["approval_required"], true);
    assert_eq!(instance["configuration"]["translation"]["enabled"], true);
    let timeline = frida.get("/api/v1/timelines/public").await.ok();
    let texts: Vec<_> = timeline
        .as_array()
        .unwrap()
        .iter()
        .map(|status| &status["content"])
        .collect();
    assert_eq!(texts, [&json!("<p>Eule</p>")]);
}
