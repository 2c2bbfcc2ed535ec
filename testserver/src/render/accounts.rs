//! Accounts and relationships.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::featured_tag;
use crate::clock::{iso_date, iso_midnight, iso8601, iso8601_seconds};
use crate::ids::Id;
use crate::state::{Account, Field, Profile, ProfileImage, State, Visibility};
use crate::text;

/// Renders an account as visitors without a token see it.
pub(crate) fn account(state: &State, id: Id) -> Value {
    account_for(state, id, None)
}

/// Renders an account as the viewer sees it.
pub(crate) fn account_for(state: &State, id: Id, viewer: Option<Id>) -> Value {
    let Some(account) = state.accounts.get(&id) else {
        return Value::Null;
    };
    let blank = Profile {
        hide_collections: account.profile.hide_collections,
        ..Profile::default()
    };
    // A suspended account shows nothing that its owner wrote.
    let profile = if account.suspended {
        &blank
    } else {
        &account.profile
    };
    let counted_statuses = || {
        let statuses = state.statuses.values();
        statuses.filter(|status| status.account == id && status.visibility != Visibility::Direct)
    };
    let [avatar, header] = avatar_and_header_urls(state, id, profile);
    let fields = profile.fields.iter().map(|item| field(state, item));
    let mut value = json!({
        "id": id.to_string(), "username": account.username, "acct": account.acct(), "display_name": profile.display_name,
        "locked": profile.locked, "bot": profile.bot, "discoverable": profile.discoverable,
        "indexable": profile.indexable, "group": false, "created_at": iso_midnight(account.created),
        "note": html(state, &profile.note), "url": account.url(&state.url), "uri": account.uri(&state.canonical_url),
        "avatar": avatar.0, "avatar_static": avatar.1, "avatar_description": profile.avatar_description,
        "header": header.0, "header_static": header.1, "header_description": profile.header_description,
        "followers_count": state.followers(id).count(), "following_count": account.follows.len(),
        "statuses_count": counted_statuses().count(), "last_status_at": counted_statuses().map(|status| status.created).max().map(iso_date),
        "hide_collections": profile.hide_collections, "show_media": profile.show_media,
        "show_media_replies": profile.show_media_replies, "show_featured": profile.show_featured,
        "feature_approval": feature_approval(state, account, viewer), "emojis": [],
        "fields": fields.collect::<Vec<_>>(),
    });
    if account.domain.is_none() {
        value["noindex"] = false.into();
        value["roles"] = if account.suspended {
            json!([])
        } else {
            super::admin::public_roles(state, id)
        };
    }
    if let Some(moved) = account.moved_to.filter(|moved| *moved != id) {
        value["moved"] = account_for(state, moved, viewer);
    }
    for (name, set) in [
        ("suspended", account.suspended),
        ("limited", account.limited),
    ] {
        if set {
            value[name] = true.into();
        }
    }
    value
}

/// Renders a text as HTML. Mentions link to the profiles of the accounts.
pub(super) fn html(state: &State, text: &str) -> String {
    text::to_html(text, &state.url, |handle| {
        let account = state.accounts.get(&state.account_for_handle(handle)?)?;
        Some((account.url(&state.url), account.username.clone()))
    })
}

/// Renders a profile field with its value as HTML, without the enclosing paragraph.
pub(super) fn field(state: &State, field: &Field) -> Value {
    let value = html(state, &field.value);
    let value = value
        .strip_prefix("<p>")
        .and_then(|value| value.strip_suffix("</p>"))
        .unwrap_or(&value);
    json!({ "name": field.name, "value": value, "verified_at": null })
}

pub(super) fn plain_field(field: &Field) -> Value {
    json!({ "name": field.name, "value": field.value, "verified_at": null })
}

/// Returns the URLs of an avatar or header: of the uploaded image, and of the image without
/// animation.
pub(crate) fn image_urls(
    state: &State,
    id: Id,
    kind: &str,
    image: &ProfileImage,
) -> (String, String) {
    let url = |style: &str| {
        let name = &image.name;
        format!("{}/system/accounts/{kind}/{id}/{style}/{name}", state.url)
    };
    let static_style = if image.info.kind == crate::media_info::MediaKind::Gifv {
        "static"
    } else {
        "original"
    };
    (url("original"), url(static_style))
}

fn avatar_and_header_urls(state: &State, id: Id, profile: &Profile) -> [(String, String); 2] {
    [("avatars", &profile.avatar), ("headers", &profile.header)].map(|(kind, image)| match image {
        Some(image) => image_urls(state, id, kind, image),
        None => {
            let missing = format!("{}/{kind}/original/missing.png", state.url);
            (missing.clone(), missing)
        }
    })
}

