//! A home timeline with every documented field of a status and its nested entities.

use serde_json::{Value, json};

/// Maximum number of statuses per page.
const STATUSES: u32 = 40;

/// The page as JSON.
pub(crate) fn body() -> Vec<u8> {
    let page: Vec<Value> = (0..STATUSES).map(entry).collect();
    serde_json::to_vec(&page).expect("JSON values can be serialized")
}

/// A status of the timeline. Some have media, some a poll, a card or a quote, and some are boosts.
fn entry(n: u32) -> Value {
    let mut status = status(n);
    match n % 8 {
        0 => status["reblog"] = self::status(n + 1000),
        1 => status["card"] = card(n),
        2 | 3 => status["media_attachments"] = json!([attachment(n), attachment(n + 1)]),
        4 => status["poll"] = poll(n),
        5 => status["quote"] = json!({ "state": "accepted", "quoted_status": quoted(n + 2000) }),
        6 => status["filtered"] = json!([filtered(n)]),
        _ => status["tagged_collections"] = json!([collection(n)]),
    }
    status
}

/// A quoted status. The status that it quotes itself is given by its ID only.
fn quoted(n: u32) -> Value {
    let mut status = status(n);
    status["quote"] = json!({ "state": "accepted", "quoted_status_id": id(n + 1) });
    status
}

fn status(n: u32) -> Value {
    json!({
        "id": id(n),
        "created_at": time(n),
        "in_reply_to_id": (n.is_multiple_of(3)).then(|| id(n + 7)),
        "in_reply_to_account_id": (n.is_multiple_of(3)).then(|| id(n + 8)),
        "sensitive": n.is_multiple_of(5),
        "spoiler_text": if n.is_multiple_of(5) { "Spoilers for the whole season" } else { "" },
        "visibility": "public",
        "language": "en",
        "uri": format!("https://social.example/users/ada/statuses/{}", id(n)),
        "url": format!("https://social.example/@ada/{}", id(n)),
        "replies_count": n * 3,
        "reblogs_count": n * 17,
        "favourites_count": n * 31,
        "quotes_count": n,
        "edited_at": (n.is_multiple_of(4)).then(|| time(n + 9)),
        "favourited": false,
        "reblogged": n.is_multiple_of(2),
        "muted": false,
        "bookmarked": false,
        "pinned": false,
        "content": format!(
            "<p>The {n}. thing I learnt this week: a \"simple\" parser is simple until the first real input. \
             Caf\u{e9}, na\u{ef}ve, \u{1f41d} and all that \u{2013} notes on it are here.</p>\
             <p><a href=\"https://social.example/tags/rust\" class=\"mention hashtag\" rel=\"tag\">#<span>rust</span></a> \
             <span class=\"h-card\"><a href=\"https://other.example/@grace\" class=\"u-url mention\">@<span>grace</span></a></span></p>"
        ),
        "text": null,
        "filtered": [],
        "tagged_collections": [],
        "reblog": null,
        "quote": null,
        "quote_approval": { "automatic": ["public"], "manual": [], "current_user": "automatic" },
        "application": { "name": "Web", "website": "https://app.example" },
        "account": account(n),
        "media_attachments": [],
        "mentions": [{ "id": id(n + 5), "username": "grace", "url": "https://other.example/@grace", "acct": "grace@other.example" }],
        "tags": [{ "name": "rust", "url": "https://social.example/tags/rust" }],
        "emojis": [emoji("ferris")],
        "card": null,
        "poll": null,
    })
}

fn account(n: u32) -> Value {
    json!({
        "id": id(n * 3),
        "username": format!("ada{n}"),
        "acct": format!("ada{n}@social.example"),
        "display_name": "Ada :ferris:",
        "locked": false,
        "bot": false,
        "group": false,
        "discoverable": true,
        "indexable": true,
        "noindex": false,
        "memorial": false,
        "suspended": false,
        "limited": false,
        "moved": null,
        "created_at": "2017-04-05T00:00:00.000Z",
        "note": "<p>Engines, analytical and otherwise. She/her.</p>",
        "url": format!("https://social.example/@ada{n}"),
        "uri": format!("https://social.example/users/ada{n}"),
        "avatar": format!("https://files.social.example/accounts/avatars/000/000/{n:03}/original/1a2b3c4d5e6f.png"),
        "avatar_static": format!("https://files.social.example/accounts/avatars/000/000/{n:03}/static/1a2b3c4d5e6f.png"),
        "avatar_description": "A portrait in water colours",
        "header": format!("https://files.social.example/accounts/headers/000/000/{n:03}/original/9f8e7d6c5b4a.jpg"),
        "header_static": format!("https://files.social.example/accounts/headers/000/000/{n:03}/static/9f8e7d6c5b4a.jpg"),
        "header_description": "",
        "followers_count": 10_432 + n,
        "following_count": 311,
        "statuses_count": 8_120,
        "last_status_at": "2026-07-30",
        "hide_collections": false,
        "show_media": true,
        "show_media_replies": true,
        "show_featured": true,
        "email_subscriptions": false,
        "invalid_handle": false,
        "feature_approval": { "automatic": ["public"], "manual": [], "current_user": "automatic" },
        "roles": [{ "id": "3", "name": "Moderator", "color": "#6364ff" }],
        "emojis": [emoji("ferris")],
        "fields": [
            { "name": "Web", "value": "<a href=\"https://ada.example\" rel=\"nofollow me\">ada.example</a>", "verified_at": time(n) },
            { "name": "Likes", "value": "tea", "verified_at": null },
        ],
    })
}

