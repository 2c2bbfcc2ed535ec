//! Changes the texts of the YAML files: adds items to mappings, keys to items, and new files.

use std::collections::BTreeMap;

use super::{Drafted, Writer, indented, quoted_key};
use mastodon_spec::load::{API, At, Files};
use mastodon_spec::yaml::Version;

/// A file that does not exist yet.
#[derive(Default)]
pub(super) struct NewFile {
    docs: String,
    /// The items of `ids`, `enums`, `entities` and `methods`.
    sections: BTreeMap<String, String>,
}

/// A change of one line.
pub(super) enum Edit {
    /// Adds a key to a mapping on one line.
    Key(String),
    /// Adds an item to a list on one line, which is the value of the key.
    Item { list: String, value: String },
    /// Replaces the type `string`.
    Type(String),
    /// Replaces the line.
    Line(String),
}

impl Edit {
    fn apply(&self, line: &str) -> String {
        match self {
            Self::Key(text) => line.replacen('{', &format!("{{ {text},"), 1),
            Self::Item { list, value } => {
                let start = line.find(&format!("{list}: ["));
                let end = start.and_then(|start| Some(start + line[start..].find(']')?));
                match end {
                    Some(end) => {
                        let empty = line[..end].trim_end().ends_with('[');
                        let comma = if empty { "" } else { ", " };
                        format!("{}{comma}{value}{}", &line[..end], &line[end..])
                    }
                    None => line.to_owned(),
                }
            }
            Self::Type(name) => {
                let line = line.replacen("type: string", &format!("type: {name}"), 1);
                line.replacen("type: [string]", &format!("type: [{name}]"), 1)
            }
            Self::Line(text) => text.clone(),
        }
    }
}

const SECTIONS: [&str; 4] = ["ids", "enums", "entities", "methods"];

