//! Translates the messages of error responses. Handlers write them in English.

use axum::http::header;
use serde_json::Value;

use super::Locale;
use super::messages::{
    ATTRIBUTE_ERRORS, ATTRIBUTES, MESSAGES, Message, PUSH_TITLES, VALIDATION_FAILED,
};
use crate::response::Response;

/// Translates the message of an error response, those of its details, and the description in `WWW-Authenticate`.
/// Messages that Mastodon does not translate stay as they are.
pub(crate) fn translate_response(response: &mut Response, locale: Locale) {
    if locale == Locale::English || response.status.is_success() {
        return;
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&response.body) else {
        return;
    };
    let Some(translated) = body
        .get("error")
        .and_then(Value::as_str)
        .and_then(|error| translate(error, locale))
    else {
        return;
    };
    body.insert("error".to_owned(), translated.clone().into());
    let details = body.get_mut("details").and_then(Value::as_object_mut);
    let errors = details.into_iter().flatten();
    for error in errors
        .filter_map(|(_, errors)| errors.as_array_mut())
        .flatten()
    {
        let description = error["description"].as_str();
        let description = description.and_then(|text| find(ATTRIBUTE_ERRORS, text, locale));
        if let Some(description) = description {
            error["description"] = description.into();
        }
    }
    response.body = Value::Object(body).to_string().into_bytes();
    for (name, value) in &mut response.headers {
        if *name == header::WWW_AUTHENTICATE
            && let Some((start, _)) = value.split_once("error_description=")
        {
            let description = printable(&translated);
            *value = format!("{start}error_description=\"{description}\"");
        }
    }
}

/// Replaces the characters that an error description must not have in a header (RFC 6750).
pub(crate) fn printable(text: &str) -> String {
    let is_allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    text.chars()
        .map(|c| if is_allowed(c) { c } else { '_' })
        .collect()
}

/// Returns the title of a push message.
pub(crate) fn push_title(locale: Locale, kind: &str, name: &str) -> String {
    let title = PUSH_TITLES.iter().find(|(known, _)| *known == kind);
    let text = title.map_or("{}", |(_, (english, german, french))| {
        locale.pick(english, german, french)
    });
    text.replacen("{}", name, 1)
}

/// Translates a whole message; `None` if it is not one that Mastodon translates.
fn translate(error: &str, locale: Locale) -> Option<String> {
    let (prefix, german, french) = VALIDATION_FAILED;
    let Some(errors) = error.strip_prefix(prefix) else {
        return find(MESSAGES, error, locale);
    };
    let prefix = locale.pick(prefix, german, french);
    Some(format!("{prefix}{}", translate_list(errors, locale)))
}

/// Translates errors that are separated by commas. A single error can contain commas, too.
fn translate_list(errors: &str, locale: Locale) -> String {
    let parts: Vec<&str> = errors.split(", ").collect();
    let mut translated = Vec::new();
    let mut start = 0;
    while start < parts.len() {
        let candidates = (start + 1..=parts.len()).rev();
        let found = candidates
            .filter_map(|end| {
                let text = translate_record_error(&parts[start..end].join(", "), locale)?;
                Some((text, end))
            })
            .next();
        let (text, end) = found.unwrap_or_else(|| (parts[start].to_owned(), start + 1));
        translated.push(text);
        start = end;
    }
    translated.join(", ")
}

/// Translates one error of a record: a message that stands alone, or an attribute with its error.
fn translate_record_error(error: &str, locale: Locale) -> Option<String> {
    if let Some(text) = find(MESSAGES, error, locale) {
        return Some(text);
    }
    let spaces = error.match_indices(' ').map(|(position, _)| position);
    let mut attributes = spaces.filter_map(|position| {
        let (attribute, problem) = (&error[..position], &error[position + 1..]);
        if attribute.contains(',') {
            return None;
        }
        let problem = find(ATTRIBUTE_ERRORS, problem, locale)?;
        let attribute = find(ATTRIBUTES, attribute, locale).unwrap_or_else(|| attribute.to_owned());
        Some(format!("{attribute} {problem}"))
    });
    attributes.next()
}

/// Finds the translation of a text. The part of the text that is variable is taken over.
fn find(messages: &[Message], text: &str, locale: Locale) -> Option<String> {
    messages.iter().find_map(|(english, german, french)| {
        let translation = locale.pick(english, german, french);
        let Some((before, after)) = english.split_once("{}") else {
            return (*english == text).then(|| translation.to_owned());
        };
        let variable = text.strip_prefix(before)?.strip_suffix(after)?;
        Some(translation.replacen("{}", variable, 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn german(text: &str) -> String {
        translate(text, Locale::German).unwrap_or_default()
    }

    #[test]
    fn each_error_of_a_record_is_translated_with_its_attribute() {
        assert_eq!(
            german(
                "Validation failed: Username must contain only letters, numbers and underscores, Password can't be blank"
            ),
            "Gültigkeitsprüfung ist fehlgeschlagen: Profilname nur Buchstaben, Ziffern und Unterstriche, \
             Passwort muss ausgefüllt werden"
        );
        assert_eq!(
            german("Validation failed: Title is too long (maximum is 256 characters)"),
            "Gültigkeitsprüfung ist fehlgeschlagen: Title ist zu lang (mehr als 256 Zeichen)"
        );
        assert_eq!(
            german("Validation failed: Something new, The poll has already ended"),
            "Gültigkeitsprüfung ist fehlgeschlagen: Something new, Diese Umfrage ist bereits beendet"
        );
    }

    #[test]
    fn fixed_messages_stay_english() {
        for fixed in ["Record not found", "This action is not allowed"] {
            assert_eq!(translate(fixed, Locale::French), None, "{fixed}");
        }
    }

    #[test]
    fn description_in_a_header_has_only_printable_ascii() {
        assert_eq!(printable("ungültig \"x\""), "ung_ltig _x_");
    }
}
