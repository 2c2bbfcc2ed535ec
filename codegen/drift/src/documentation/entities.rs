//! Reads the fields of entities: the entity of a page, further ones on the same page, and those on pages of
//! methods.

use std::collections::BTreeSet;

use super::text::{Change, Heading, ends, has_mark, listed, shape, since, value, value_versions};
use crate::external::{Attribute, ExternalApi, Lifecycle, Object, Shape};

/// The word before `attributes` in the heading of the page's own entity.
const OWN: [&str; 6] = ["", "base", "required", "optional", "deprecated", "removed"];

/// Reads a page.
pub(super) fn parse(text: &str, at: &str, page: &str, external: &mut ExternalApi) {
    let title = text.lines().find_map(|line| line.strip_prefix("title:"));
    let Some(title) = title.map(|title| title.trim().trim_matches(['"', '\'']).to_owned()) else {
        external.unread.push(format!("{at}: the page has no title"));
        return;
    };
    let mut reader = Reader {
        at,
        page,
        title,
        objects: Vec::new(),
        history: Vec::new(),
        part: Part::Rest,
        typed: BTreeSet::new(),
        unread: Vec::new(),
        deprecated: false,
    };
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            reader.line(line, index + 1);
        }
    }
    reader.finish();
    external.unread.append(&mut reader.unread);
    for object in reader.objects {
        for field in &object.attributes {
            if !reader.typed.contains(&field.at) {
                let problem = format!("{}: `{}` has no type", field.at, field.path);
                external.unread.push(problem);
            }
        }
        if !object.attributes.is_empty() {
            external.objects.push(object);
        } else if !object.name.is_empty() {
            let (position, name) = (&object.at, &object.name);
            let problem = format!("{position}: `{name}` has no described fields");
            external.unread.push(problem);
        }
    }
}

struct Reader<'a> {
    at: &'a str,
    page: &'a str,
    title: String,
    objects: Vec<Object>,
    /// The history of the current field.
    history: Vec<Change>,
    part: Part,
    /// The positions of the fields that have a type.
    typed: BTreeSet<String>,
    unread: Vec<String>,
    /// The section is marked as deprecated.
    deprecated: bool,
}

/// The current section of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Not a field: examples or prose.
    Rest,
    Field,
    History,
    AfterHistory,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, number: usize) {
        if let Some(heading) = Heading::parse(line) {
            self.finish();
            self.part = Part::Rest;
            match heading.level {
                2 => self.section(&heading, number),
                3.. => self.field(&heading, number),
                _ => {}
            }
            return;
        }
        let line = line.trim();
        if self.part == Part::Rest {
            if line.starts_with("**Type:*") {
                let at = self.at;
                let problem = format!("{at}:{number}: the type is not that of a known field");
                self.unread.push(problem);
            }
            return;
        }
        let Some(field) = self
            .objects
            .last_mut()
            .and_then(|object| object.attributes.last_mut())
        else {
            return;
        };
        if let Some(text) = line.strip_prefix("**Type:*") {
            self.typed.insert(field.at.clone());
            let text = text.trim_start_matches('*').trim();
            field.shape = shape(text);
            field.nullable |= has_mark(text, "nullable") || text.contains(" or null");
            field.optional |= has_mark(text, "optional");
            field.values = listed(text);
            self.part = Part::Field;
        } else if line.starts_with("**Version history:*") {
            self.part = Part::History;
        } else if self.part == Part::History && line.is_empty() {
            self.part = Part::AfterHistory;
        } else if self.part == Part::History {
            match Change::of_history(line) {
                Ok(change) => self.history.extend(change),
                Err(problem) => self.unread.push(format!("{}:{number}: {problem}", self.at)),
            }
        } else if self.part == Part::AfterHistory {
            // Some histories continue after an empty line.
            self.history.extend(Change::parse(line));
        } else if field.shape != Shape::Unknown
            && let Some(value) = value(line)
        {
            field.values.push(value);
        } else {
            // Some histories have no title.
            self.history
                .extend(Change::parse(line).filter(Change::adds_all));
        }
    }

    /// `## Attributes`, `## Status::Mention attributes {#Mention}`, `## Field entity attributes {#Field}` or
    /// `## `NotificationGroup` entity {#NotificationGroup}`.
    fn section(&mut self, heading: &Heading<'_>, number: usize) {
        let lower = heading.title.to_ascii_lowercase();
        let about = lower.strip_suffix("attributes").map(str::trim_end);
        let name = match about {
            Some(about) => Some(about.strip_suffix(" entity").unwrap_or(about)),
            None => lower.strip_suffix(" entity"),
        };
        let Some(name) = name else {
            // The following lines belong to no entity.
            self.objects.push(self.object(String::new(), number, None));
            return;
        };
        let name = heading.title[..name.len()].trim().trim_matches('`').trim();
        self.deprecated = name.eq_ignore_ascii_case("deprecated");
        let name = if OWN.contains(&name.to_ascii_lowercase().as_str()) {
            self.title.clone()
        } else {
            name.to_owned()
        };
        // The entity continues under another heading.
        let object = match self.objects.iter().position(|object| object.name == name) {
            Some(index) => self.objects.remove(index),
            None => self.object(name, number, heading.anchor),
        };
        self.objects.push(object);
    }

    fn object(&self, name: String, number: usize, anchor: Option<&str>) -> Object {
        let anchor = anchor
            .filter(|_| name != self.title)
            .map_or_else(String::new, |anchor| format!("#{anchor}"));
        Object {
            name,
            attributes: Vec::new(),
            at: format!("{}:{number}", self.at),
            docs: Some(format!("{}{anchor}", self.page)),
            partial: false,
            unused: false,
        }
    }

    /// `### `id` {#id}`, `#### `application[name]` {{%optional%}} {#application-name}`.
    fn field(&mut self, heading: &Heading<'_>, number: usize) {
        let Some(object) = self
            .objects
            .last_mut()
            .filter(|object| !object.name.is_empty())
        else {
            return;
        };
        let Some(code) = heading.code() else { return };
        let path = path(code);
        // A repeated heading describes a variant.
        if object.attributes.iter().any(|field| field.path == path) {
            return;
        }
        self.part = Part::Field;
        object.attributes.push(Attribute {
            path,
            shape: Shape::Unknown,
            nullable: heading.is("nullable"),
            optional: heading.is("optional"),
            since: None,
            removed: heading.is("removed"),
            ends: Lifecycle {
                marked: heading.is("deprecated") || self.deprecated,
                ..Lifecycle::default()
            },
            values: Vec::new(),
            value_versions: Vec::new(),
            at: format!("{}:{number}", self.at),
        });
    }

    /// Finishes the current field.
    fn finish(&mut self) {
        let history = std::mem::take(&mut self.history);
        if let Some(field) = self
            .objects
            .last_mut()
            .and_then(|object| object.attributes.last_mut())
            && field.since.is_none()
        {
            field.ends = ends(&history, field.ends.marked);
            field.value_versions = value_versions(&history, &field.values);
            field.since = since(&history);
        }
    }
}

/// Normalizes `history[][day]`, `params[poll][options[]]` and `poll.options[].title` to names joined by dots.
fn path(code: &str) -> String {
    let parts = code
        .split(['[', ']', '.'])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>();
    parts.join(".")
}
