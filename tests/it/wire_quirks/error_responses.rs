//! The formats of error responses, and the data in them.

use mastodon_sdk::entities::{Account, AdminDomainBlock, GrantType};
use mastodon_sdk::error::{ApiError, ApiErrorKind};
use mastodon_sdk::{Error, Mastodon};
use serde_json::{Value, json};

use crate::support::fixtures::account;
use crate::support::{ScriptedServer, error_response, json_response, recordings_folder, response};

fn api_error<T: std::fmt::Debug>(result: Result<T, Error>) -> ApiError {
    match result {
        Err(Error::Api(error)) => *error,
        other => panic!("{other:?}"),
    }
}

/// Client of a server that sends this error response.
async fn client_of_failing_server(status: u16, body: &Value) -> Mastodon {
    ScriptedServer::start(vec![json_response(status, "", &body.to_string())])
        .await
        .client()
}

#[tokio::test]
async fn error_has_the_message_of_the_server_and_a_kind_by_its_status() {
    let message = "Validation failed: Text can't be blank";
    let client = ScriptedServer::start(vec![error_response(422, message)])
        .await
        .client();
    let error = api_error(client.status_favourite("1").await);
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ApiErrorKind::Validation, message)
    );
    assert!(client.status("1").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn oauth_errors_have_a_code_and_a_description() {
    let description = "The provided authorization grant is invalid";
    let client = client_of_failing_server(
        400,
        &json!({ "error": "invalid_grant", "error_description": description }),
    )
    .await;
    let call = client
        .oauth_token(GrantType::AuthorizationCode, "id", "secret")
        .code("used");
    let error = api_error(call.await);
    assert_eq!(error.message, "invalid_grant");
    assert_eq!(error.description.as_deref(), Some(description));
}

/// An error response with details about a field.
fn error_with_details() -> Value {
    json!({
        "error": "Validation failed: Name can't be blank",
        "details": { "name": [{ "error": "ERR_BLANK", "description": "can't be blank" }, { "error": "ERR_NEW" }] },
    })
}

fn assert_details(error: &ApiError) {
    assert_eq!(error.message, "Validation failed: Name can't be blank");
    let details: Vec<(&str, &str)> = error
        .details
        .iter()
        .map(|detail| (detail.field.as_str(), detail.code.as_str()))
        .collect();
    assert_eq!(details, [("name", "ERR_BLANK"), ("name", "ERR_NEW")]);
    assert_eq!(error.details[0].description, "can't be blank");
}

#[tokio::test]
async fn registration_errors_have_details_for_each_field() {
    let client = client_of_failing_server(422, &error_with_details()).await;
    let call = client.account_create("bob", "bob@b.example", "secret", true, "en");
    assert_details(&api_error(call.await));
}

#[tokio::test]
async fn errors_of_collections_have_the_details_one_level_deeper() {
    let client = client_of_failing_server(422, &json!({ "error": error_with_details() })).await;
    assert_details(&api_error(client.collection_create("").await));
}

#[tokio::test]
async fn existing_stricter_domain_block_is_attached_to_the_error() {
    let block = json!({ "id": "1", "domain": "b.example", "created_at": "2022-11-16T08:15:34.238Z", "severity": "suspend" });
    let body = json!({ "error": "You have already imposed stricter limits on b.example.", "existing_domain_block": block });
    let client = client_of_failing_server(422, &body).await;
    let error = api_error(client.admin_create_domain_block("b.example").await);
    let block: AdminDomainBlock = error.attached("existing_domain_block").unwrap();
    assert_eq!(block.id.as_str(), "1");
}

#[tokio::test]
async fn unexpected_accounts_of_a_post_are_attached_to_the_error() {
    let body = json!({ "error": "Post would be sent to unexpected accounts", "unexpected_accounts": [account("2", "bob")] });
    let client = client_of_failing_server(422, &body).await;
    let error = api_error(
        client
            .status_post("@bob @alice")
            .allowed_mentions(["1"])
            .await,
    );
    let accounts: Vec<Account> = error.attached("unexpected_accounts").unwrap();
    assert_eq!(accounts[0].acct, "bob");
}

#[tokio::test]
async fn token_without_the_scope_is_rejected_even_for_public_data() {
    let message = "This action is outside the authorized scopes";
    let server = ScriptedServer::start(vec![error_response(403, message)]).await;
    let error = server.client().account("1").await.unwrap_err();
    assert!(error.is_forbidden());
    assert!(
        error
            .to_string()
            .contains("lacks the scope \"read:accounts\"; add it to the scopes of the application"),
        "{error}"
    );
}

#[tokio::test]
async fn timeline_for_users_only_rejects_app_tokens() {
    let client = client_of_failing_server(
        422,
        &json!({ "error": "This method requires an authenticated user" }),
    )
    .await;
    let error = client.timeline_public().await.unwrap_err();
    assert!(
        error.is_validation() && error.to_string().contains("requires an authenticated user"),
        "{error}"
    );
}

#[tokio::test]
async fn error_response_without_a_message_still_has_a_kind_and_a_message() {
    let page = "<!DOCTYPE html><title>Bad gateway</title>";
    let script = [
        response(404, "text/plain", "", ""),
        response(502, "text/html", "", page),
    ];
    let server = ScriptedServer::start(script.to_vec()).await;
    let client = server.builder().max_retries(0).build().unwrap();
    let error = api_error(client.instance_peers().await);
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ApiErrorKind::NotFound, "the server gave no reason")
    );
    let error = api_error(client.instance_peers().await);
    assert_eq!(
        error.message,
        "the server, or a proxy in front of it, responded with an HTML page with the title \"Bad gateway\""
    );
}

#[tokio::test]
async fn every_documented_error_keeps_the_message_of_the_server() {
    let Some(folder) = recordings_folder() else {
        return;
    };
    let examples = std::fs::read_to_string(folder.join("docs_examples.jsonl")).unwrap();
    let examples = examples
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    // A 429 would make the rate limiter hold back the next calls.
    let errors: Vec<(u16, Value)> = examples
        .filter_map(|mut example| {
            let status = u16::try_from(example["status_code"].as_u64()?).ok()?;
            (status >= 400 && status != 429).then(|| (status, example["json"].take()))
        })
        .collect();
    let script = errors
        .iter()
        .map(|(status, body)| json_response(*status, "", &body.to_string()));
    let without_limits = json_response(200, "", "{}");
    let script = std::iter::once(without_limits).chain(script);
    let server = ScriptedServer::start(script.collect()).await;
    let client = server.builder().max_retries(0).build().unwrap();
    // A successful response without rate limit headers shows that the server has no limits to wait for.
    client.preferences().await.unwrap();
    for (status, body) in &errors {
        let error = api_error(client.account_block("1").await);
        assert_eq!(error.status, *status);
        let message = &body["error"];
        let message = message
            .as_str()
            .or_else(|| message["error"].as_str())
            .unwrap();
        assert_eq!(error.message, message);
    }
    // An empty or unrelated file must not pass.
    assert!(errors.len() > 400, "{} errors", errors.len());
}
