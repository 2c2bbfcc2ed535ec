//! Refusals: the shapes in which they come, and what they carry.

use std::path::Path;

use mastodon_sdk::entities::{Account, AdminDomainBlock, GrantType};
use mastodon_sdk::{ApiError, ApiErrorKind, Error, Mastodon};
use serde_json::{Value, json};

use crate::samples::account;
use crate::server::{Server, answer, json as reply};

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> ApiError {
    match result {
        Err(Error::Api(error)) => *error,
        other => panic!("{other:?}"),
    }
}

async fn refusing(status: u16, body: &Value) -> Mastodon {
    Server::start(vec![reply(status, "", &body.to_string())])
        .await
        .client()
}

#[tokio::test]
async fn most_refusals_are_one_sentence_and_the_status_tells_their_kind() {
    let words = "Validation failed: Text can't be blank";
    let script = vec![reply(422, "", &json!({ "error": words }).to_string())];
    let client = Server::start(script).await.client();
    let error = refused(client.status_favourite("1").await);
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ApiErrorKind::Validation, words)
    );
    assert!(client.status("1").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn those_of_oauth_are_a_code_and_a_sentence() {
    let words = "The provided authorization grant is invalid";
    let client = refusing(
        400,
        &json!({ "error": "invalid_grant", "error_description": words }),
    )
    .await;
    let call = client
        .oauth_token(GrantType::AuthorizationCode, "id", "secret")
        .code("used");
    let error = refused(call.await);
    assert_eq!(error.message, "invalid_grant");
    assert_eq!(error.description.as_deref(), Some(words));
}

/// What is wrong with a field, as the server puts it.
fn details() -> Value {
    json!({
        "error": "Validation failed: Name can't be blank",
        "details": { "name": [{ "error": "ERR_BLANK", "description": "can't be blank" }, { "error": "ERR_NEW" }] },
    })
}

fn assert_details(error: &ApiError) {
    assert_eq!(error.message, "Validation failed: Name can't be blank");
    let found: Vec<(&str, &str)> = error
        .details
        .iter()
        .map(|one| (one.field.as_str(), one.code.as_str()))
        .collect();
    assert_eq!(found, [("name", "ERR_BLANK"), ("name", "ERR_NEW")]);
    assert_eq!(error.details[0].description, "can't be blank");
}

#[tokio::test]
async fn those_of_a_registration_tell_what_is_wrong_with_each_field() {
    let client = refusing(422, &details()).await;
    let call = client.account_create("bob", "bob@b.example", "secret", true, "en");
    assert_details(&refused(call.await));
}

#[tokio::test]
async fn those_of_collections_have_all_that_one_object_deeper() {
    let client = refusing(422, &json!({ "error": details() })).await;
    assert_details(&refused(client.collection_create("").await));
}

#[tokio::test]
async fn the_stricter_block_that_stands_in_the_way_comes_with_the_refusal() {
    let block = json!({ "id": "1", "domain": "b.example", "created_at": "2022-11-16T08:15:34.238Z", "severity": "suspend" });
    let body = json!({ "error": "You have already imposed stricter limits on b.example.", "existing_domain_block": block });
    let client = refusing(422, &body).await;
    let error = refused(client.admin_create_domain_block("b.example").await);
    let block: AdminDomainBlock = error.attached("existing_domain_block").unwrap();
    assert_eq!(block.id.as_str(), "1");
}

#[tokio::test]
async fn the_accounts_that_a_post_may_not_mention_come_with_the_refusal() {
    let body = json!({ "error": "Post would be sent to unexpected accounts", "unexpected_accounts": [account("2", "bob")] });
    let client = refusing(422, &body).await;
    let error = refused(
        client
            .status_post("@bob @alice")
            .allowed_mentions(["1"])
            .await,
    );
    let accounts: Vec<Account> = error.attached("unexpected_accounts").unwrap();
    assert_eq!(accounts[0].acct, "bob");
}

#[tokio::test]
async fn what_is_open_to_all_is_closed_to_a_token_without_the_scope() {
    let words = "This action is outside the authorized scopes";
    let server = Server::start(vec![reply(403, "", &json!({ "error": words }).to_string())]).await;
    let error = server.client().account("1").await.unwrap_err();
    assert!(error.is_forbidden());
    assert!(
        error
            .to_string()
            .ends_with("; check the scopes of the access token"),
        "{error}"
    );
}

#[tokio::test]
async fn a_timeline_that_is_not_open_to_all_wants_a_user_even_of_an_app() {
    let client = refusing(
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
async fn a_refusal_without_words_still_tells_what_it_is() {
    let page = "<!DOCTYPE html><title>Bad gateway</title>";
    let script = [
        answer(404, "text/plain", "", ""),
        answer(502, "text/html", "", page),
    ];
    let server = Server::start(script.to_vec()).await;
    let client = server.builder().max_retries(0).build().unwrap();
    let error = refused(client.instance_peers().await);
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ApiErrorKind::NotFound, "the server gave no reason")
    );
    let error = refused(client.instance_peers().await);
    assert_eq!(error.message, "the server answered with an HTML page");
}

#[tokio::test]
async fn every_refusal_that_the_documentation_shows_is_told_in_the_servers_words() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("skipped: MASTODON_RECORDINGS names no folder of recordings");
        return;
    };
    let examples = std::fs::read_to_string(Path::new(&folder).join("docs_examples.jsonl")).unwrap();
    let examples = examples
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    // The one for too many requests is for the rate limiter, which then lets nothing through.
    let refusals: Vec<(u16, Value)> = examples
        .filter_map(|mut example| {
            let status = u16::try_from(example["status_code"].as_u64()?).ok()?;
            (status >= 400 && status != 429).then(|| (status, example["json"].take()))
        })
        .collect();
    let script = refusals
        .iter()
        .map(|(status, body)| reply(*status, "", &body.to_string()));
    let server = Server::start(script.collect()).await;
    let client = server.builder().max_retries(0).build().unwrap();
    for (status, body) in &refusals {
        let error = refused(client.account_block("1").await);
        assert_eq!(error.status, *status);
        let words = &body["error"];
        let words = words.as_str().or_else(|| words["error"].as_str()).unwrap();
        assert_eq!(error.message, words);
    }
    // An empty or foreign file must not pass for a copy of the documentation.
    assert!(refusals.len() > 400, "{} refusals", refusals.len());
}
