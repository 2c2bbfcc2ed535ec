//! Translates the messages of serde, which are about types of Rust, to the terms of YAML.

use mastodon_yaml::Path;

use super::At;
use crate::problem::closest;

/// The keys whose value is a version.
const VERSIONS: [&str; 6] = [
    "since",
    "deprecated",
    "removed",
    "auth_since",
    "limit_since",
    "baseline",
];

/// Keys of older specifications, and what `cargo codegen fmt` replaces them by.
const RENAMED: [(&str, &str); 3] = [
    ("source", "seen: …"),
    ("documented_as", "documented: { … }"),
    ("documented_limit", "documented: { limit: … }"),
];

/// Where the problem is reported, the message and the hint. Extends the path to an unknown key.
pub(super) fn explain(message: &str, path: &mut Path) -> (At, String, Option<String>) {
    if let Some((key, hint)) = unknown(message, "unknown field", "keys here") {
        if path.last() != Some(&key) {
            path.push(key.clone());
        }
        return (At::Key, format!("unknown key `{key}`"), Some(hint));
    }
    if let Some((value, hint)) = unknown(message, "unknown variant", "values here") {
        return (At::Value, format!("unknown value `{value}`"), Some(hint));
    }
    for what in ["invalid type: ", "invalid value: "] {
        if let Some((found, expected)) = message
            .strip_prefix(what)
            .and_then(|rest| rest.split_once(", expected "))
        {
            let (message, hint) = wrong_type(found, expected, path);
            return (At::Value, message, hint);
        }
    }
    if let Some(key) = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.strip_suffix('`'))
    {
        let hint = format!("add `{key}: …`");
        return (At::Key, format!("`{key}` is missing"), Some(hint));
    }
    let (message, hint) = message
        .split_once("; ")
        .map_or((message, None), |(m, h)| (m, Some(h.to_owned())));
    (At::Value, message.to_owned(), hint)
}

/// An unknown key or value, and a hint with what it could be.
fn unknown(message: &str, what: &str, known: &str) -> Option<(String, String)> {
    let rest = message.strip_prefix(what)?;
    let (name, expected) = rest.strip_prefix(" `")?.split_once('`')?;
    let all: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == name) {
        let hint = format!("write `{new}`; `cargo codegen fmt` rewrites it");
        return Some((name.to_owned(), hint));
    }
    let hint = closest(name, all.iter().copied()).map_or_else(
        || format!("the {known} are {}", all.join(", ")),
        |meant| format!("did you mean `{meant}`?"),
    );
    Some((name.to_owned(), hint))
}

fn wrong_type(found: &str, expected: &str, path: &Path) -> (String, Option<String>) {
    let is_version = path
        .last()
        .is_some_and(|key| VERSIONS.contains(&key.as_str()));
    let shown = |what: &str| Some(found.strip_prefix(what)?.trim_matches(['`', '"']));
    let found = if let Some(text) = shown("string ") {
        format!("the string `{text}`")
    } else if let Some(number) = shown("integer ").or_else(|| shown("floating point ")) {
        format!("the number `{number}`")
    } else if let Some(value) = shown("boolean ") {
        format!("the boolean `{value}`")
    } else {
        match found {
            "map" => "a mapping".to_owned(),
            "sequence" => "a list".to_owned(),
            "unit value" => "nothing".to_owned(),
            other => other.to_owned(),
        }
    };
    let (expected, hint) = match expected {
        "a string" if is_version => (
            "a version",
            "write the first version with three numbers, such as `4.3.0`",
        ),
        "a string" => ("a string", "write a text; `true` and numbers need quotes"),
        "a boolean" => (
            "`true` or `false`",
            "write `true`, or remove the key if it is false",
        ),
        "a sequence" => ("a list", "write it in brackets: `[…]`"),
        "a map" => ("a mapping", "write keys with values: `{ key: value }`"),
        _ if expected.starts_with("struct ") => {
            ("a mapping", "write keys with values: `{ key: value }`")
        }
        "u8" | "u16" | "u32" | "u64" | "usize" => (
            "a whole number",
            "write a number without quotes, 0 or greater",
        ),
        "f64" | "f32" => ("a number", "write a number without quotes"),
        other => (other, ""),
    };
    let hint = (!hint.is_empty()).then(|| hint.to_owned());
    (format!("expected {expected}, found {found}"), hint)
}
