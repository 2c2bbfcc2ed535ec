//! Reads the YAML files into [`Spec`], and reports everything that does not fit its types.

mod blank;
mod explain;
mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::resume_unwind;
use std::path::Path as FilePath;
use std::thread;

use mastodon_yaml::{Positions, parse};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use serde_yaml::Value;

pub use mastodon_yaml::{Mark, Path};
pub use sources::Sources;

use crate::problem::{Problem, Related};
use crate::yaml::Spec;

/// The specification as read, with the problems found while reading.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Everything that could be read.
    pub spec: Spec,
    /// The problems.
    pub problems: Vec<Problem>,
    sources: Sources,
    /// Whether a file is not valid YAML, so that its definitions are missing.
    pub is_incomplete: bool,
}

/// Whether a problem is reported at a key or at its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At the key.
    Key,
    /// At the value.
    Value,
}

/// Another place that belongs to a problem.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// What is there.
    pub label: &'static str,
    /// The file.
    pub file: &'a str,
    /// The path of the node.
    pub path: &'a [String],
    /// Whether it is the key or the value.
    pub at: At,
}

/// The contents of the files by their path in the folder, such as `methods/accounts.yaml`.
pub type Files = BTreeMap<String, String>;

/// The file about the whole API.
pub const API: &str = "api.yaml";

/// The keys with prose.
const PROSE: [&str; 9] = [
    "title",
    "summary",
    "description",
    "note",
    "required",
    "permission",
    "check",
    "reason",
    "plain_id",
];

/// The file of accepted differences from other descriptions of the API.
pub const DIFFERENCES: &str = "differences.yaml";

/// The file about server software.
pub const SERVERS: &str = "servers.yaml";

/// The subfolder of `methods` and `entities` with what only servers other than Mastodon have.
pub const SERVERS_FOLDER: &str = "servers/";

/// Reads all files of the folder.
///
/// # Errors
///
/// When the folder or a file cannot be read. Invalid content is reported in [`Loaded::problems`].
pub fn load(folder: &FilePath) -> io::Result<Loaded> {
    files(folder).map(read)
}

