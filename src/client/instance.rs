//! The instance, from whichever endpoint the server has: version 2, or version 1 converted to version 2.

use http::StatusCode;
use mastodon_types::Html;
use serde_json::{Map, Value, json};

use crate::call::decode::decode;
use crate::call::endpoint::Endpoint;
use crate::call::endpoints::{INSTANCE_V1, INSTANCE_V2};
use crate::call::pipeline::with_deadline;
use crate::call::request::Request;
use crate::call::version_check::VersionCheck;
use crate::error::Error;
use crate::http::RawResponse;

/// Sends a request for version 2 of the instance. If the server does not have it, version 1 is requested. The
/// returned request contains the endpoint of the response.
pub(crate) async fn fetch_instance(mut request: Request) -> Result<(RawResponse, Request), Error> {
    // Both versions are tried on every server, because software other than Mastodon has a version of its own.
    request.version_check = VersionCheck::Off;
    let deadline = request.deadline.take();
    with_deadline(deadline, request.endpoint.name, async {
        let mut fallback = request.clone();
        fallback.endpoint = &INSTANCE_V1;
        let result = request.send().await;
        let is_missing = match &result {
            Ok((raw, request)) => !is_instance(request.endpoint, raw),
            Err(error) => lacks_endpoint(error),
        };
        if !is_missing {
            return result;
        }
        match fallback.send().await {
            Ok((raw, request)) if is_instance(request.endpoint, &raw) => Ok((raw, request)),
            // The server may have version 1 after all.
            Err(error) if error.is_retryable() => Err(error),
            _ => result.and(Err(Error::NotProvided {
                endpoint: INSTANCE_V2.name.into(),
                what: "an instance",
            })),
        }
    })
    .await
}

/// Decodes an instance of either version to the JSON of version 2.
pub(crate) fn decode_instance(
    endpoint: &'static Endpoint,
    response: &RawResponse,
) -> Result<Value, Error> {
    let json = decode(endpoint, response)?;
    Ok(if endpoint.name == INSTANCE_V1.name {
        v1_to_v2(json)
    } else {
        json
    })
}

/// Returns the request and the response with the JSON of version 2.
pub(crate) fn converted_to_v2(
    (mut raw, mut request): (RawResponse, Request),
) -> Result<(RawResponse, Request), Error> {
    if request.endpoint.name == INSTANCE_V1.name {
        raw.body = decode_instance(request.endpoint, &raw)?.to_string().into();
        request.endpoint = &INSTANCE_V2;
    }
    Ok((raw, request))
}

/// Returns whether a response is an instance of either version: some servers respond to every path with another page.
pub(super) fn is_instance(endpoint: &'static Endpoint, response: &RawResponse) -> bool {
    let instance: Value = decode(endpoint, response).unwrap_or_default();
    let members = ["version", "domain", "uri", "title", "configuration", "urls"];
    members.iter().any(|name| instance.get(name).is_some())
}

/// Returns whether an error means that the server does not have the endpoint. Servers that do not know a path respond
/// with various statuses, or with the page of their web interface.
fn lacks_endpoint(error: &Error) -> bool {
    let statuses = [
        StatusCode::BAD_REQUEST,
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::NOT_ACCEPTABLE,
        StatusCode::GONE,
        StatusCode::NOT_IMPLEMENTED,
    ];
    matches!(error, Error::NotMastodon { .. })
        || error
            .api()
            .is_some_and(|error| statuses.contains(&error.status))
}

/// Converts version 1 of an instance to version 2. What version 1 does not contain stays absent. Members of other
/// software are kept.
fn v1_to_v2(v1: Value) -> Value {
    let Value::Object(mut instance) = v1 else {
        return v1;
    };
    let v1 = Value::Object(instance.clone());
    // A member of version 1 with the same name has another type.
    let mut set = |name: &str, value: Value| {
        if value.is_null() {
            instance.remove(name);
        } else {
            instance.insert(name.to_owned(), value);
        }
    };
    set("domain", domain(&v1));
    set("description", description(&v1));
    set("thumbnail", thumbnail(&v1));
    if let Some(active) = v1["pleroma"]["stats"]["mau"].as_u64() {
        set("usage", json!({ "users": { "active_month": active } }));
    }
    set("configuration", configuration(&v1));
    if !v1["registrations"].is_object() {
        let registrations = json!({
            "enabled": v1["registrations"] == true,
            "approval_required": v1["approval_required"] == true,
        });
        set("registrations", registrations);
    }
    // Without an account, snac sends an empty object.
    let account = &v1["contact_account"];
    let account = account.get("id").map(|_| account);
    set(
        "contact",
        json!({ "email": v1["email"], "account": account }),
    );
    Value::Object(instance)
}

