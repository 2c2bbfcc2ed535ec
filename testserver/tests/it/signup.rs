//! Sign-up and confirmation of the email address.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::Client;

/// Returns a client with an application token.
pub(crate) async fn app_client(server: &TestServer) -> Client<'_> {
    let anonymous = Client::anonymous(server);
    let app = json!({
        "client_name": "Tusky", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write",
    });
    let app = anonymous.post("/api/v1/apps", app).await.ok();
    let grant = json!({
        "grant_type": "client_credentials", "scope": "read write",
        "client_id": app["client_id"], "client_secret": app["client_secret"],
    });
    let token = anonymous.post("/oauth/token", grant).await.ok();
    client_with(server, &token)
}

/// Returns a client with the access token of a token response.
pub(crate) fn client_with<'s>(server: &'s TestServer, response: &Value) -> Client<'s> {
    let token = response["access_token"].as_str().unwrap();
    Client::with_token(server, token.to_owned())
}

pub(crate) fn sign_up_fields() -> Value {
    json!({
        "username": "frida", "email": "frida@example.org", "password": "correct horse",
        "agreement": true, "locale": "de",
    })
}

/// Signs up with changed fields and returns the error codes per field.
pub(crate) async fn sign_up_errors(app_client: &Client<'_>, changes: Value) -> Value {
    let mut fields = sign_up_fields();
    for (name, value) in changes.as_object().unwrap() {
        fields[name] = value.clone();
    }
    let rejected = app_client.post("/api/v1/accounts", fields).await;
    assert_eq!(rejected.status, 422);
    assert!(rejected.error().starts_with("Validation failed: "));
    let details = rejected.json["details"].as_object().unwrap().iter();
    let codes = details.map(|(field, errors)| {
        let errors = errors.as_array().unwrap().iter();
        (
            field.clone(),
            errors.map(|error| error["error"].clone()).collect(),
        )
    });
    Value::Object(codes.collect())
}

#[tokio::test]
async fn sign_up_token_works_once_the_email_address_is_confirmed() {
    let server = TestServer::start().await.unwrap();
    let app_client = app_client(&server).await;
    let token = app_client
        .post("/api/v1/accounts", sign_up_fields())
        .await
        .ok();
    assert_eq!(
        (&token["token_type"], &token["scope"]),
        (&json!("Bearer"), &json!("read write"))
    );
    let frida = client_with(&server, &token);
    let (verify_credentials, check_confirmation) = (
        "/api/v1/accounts/verify_credentials",
        "/api/v1/emails/check_confirmation",
    );
    let early = frida.get(verify_credentials).await;
    let error = "Your login is missing a confirmed e-mail address";
    assert_eq!((early.status, early.error()), (403, error));
    assert_eq!(frida.get(check_confirmation).await.ok(), json!(false));
    // The account is not visible before the confirmation.
    assert_eq!(
        frida.get("/api/v1/accounts/lookup?acct=frida").await.status,
        404
    );
    let page = server.confirmation_url("frida").unwrap();
    let page = page.strip_prefix(server.url()).unwrap();
    assert_eq!(frida.get(page).await.status, 200);
    assert_eq!(frida.get(page).await.status, 404);
    assert_eq!(frida.get(check_confirmation).await.ok(), json!(true));
    let account = frida.get(verify_credentials).await.ok();
    assert_eq!(
        (&account["acct"], &account["discoverable"]),
        (&json!("frida"), &json!(null))
    );
    assert_eq!(
        frida.get("/api/v1/preferences").await.ok()["posting:default:language"],
        "de"
    );
}

#[tokio::test]
async fn confirmation_email_is_resent_only_for_the_sign_up_application_before_confirmation() {
    let server = TestServer::start().await.unwrap();
    let app_client = app_client(&server).await;
    let token = app_client
        .post("/api/v1/accounts", sign_up_fields())
        .await
        .ok();
    let frida = client_with(&server, &token);
    let resend = "/api/v1/emails/confirmations";
    assert_eq!(frida.post(resend, json!({})).await.ok(), json!({}));
    let first = server.confirmation_url("frida").unwrap();
    frida
        .post(resend, json!({ "email": "f@example.org" }))
        .await
        .ok();
    assert_ne!(server.confirmation_url("frida").unwrap(), first);
    let other = Client::user(&server, "frida").post(resend, json!({})).await;
    let error =
        "This method is only available to the application the user originally signed-up with";
    assert_eq!((other.status, other.error()), (403, error));
    assert!(server.confirm_email("frida"));
    let late = frida.post(resend, json!({})).await;
    let error = "This method is only available while the e-mail is awaiting confirmation";
    assert_eq!((late.status, late.error()), (403, error));
}

#[tokio::test]
async fn invalid_sign_up_is_rejected_with_a_code_per_field() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let app_client = app_client(&server).await;
    for (changes, expected) in [
        (
            json!({ "username": "alice" }),
            json!({ "username": ["ERR_TAKEN"] }),
        ),
        (
            json!({ "username": "Webmaster" }),
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
            json!({ "reason": "x".repeat(421) }),
            json!({ "reason": ["ERR_TOO_LONG"] }),
        ),
    ] {
        assert_eq!(
            sign_up_errors(&app_client, changes.clone()).await,
            expected,
            "{changes}"
        );
    }
    assert_eq!(
        app_client
            .post("/api/v1/accounts", sign_up_fields())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn several_sign_up_errors_are_joined_into_one_message() {
    let server = TestServer::start().await.unwrap();
    let app_client = app_client(&server).await;
    let form = "username=alice&password=secret&email=invalid+email+lol&locale=en";
    let rejected = app_client.send_form("POST", "/api/v1/accounts", form).await;
    assert_eq!(
        rejected.error(),
        "Validation failed: E-mail address is invalid, Password is too short (minimum is 8 characters), \
         Username has already been taken, E-mail address is invalid, \
         E-mail address uses a disallowed e-mail provider, Service agreement must be accepted"
    );
    let description = &rejected.json["details"]["password"][0]["description"];
    assert_eq!(description, "is too short (minimum is 8 characters)");
}

#[tokio::test]
async fn new_user_signs_in_with_the_chosen_password() {
    let server = TestServer::start().await.unwrap();
    let app_client = app_client(&server).await;
    app_client
        .post("/api/v1/accounts", sign_up_fields())
        .await
        .ok();
    let app = json!({ "client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob" });
    let app = app_client.post("/api/v1/apps", app).await.ok();
    let client_id = app["client_id"].as_str().unwrap();
    let form = |password: &str| {
        format!(
            "response_type=code&client_id={client_id}&redirect_uri=urn:ietf:wg:oauth:2.0:oob&email=frida@example.org&password={password}"
        )
    };
    let wrong = app_client
        .send_form("POST", "/oauth/authorize", &form("frida"))
        .await;
    assert_eq!(wrong.status, 422);
    let right = app_client
        .send_form("POST", "/oauth/authorize", &form("correct+horse"))
        .await;
    assert!(right.header("location").unwrap().contains("code="));
}