fn emoji(name: &str) -> Value {
    json!({
        "shortcode": name,
        "url": format!("https://files.social.example/custom_emojis/original/{name}.png"),
        "static_url": format!("https://files.social.example/custom_emojis/static/{name}.png"),
        "visible_in_picker": true,
        "category": "crabs",
        "featured": false,
    })
}

fn attachment(n: u32) -> Value {
    json!({
        "id": id(n + 11),
        "type": if n.is_multiple_of(2) { "image" } else { "gifv" },
        "url": format!("https://files.social.example/media_attachments/files/{n}/original/0a1b2c.webp"),
        "preview_url": format!("https://files.social.example/media_attachments/files/{n}/small/0a1b2c.webp"),
        "remote_url": format!("https://other.example/media/{n}.webp"),
        "preview_remote_url": null,
        "text_url": null,
        "description": "A difference engine, half built, with a cat asleep among its wheels.",
        "blurhash": "UFBWY:8_0Jxv4mx]t8t64.%M-:WUWGWBt6NF",
        "meta": {
            "original": { "width": 1920, "height": 1080, "size": "1920x1080", "aspect": 1.777_777_777_777_777_7, "frame_rate": "30/1", "duration": 12.4, "bitrate": 812_345 },
            "small": { "width": 640, "height": 360, "size": "640x360", "aspect": 1.777_777_777_777_777_7 },
            "focus": { "x": 0.12, "y": -0.4 },
            "colors": { "background": "#1c1f2e", "foreground": "#ffffff", "accent": "#a3b4e1" },
            "length": "0:00:12.40",
            "duration": 12.4,
            "fps": 30,
            "size": "1920x1080",
            "width": 1920,
            "height": 1080,
            "aspect": 1.777_777_777_777_777_7,
            "audio_encode": "aac (LC)",
            "audio_bitrate": "44100 Hz",
            "audio_channels": "stereo",
        },
    })
}

fn poll(n: u32) -> Value {
    json!({
        "id": id(n + 12),
        "expires_at": time(n + 13),
        "expired": false,
        "multiple": true,
        "votes_count": 812,
        "voters_count": 700,
        "voted": true,
        "own_votes": [0, 2],
        "options": [
            { "title": "Tabs", "votes_count": 300 },
            { "title": "Spaces", "votes_count": 400 },
            { "title": "Whatever the formatter does", "votes_count": 112 },
        ],
        "emojis": [emoji("ferris")],
    })
}

fn card(n: u32) -> Value {
    json!({
        "url": format!("https://news.example/2026/07/{n}"),
        "title": "A headline of the usual length, with a promise in it",
        "description": "The first sentences of the article, cut off where the preview has no more room for them \u{2026}",
        "type": "link",
        "language": "en",
        "authors": [{ "name": "Grace", "url": "https://news.example/grace", "account": account(n + 50) }],
        "author_name": "Grace",
        "author_url": "https://news.example/grace",
        "provider_name": "The News",
        "provider_url": "https://news.example",
        "html": "",
        "width": 1200,
        "height": 630,
        "image": format!("https://files.social.example/cache/preview_cards/images/{n}/original/a.jpg"),
        "image_description": "The front page",
        "embed_url": "",
        "blurhash": "UFBWY:8_0Jxv4mx]t8t64.%M-:WUWGWBt6NF",
        "published_at": time(n),
        "missing_attribution": false,
    })
}

fn filtered(n: u32) -> Value {
    json!({
        "filter": {
            "id": "42",
            "title": "Series that I am behind with",
            "context": ["home", "public"],
            "expires_at": time(n),
            "filter_action": "warn",
            "keywords": [{ "id": "7", "keyword": "season finale", "whole_word": true }],
            "statuses": [{ "id": "8", "status_id": id(n) }],
        },
        "keyword_matches": ["season finale"],
        "status_matches": [id(n)],
    })
}

fn collection(n: u32) -> Value {
    json!({
        "id": id(n + 14),
        "account_id": id(n * 3),
        "uri": format!("https://social.example/collections/{n}"),
        "url": format!("https://social.example/collections/{n}"),
        "name": "People who explain parsers",
        "description": "Kindly, too.",
        "language": "en",
        "local": true,
        "sensitive": false,
        "discoverable": true,
        "tag": { "name": "parsers", "url": "https://social.example/tags/parsers" },
        "created_at": time(n),
        "updated_at": time(n + 1),
        "item_count": 1,
        "items": [{ "id": "9", "account_id": id(n), "state": "accepted", "created_at": time(n) }],
    })
}

fn id(n: u32) -> String {
    (116_000_000_000_000_000 + u64::from(n) * 7_919_333_221).to_string()
}

fn time(n: u32) -> String {
    format!(
        "2026-07-{:02}T{:02}:{:02}:07.{:03}Z",
        n % 28 + 1,
        n % 24,
        n % 60,
        n % 1000
    )
}
