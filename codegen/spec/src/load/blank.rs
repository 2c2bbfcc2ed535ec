//! Keys without a value: `since:`, or a word between commas in braces. YAML reads null, which would be the same as
//! no key at all.

use mastodon_yaml::Path;
use serde_yaml::Value;

use super::key_text;

/// A key without a value.
pub(super) struct Blank {
    pub(super) path: Path,
    pub(super) message: String,
    pub(super) hint: String,
}

/// Removes the keys without a value, and returns them.
pub(super) fn take(value: &mut Value) -> Vec<Blank> {
    let mut found = Vec::new();
    // The paths of all keys take long.
    if has_null(value) {
        visit(value, &mut Vec::new(), &mut found);
    }
    found
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Mapping(mapping) => mapping.values().any(has_null),
        Value::Sequence(items) => items.iter().any(has_null),
        _ => false,
    }
}

fn visit(value: &mut Value, path: &mut Path, found: &mut Vec<Blank>) {
    match value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping.iter_mut() {
                path.push(key_text(key));
                if value.is_null() {
                    found.push(blank(path));
                } else {
                    visit(value, path, found);
                }
                path.pop();
            }
            mapping.retain(|_, value| !value.is_null());
        }
        Value::Sequence(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                path.push(index.to_string());
                if value.is_null() {
                    found.push(Blank {
                        path: path.clone(),
                        message: "an item of the list is empty".to_owned(),
                        hint: "write a value, or remove the item".to_owned(),
                    });
                } else {
                    visit(value, path, found);
                }
                path.pop();
            }
            items.retain(|value| !value.is_null());
        }
        _ => {}
    }
}

fn blank(path: &Path) -> Blank {
    let key = path.last().map_or("", String::as_str);
    let (message, hint) = if let Some((name, value)) = key.split_once(':')
        && !value.is_empty()
        && !key.contains(' ')
    {
        (
            format!("`{key}` has no space after the colon, so it is a key without a value"),
            format!("write `{name}: {value}`, or a value after `{key}:`"),
        )
    } else if key.contains(' ') || key.ends_with(['.', '!', '?', '`']) {
        (
            format!("`{key}` is not a key"),
            "a text with a comma needs quotes in braces".to_owned(),
        )
    } else {
        (
            format!("`{key}` has no value"),
            "write a value, or remove the key".to_owned(),
        )
    };
    Blank {
        path: path.clone(),
        message,
        hint,
    }
}
