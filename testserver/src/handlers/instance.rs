//! What the server tells of itself.

use serde_json::json;

use super::Context;
use crate::render;
use crate::reply::{Outcome, Reply};

/// `None` for a route that is not answered here.
pub(super) fn handle(context: &Context<'_>) -> Option<Outcome> {
    Some(match context.route.name {
        "instance_v1" | "instance_v2" => instance(context),
        _ => return None,
    })
}

fn instance(context: &Context<'_>) -> Outcome {
    let state = context.shared.state();
    let contact = state
        .accounts
        .keys()
        .next()
        .map(|id| render::account(&state, *id));
    let host = state.url.trim_start_matches("http://");
    let rules = json!([{ "id": "1", "text": "Be kind.", "hint": "" }]);
    let configuration = json!({
        "urls": { "streaming": state.url.replacen("http", "ws", 1) }, "accounts": { "max_featured_tags": 10 },
        "statuses": { "max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23 },
        "media_attachments": { "supported_mime_types": ["image/png", "image/jpeg"], "image_size_limit": 16_777_216 },
        "polls": { "max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2_629_746 },
        "translation": { "enabled": state.translation },
    });
    let version = "4.6.5";
    Ok(Reply::json(&if context.route.name == "instance_v2" {
        json!({
            "domain": host, "title": "Test server", "version": version, "source_url": "", "description": "In memory.",
            "usage": { "users": { "active_month": state.accounts.len() } }, "thumbnail": { "url": "" }, "languages": ["en"],
            "configuration": configuration, "registrations": { "enabled": true, "approval_required": false, "message": null },
            "api_versions": { "mastodon": 11 }, "contact": { "email": "admin@example.org", "account": contact }, "rules": rules, "icon": [],
        })
    } else {
        json!({
            "uri": host, "title": "Test server", "short_description": "In memory.", "description": "In memory.",
            "email": "admin@example.org", "version": version, "urls": { "streaming_api": configuration["urls"]["streaming"] },
            "stats": { "user_count": state.accounts.len(), "status_count": state.statuses.len(), "domain_count": 0 },
            "thumbnail": null, "languages": ["en"], "registrations": true, "approval_required": false, "invites_enabled": false,
            "configuration": configuration, "contact_account": contact, "rules": rules,
        })
    }))
}
