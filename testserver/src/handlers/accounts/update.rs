//! Updates of the user's own profile and posting defaults.

use super::profile_images::uploaded_image;
use super::validation::ValidationErrors;
use crate::handlers::Context;
use crate::handlers::domain_blocks::normalize_domain;
use crate::ids::Id;
use crate::limits;
use crate::params::Params;
use crate::render;
use crate::response::{ErrorResponse, HandlerResult, Response, internal_server_error, not_found};
use crate::state::{Field, PostingDefaults, Profile, QuotePolicy, State, Visibility};
use crate::text;

/// Maximum number of domains whose links can credit the account as author.
const MAX_ATTRIBUTION_DOMAINS: usize = 100;

pub(super) fn credentials(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let user = apply(context, &mut state)?;
    Ok(Response::json(&render::credential_account(&state, user)))
}

pub(super) fn profile(context: &Context<'_>) -> HandlerResult {
    let mut state = context.shared.state();
    let user = apply(context, &mut state)?;
    Ok(Response::json(&render::profile(&state, user)))
}

/// Applies all changes of the profile, or none if any of them is invalid; then those of the settings.
fn apply(context: &Context<'_>, state: &mut State) -> Result<Id, ErrorResponse> {
    let (user, params) = (context.user()?, &context.params);
    let account = state.accounts.get(&user).ok_or_else(not_found)?;
    let (was_locked, mut profile) = (account.profile.locked, account.profile.clone());
    let mut posting = (account.default_visibility, account.posting_defaults.clone());
    let mut errors = ValidationErrors::default();
    apply_texts(params, &mut profile, &mut errors);
    apply_flags(params, &mut profile, context.route.name == "profile_update");
    if params.contains("fields_attributes") {
        profile.fields = fields(params, &mut errors);
    }
    if params.contains("attribution_domains") {
        profile.attribution_domains = attribution_domains(params, &mut errors);
    }
    if let Some(avatar) = uploaded_image(state, params, "avatar", &mut errors) {
        profile.avatar = Some(avatar);
    }
    if let Some(header) = uploaded_image(state, params, "header", &mut errors) {
        profile.header = Some(header);
    }
    errors.into_result()?;
    let unlocked = was_locked && !profile.locked;
    let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
    account.profile = profile;
    if unlocked {
        // Unlocking an account accepts all pending follow requests, except those of limited accounts.
        let requesters: Vec<Id> = state.follow_requesters(user).map(|(_, id)| id).collect();
        let is_limited = |id: &Id| {
            state
                .accounts
                .get(id)
                .is_some_and(|account| account.limited)
        };
        let requesters: Vec<Id> = requesters
            .into_iter()
            .filter(|id| !is_limited(id))
            .collect();
        for id in requesters {
            state.authorize_follow_request(id, user, context.now());
        }
    }
    // The settings are saved in a second step: an invalid one fails after the profile was saved.
    if context.route.name == "account_update_credentials"
        && let Some(source) = params.map("source")
    {
        apply_source(source, &mut posting)?;
        let account = state.accounts.get_mut(&user).ok_or_else(not_found)?;
        (account.default_visibility, account.posting_defaults) = posting;
    }
    Ok(user)
}

fn apply_texts(params: &Params, profile: &mut Profile, errors: &mut ValidationErrors) {
    let trimmed = |name: &str| params.string(name).map(|text| text.trim().to_owned());
    if let Some(name) = trimmed("display_name") {
        errors.check_length(
            "display_name",
            name.chars().count(),
            limits::MAX_DISPLAY_NAME,
        );
        profile.display_name = name;
    }
    if let Some(note) = trimmed("note") {
        errors.check_length("note", text::counted_length(&note), limits::MAX_NOTE);
        profile.note = note;
    }
    for (name, target) in [
        ("avatar_description", &mut profile.avatar_description),
        ("header_description", &mut profile.header_description),
    ] {
        if let Some(description) = trimmed(name) {
            errors.check_length(
                name,
                description.chars().count(),
                limits::MAX_PROFILE_IMAGE_DESCRIPTION,
            );
            *target = description;
        }
    }
}

fn apply_flags(params: &Params, profile: &mut Profile, with_display_settings: bool) {
    let mut flags = vec![
        ("locked", &mut profile.locked),
        ("bot", &mut profile.bot),
        ("indexable", &mut profile.indexable),
    ];
    if with_display_settings {
        flags.extend([
            ("show_media", &mut profile.show_media),
            ("show_media_replies", &mut profile.show_media_replies),
            ("show_featured", &mut profile.show_featured),
        ]);
    }
    for (name, setting) in flags {
        if let Some(flag) = params.flag(name) {
            *setting = flag;
        }
    }
    for (name, setting) in [
        ("discoverable", &mut profile.discoverable),
        ("hide_collections", &mut profile.hide_collections),
    ] {
        if let Some(flag) = params.flag(name) {
            *setting = Some(flag);
        }
    }
}

/// Returns the profile fields. Empty fields are omitted.
fn fields(params: &Params, errors: &mut ValidationErrors) -> Vec<Field> {
    let truncated = |text: Option<String>| -> String {
        let text = text.unwrap_or_default();
        text.trim().chars().take(limits::MAX_FIELD).collect()
    };
    let fields = params.maps("fields_attributes").into_iter();
    let fields = fields.map(|attributes| Field {
        name: truncated(attributes.string("name")),
        value: truncated(attributes.string("value")),
    });
    let fields: Vec<Field> = fields
        .filter(|field| !field.name.is_empty() || !field.value.is_empty())
        .collect();
    errors.check_length("fields", fields.len(), limits::MAX_PROFILE_FIELDS);
    if fields.iter().any(|field| field.name.is_empty()) {
        errors.add(
            "fields",
            "FIELDS_WITH_VALUES_MISSING_LABELS",
            "contains values with missing labels",
        );
    }
    fields
}

fn attribution_domains(params: &Params, errors: &mut ValidationErrors) -> Vec<String> {
    let mut domains = Vec::new();
    for value in params.list("attribution_domains") {
        let value = value.trim();
        let name = value
            .strip_prefix("https://")
            .or_else(|| value.strip_prefix("http://"))
            .unwrap_or(value)
            .trim_end_matches('/');
        if name.is_empty() {
            continue;
        }
        match normalize_domain(name) {
            Some(domain) if !domains.contains(&domain) => domains.push(domain),
            Some(_) => {}
            None => errors.add(
                "attribution_domains",
                "INVALID",
                "is not a valid domain name",
            ),
        }
    }
    errors.check_length(
        "attribution_domains",
        domains.len(),
        MAX_ATTRIBUTION_DOMAINS,
    );
    domains
}

fn apply_source(
    source: &Params,
    (privacy, posting): &mut (Option<Visibility>, PostingDefaults),
) -> Result<(), ErrorResponse> {
    // Mastodon does not expect unknown values of the settings.
    if let Some(name) = source.string("privacy") {
        let visibility =
            Visibility::from_name(&name).filter(|visibility| *visibility != Visibility::Direct);
        *privacy = Some(visibility.ok_or_else(internal_server_error)?);
    }
    if let Some(flag) = source.flag("sensitive") {
        posting.sensitive = flag;
    }
    if let Some(language) = source.string("language") {
        posting.language = Some(language).filter(|language| !language.is_empty());
    }
    if let Some(name) = source.string("quote_policy") {
        let policy = QuotePolicy::from_name(&name);
        posting.quote_policy = policy.ok_or_else(internal_server_error)?;
    }
    Ok(())
}