/// The contents of the files in the folder.
///
/// # Errors
///
/// When the folder or a file cannot be read.
pub fn files(folder: &FilePath) -> io::Result<Files> {
    let mut files = Files::new();
    let api = fs::read_to_string(folder.join(API))
        .map_err(|error| io::Error::new(error.kind(), format!("{API}: {error}")))?;
    files.insert(API.to_owned(), api);
    for optional in [DIFFERENCES, SERVERS] {
        match fs::read_to_string(folder.join(optional)) {
            Ok(text) => drop(files.insert(optional.to_owned(), text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(io::Error::new(error.kind(), format!("{optional}: {error}")));
            }
        }
    }
    for part in ["methods", "entities"] {
        folder_files(folder, &format!("{part}/"), &mut files)?;
        let servers = format!("{part}/{SERVERS_FOLDER}");
        if folder.join(&servers).is_dir() {
            folder_files(folder, &servers, &mut files)?;
        }
    }
    Ok(files)
}

/// Adds the YAML files of a subfolder.
fn folder_files(folder: &FilePath, part: &str, files: &mut Files) -> io::Result<()> {
    let path = folder.join(part);
    let entries = fs::read_dir(&path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    for entry in entries {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && name.ends_with(".yaml")
        {
            files.insert(format!("{part}{name}"), fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// Parses the files in the order of their names, so that the result is deterministic.
pub fn read(mut files: Files) -> Loaded {
    // The methods are about half of all.
    let methods = files.split_off("methods/");
    thread::scope(|scope| {
        let methods = scope.spawn(|| read_all(methods));
        let mut loaded = read_all(files);
        loaded.append(methods.join().unwrap_or_else(|panic| resume_unwind(panic)));
        loaded
    })
}

fn read_all(files: Files) -> Loaded {
    let mut loaded = Loaded::default();
    for (path, text) in files {
        let name = path.strip_suffix(".yaml").unwrap_or(&path);
        match name.split_once('/') {
            None if name == "api" => {
                if let Some(api) = loaded.file(&path, text) {
                    loaded.spec.api = api;
                }
            }
            None if path == DIFFERENCES => {
                if let Some(differences) = loaded.file(&path, text) {
                    loaded.spec.differences = differences;
                }
            }
            None if path == SERVERS => {
                if let Some(servers) = loaded.file(&path, text) {
                    loaded.spec.servers = servers;
                }
            }
            Some(("methods", name)) => {
                if let Some(file) = loaded.file(&path, text) {
                    loaded.spec.methods.insert(name.to_owned(), file);
                }
            }
            Some(("entities", name)) => {
                if let Some(file) = loaded.file(&path, text) {
                    loaded.spec.entities.insert(name.to_owned(), file);
                }
            }
            _ => {}
        }
    }
    loaded
}

impl Loaded {
    /// Adds what was read from the files from `methods/` on.
    fn append(&mut self, other: Self) {
        self.spec.methods = other.spec.methods;
        self.spec.servers = other.spec.servers;
        self.problems.extend(other.problems);
        self.sources.append(other.sources);
        self.is_incomplete |= other.is_incomplete;
    }

    /// Without a specification and problems, to check the same files in another thread.
    pub(crate) fn with_same_sources(&self) -> Self {
        Self {
            sources: self.sources.clone(),
            ..Self::default()
        }
    }

    /// Parses a file and continues after every problem: the invalid node is reported and removed, and the
    /// rest is parsed again.
    fn file<T: DeserializeOwned>(&mut self, name: &str, text: String) -> Option<T> {
        let mut value = match parse(&text) {
            Ok((value, positions)) => {
                self.sources.insert(name.to_owned(), text, positions);
                value
            }
            Err(error) => {
                let positions = Positions::default();
                self.sources.insert(name.to_owned(), text, positions);
                let related = error
                    .other
                    .map(|(label, mark)| self.related(label, name, mark));
                self.push(name, error.mark, error.message, error.hint, related);
                self.is_incomplete = true;
                return None;
            }
        };
        self.cut_texts(name);
        for blank in blank::take(&mut value) {
            self.report(name, &blank.path, At::Key, blank.message, Some(blank.hint));
        }
        loop {
            let error = match serde_path_to_error::deserialize::<_, T>(&value) {
                Ok(file) => return Some(file),
                Err(error) => error,
            };
            let mut path: Path = error.path().iter().filter_map(segment).collect();
            let (at, message, hint) = explain::explain(&error.inner().to_string(), &mut path);
            let before = self.problems.len();
            self.report(name, &path, at, message, hint);
            let new_problem = self.problems.len() > before;
            if !remove(&mut value, &path) || !new_problem {
                return None;
            }
        }
    }

    /// Reports texts that end at a ` #`.
    fn cut_texts(&mut self, name: &str) {
        // A filter only, because most files have no comments after text.
        let text = self.text(name);
        let follows_text = |(at, _): (usize, &str)| {
            let before = text[..at].trim_end_matches(' ');
            !before.is_empty() && !before.ends_with('\n')
        };
        if !text.match_indices(" #").any(follows_text) {
            return;
        }
        for comment in mastodon_yaml::comments(self.text(name)) {
            if PROSE.contains(&comment.key.as_str()) {
                let message = format!(
                    "the text of `{}` ends here: ` #` begins a comment",
                    comment.key
                );
                let hint = "write the text in quotes, or the comment in a line of its own";
                self.push(name, comment.mark, message, Some(hint.to_owned()), None);
            }
        }
    }

    /// Whether the file has a node at the path, even an invalid one.
    pub fn is_written(&self, file: &str, path: &[String]) -> bool {
        self.sources.has(file, path)
    }

    /// The content of a file; empty where it does not exist.
    pub fn text(&self, file: &str) -> &str {
        self.sources.text(file).unwrap_or_default()
    }

    /// Reports a problem at a node of a file.
    pub fn report(
        &mut self,
        file: &str,
        path: &[String],
        at: At,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.report_with(file, path, at, message, hint, None);
    }

    /// Reports a problem at a node of a file, together with another place.
    pub fn report_with(
        &mut self,
        file: &str,
        path: &[String],
        at: At,
        message: impl Into<String>,
        hint: Option<String>,
        other: Option<Place<'_>>,
    ) {
        let mark = self.sources.mark(file, path, at);
        let related = other.map(|other| {
            let mark = self.sources.mark(other.file, other.path, other.at);
            self.related(other.label, other.file, mark)
        });
        self.push(file, mark, message.into(), hint, related);
    }

    fn related(&self, label: &str, file: &str, mark: Mark) -> Related {
        let (width, source) = self.marked(file, mark);
        Related {
            label: label.to_owned(),
            file: file.to_owned(),
            line: mark.line,
            column: mark.column,
            width,
            source,
        }
    }

    /// The width of the marked part, and its line.
    fn marked(&self, file: &str, mark: Mark) -> (usize, String) {
        let source = self.sources.line(file, mark.line).to_owned();
        // The parser includes the space after a plain value inside braces.
        let marked: String = source
            .chars()
            .skip(mark.column - 1)
            .take(mark.width)
            .collect();
        (marked.trim_end().chars().count().max(1), source)
    }

    fn push(
        &mut self,
        file: &str,
        mark: Mark,
        message: String,
        hint: Option<String>,
        related: Option<Related>,
    ) {
        let (width, source) = self.marked(file, mark);
        let problem = Problem {
            file: file.to_owned(),
            line: mark.line,
            column: mark.column,
            width,
            message,
            hint,
            source,
            related,
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

fn segment(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    }
}

/// Removes the node at the path.
fn remove(value: &mut Value, path: &[String]) -> bool {
    let Some((last, parents)) = path.split_last() else {
        return false;
    };
    let mut node = value;
    for key in parents {
        let next = match node {
            Value::Mapping(mapping) => mapping
                .iter_mut()
                .find(|(k, _)| key_text(k) == *key)
                .map(|(_, v)| v),
            Value::Sequence(items) => key
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get_mut(index)),
            _ => None,
        };
        let Some(next) = next else { return false };
        node = next;
    }
    match node {
        Value::Mapping(mapping) => {
            let before = mapping.len();
            mapping.retain(|key, _| key_text(key) != *last);
            mapping.len() < before
        }
        Value::Sequence(items) => match last.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}
