//! Formats the YAML files: order of keys, indentation, columns, quotes and blank lines.
//!
//! Comments are kept with their entries. Old forms are rewritten: keys that were renamed, and facts that follow from
//! others. Only the subset of YAML that the specification uses is supported;
//! anything else is an error with its line, as is a file whose meaning would change.

mod migrate;
mod order;
mod parse;
mod wrap;
mod write;

use mastodon_yaml::SyntaxError;
use serde::de::DeserializeOwned;
use serde_yaml::Value;

use mastodon_spec::problem::Problem;
use mastodon_spec::yaml::{ApiFile, Differences, EntitiesFile, MethodsFile, ServersFile};

/// The formatted content of a file; `file` is its path in the folder of the specification.
///
/// # Errors
///
/// When it uses unsupported YAML, or its meaning would change.
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
    let is_migrated = migrate::migrate(kind, &mut document);
    let expected = if is_migrated {
        Ok(document.value())
    } else {
        yaml_value(text)
    };
    order::sort(kind, &mut document);
    let formatted = write::write(kind, &document);
    if !expected.is_ok_and(|expected| is_equal(file, expected, &formatted)) {
        let message = "formatting would change the meaning of the file".to_owned();
        let first = text.lines().next().unwrap_or_default();
        return Err(Box::new(problem(file, 1, message, first)));
    }
    let mut lines = formatted.lines().zip(1..);
    match lines.find(|(line, _)| line.chars().count() > wrap::MAX_WIDTH) {
        None => Ok(formatted),
        Some((line, number)) => {
            let message = format!(
                "the line is longer than {} characters, and cannot be broken",
                wrap::MAX_WIDTH
            );
            Err(Box::new(problem(file, number, message, line)))
        }
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

/// Whether both contents are equal as YAML and as typed files, where the order of parameters, fields and
/// values matters.
fn is_equal(file: &str, old: Value, after: &str) -> bool {
    let Ok(new) = yaml_value(after) else {
        return false;
    };
    let typed = match file.split('/').next() {
        Some("methods") => equal_as::<MethodsFile>,
        Some("entities") => equal_as::<EntitiesFile>,
        Some("api.yaml") => equal_as::<ApiFile>,
        Some("servers.yaml") => equal_as::<ServersFile>,
        _ => equal_as::<Differences>,
    };
    old == new && typed(old, new)
}

fn yaml_value(text: &str) -> Result<Value, SyntaxError> {
    mastodon_yaml::parse(text).map(|(value, _)| value)
}

/// Whether both values deserialize to equal files. Files that do not match the type are compared as YAML only.
fn equal_as<T: DeserializeOwned + std::fmt::Debug>(old: Value, new: Value) -> bool {
    let deserialize = |value| {
        serde_yaml::from_value::<T>(value)
            .ok()
            .map(|file| format!("{file:?}"))
    };
    deserialize(old) == deserialize(new)
}
