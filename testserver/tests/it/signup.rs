//! Signing up, and the e-mail address of a new user.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::Client;

/// A program with a token of its own.
async fn program(server: &TestServer) -> Client<'_> {
    let mut program = Client::visitor(server);
    let app = json!({
        "client_name": "Tusky", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write",
    });
    let app = program.post("/api/v1/apps", app).await.ok();
    let grant = json!({
        "grant_type": "client_credentials", "scope": "read write",
        "client_id": app["client_id"], "client_secret": app["client_secret"],
    });
    let token = program.post("/oauth/token", grant).await.ok();
    program.token = token["access_token"].as_str().unwrap().to_owned();
    program
}

fn frida() -> Value {
    json!({
        "username": "frida", "email": "frida@example.org", "password": "correct horse",
        "agreement": true, "locale": "de",
    })
}

/// What is said of each field of a sign-up with these changes.
async fn codes(program: &Client<'_>, changes: Value) -> Value {
    let mut fields = frida();
    for (name, value) in changes.as_object().unwrap() {
        fields[name] = value.clone();
    }
    let refused = program.post("/api/v1/accounts", fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.error().starts_with("Validation failed: "));
    let details = refused.json["details"].as_object().unwrap().iter();
    let codes = details.map(|(field, found)| {
        let found = found.as_array().unwrap().iter();
        (
            field.clone(),
            found.map(|one| one["error"].clone()).collect(),
        )
    });
    Value::Object(codes.collect())
}

#[tokio::test]
async fn who_signs_up_gets_a_token_that_works_once_the_address_is_confirmed() {
    let server = TestServer::start().await.unwrap();
    let program = program(&server).await;
    let token = program.post("/api/v1/accounts", frida()).await.ok();
    assert_eq!(
        (&token["token_type"], &token["scope"]),
        (&json!("Bearer"), &json!("read write"))
    );
    let mut new = Client::visitor(&server);
    new.token = token["access_token"].as_str().unwrap().to_owned();
    let (own, check) = (
        "/api/v1/accounts/verify_credentials",
        "/api/v1/emails/check_confirmation",
    );
    let early = new.get(own).await;
    let error = "Your login is missing a confirmed e-mail address";
    assert_eq!((early.status, early.error()), (403, error));
    assert_eq!(new.get(check).await.ok(), json!(false));
    // Until then nobody knows of the account.
    assert_eq!(
        new.get("/api/v1/accounts/lookup?acct=frida").await.status,
        404
    );
    let page = server.confirmation_page("frida").unwrap();
    let page = page.strip_prefix(server.url()).unwrap();
    assert_eq!(new.get(page).await.status, 200);
    assert_eq!(new.get(page).await.status, 404);
    assert_eq!(new.get(check).await.ok(), json!(true));
    let shown = new.get(own).await.ok();
    assert_eq!(
        (&shown["acct"], &shown["discoverable"]),
        (&json!("frida"), &json!(null))
    );
    assert_eq!(
        new.get("/api/v1/preferences").await.ok()["posting:default:language"],
        "de"
    );
}

#[tokio::test]
async fn the_message_is_sent_again_only_to_the_program_of_the_sign_up_and_only_while_it_is_needed()
{
    let server = TestServer::start().await.unwrap();
    let program = program(&server).await;
    let token = program.post("/api/v1/accounts", frida()).await.ok();
    let mut new = Client::visitor(&server);
    new.token = token["access_token"].as_str().unwrap().to_owned();
    let again = "/api/v1/emails/confirmations";
    assert_eq!(new.post(again, json!({})).await.ok(), json!({}));
    let first = server.confirmation_page("frida").unwrap();
    new.post(again, json!({ "email": "f@example.org" }))
        .await
        .ok();
    assert_ne!(server.confirmation_page("frida").unwrap(), first);
    let other = Client::user(&server, "frida").post(again, json!({})).await;
    let error =
        "This method is only available to the application the user originally signed-up with";
    assert_eq!((other.status, other.error()), (403, error));
    assert!(server.confirm_email("frida"));
    let late = new.post(again, json!({})).await;
    let error = "This method is only available while the e-mail is awaiting confirmation";
    assert_eq!((late.status, late.error()), (403, error));
}

