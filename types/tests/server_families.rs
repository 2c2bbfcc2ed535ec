//! What servers other than Mastodon send, as their sources show it.

use mastodon_types::{
    Chat, ConversationTracking, Instance, InteractionPolicyValue, InteractionRequest,
    InteractionType, List, Notification, NotificationType, PixelfedCollection, Relationship,
    Searchability, Status, StatusId, StatusQuote, StatusReaction, StoryCarousel, V1Instance,
    Visibility,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn decode<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

/// A value with the members of two objects.
fn with(mut value: Value, members: Value) -> Value {
    let (Value::Object(fields), Value::Object(members)) = (&mut value, members) else {
        panic!("not objects");
    };
    fields.extend(members);
    value
}

fn account() -> Value {
    json!({ "id": "1", "username": "alice", "acct": "alice", "created_at": "2024-01-01T00:00:00Z" })
}

fn status(members: Value) -> Value {
    let common = json!({
        "id": "9", "created_at": "2024-01-01T00:00:00Z", "content": "<p>Hello</p>",
        "visibility": "public", "account": account(),
    });
    with(common, members)
}

fn names(reactions: &[StatusReaction]) -> Vec<(&str, i64)> {
    let reactions = reactions.iter();
    reactions
        .map(|reaction| (reaction.name.as_str(), reaction.count))
        .collect()
}

#[test]
fn reactions_of_every_server_are_in_one_field() {
    let cat = json!([{ "name": "🐱", "count": 2, "me": true }]);
    for (server, members) in [
        (
            "Pleroma and Mitra",
            json!({ "pleroma": { "emoji_reactions": cat, "local": true } }),
        ),
        (
            "Akkoma",
            json!({ "emoji_reactions": cat, "pleroma": { "emoji_reactions": cat } }),
        ),
        ("Fedibird and Hollo", json!({ "emoji_reactions": cat })),
        ("Chuckya and Sharkey", json!({ "reactions": cat })),
        (
            "kmyblue",
            json!({ "emoji_reactions": cat, "reactions": [{ "name": "🐱", "count": 2 }] }),
        ),
        (
            "Iceshrimp.NET",
            json!({ "reactions": cat, "pleroma": { "emoji_reactions": cat, "conversation_id": "a" } }),
        ),
        (
            "snac up to 2.94",
            json!({ "reactions": [{ "name": "🐱", "count": "2", "me": true }] }),
        ),
    ] {
        let status: Status = decode(&status(members));
        assert_eq!(names(&status.reactions), [("🐱", 2)], "{server}");
        assert_eq!(status.reactions[0].me, Some(true), "{server}");
    }
}

#[test]
fn quote_of_every_server_is_in_one_field() {
    let quoted = status(json!({ "id": "5" }));
    for (server, members, id) in [
        (
            "Mastodon",
            json!({ "quote": { "state": "accepted", "quoted_status": quoted } }),
            None,
        ),
        (
            "Pleroma",
            json!({ "pleroma": { "quote": quoted, "quote_id": "5", "quote_visible": true } }),
            Some("5"),
        ),
        (
            "Akkoma",
            json!({ "quote": quoted, "quote_id": "5" }),
            Some("5"),
        ),
        ("Friendica", json!({ "quote": quoted }), None),
    ] {
        let status: Status = decode(&status(members));
        let found = match status.quote.as_deref() {
            Some(StatusQuote::Quote(quote)) => quote.quoted_status.as_deref().map(|it| &it.id),
            Some(StatusQuote::Status(quoted)) => Some(&quoted.id),
            _ => None,
        };
        assert_eq!(found.map(StatusId::as_str), Some("5"), "{server}");
        let quote_id = status.quote_id.as_ref().map(StatusId::as_str);
        assert_eq!(quote_id, id, "{server}");
    }
}

#[test]
fn status_without_text_is_decoded() {
    // Iceshrimp.NET.
    let status: Status = decode(&status(json!({
        "content": null, "text": null, "content_type": "text/x.misskeymarkdown", "tags": [],
    })));
    assert_eq!(status.content.as_str(), "");
    assert_eq!(
        status.content_type.as_deref(),
        Some("text/x.misskeymarkdown")
    );
}

#[test]
fn interaction_policy_of_gotosocial_is_decoded() {
    let rules = json!({
        "always": ["public", "me"], "with_approval": [],
        "automatic_approval": ["public", "me"], "manual_approval": ["https://b.example/users/bob"],
    });
    let policy = json!({ "can_favourite": rules, "can_reply": rules, "can_reblog": rules });
    let status: Status = decode(&status(
        json!({ "interaction_policy": policy, "local_only": true }),
    ));
    let policy = status.interaction_policy.unwrap();
    assert_eq!(
        policy.can_reply.automatic_approval,
        [InteractionPolicyValue::Public, InteractionPolicyValue::Me]
    );
    let manual: Vec<_> = policy.can_reply.manual_approval.iter().collect();
    assert_eq!(manual[0].as_str(), "https://b.example/users/bob");
    assert!(status.local_only);
}

#[test]
fn older_interaction_policy_of_gotosocial_is_decoded() {
    let rules = json!({ "always": ["public"], "with_approval": ["followers"] });
    let policy = json!({ "can_favourite": rules, "can_reply": rules, "can_reblog": rules });
    let status: Status = decode(&status(json!({ "interaction_policy": policy })));
    let rules = &status.interaction_policy.unwrap().can_reblog;
    assert_eq!(rules.automatic_approval, [InteractionPolicyValue::Public]);
    assert_eq!(rules.manual_approval, [InteractionPolicyValue::Followers]);
}

#[test]
fn interaction_request_of_gotosocial_is_decoded() {
    let request: InteractionRequest = decode(&json!({
        "id": "01HZ", "type": "reply", "created_at": "2024-01-01T00:00:00Z", "account": account(),
        "status": status(json!({})), "reply": status(json!({ "id": "10" })),
    }));
    assert_eq!(request.kind, InteractionType::Reply);
    assert!(request.accepted_at.is_none() && request.reply.is_some());
}

#[test]
fn notification_of_a_reaction_has_its_emoji_on_every_server() {
    let reaction = json!({ "name": "cat", "count": 1, "url": "https://a.example/cat.png" });
    for (kind, members) in [
        (
            "pleroma:emoji_reaction",
            json!({ "emoji": "cat", "emoji_url": "https://a.example/cat.png" }),
        ),
        ("emoji_reaction", json!({ "emoji_reaction": reaction })),
        (
            "reaction",
            json!({ "reaction": { "name": "cat", "url": "https://a.example/cat.png" } }),
        ),
        (
            "emoji_reaction",
            json!({ "emoji": "cat", "emojiURL": "https://a.example/cat.png" }),
        ),
    ] {
        let common = json!({
            "id": "3", "type": kind, "created_at": "2024-01-01T00:00:00Z", "account": account(),
        });
        let notification: Notification = decode(&with(common, members));
        assert_eq!(notification.emoji.as_deref(), Some("cat"), "{kind}");
        let url = notification.emoji_url.as_deref();
        assert_eq!(url, Some("https://a.example/cat.png"), "{kind}");
        assert_eq!(notification.kind.as_str(), kind);
        assert!(!matches!(notification.kind, NotificationType::Other(_)));
    }
}

#[test]
fn status_of_fedibird_and_mitra_has_their_fields() {
    let fedibird: Status = decode(&status(json!({
        "visibility": "private", "visibility_ex": "limited", "searchability": "mutual",
        "status_reference_ids": ["7"], "emoji_reactioned": false, "processing": false,
    })));
    assert_eq!(fedibird.visibility_ex, Some(Visibility::Limited));
    assert_eq!(fedibird.searchability, Some(Searchability::Mutual));
    assert_eq!(fedibird.status_reference_ids[0].as_str(), "7");
    let mitra: Status = decode(&status(json!({
        "visibility": "subscribers", "links": [], "group": account(), "title": "Title",
        "conversation": { "id": "c", "root_id": "1", "tracking": "follow", "can_moderate": null },
    })));
    assert_eq!(mitra.visibility, Visibility::Subscribers);
    assert_eq!(mitra.group.unwrap().acct, "alice");
    let conversation = mitra.conversation.unwrap();
    assert_eq!(conversation.tracking, Some(ConversationTracking::Follow));
}

#[test]
fn features_and_limits_of_other_instances_are_decoded() {
    let pleroma: V1Instance = decode(&json!({
        "uri": "https://a.example", "version": "2.7.2 (compatible; Pleroma 2.7.0)", "max_toot_chars": 5000,
        "poll_limits": { "max_options": 20, "max_option_chars": 200, "min_expiration": 0, "max_expiration": 31536000 },
        "pleroma": { "metadata": {
            "features": ["pleroma_emoji_reactions"], "post_formats": ["text/plain", "text/markdown"],
            "fields_limits": { "max_fields": 10 },
        }, "stats": { "mau": 5 } },
    }));
    let metadata = pleroma.pleroma.unwrap().metadata.unwrap();
    assert_eq!(metadata.features, ["pleroma_emoji_reactions"]);
    assert_eq!(metadata.fields_limits.unwrap().max_fields, Some(10));
    assert_eq!(pleroma.poll_limits.unwrap().max_options, Some(20));
    assert_eq!(pleroma.max_toot_chars, Some(5000));
    let gotosocial: Instance = decode(&json!({
        "domain": "a.example", "account_domain": "example", "version": "0.20.0", "contact": { "email": "" },
        "configuration": {
            "statuses": { "max_characters": 5000, "supported_mime_types": ["text/markdown"] },
            "emojis": { "emoji_size_limit": 51200 }, "oidc_enabled": true,
            "media_attachments": { "supported_mime_types": [], "description_minimum": 1 },
        },
        "registrations": { "enabled": false, "approval_required": true },
    }));
    assert_eq!(gotosocial.account_domain.as_deref(), Some("example"));
    let configuration = gotosocial.configuration;
    assert!(configuration.oidc_enabled);
    let statuses = configuration.statuses.unwrap();
    assert_eq!(statuses.supported_mime_types, ["text/markdown"]);
    let media = configuration.media_attachments.unwrap();
    assert_eq!(media.description_minimum, Some(1));
}

#[test]
fn ids_that_are_numbers_and_older_names_are_read() {
    let friendica: Relationship = decode(&json!({ "id": 42, "following": true }));
    assert_eq!(friendica.id.as_str(), "42");
    let hometown: List = decode(&json!({ "id": "1", "title": "Friends", "is_exclusive": true }));
    assert!(hometown.exclusive);
}

#[test]
fn chat_of_pleroma_is_decoded() {
    let chat: Chat = decode(&json!({
        "id": "1", "account": account(), "unread": 2, "updated_at": "2024-01-01T00:00:00Z",
        "last_message": {
            "id": "13", "chat_id": "1", "account_id": "1", "content": "Hi", "unread": true,
            "created_at": "2024-01-01T00:00:00Z", "emojis": [], "attachment": null, "card": null,
        },
    }));
    let message = chat.last_message.unwrap();
    assert_eq!((chat.unread, message.chat_id.as_str()), (2, "1"));
}

#[test]
fn albums_and_stories_of_pixelfed_are_decoded() {
    let album: PixelfedCollection = decode(&json!({
        "id": "4", "pid": "1", "visibility": "public", "title": null, "description": null,
        "thumb": "https://a.example/t.png", "updated_at": "2024-01-01T00:00:00.000000Z",
        "published_at": null, "username": "alice", "post_count": 3,
    }));
    assert_eq!(album.post_count, 3);
    let nodes = json!([{ "id": "7", "type": "photo", "src": "https://a.example/s.png", "duration": 3, "seen": false, "created_at": "2024-01-01T00:00:00+00:00" }]);
    let user =
        json!({ "id": "1", "username": "alice", "avatar": null, "local": true, "is_author": true });
    let carousel: StoryCarousel =
        decode(&json!({ "self": { "user": user, "nodes": nodes }, "nodes": [] }));
    assert_eq!(carousel.own.unwrap().nodes[0].id.as_str(), "7");
    let empty: StoryCarousel = decode(&json!({ "self": [], "nodes": [] }));
    assert!(empty.own.is_none());
}
#[test]
fn data_of_unexpected_shape_does_not_cost_the_status() {
    let status: Status = decode(&status(json!({
        "pleroma": [], "akkoma": "none", "friendica": { "title": 5, "delivery_data": [] },
        "emoji_reactions": [{ "count": 1 }, { "name": "🐱", "count": 1 }], "quote": {},
        "interaction_policy": "public", "expires_at": "never", "place": 7, "group": {},
    })));
    assert!(status.akkoma.is_none() && status.expires_at.is_none() && status.group.is_none());
    assert_eq!(names(&status.reactions), [("🐱", 1)]);
    assert_eq!(status.id.as_str(), "9");
}

#[test]
fn relationship_that_was_not_requested_is_absent() {
    // Pleroma sends an empty object unless `with_relationships` was sent.
    let pleroma = json!({ "relationship": {}, "tags": ["verified"], "is_local": true });
    let account = with(account(), json!({ "pleroma": pleroma }));
    let status: Status = decode(&status(json!({ "account": account })));
    let pleroma = status.account.pleroma.unwrap();
    assert!(pleroma.relationship.is_none());
    assert_eq!(pleroma.tags, ["verified"]);
}