/// Renders who may feature the account in collections.
fn feature_approval(state: &State, account: &Account, viewer: Option<Id>) -> Value {
    let policy = &account.feature_policy;
    let is_public = account.profile.discoverable == Some(true);
    let (automatic, manual) = match account.domain {
        Some(_) => (json!(policy.automatic), json!(policy.manual)),
        None if !is_public => (json!([]), json!([])),
        None if account.profile.locked => (json!(["followers"]), json!([])),
        None => (json!(["public"]), json!([])),
    };
    let current_user = state.feature_approval(account.id, viewer);
    json!({ "automatic": automatic, "manual": manual, "current_user": current_user })
}

pub(crate) fn credential_account(state: &State, id: Id) -> Value {
    let mut value = account_for(state, id, Some(id));
    let Some(account) = state.accounts.get(&id) else {
        return value;
    };
    let (profile, posting) = (&account.profile, state.posting_defaults(id));
    let fields = profile.fields.iter().map(plain_field);
    value["source"] = json!({
        "privacy": posting.visibility.as_str(), "sensitive": posting.sensitive,
        "language": posting.language.unwrap_or_default(), "note": profile.note, "fields": fields.collect::<Vec<_>>(),
        "follow_requests_count": state.follow_requesters(id).count(), "hide_collections": profile.hide_collections,
        "discoverable": profile.discoverable, "indexable": profile.indexable,
        "attribution_domains": profile.attribution_domains, "quote_policy": posting.quote_policy.as_str(),
    });
    value["role"] = super::role(state, id);
    value
}

/// Renders the user's own profile for editing.
pub(crate) fn profile(state: &State, id: Id) -> Value {
    let Some(account) = state.accounts.get(&id) else {
        return Value::Null;
    };
    let profile = &account.profile;
    let urls = |kind: &str, image: &Option<ProfileImage>| {
        let urls = image
            .as_ref()
            .map(|image| image_urls(state, id, kind, image));
        urls.map_or((Value::Null, Value::Null), |(original, still)| {
            (original.into(), still.into())
        })
    };
    let (avatar, header) = (
        urls("avatars", &profile.avatar),
        urls("headers", &profile.header),
    );
    let tags = account.featured_tags.newest_first();
    let tags = tags
        .iter()
        .map(|(tag_id, name)| featured_tag(state, id, *tag_id, name));
    let fields = || profile.fields.iter();
    json!({
        "id": id.to_string(), "display_name": profile.display_name, "note": profile.note,
        "fields": fields().map(plain_field).collect::<Vec<_>>(), "formatted_note": html(state, &profile.note),
        "formatted_fields": fields().map(|item| field(state, item)).collect::<Vec<_>>(),
        "avatar": avatar.0, "avatar_static": avatar.1, "avatar_description": profile.avatar_description,
        "header": header.0, "header_static": header.1, "header_description": profile.header_description,
        "locked": profile.locked, "bot": profile.bot, "hide_collections": profile.hide_collections,
        "discoverable": profile.discoverable, "indexable": profile.indexable, "show_media": profile.show_media,
        "show_media_replies": profile.show_media_replies, "show_featured": profile.show_featured,
        "attribution_domains": profile.attribution_domains, "featured_tags": tags.collect::<Vec<_>>(),
    })
}

/// Renders a muted account with the end of the mute.
pub(crate) fn muted_account(state: &State, user: Id, id: Id, now: Timestamp) -> Value {
    let mut value = account_for(state, id, Some(user));
    let mute = state.mute(user, id, now);
    value["mute_expires_at"] = mute.and_then(|mute| mute.expires).map(iso8601).into();
    value
}

pub(crate) fn relationship(state: &State, viewer: Id, id: Id, now: Timestamp) -> Value {
    let viewer_account = state.accounts.get(&viewer);
    let follow = viewer_account.and_then(|account| account.follows.get(&id));
    let request = viewer_account.and_then(|account| account.follow_requests.get(&id));
    let options = follow.or(request);
    let languages = options.map(|options| &options.languages);
    let mute = state.mute(viewer, id, now);
    let requested_by = state.accounts.get(&id);
    let requested_by =
        requested_by.is_some_and(|other| other.follow_requests.contains_key(&viewer));
    json!({
        "id": id.to_string(), "following": follow.is_some(),
        "showing_reblogs": options.is_some_and(|options| options.reblogs), "notifying": options.is_some_and(|options| options.notify),
        "languages": languages.filter(|languages| !languages.is_empty()), "followed_by": state.follows(id, viewer),
        "blocking": state.blocks(viewer, id), "blocked_by": state.blocks(id, viewer), "muting": mute.is_some(),
        "muting_notifications": mute.is_some_and(|mute| mute.notifications),
        "muting_expires_at": mute.and_then(|mute| mute.expires).map(iso8601_seconds), "requested": request.is_some(),
        "requested_by": requested_by, "domain_blocking": state.blocks_domain_of(viewer, id),
        "endorsed": viewer_account.is_some_and(|account| account.endorsed_accounts.contains(&id)),
        "note": viewer_account.and_then(|account| account.notes.get(&id)).map_or("", String::as_str),
    })
}