#[tokio::test]
async fn every_mistake_in_a_sign_up_is_told_by_field_and_code() {
    let server = TestServer::start().await.unwrap();
    let program = program(&server).await;
    for (changes, codes_) in [
        (
            json!({ "username": "alice" }),
            json!({ "username": ["ERR_TAKEN"] }),
        ),
        (
            json!({ "username": "Admin" }),
            json!({ "username": ["ERR_RESERVED"] }),
        ),
        (
            json!({ "username": "" }),
            json!({ "username": ["ERR_BLANK"] }),
        ),
        (
            json!({ "username": "a-b" }),
            json!({ "username": ["ERR_INVALID"] }),
        ),
        (
            json!({ "username": "x".repeat(31) }),
            json!({ "username": ["ERR_TOO_LONG"] }),
        ),
        (json!({ "email": "" }), json!({ "email": ["ERR_BLANK"] })),
        (
            json!({ "email": "alice@example.org" }),
            json!({ "email": ["ERR_TAKEN"] }),
        ),
        (
            json!({ "email": "a@disposable.example" }),
            json!({ "email": ["ERR_BLOCKED"] }),
        ),
        (
            json!({ "email": "a@nowhere.invalid" }),
            json!({ "email": ["ERR_UNREACHABLE"] }),
        ),
        (
            json!({ "password": "" }),
            json!({ "password": ["ERR_BLANK"] }),
        ),
        (
            json!({ "password": "short" }),
            json!({ "password": ["ERR_TOO_SHORT"] }),
        ),
        (
            json!({ "password": "x".repeat(73) }),
            json!({ "password": ["ERR_TOO_LONG"] }),
        ),
        (
            json!({ "agreement": false }),
            json!({ "agreement": ["ERR_ACCEPTED"] }),
        ),
        (
            json!({ "locale": "tlh" }),
            json!({ "locale": ["ERR_INCLUSION"] }),
        ),
        (
            json!({ "reason": "x".repeat(421) }),
            json!({ "reason": ["ERR_TOO_LONG"] }),
        ),
        (
            json!({ "date_of_birth": "never" }),
            json!({ "date_of_birth": ["ERR_INVALID"] }),
        ),
    ] {
        assert_eq!(codes(&program, changes.clone()).await, codes_, "{changes}");
    }
    assert_eq!(program.post("/api/v1/accounts", frida()).await.status, 200);
}

#[tokio::test]
async fn several_mistakes_are_told_in_one_sentence_as_the_real_server_puts_it() {
    let server = TestServer::start().await.unwrap();
    let program = program(&server).await;
    let form = "username=alice&password=secret&email=invalid+email+lol&locale=en";
    let refused = program.form("POST", "/api/v1/accounts", form).await;
    assert_eq!(
        refused.error(),
        "Validation failed: E-mail address is invalid, Password is too short (minimum is 8 characters), \
         Username has already been taken, E-mail address is invalid, \
         E-mail address uses a disallowed e-mail provider, Service agreement must be accepted"
    );
    let description = &refused.json["details"]["password"][0]["description"];
    assert_eq!(description, "is too short (minimum is 8 characters)");
}

#[tokio::test]
async fn a_new_user_signs_in_with_their_own_password() {
    let server = TestServer::start().await.unwrap();
    let program = program(&server).await;
    program.post("/api/v1/accounts", frida()).await.ok();
    let app = json!({ "client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob" });
    let app = program.post("/api/v1/apps", app).await.ok();
    let client_id = app["client_id"].as_str().unwrap();
    let form = |password: &str| {
        format!(
            "client_id={client_id}&redirect_uri=urn:ietf:wg:oauth:2.0:oob&email=frida@example.org&password={password}"
        )
    };
    let wrong = program
        .form("POST", "/oauth/authorize", &form("frida"))
        .await;
    assert_eq!(wrong.status, 422);
    let right = program
        .form("POST", "/oauth/authorize", &form("correct+horse"))
        .await;
    assert!(String::from_utf8_lossy(&right.bytes).contains("<code>"));
}
