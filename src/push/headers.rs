//! Headers of push messages.

use http::HeaderMap;

use crate::error::PushError;

/// Returns the value of a header. Several headers of one name are joined with commas, as HTTP defines it for
/// lists.
pub(super) fn header_value(
    headers: &HeaderMap,
    name: &'static str,
) -> Result<Option<String>, PushError> {
    let mut joined: Option<String> = None;
    for value in headers.get_all(name) {
        let value = value.to_str().map_err(|_| PushError::Malformed {
            part: name,
            reason: "the value contains characters other than printable ASCII",
        })?;
        joined = Some(joined.map_or_else(
            || value.to_owned(),
            |previous| format!("{previous},{value}"),
        ));
    }
    Ok(joined)
}

/// Returns the value of a parameter in a header such as `keyid=p256dh;salt=…, dh=…`.
pub(super) fn parameter<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    header.split([';', ',']).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"'))
    })
}

/// Returns the first 100 characters of a string from a request, for error messages.
pub(super) fn truncated(value: &str) -> String {
    value.chars().take(100).collect()
}