/// Returns the domain. Version 1 names it `uri`; some servers send their URL.
fn domain(v1: &Value) -> Value {
    if v1["domain"].is_string() {
        return v1["domain"].clone();
    }
    let Some(uri) = v1["uri"].as_str() else {
        return Value::Null;
    };
    let host = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    host.split('/').next().unwrap_or_default().into()
}

/// Returns the short description, which is plain text in version 2.
fn description(v1: &Value) -> Value {
    let descriptions = [&v1["short_description"], &v1["description"]];
    let mut texts = descriptions.iter().filter_map(|text| text.as_str());
    let text = texts.find(|text| !text.trim().is_empty());
    text.map_or(Value::Null, |text| Html::from(text).to_text().trim().into())
}

fn thumbnail(v1: &Value) -> Value {
    match v1["thumbnail"].as_str() {
        Some("") | None => Value::Null,
        // GoToSocial adds the description.
        Some(url) => json!({ "url": url, "description": v1["thumbnail_description"] }),
    }
}

/// Returns the limits: those of Mastodon 3.4.2 and later, otherwise those that other software had before.
fn configuration(v1: &Value) -> Value {
    let mut configuration = v1["configuration"].as_object().cloned().unwrap_or_default();
    let mut add = |group: &str, name: &str, value: &Value| {
        if value.is_null() {
            return;
        }
        let group = configuration
            .entry(group)
            .or_insert_with(|| Map::new().into());
        if let Value::Object(group) = group
            && group.get(name).is_none_or(Value::is_null)
        {
            group.insert(name.to_owned(), value.clone());
        }
    };
    add("urls", "streaming", &v1["urls"]["streaming_api"]);
    add("vapid", "public_key", &v1["pleroma"]["vapid_public_key"]);
    let max_characters = &v1["max_toot_chars"];
    add("statuses", "max_characters", max_characters);
    if !max_characters.is_null() {
        let max_media = &v1["max_media_attachments"];
        add("statuses", "max_media_attachments", max_media);
    }
    for name in ["image_size_limit", "video_size_limit"] {
        add("media_attachments", name, &v1["upload_limit"]);
    }
    let description_limit = &v1["description_limit"];
    add("media_attachments", "description_limit", description_limit);
    for (name, old_name) in [
        ("max_options", "max_options"),
        ("max_characters_per_option", "max_option_chars"),
        ("min_expiration", "min_expiration"),
        ("max_expiration", "max_expiration"),
    ] {
        add("polls", name, &v1["poll_limits"][old_name]);
    }
    configuration.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_can_be_converted() {
        for v1 in [json!(null), json!([]), json!("x"), json!(7)] {
            assert_eq!(v1_to_v2(v1.clone()), v1);
        }
        let malformed = json!({
            "uri": 7, "configuration": [], "urls": "x", "poll_limits": "x", "pleroma": null,
            "registrations": "yes", "thumbnail": {}, "description": null,
        });
        let converted = v1_to_v2(malformed);
        assert_eq!(converted["configuration"], json!({}));
        assert_eq!(converted["registrations"]["enabled"], false);
    }

    #[test]
    fn limits_of_the_configuration_take_precedence_over_older_members() {
        let converted = v1_to_v2(json!({
            "max_toot_chars": 5000, "upload_limit": 10,
            "configuration": {
                "statuses": { "max_characters": 500 },
                "media_attachments": { "image_size_limit": 20, "video_size_limit": null },
            },
        }));
        let configuration = &converted["configuration"];
        assert_eq!(configuration["statuses"]["max_characters"], 500);
        assert_eq!(configuration["media_attachments"]["image_size_limit"], 20);
        assert_eq!(configuration["media_attachments"]["video_size_limit"], 10);
        let unknown = v1_to_v2(json!({ "max_media_attachments": 4 }));
        assert_eq!(unknown["configuration"], json!({}));
    }
}
