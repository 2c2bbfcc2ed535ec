//! Request parameters, independent of their encoding.

mod data_uri;
mod enums;
pub(crate) mod parse;
pub(crate) mod validate;

use axum::body::Bytes;

/// File of a multipart body.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) bytes: Bytes,
}

/// Value of a parameter.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(String),
    List(Vec<Value>),
    Map(Params),
    File(File),
}

impl Value {
    fn string(&self) -> Option<String> {
        match self {
            Self::String(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            Self::Bool(flag) => Some(flag.to_string()),
            Self::Null | Self::List(_) | Self::Map(_) | Self::File(_) => None,
        }
    }

    fn items(&self) -> Vec<&Value> {
        match self {
            Self::List(items) => items.iter().collect(),
            // A list sent with indices: the order in the request counts, not the index.
            Self::Map(map) => map.0.iter().map(|(_, value)| value).collect(),
            Self::Null => Vec::new(),
            single => vec![single],
        }
    }
}

/// Named values in the order of the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, Value)>);

impl Params {
    /// Returns the value of a parameter. A parameter sent as null counts as missing.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
            .filter(|value| !matches!(value, Value::Null))
    }

    /// Whether the parameter was sent, including as null.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// Returns all names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn set(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().find(|(other, _)| other == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Returns a parameter as a string; `None` if it is missing, a list, an object or a file.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        self.get(name)?.string()
    }

    /// Returns a parameter as a string; `None` also if it is empty or blank.
    pub(crate) fn non_blank(&self, name: &str) -> Option<String> {
        self.string(name).filter(|text| !text.trim().is_empty())
    }

    /// Parses a Boolean by Mastodon's rules. An empty string counts as missing.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(flag) => Some(*flag),
            other => match other.string()?.as_str() {
                "" => None,
                "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF" => Some(false),
                _ => Some(true),
            },
        }
    }

    /// Whether a parameter is a Boolean with the value true.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.flag(name) == Some(true)
    }

    /// Parses the leading digits of the value; zero if there are none. `None` if the parameter is missing or blank.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        let text = self.non_blank(name)?;
        let text = text.trim();
        let end = text
            .char_indices()
            .find(|(index, c)| !(c.is_ascii_digit() || *index == 0 && matches!(c, '-' | '+')))
            .map_or(text.len(), |(index, _)| index);
        Some(text[..end].parse().unwrap_or(0))
    }

    /// Returns the strings of a list. A single value counts as a list of one.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.get(name)
            .map(|value| {
                value
                    .items()
                    .into_iter()
                    .filter_map(Value::string)
                    .collect()
            })
            .unwrap_or_default()
    }

    /// Returns the objects of a list.
    pub(crate) fn maps(&self, name: &str) -> Vec<&Params> {
        let items = self.get(name).map(Value::items).unwrap_or_default();
        items
            .into_iter()
            .filter_map(|item| {
                if let Value::Map(map) = item {
                    Some(map)
                } else {
                    None
                }
            })
            .collect()
    }

    /// Returns a parameter as an object.
    pub(crate) fn map(&self, name: &str) -> Option<&Params> {
        if let Value::Map(map) = self.get(name)? {
            Some(map)
        } else {
            None
        }
    }

    /// Returns an uploaded file.
    pub(crate) fn file(&self, name: &str) -> Option<&File> {
        if let Value::File(file) = self.get(name)? {
            Some(file)
        } else {
            None
        }
    }
}

/// Returns the name of a parameter as it appears in validation messages.
pub(crate) fn human_name(name: &str) -> String {
    let special = match name {
        "email" => Some("E-mail address"),
        "client_name" => Some("Application name"),
        "redirect_uris" => Some("Redirect URI"),
        _ => None,
    };
    if let Some(special) = special {
        return special.to_owned();
    }
    let spaced = name.strip_suffix("_id").unwrap_or(name).replace('_', " ");
    let mut letters = spaced.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(name: &str, value: &str) -> Params {
        Params(vec![(name.to_owned(), Value::String(value.to_owned()))])
    }

    #[test]
    fn boolean_is_false_only_for_known_strings_and_missing_if_empty() {
        for value in ["0", "f", "F", "false", "FALSE", "off", "OFF"] {
            assert_eq!(params("x", value).flag("x"), Some(false), "{value}");
        }
        for value in ["1", "true", "False", "no", "on"] {
            assert_eq!(params("x", value).flag("x"), Some(true), "{value}");
        }
        assert_eq!(params("x", "").flag("x"), None);
    }

    #[test]
    fn integer_is_parsed_from_the_leading_digits() {
        assert_eq!(params("x", "12abc").integer("x"), Some(12));
        assert_eq!(params("x", "-5").integer("x"), Some(-5));
        assert_eq!(params("x", "abc").integer("x"), Some(0));
        assert_eq!(params("x", "").integer("x"), None);
    }
}
