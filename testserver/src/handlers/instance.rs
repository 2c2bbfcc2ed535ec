//! Data about the instance.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Context;
use super::statuses::translation::TRANSLATIONS;
use crate::clock::iso_date;
use crate::ids::Id;
use crate::languages::LANGUAGES;
use crate::limits;
use crate::push::VAPID_PUBLIC_KEY;
use crate::render;
use crate::response::{HandlerResult, Response, not_found};
use crate::settings::Audience;
use crate::state::{FeedAccess, FeedKind, Severity, Software, State};

/// Number of the Mastodon release that the server imitates ([`Software::default`]) in `api_versions`.
const API_VERSION: u32 = 11;
/// Email address of the administrator.
pub(crate) const CONTACT_EMAIL: &str = "admin@example.org";
pub(super) const ABOUT: &str = "<p>All data is invented and is lost when the server stops.</p>";
pub(super) const PRIVACY_POLICY: &str =
    "<p>This server keeps all data in memory until it stops.</p>";
/// Terms of service and the dates from which they are effective.
pub(super) const TERMS: &[(&str, &str)] = &[
    ("2024-05-01", "<p>Use it for tests.</p>"),
    ("2025-09-01", "<p>Use it for tests, and nothing else.</p>"),
];
/// Last change of the documents.
const DOCUMENTS_UPDATED: &str = "2025-09-01T00:00:00Z";
const RULES: &[(&str, &str)] = &[
    ("Be kind.", "There are people behind the accounts."),
    ("No spam.", ""),
];
/// Number of weeks of reported activity.
const ACTIVITY_WEEKS: i64 = 12;
const WEEK_SECONDS: i64 = 7 * 86_400;
/// The first Monday after the Unix epoch, which was a Thursday: weeks start on Monday.
const FIRST_MONDAY: i64 = 4 * 86_400;
/// Maximum number of search results.
const MAX_PEERS: usize = 10;
const ICON_SIZES: &[u32] = &[36, 48, 72, 96, 144, 192, 256, 384, 512];

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    let (shared, now) = (context.shared, context.now());
    Some(Ok(Response::json(&match context.route.name {
        "instance_v2" => v2(&shared.state()),
        "instance_v1" => v1(&shared.state()),
        "instance_rules" => rules(),
        "instance_peers" | "instance_peers_search" | "instance_activity"
            if shared.state().is_limited_federation() =>
        {
            return Some(Ok(Response::without_body(StatusCode::NOT_FOUND)));
        }
        "instance_peers" => peers(&shared.state()),
        "instance_peers_search" => search_peers(context),
        "instance_activity" => activity(&shared.state(), now),
        "instance_domain_blocks" => {
            let audience = shared
                .behavior
                .with(|behavior| behavior.instance.show_domain_blocks);
            let is_shown = match audience {
                Audience::Disabled => false,
                Audience::Users => context.viewer().is_some(),
                Audience::All => true,
            };
            if !is_shown {
                return Some(Ok(Response::without_body(StatusCode::NOT_FOUND)));
            }
            domain_blocks(&shared.state())
        }
        "instance_extended_description" => no_extended_description(),
        "instance_privacy_policy" => document(PRIVACY_POLICY),
        "instance_terms_of_service" | "instance_terms_of_service_at" => {
            let Some(terms) = terms(context) else {
                return Some(Err(not_found()));
            };
            terms
        }
        "instance_translation_languages" => translations(&shared.state()),
        "instance_languages" => LANGUAGES
            .iter()
            .map(|(code, name)| json!({ "code": code, "name": name }))
            .collect(),
        "custom_emojis" => render::custom_emojis(&shared.state()),
        "instance_nodeinfo_index" => json!({ "links": [{
            "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": format!("{}/nodeinfo/2.0", shared.url),
        }] }),
        "instance_nodeinfo_2_0" => node_info(&shared.state()),
        _ => return None,
    })))
}

fn contact(state: &State) -> Value {
    let first = state.accounts.keys().next();
    first.map_or(Value::Null, |id| render::account(state, *id))
}

