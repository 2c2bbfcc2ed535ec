//! Translation of statuses. The translated text is the original, prefixed with the target language.

use serde_json::{Value, json};

use super::super::Context;
use super::visible_status;
use crate::ids::Id;
use crate::languages::is_language;
use crate::render;
use crate::response::{HandlerResult, Response, forbidden, route_not_found};
use crate::state::State;

/// Source languages and their target languages. `und` is a source that is not known.
pub(crate) const TRANSLATIONS: &[(&str, &[&str])] = &[
    ("de", &["en", "es", "fr"]),
    ("en", &["de", "es", "fr"]),
    ("es", &["de", "en", "fr"]),
    ("fr", &["de", "en", "es"]),
    ("und", &["de", "en", "es", "fr"]),
];
const DEFAULT_LOCALE: &str = "en";

/// Returns the target language: the requested one or that of the user, without its region if it is not supported.
fn target_language<'l>(requested: Option<&'l str>, own: &'l str, targets: &[&str]) -> &'l str {
    let language = |locale: &'l str| locale.split(['-', '_']).next().unwrap_or(locale);
    let requested = requested.filter(|locale| is_language(language(locale)));
    let locale = requested.unwrap_or(own);
    if targets.contains(&locale) {
        return locale;
    }
    language(locale)
}

fn locale_of(state: &State, user: Id) -> &str {
    let account = state.accounts.get(&user);
    let login = account.and_then(|account| account.login.as_ref());
    login.map_or(DEFAULT_LOCALE, |login| login.locale.as_str())
}

pub(super) fn translate(context: &Context<'_>) -> HandlerResult {
    let user = context.user()?;
    let state = context.shared.state();
    let status = visible_status(context, &state, context.id())?;
    if !state
        .behavior
        .with(|behavior| behavior.instance.translation)
    {
        return Err(route_not_found());
    }
    let source = status.language.as_deref();
    let known = TRANSLATIONS
        .iter()
        .find(|(name, _)| *name == source.unwrap_or("und"));
    let targets = known.map_or(&[][..], |(_, targets)| targets);
    let requested = context.params.non_blank("lang");
    let target = target_language(requested.as_deref(), locale_of(&state, user), targets);
    if !status.visibility.is_distributable() || !targets.contains(&target) {
        return Err(forbidden("This action is not allowed"));
    }
    let translated = |text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!("[{target}] {text}")
        }
    };
    let poll = status.poll.as_ref().map(|poll| {
        let options = poll.options.iter();
        let options: Vec<Value> = options
            .map(|title| json!({ "title": translated(title) }))
            .collect();
        json!({ "id": poll.id.to_string(), "options": options })
    });
    let media = status.media.iter().filter_map(|id| state.media.get(id));
    let media = media.map(|attachment| {
        let description = attachment.description.as_deref().unwrap_or_default();
        json!({ "id": attachment.id.to_string(), "description": translated(description) })
    });
    Ok(Response::json(&json!({
        "content": render::content(&state, status, &translated(&status.text)),
        "spoiler_text": translated(&status.spoiler_text), "language": target, "poll": poll,
        "media_attachments": media.collect::<Vec<_>>(),
        "detected_source_language": source.unwrap_or(DEFAULT_LOCALE), "provider": "Test server",
    })))
}
