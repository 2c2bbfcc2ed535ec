//! Accounts and relationships.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::featured_tag;
use crate::clock::{iso_date, iso_midnight, iso8601};
use crate::ids::Id;
use crate::state::{Account, Field, Profile, ProfileImage, State, Visibility};
use crate::text;

/// What users without a role of their own may do, as Mastodon writes it.
const EVERYONES_PERMISSIONS: &str = "65536";
/// How many collections they may own.
const COLLECTION_LIMIT: u32 = 10;

pub(crate) fn account(state: &State, id: Id) -> Value {
    let Some(account) = state.accounts.get(&id) else {
        return Value::Null;
    };
    let blank = Profile {
        hide_collections: account.profile.hide_collections,
        ..Profile::default()
    };
    // Of a suspended account nothing is shown that its owner wrote.
    let profile = if account.suspended {
        &blank
    } else {
        &account.profile
    };
    let own = || {
        let statuses = state.statuses.values();
        statuses.filter(|status| status.account == id && status.visibility != Visibility::Direct)
    };
    let [avatar, header] = pictures(state, id, profile);
    let fields = profile.fields.iter().map(|row| field(state, row));
    let mut value = json!({
        "id": id.to_string(), "username": account.username, "acct": account.acct(), "display_name": profile.display_name,
        "locked": profile.locked, "bot": profile.bot, "discoverable": profile.discoverable,
        "indexable": profile.indexable, "group": false, "created_at": iso_midnight(account.created),
        "note": html(state, &profile.note), "url": account.url(&state.url), "uri": account.uri(&state.url),
        "avatar": avatar.0, "avatar_static": avatar.1, "avatar_description": profile.avatar_description,
        "header": header.0, "header_static": header.1, "header_description": profile.header_description,
        "followers_count": state.followers(id).count(), "following_count": account.follows.len(),
        "statuses_count": own().count(), "last_status_at": own().map(|status| status.created).max().map(iso_date),
        "hide_collections": profile.hide_collections, "show_media": profile.show_media,
        "show_media_replies": profile.show_media_replies, "show_featured": profile.show_featured,
        "feature_approval": feature_approval(account), "emojis": [],
        "fields": fields.collect::<Vec<_>>(),
    });
    if account.domain.is_none() {
        value["noindex"] = false.into();
        value["roles"] = json!([]);
    }
    if let Some(moved) = account.moved_to.filter(|moved| *moved != id) {
        value["moved"] = self::account(state, moved);
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

pub(super) fn html(state: &State, text: &str) -> String {
    text::to_html(text, &state.url, |handle| {
        let account = state.accounts.get(&state.account_for_handle(handle)?)?;
        Some((account.url(&state.url), account.username.clone()))
    })
}

/// A row of the table with its value as HTML, but without a paragraph around it.
pub(super) fn field(state: &State, row: &Field) -> Value {
    let value = html(state, &row.value);
    let value = value
        .strip_prefix("<p>")
        .and_then(|value| value.strip_suffix("</p>"))
        .unwrap_or(&value);
    json!({ "name": row.name, "value": value, "verified_at": null })
}

pub(super) fn plain_field(row: &Field) -> Value {
    json!({ "name": row.name, "value": row.value, "verified_at": null })
}

/// The addresses of a picture: as it was uploaded, and without animation.
pub(super) fn picture(
    state: &State,
    id: Id,
    kind: &str,
    picture: &ProfileImage,
) -> (String, String) {
    let address = |style: &str| {
        let name = &picture.name;
        format!("{}/system/accounts/{kind}/{id}/{style}/{name}", state.url)
    };
    let still = if picture.info.kind == crate::media_info::MediaKind::Gifv {
        "static"
    } else {
        "original"
    };
    (address("original"), address(still))
}

fn pictures(state: &State, id: Id, profile: &Profile) -> [(String, String); 2] {
    [("avatars", &profile.avatar), ("headers", &profile.header)].map(|(kind, found)| match found {
        Some(found) => picture(state, id, kind, found),
        None => {
            let missing = format!("{}/{kind}/original/missing.png", state.url);
            (missing.clone(), missing)
        }
    })
}

/// Whoever agreed to be found agreed to be put into collections. Other servers have announced nothing.
fn feature_approval(account: &Account) -> Value {
    let open = account.domain.is_none() && account.profile.discoverable == Some(true);
    let automatic: &[&str] = if open { &["public"] } else { &[] };
    let current = match account.domain {
        Some(_) => "missing",
        None if open => "automatic",
        None => "denied",
    };
    json!({ "automatic": automatic, "manual": [], "current_user": current })
}

pub(crate) fn credential_account(state: &State, id: Id) -> Value {
    let mut value = account(state, id);
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
    value["role"] = json!({
        "id": "-99", "name": "", "permissions": EVERYONES_PERMISSIONS, "color": "", "highlighted": false,
        "collection_limit": COLLECTION_LIMIT,
    });
    value
}

/// The user's own profile, ready to be edited.
pub(crate) fn profile(state: &State, id: Id) -> Value {
    let Some(account) = state.accounts.get(&id) else {
        return Value::Null;
    };
    let profile = &account.profile;
    let shown = |kind: &str, found: &Option<ProfileImage>| {
        let found = found.as_ref().map(|found| picture(state, id, kind, found));
        found.map_or((Value::Null, Value::Null), |(full, still)| {
            (full.into(), still.into())
        })
    };
    let (avatar, header) = (
        shown("avatars", &profile.avatar),
        shown("headers", &profile.header),
    );
    let tags = account.featured_tags.newest_first();
    let tags = tags
        .iter()
        .map(|(row, name)| featured_tag(state, id, *row, name));
    let rows = || profile.fields.iter();
    json!({
        "id": id.to_string(), "display_name": profile.display_name, "note": profile.note,
        "fields": rows().map(plain_field).collect::<Vec<_>>(), "formatted_note": html(state, &profile.note),
        "formatted_fields": rows().map(|row| field(state, row)).collect::<Vec<_>>(),
        "avatar": avatar.0, "avatar_static": avatar.1, "avatar_description": profile.avatar_description,
        "header": header.0, "header_static": header.1, "header_description": profile.header_description,
        "locked": profile.locked, "bot": profile.bot, "hide_collections": profile.hide_collections,
        "discoverable": profile.discoverable, "indexable": profile.indexable, "show_media": profile.show_media,
        "show_media_replies": profile.show_media_replies, "show_featured": profile.show_featured,
        "attribution_domains": profile.attribution_domains, "featured_tags": tags.collect::<Vec<_>>(),
    })
}

/// An account that the user has muted.
pub(crate) fn muted_account(state: &State, user: Id, id: Id, now: Timestamp) -> Value {
    let mut value = account(state, id);
    let mute = state.mute(user, id, now);
    value["mute_expires_at"] = mute.and_then(|mute| mute.expires).map(iso8601).into();
    value
}

pub(crate) fn relationship(state: &State, viewer: Id, id: Id, now: Timestamp) -> Value {
    let own = state.accounts.get(&viewer);
    let follow = own.and_then(|own| own.follows.get(&id));
    let request = own.and_then(|own| own.follow_requests.get(&id));
    let terms = follow.or(request);
    let languages = terms.map(|terms| &terms.languages);
    let mute = state.mute(viewer, id, now);
    let requested_by = state.accounts.get(&id);
    let requested_by =
        requested_by.is_some_and(|other| other.follow_requests.contains_key(&viewer));
    json!({
        "id": id.to_string(), "following": follow.is_some(),
        "showing_reblogs": terms.is_some_and(|terms| terms.reblogs), "notifying": terms.is_some_and(|terms| terms.notify),
        "languages": languages.filter(|languages| !languages.is_empty()), "followed_by": state.follows(id, viewer),
        "blocking": state.blocks(viewer, id), "blocked_by": state.blocks(id, viewer), "muting": mute.is_some(),
        "muting_notifications": mute.is_some_and(|mute| mute.notifications),
        "muting_expires_at": mute.and_then(|mute| mute.expires).map(iso8601), "requested": request.is_some(),
        "requested_by": requested_by, "domain_blocking": state.blocks_domain_of(viewer, id),
        "endorsed": own.is_some_and(|own| own.endorsed_accounts.contains(&id)),
        "note": own.and_then(|own| own.notes.get(&id)).map_or("", String::as_str),
    })
}