fn v2(state: &State) -> Value {
    let settings = state.behavior.with(|behavior| behavior.instance.clone());
    let url = &state.url;
    let icons = ICON_SIZES.iter().map(|size| {
        let size = format!("{size}x{size}");
        json!({ "src": format!("{url}/packs/assets/android-chrome-{size}.png"), "size": size })
    });
    let image_url = |size: &str| format!("{url}/packs/assets/preview{size}.png");
    let access = |kind| {
        let [local, remote] = state.feed_access(kind).map(FeedAccess::as_str);
        json!({ "local": local, "remote": remote })
    };
    let (live, topic) = (access(FeedKind::Live), access(FeedKind::Topic));
    json!({
        "domain": state.host(), "title": settings.title, "version": state.software.version, "source_url": "https://github.com/mastodon/mastodon",
        "description": settings.description, "usage": { "users": { "active_month": local_users(state) } },
        "thumbnail": {
            "url": image_url(""), "blurhash": "U00000fQfQfQfQfQfQfQfQfQfQfQfQfQfQfQ", "description": "A gray rectangle.",
            "versions": { "@1x": image_url(""), "@2x": image_url("@2x") },
        },
        "icon": icons.collect::<Vec<_>>(), "languages": ["en"],
        "configuration": {
            "urls": {
                "streaming": state.streaming_url, "status": null, "about": format!("{url}/about"),
                "privacy_policy": format!("{url}/privacy-policy"), "terms_of_service": format!("{url}/terms-of-service"),
            },
            "vapid": { "public_key": VAPID_PUBLIC_KEY },
            "accounts": {
                "max_display_name_length": limits::MAX_DISPLAY_NAME, "max_note_length": limits::MAX_NOTE,
                "max_avatar_description_length": limits::MAX_PROFILE_IMAGE_DESCRIPTION,
                "max_header_description_length": limits::MAX_PROFILE_IMAGE_DESCRIPTION, "max_featured_tags": limits::MAX_FEATURED_TAGS,
                "max_pinned_statuses": limits::MAX_PINNED_STATUSES, "max_profile_fields": limits::MAX_PROFILE_FIELDS,
                "profile_field_name_limit": limits::MAX_FIELD, "profile_field_value_limit": limits::MAX_FIELD,
            },
            "statuses": statuses(), "media_attachments": media(true), "polls": polls(),
            "translation": { "enabled": settings.translation },
            "timelines_access": { "live_feeds": live, "hashtag_feeds": topic, "trending_link_feeds": topic },
            "limited_federation": state.is_limited_federation(),
        },
        "registrations": {
            "enabled": !settings.closed_registrations,
            "approval_required": settings.approval_required && !settings.closed_registrations,
            "reason_required": settings.approval_required && settings.sign_up_reason_required, "message": null,
            "min_age": settings.minimum_age, "url": null,
        },
        "api_versions": api_versions(state), "wrapstodon": null,
        "contact": { "email": CONTACT_EMAIL, "account": contact(state) }, "rules": rules(),
    })
}

/// Only Mastodon has the number of its release.
fn api_versions(state: &State) -> Value {
    if state.software == Software::default() {
        json!({ "mastodon": API_VERSION })
    } else {
        json!({})
    }
}

fn v1(state: &State) -> Value {
    let settings = state.behavior.with(|behavior| behavior.instance.clone());
    json!({
        "uri": state.host(), "title": settings.title, "short_description": settings.description, "description": ABOUT,
        "email": CONTACT_EMAIL, "version": state.software.version, "urls": { "streaming_api": state.streaming_url },
        "stats": {
            "user_count": local_users(state), "status_count": state.statuses.len(), "domain_count": domains(state).len(),
        },
        "thumbnail": format!("{}/packs/assets/preview.png", state.url), "languages": ["en"],
        "registrations": !settings.closed_registrations,
        "approval_required": settings.approval_required && !settings.closed_registrations, "invites_enabled": true,
        "configuration": {
            "accounts": { "max_featured_tags": limits::MAX_FEATURED_TAGS }, "statuses": statuses(),
            "media_attachments": media(false), "polls": polls(),
        },
        "contact_account": contact(state), "rules": rules(),
    })
}

fn statuses() -> Value {
    json!({
        "max_characters": limits::MAX_STATUS_CHARACTERS, "max_media_attachments": limits::MAX_MEDIA_ATTACHMENTS,
        "characters_reserved_per_url": limits::CHARACTERS_PER_LINK,
    })
}

fn media(with_description: bool) -> Value {
    let mut value = json!({
        "supported_mime_types": limits::SUPPORTED_MIME_TYPES, "image_size_limit": limits::MAX_IMAGE_BYTES,
        "image_matrix_limit": limits::MAX_IMAGE_PIXELS, "video_size_limit": limits::MAX_VIDEO_BYTES,
        "video_frame_rate_limit": limits::MAX_VIDEO_FRAME_RATE, "video_matrix_limit": limits::MAX_VIDEO_PIXELS,
    });
    if with_description {
        value["description_limit"] = limits::MAX_MEDIA_DESCRIPTION.into();
    }
    value
}

fn polls() -> Value {
    json!({
        "max_options": limits::MAX_POLL_OPTIONS, "max_characters_per_option": limits::MAX_POLL_OPTION_CHARACTERS,
        "min_expiration": limits::POLL_DURATION_SECONDS.start(), "max_expiration": limits::POLL_DURATION_SECONDS.end(),
    })
}

/// Renders a rule of the server.
pub(crate) fn rule(id: &str) -> Option<Value> {
    let all = rules();
    let mut rules = all.as_array()?.iter();
    rules.find(|rule| rule["id"] == id).cloned()
}

