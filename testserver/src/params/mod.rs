//! Request parameters, whatever encoding they came in.

pub(crate) mod parse;
pub(crate) mod validate;

use axum::body::Bytes;

/// A file from a multipart body.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) bytes: Bytes,
}

/// One value, or several.
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
            // A list sent under indices: the order of arrival counts, not the index.
            Self::Map(map) => map.0.iter().map(|(_, value)| value).collect(),
            Self::Null => Vec::new(),
            single => vec![single],
        }
    }
}

/// Named values in the order of their arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, Value)>);

impl Params {
    /// The value of that name; what was sent as null counts as not sent.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
            .filter(|value| !matches!(value, Value::Null))
    }

    /// Whether the name was sent at all, be it as null.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// All names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn set(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(crate) fn string(&self, name: &str) -> Option<String> {
        self.get(name)?.string()
    }

    /// The text, unless it is empty or blank.
    pub(crate) fn non_blank(&self, name: &str) -> Option<String> {
        self.string(name).filter(|text| !text.trim().is_empty())
    }

    /// True or false by the server's rules; an empty text counts as not given.
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

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.flag(name) == Some(true)
    }

    /// The leading number of the text, zero if there is none.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        let text = self.non_blank(name)?;
        let text = text.trim();
        let end = text
            .char_indices()
            .find(|(at, c)| !(c.is_ascii_digit() || *at == 0 && matches!(c, '-' | '+')))
            .map_or(text.len(), |(at, _)| at);
        Some(text[..end].parse().unwrap_or(0))
    }

    /// The texts of a list; a single value counts as a list of one.
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

    /// The groups of a list.
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

    pub(crate) fn map(&self, name: &str) -> Option<&Params> {
        if let Value::Map(map) = self.get(name)? {
            Some(map)
        } else {
            None
        }
    }

    pub(crate) fn file(&self, name: &str) -> Option<&File> {
        if let Value::File(file) = self.get(name)? {
            Some(file)
        } else {
            None
        }
    }
}

/// A parameter's name as it stands in an error text.
pub(crate) fn human_name(name: &str) -> String {
    let own = match name {
        "email" => Some("E-mail address"),
        "client_name" => Some("Application name"),
        "redirect_uris" => Some("Redirect URI"),
        _ => None,
    };
    if let Some(own) = own {
        return own.to_owned();
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

    fn sent(name: &str, value: &str) -> Params {
        Params(vec![(name.to_owned(), Value::String(value.to_owned()))])
    }

    #[test]
    fn a_boolean_is_false_only_for_the_known_words_and_absent_when_empty() {
        for word in ["0", "f", "F", "false", "FALSE", "off", "OFF"] {
            assert_eq!(sent("x", word).flag("x"), Some(false), "{word}");
        }
        for word in ["1", "true", "False", "no", "on"] {
            assert_eq!(sent("x", word).flag("x"), Some(true), "{word}");
        }
        assert_eq!(sent("x", "").flag("x"), None);
    }

    #[test]
    fn a_number_is_what_the_text_begins_with() {
        assert_eq!(sent("x", "12abc").integer("x"), Some(12));
        assert_eq!(sent("x", "-5").integer("x"), Some(-5));
        assert_eq!(sent("x", "abc").integer("x"), Some(0));
        assert_eq!(sent("x", "").integer("x"), None);
    }
}
