//! The one shape of the specification's YAML: the order of keys, indentation, columns, quotes and blank lines.
//!
//! Comments stay with what they stand at. Only as much of YAML is understood as the specification is written
//! in; anything else is refused with its line, and so is a text that would mean something else afterwards.

mod order;
mod parse;
mod write;

use serde::de::DeserializeOwned;
use serde_yaml::Value;

use mastodon_spec::problem::Problem;
use mastodon_spec::yaml::{ApiFile, Differences, EntitiesFile, MethodsFile};

/// The text of a file in the one shape; `file` is its path in the folder of the specification.
///
/// # Errors
///
/// When it is written in more of YAML than is understood here, or would mean something else afterwards.
pub fn format(file: &str, text: &str) -> Result<String, Box<Problem>> {
    let kind = order::Kind::of(file);
    let mut document = parse::parse(text).map_err(|error| {
        let line = text.lines().nth(error.line.saturating_sub(1));
        Box::new(problem(
            file,
            error.line,
            error.message,
            line.unwrap_or_default(),
        ))
    })?;
    order::sort(kind, &mut document);
    let shaped = write::write(kind, &document);
    if same(file, text, &shaped) {
        Ok(shaped)
    } else {
        let message = "it would not mean the same in the one shape".to_owned();
        Err(Box::new(problem(
            file,
            1,
            message,
            text.lines().next().unwrap_or_default(),
        )))
    }
}

fn problem(file: &str, line: usize, message: String, source: &str) -> Problem {
    Problem {
        file: file.to_owned(),
        line,
        column: 1,
        width: source.chars().count().max(1),
        message,
        hint: None,
        source: source.to_owned(),
    }
}

/// Whether both texts mean the same: as YAML, and as what is read from them, where the order of
/// parameters, fields and values counts as well.
fn same(file: &str, before: &str, after: &str) -> bool {
    let (Ok(old), Ok(new)) = (value(before), value(after)) else {
        return false;
    };
    let typed = match file.split('/').next() {
        Some("methods") => alike::<MethodsFile>,
        Some("entities") => alike::<EntitiesFile>,
        Some("api.yaml") => alike::<ApiFile>,
        _ => alike::<Differences>,
    };
    old == new && typed(old, new)
}

fn value(text: &str) -> Result<Value, serde_yaml::Error> {
    serde_yaml::from_str(text)
}

/// What cannot be read as such a file is compared as YAML alone.
fn alike<T: DeserializeOwned + std::fmt::Debug>(old: Value, new: Value) -> bool {
    let read = |value| {
        serde_yaml::from_value::<T>(value)
            .ok()
            .map(|file| format!("{file:?}"))
    };
    read(old) == read(new)
}