fn rules() -> Value {
    let rules = RULES.iter().enumerate();
    rules
        .map(|(index, (text, hint))| {
            json!({ "id": (index + 1).to_string(), "text": text, "hint": hint, "translations": {} })
        })
        .collect()
}

/// Counts the local users.
fn local_users(state: &State) -> usize {
    let accounts = state.accounts.values();
    accounts.filter(|account| account.domain.is_none()).count()
}

/// Returns the domains of known remote accounts.
fn domains(state: &State) -> BTreeSet<String> {
    let accounts = state.accounts.values();
    accounts
        .filter_map(|account| account.domain.clone())
        .collect()
}

fn peers(state: &State) -> Value {
    domains(state).into_iter().map(Value::from).collect()
}

fn search_peers(context: &Context<'_>) -> Value {
    let prefix = context
        .params
        .string("q")
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let domains = domains(&context.shared.state());
    let matches = domains
        .into_iter()
        .filter(|domain| domain.starts_with(&prefix));
    matches.take(MAX_PEERS).map(Value::from).collect()
}

fn activity(state: &State, now: Timestamp) -> Value {
    let week_of = |at: Timestamp| (at.as_second() - FIRST_MONDAY).div_euclid(WEEK_SECONDS);
    let week = |weeks_ago: i64| {
        let at = now - SignedDuration::from_secs(weeks_ago * WEEK_SECONDS);
        let posted = || {
            state
                .statuses
                .values()
                .filter(|status| week_of(status.created) == week_of(at))
        };
        let signed_up = || {
            state
                .accounts
                .values()
                .filter(|account| week_of(account.created) == week_of(at))
        };
        let active = posted()
            .map(|status| status.account)
            .chain(signed_up().map(|account| account.id));
        let active: BTreeSet<Id> = active.collect();
        json!({
            "week": at.as_second().to_string(), "statuses": posted().count().to_string(),
            "logins": active.len().to_string(), "registrations": signed_up().count().to_string(),
        })
    };
    (0..ACTIVITY_WEEKS).map(week).collect()
}

/// Returns the blocks that limit or suspend accounts, by severity and domain.
fn domain_blocks(state: &State) -> Value {
    let blocks = &state.moderation.domain_blocks;
    let of_severity = |severity: Severity| {
        let blocks = blocks.values();
        let mut blocks: Vec<_> = blocks.filter(|block| block.severity == severity).collect();
        blocks.sort_by_key(|block| &block.domain);
        blocks.into_iter().map(render::public_domain_block)
    };
    of_severity(Severity::Silence)
        .chain(of_severity(Severity::Suspend))
        .collect()
}

/// Returns the extended description of a server whose staff has written none.
fn no_extended_description() -> Value {
    json!({ "updated_at": null, "content": "" })
}

fn document(content: &str) -> Value {
    json!({ "updated_at": DOCUMENTS_UPDATED, "content": content })
}

/// Returns the terms effective from the requested date, or the current terms without a date.
fn terms(context: &Context<'_>) -> Option<Value> {
    let today = iso_date(context.now());
    let path_date = context.path_params.first().map(|(_, date)| date.clone());
    let date = path_date.or_else(|| context.params.non_blank("date"));
    let index = match &date {
        Some(date) => TERMS.iter().position(|(effective, _)| effective == date),
        None => TERMS
            .iter()
            .rposition(|(effective, _)| *effective <= today.as_str())
            .or(Some(0)),
    }?;
    let (effective, content) = TERMS.get(index)?;
    Some(json!({
        "effective_date": effective, "effective": *effective <= today.as_str(), "content": content,
        "succeeded_by": TERMS.get(index + 1).map(|(effective, _)| effective),
    }))
}

fn translations(state: &State) -> Value {
    let languages = if state
        .behavior
        .with(|behavior| behavior.instance.translation)
    {
        TRANSLATIONS
    } else {
        &[]
    };
    let languages = languages
        .iter()
        .map(|(source, targets)| ((*source).to_owned(), json!(targets)));
    Value::Object(languages.collect())
}

fn node_info(state: &State) -> Value {
    let settings = state.behavior.with(|behavior| behavior.instance.clone());
    let (total, software) = (local_users(state), &state.software);
    json!({
        "version": "2.0", "software": { "name": software.name, "version": software.version }, "protocols": ["activitypub"],
        "services": { "outbound": [], "inbound": [] },
        "usage": {
            "users": { "total": total, "activeMonth": total, "activeHalfyear": total },
            "localPosts": state.statuses.len(),
        },
        "openRegistrations": true,
        "metadata": {
            "nodeName": settings.title, "nodeDescription": settings.description, "optInServerDirectory": false,
            "optInServerRecommendation": false,
        },
    })
}
