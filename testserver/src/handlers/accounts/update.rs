//! Changing the user's own profile and the defaults for new statuses.

use super::pictures::uploaded;
use super::problems::Problems;
use crate::handlers::Context;
use crate::handlers::domain_blocks::domain;
use crate::ids::Id;
use crate::limits;
use crate::params::Params;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, not_found, unprocessable};
use crate::state::{Field, PostingDefaults, Profile, QuotePolicy, State, Visibility};
use crate::text;

/// The most sites whose links name the account as their author.
const MAX_DOMAINS: usize = 100;

pub(super) fn credentials(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let user = change(context, &mut state)?;
    Ok(Response::json(&render::credential_account(&state, user)))
}

pub(super) fn profile(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let user = change(context, &mut state)?;
    Ok(Response::json(&render::profile(&state, user)))
}

/// Changes all that was sent, or nothing if anything of it is wrong.
fn change(context: &Context<'_>, state: &mut State) -> Result<Id, ErrorResponse> {
    let (user, params) = (context.user()?, &context.params);
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let (before, mut profile) = (account.profile.locked, account.profile.clone());
    let mut posting = (account.default_visibility, account.posting_defaults.clone());
    let mut problems = Problems::default();
    texts(params, &mut profile, &mut problems);
    switches(params, &mut profile, context.route.name == "profile_update");
    if params.contains("fields_attributes") {
        profile.fields = fields(params, &mut problems);
    }
    if params.contains("attribution_domains") {
        profile.attribution_domains = domains(params, &mut problems);
    }
    if let Some(avatar) = uploaded(state, params, "avatar", &mut problems) {
        profile.avatar = Some(avatar);
    }
    if let Some(header) = uploaded(state, params, "header", &mut problems) {
        profile.header = Some(header);
    }
    problems.refuse()?;
    if context.route.name == "account_update_credentials"
        && let Some(source) = params.map("source")
    {
        source_of(source, &mut posting)?;
    }
    let opened = before && !profile.locked;
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    account.profile = profile;
    (account.default_visibility, account.posting_defaults) = posting;
    if opened {
        // Who no longer approves by hand has approved of all who wait.
        let waiting: Vec<Id> = state.follow_requesters(user).map(|(_, id)| id).collect();
        for id in waiting {
            state.authorize_follow_request(id, user, context.now());
        }
    }
    Ok(user)
}

fn texts(params: &Params, profile: &mut Profile, problems: &mut Problems) {
    let given = |name: &str| params.string(name).map(|text| text.trim().to_owned());
    if let Some(name) = given("display_name") {
        problems.limit(
            "display_name",
            name.chars().count(),
            limits::MAX_DISPLAY_NAME,
        );
        profile.display_name = name;
    }
    if let Some(note) = given("note") {
        problems.limit("note", text::counted_length(&note), limits::MAX_NOTE);
        profile.note = note;
    }
    for (name, kept) in [
        ("avatar_description", &mut profile.avatar_description),
        ("header_description", &mut profile.header_description),
    ] {
        if let Some(description) = given(name) {
            problems.limit(
                name,
                description.chars().count(),
                limits::MAX_PROFILE_IMAGE_DESCRIPTION,
            );
            *kept = description;
        }
    }
}

fn switches(params: &Params, profile: &mut Profile, shown: bool) {
    let mut switches = vec![
        ("locked", &mut profile.locked),
        ("bot", &mut profile.bot),
        ("indexable", &mut profile.indexable),
    ];
    if shown {
        switches.extend([
            ("show_media", &mut profile.show_media),
            ("show_media_replies", &mut profile.show_media_replies),
            ("show_featured", &mut profile.show_featured),
        ]);
    }
    for (name, switch) in switches {
        if let Some(flag) = params.flag(name) {
            *switch = flag;
        }
    }
    for (name, switch) in [
        ("discoverable", &mut profile.discoverable),
        ("hide_collections", &mut profile.hide_collections),
    ] {
        if let Some(flag) = params.flag(name) {
            *switch = Some(flag);
        }
    }
}

/// The rows of the table; those without any text are left out.
fn fields(params: &Params, problems: &mut Problems) -> Vec<Field> {
    let cut = |text: Option<String>| -> String {
        let text = text.unwrap_or_default();
        text.trim().chars().take(limits::MAX_FIELD).collect()
    };
    let rows = params.maps("fields_attributes").into_iter();
    let rows = rows.map(|row| Field {
        name: cut(row.string("name")),
        value: cut(row.string("value")),
    });
    let rows: Vec<Field> = rows
        .filter(|row| !row.name.is_empty() || !row.value.is_empty())
        .collect();
    problems.limit("fields", rows.len(), limits::MAX_PROFILE_FIELDS);
    if rows.iter().any(|row| row.name.is_empty()) {
        problems.add(
            "fields",
            "FIELDS_WITH_VALUES_MISSING_LABELS",
            "contains values with missing labels",
        );
    }
    rows
}

fn domains(params: &Params, problems: &mut Problems) -> Vec<String> {
    let mut found = Vec::new();
    for given in params.list("attribution_domains") {
        let given = given.trim();
        let bare = given
            .strip_prefix("https://")
            .or_else(|| given.strip_prefix("http://"))
            .unwrap_or(given)
            .trim_end_matches('/');
        if bare.is_empty() {
            continue;
        }
        match domain(bare) {
            Some(domain) if !found.contains(&domain) => found.push(domain),
            Some(_) => {}
            None => problems.add(
                "attribution_domains",
                "INVALID",
                "is not a valid domain name",
            ),
        }
    }
    problems.limit("attribution_domains", found.len(), MAX_DOMAINS);
    found
}

fn source_of(
    source: &Params,
    (privacy, posting): &mut (Option<Visibility>, PostingDefaults),
) -> Result<(), ErrorResponse> {
    let refused = |name: &str, value: &str| {
        unprocessable(&format!("Invalid value for setting {name}: {value}"))
    };
    if let Some(name) = source.non_blank("privacy") {
        let named = Visibility::from_name(&name).filter(|named| *named != Visibility::Direct);
        *privacy = Some(named.ok_or_else(|| refused("default_privacy", &name))?);
    }
    if let Some(flag) = source.flag("sensitive") {
        posting.sensitive = flag;
    }
    if let Some(language) = source.string("language") {
        posting.language = Some(language).filter(|language| !language.is_empty());
    }
    if let Some(name) = source.non_blank("quote_policy") {
        let named = QuotePolicy::from_name(&name);
        posting.quote_policy = named.ok_or_else(|| refused("default_quote_policy", &name))?;
    }
    Ok(())
}
