//! Uses the test server with a client by progenitor.

use std::error::Error;
use std::{env, fs};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LINK};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use url::Url;

use client::types::{
    FieldAttributes, GrantType, MediaAttachment, NewPoll, PostedStatus, SourceAttributes, Status,
    Visibility,
};

/// The generated client.
#[allow(clippy::all, missing_docs, unused)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const REDIRECT_URI: &str = "https://client.example/callback";
const SCOPES: &str = "read write";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let url = env::var("MASTODON_URL")?;
    let anonymous = client::Client::new(&url);

    // The application.
    let app = anonymous
        .app_create()
        .body_map(|body| {
            body.client_name("progenitor")
                .redirect_uris(REDIRECT_URI)
                .scopes(Some(SCOPES.to_owned()))
        })
        .send()
        .await?;
    let app_token = anonymous
        .oauth_token()
        .body_map(|body| {
            body.grant_type(GrantType::ClientCredentials)
                .client_id(&app.client_id)
                .client_secret(&app.client_secret)
                .scope(Some(SCOPES.to_owned()))
        })
        .send()
        .await?;
    let verified_app = with_token(&url, &app_token.access_token)?
        .app_verify_credentials()
        .send()
        .await?;
    assert_eq!(verified_app.name.as_deref(), Some("progenitor"));

    // The user.
    let code = authorize(&url, &app.client_id, "dave").await?;
    let user_token = anonymous
        .oauth_token()
        .body_map(|body| {
            body.grant_type(GrantType::AuthorizationCode)
                .client_id(&app.client_id)
                .client_secret(&app.client_secret)
                .redirect_uri(Some(REDIRECT_URI.to_owned()))
                .code(Some(code))
        })
        .send()
        .await?;
    let client = with_token(&url, &user_token.access_token)?;
    let before = client.account_verify_credentials().send().await?;
    assert_eq!(before.username.as_deref(), Some("dave"));
    assert!(before.locked);

    // Booleans, and parameters inside of others.
    let source: SourceAttributes = SourceAttributes::builder()
        .privacy(Some(Visibility::Unlisted))
        .sensitive(Some(true))
        .try_into()?;
    let field: FieldAttributes = FieldAttributes::builder()
        .name("Language")
        .value("Rust")
        .try_into()?;
    client
        .account_update_credentials()
        .body_map(|body| {
            body.locked(Some(false))
                .bot(Some(true))
                .source(Some(source))
                .fields_attributes(vec![field])
        })
        .send()
        .await?;
    let account = client
        .account_verify_credentials()
        .send()
        .await?
        .into_inner();
    assert!(!account.locked);
    assert_eq!(account.bot, Some(true));
    let source = account.source.ok_or("no source")?;
    assert_eq!(source.privacy.as_deref(), Some("unlisted"));
    assert!(source.sensitive);
    assert_eq!(account.fields[0].name.as_deref(), Some("Language"));
    assert_eq!(account.fields[0].value.as_deref(), Some("Rust"));

    // A file. Progenitor does not support multipart bodies.
    let image = Part::bytes(fs::read(env::var("IMAGE")?)?)
        .file_name("dot.png")
        .mime_str("image/png")?;
    let uploaded: MediaAttachment = client
        .client
        .post(format!("{url}/api/v2/media"))
        .multipart(Form::new().part("file", image).text("description", "A dot"))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let media = client
        .media()
        .id(uploaded.id.clone())
        .send()
        .await?
        .into_inner();
    assert_eq!(media.description.as_deref(), Some("A dot"));
    assert_eq!(media.type_, "image");

    // Statuses.
    let poll: NewPoll = NewPoll::builder()
        .options(["Cats".to_owned(), "Dogs".to_owned()])
        .expires_in(3600)
        .multiple(Some(true))
        .try_into()?;
    let posted = client
        .status_post()
        .idempotency_key("first")
        .body_map(|body| {
            body.status(Some("Which?".to_owned()))
                .media_ids(vec![media.id.clone()])
                .poll(Some(poll))
        })
        .send()
        .await?;
    let posted = published(posted.into_inner())?;
    assert_eq!(posted.visibility, "unlisted");
    assert_eq!(posted.media_attachments[0].id, media.id);
    let poll = posted.poll.ok_or("no poll")?;
    assert!(poll.multiple);
    assert_eq!(
        poll.options
            .iter()
            .filter_map(|option| option.title.as_deref())
            .collect::<Vec<_>>(),
        ["Cats", "Dogs"]
    );
    let mut ids = vec![posted.id];
    for text in ["two", "three", "four", "five"] {
        let next = client
            .status_post()
            .body_map(|body| {
                body.status(Some(text.to_owned()))
                    .visibility(Some(Visibility::Private))
            })
            .send()
            .await?;
        ids.insert(0, published(next.into_inner())?.id);
    }

    // Pages of a timeline.
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let mut request = client.timeline_home().limit(2);
        if let Some(max_id) = cursor {
            request = request.max_id(max_id);
        }
        let page = request.send().await?;
        cursor = next_max_id(page.headers());
        assert!(page.len() <= 2);
        seen.extend(
            page.into_inner()
                .into_iter()
                .filter(|status| status.account.id == account.id),
        );
        if cursor.is_none() {
            break;
        }
    }
    assert!(
        seen.iter()
            .map(|status| &status.id)
            .take(ids.len())
            .eq(&ids)
    );

    // Errors.
    let missing = client.status().id("1".to_owned()).send().await.unwrap_err();
    assert_eq!(missing.status().map(|status| status.as_u16()), Some(404));
    let client::Error::ErrorResponse(response) = missing else {
        return Err(format!("{missing} has no type").into());
    };
    assert_eq!(response.error, "Record not found");

    println!("progenitor: every step succeeded");
    Ok(())
}

/// Creates a client with an access token.
fn with_token(url: &str, token: &str) -> Result<client::Client> {
    let headers = HeaderMap::from_iter([(
        AUTHORIZATION,
        HeaderValue::from_str(&format!("Bearer {token}"))?,
    )]);
    let http = reqwest::Client::builder()
        .default_headers(headers)
        .build()?;
    Ok(client::Client::new_with_client(url, http))
}

/// Authorizes an application as a user does on the authorization page. Returns the authorization code.
async fn authorize(url: &str, client_id: &str, user: &str) -> Result<String> {
    let query = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", REDIRECT_URI),
        ("scope", SCOPES),
    ];
    let page = Url::parse_with_params(&format!("{url}/oauth/authorize"), query)?;
    let body = json!({ "url": page.as_str(), "user": user });
    let request = reqwest::Client::new()
        .post(format!("{url}/_test/authorize"))
        .json(&body);
    let response: Value = request.send().await?.error_for_status()?.json().await?;
    Ok(response["code"].as_str().ok_or("no code")?.to_owned())
}

/// Returns the status if it is published, not scheduled.
fn published(posted: PostedStatus) -> Result<Status> {
    match posted {
        PostedStatus::Status(status) => Ok(status),
        PostedStatus::ScheduledStatus(_) => Err("the status is scheduled".into()),
    }
}

/// Returns the cursor of the next page in the header `Link`.
fn next_max_id(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(LINK)?.to_str().ok()?;
    let next = link
        .split(", ")
        .find(|link| link.ends_with("rel=\"next\""))?;
    let url = Url::parse(next.strip_prefix('<')?.split_once('>')?.0).ok()?;
    url.query_pairs()
        .find(|(name, _)| name == "max_id")
        .map(|(_, value)| value.into_owned())
}