impl Writer<'_> {
    /// Appends text to a mapping, which is created if missing.
    pub(super) fn under(
        &mut self,
        file: &str,
        path: &[String],
        body: &str,
        docs: Option<&str>,
    ) -> Result<(), String> {
        if self.sources.text(file).is_none() {
            let new = self.new.entry(file.to_owned()).or_default();
            if let Some(docs) = docs.and_then(|docs| docs.split('#').next()) {
                docs.clone_into(&mut new.docs);
            }
            let section = path.first().map_or("methods", String::as_str);
            let section = new.sections.entry(section.to_owned()).or_default();
            // The mappings below the section.
            let mut text = body.to_owned();
            for key in path.iter().skip(1).rev() {
                text = format!("{}:\n{}", quoted_key(key), indented(&text, 2));
            }
            section.push_str(&indented(&text, 2));
            return Ok(());
        }
        // Several items can need the same mapping that does not exist yet.
        if let [section] = path
            && !self.sources.has(file, path)
        {
            let key = (file.to_owned(), section.clone());
            self.sections
                .entry(key)
                .or_default()
                .push_str(&indented(body, 2));
            return Ok(());
        }
        let mut text = body.to_owned();
        let mut at = path;
        // Inserted at the nearest existing mapping; missing parents are added.
        while !at.is_empty() && !self.sources.has(file, at) {
            let Some((last, rest)) = at.split_last() else {
                break;
            };
            text = format!("{}:\n{}", quoted_key(last), indented(&text, 2));
            at = rest;
        }
        let mark = self.sources.mark(file, at, At::Key);
        let (Some(end), true) = (
            self.sources.end(file, at),
            at.is_empty() || self.is_block(file, mark.line, mark.column + mark.width),
        ) else {
            return Err(format!(
                "its parent `{}` is written on one line",
                path.join(".")
            ));
        };
        let indent = if at.is_empty() { 0 } else { mark.column + 1 };
        let blank = if path == ["methods".to_owned()] {
            "\n"
        } else {
            ""
        };
        let text = format!("{blank}{}", indented(&text, indent));
        self.inserts
            .entry(file.to_owned())
            .or_default()
            .push((end, text));
        Ok(())
    }

    /// Adds a key to an item.
    pub(super) fn set(
        &mut self,
        file: &str,
        path: &[String],
        key: &str,
        value: &str,
    ) -> Result<(), String> {
        let full = [path, &[key.to_owned()]].concat();
        if self.sources.has(file, &full) {
            return Err(format!("it has another `{key}`"));
        }
        let mark = self.sources.mark(file, path, At::Key);
        if self.is_block(file, mark.line, mark.column + mark.width) {
            return self.under(file, path, &format!("{key}: {value}\n"), None);
        }
        if !self.sources.line(file, mark.line).contains('{') {
            return Err(format!("add `{key}: {value}`"));
        }
        let edit = Edit::Key(format!("{key}: {value}"));
        self.edit(file, mark.line, edit);
        Ok(())
    }

    pub(super) fn edit(&mut self, file: &str, line: usize, edit: Edit) {
        let edits = self.edits.entry(file.to_owned()).or_default();
        edits.push((line, edit));
    }

    /// The statuses of a method: all errors, and further successful responses.
    pub(super) fn statuses(
        &mut self,
        file: &str,
        path: &[String],
        errors: &[u16],
        responses: &[u16],
    ) -> Result<(), String> {
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let text = format!("errors: [{}]", texts.join(", "));
        let at = [path, &["errors".to_owned()]].concat();
        if self.sources.has(file, &at) {
            let mark = self.sources.mark(file, &at, At::Key);
            let line = self.sources.line(file, mark.line);
            let trimmed = line.trim_start();
            if !trimmed.starts_with("errors: [") || !trimmed.ends_with(']') {
                return Err(format!("write `{text}`"));
            }
            let indent = &line[..line.len() - trimmed.len()];
            let new = format!("{indent}{text}");
            if new != line {
                self.edit(file, mark.line, Edit::Line(new));
            }
        } else if !errors.is_empty() {
            self.under(file, path, &format!("{text}\n"), None)?;
        }
        if responses.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = responses
            .iter()
            .map(|status| format!("{status}: \"?\""))
            .collect();
        let text = format!("{{ {} }}", texts.join(", "));
        self.set(file, path, "responses", &text)
    }

    /// Adds an item to a list that is written on one line.
    pub(super) fn item(&mut self, file: &str, path: &[String], value: &str) -> Result<(), String> {
        let list = path.last().map_or("", String::as_str);
        let mark = self.sources.mark(file, path, At::Key);
        let line = self.sources.line(file, mark.line);
        if !self.sources.has(file, path) || !line.contains(&format!("{list}: [")) {
            return Err(format!("add `{value}` to `{list}`"));
        }
        let (list, value) = (list.to_owned(), value.to_owned());
        self.edit(file, mark.line, Edit::Item { list, value });
        Ok(())
    }

    /// Whether only a comment follows the colon of a key.
    fn is_block(&self, file: &str, line: usize, column: usize) -> bool {
        let text = self.sources.line(file, line);
        let rest: String = text.chars().skip(column.saturating_sub(1)).collect();
        let rest = rest.trim_start_matches(['"', '\'']);
        let rest = rest.trim_start_matches(':').trim_start();
        rest.is_empty() || rest.starts_with('#')
    }

    /// The releases that are not in the specification yet.
    pub(super) fn releases(&mut self) {
        let releases = &self.spec.api.releases;
        let mut new: Vec<Version> = self.versions.clone();
        new.retain(|version| {
            !version.is_zero() && !releases.iter().any(|release| release.version == *version)
        });
        new.sort();
        for version in new {
            let after = releases
                .iter()
                .rposition(|release| release.version < version);
            let Some(index) = after else { continue };
            let mark =
                self.sources
                    .mark(API, &["releases".to_owned(), index.to_string()], At::Value);
            let numbered = self.api_version.take_if(|(of, _)| *of == version);
            let number = numbered.map_or_else(String::new, |(_, number)| {
                format!(", api_version: {number}")
            });
            let text = format!("  - {{ version: {version}{number} }}\n");
            self.inserts
                .entry(API.to_owned())
                .or_default()
                .push((mark.line, text));
            self.drafted
                .written
                .push((API.to_owned(), format!("release {version}")));
        }
    }

    pub(super) fn finish(mut self, files: &Files) -> Drafted {
        for ((file, section), items) in std::mem::take(&mut self.sections) {
            // The last section follows the others; they are formatted in their order.
            let end = files.get(&file).map_or(0, |text| text.lines().count());
            let text = format!("{section}:\n{items}");
            self.inserts.entry(file).or_default().push((end, text));
        }
        let mut drafted = self.drafted;
        let changed = self.inserts.keys().chain(self.edits.keys());
        let changed: std::collections::BTreeSet<String> = changed.cloned().collect();
        for file in changed {
            let Some(text) = files.get(&file) else {
                continue;
            };
            let inserts = self.inserts.remove(&file).unwrap_or_default();
            let edits = self.edits.remove(&file).unwrap_or_default();
            let mut out = String::new();
            for (index, line) in text.lines().enumerate() {
                let own = edits.iter().filter(|(at, _)| *at == index + 1);
                let line = own.fold(line.to_owned(), |line, (_, edit)| edit.apply(&line));
                out.push_str(&line);
                out.push('\n');
                for (_, text) in inserts.iter().filter(|(after, _)| *after == index + 1) {
                    out.push_str(text);
                }
            }
            drafted.files.insert(file, out);
        }
        let new = self.new.into_iter();
        drafted
            .files
            .extend(new.map(|(file, content)| (file, content.text())));
        for (file, text) in &mut drafted.files {
            if let Ok(formatted) = mastodon_spec_fmt::format(file, text) {
                *text = formatted;
            }
        }
        drafted
    }
}

impl NewFile {
    fn text(&self) -> String {
        let docs = match self.docs.as_str() {
            "" => "\"?\"",
            docs => docs,
        };
        let mut out = format!(
            "# yaml-language-server: $schema=../schema.json\ntitle: \"?\"\ndescription: \"?\"\ndocs: {docs}\n"
        );
        for section in SECTIONS {
            if let Some(items) = self.sections.get(section) {
                out.push_str(&format!("{section}:\n{items}"));
            }
        }
        out
    }
}
