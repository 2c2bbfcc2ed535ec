//! The fields of entities: those that a page is about, those that stand on the same page, and those on
//! pages of methods.

use super::text::{Change, Heading, has_mark, listed, shape, since, value};
use crate::drift::outside::{Attribute, Object, Outside, Shape};

/// Reads a page.
pub(super) fn read(text: &str, at: &str, page: &str, outside: &mut Outside) {
    let title = text.lines().find_map(|line| line.strip_prefix("title:"));
    let Some(title) = title.map(|title| title.trim().trim_matches(['"', '\'']).to_owned()) else {
        outside.unread.push(format!("{at}: the page has no title"));
        return;
    };
    let mut reader = Reader {
        at,
        page,
        title,
        objects: Vec::new(),
        history: Vec::new(),
        in_history: false,
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
    let objects = reader
        .objects
        .into_iter()
        .filter(|object| !object.attributes.is_empty());
    outside.objects.extend(objects);
}

struct Reader<'a> {
    at: &'a str,
    page: &'a str,
    title: String,
    objects: Vec<Object>,
    /// The history of the field that is being read.
    history: Vec<Change>,
    in_history: bool,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, number: usize) {
        if let Some(heading) = Heading::read(line) {
            self.finish();
            match heading.level {
                2 => self.section(&heading, number),
                3.. => self.field(&heading, number),
                _ => {}
            }
            return;
        }
        let line = line.trim();
        let Some(field) = self
            .objects
            .last_mut()
            .and_then(|object| object.attributes.last_mut())
        else {
            return;
        };
        if let Some(text) = line.strip_prefix("**Type:*") {
            let text = text.trim_start_matches('*').trim();
            field.shape = shape(text);
            field.nullable = has_mark(text, "nullable") || text.contains(" or null");
            field.optional |= has_mark(text, "optional");
            field.values = listed(text);
            self.in_history = false;
        } else if line.starts_with("**Version history:*") {
            self.in_history = true;
        } else if self.in_history {
            self.history.extend(Change::read(line));
        } else if field.shape != Shape::Unknown
            && let Some(value) = value(line)
        {
            field.values.push(value);
        }
    }

    /// `## Attributes`, `## Status::Mention attributes {#Mention}`, or on the page of methods
    /// `## `NotificationGroup` entity {#NotificationGroup}`.
    fn section(&mut self, heading: &Heading<'_>, number: usize) {
        let lower = heading.title.to_ascii_lowercase();
        let name = lower
            .strip_suffix("attributes")
            .or_else(|| lower.strip_suffix(" entity"));
        let Some(name) = name else {
            // What follows belongs to no entity.
            self.objects.push(self.object(String::new(), number, None));
            return;
        };
        let name = heading.title[..name.len()].trim().trim_matches('`').trim();
        let name = if name.is_empty() || name == "Base" {
            self.title.clone()
        } else {
            name.to_owned()
        };
        self.objects.push(self.object(name, number, heading.anchor));
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
        let path = crate::drift::outside::flat(code)
            .replace('[', ".")
            .replace(']', "");
        // A heading that repeats another one describes a case of it.
        if object.attributes.iter().any(|field| field.path == path) {
            return;
        }
        object.attributes.push(Attribute {
            path,
            shape: Shape::Unknown,
            nullable: false,
            optional: heading.is("optional"),
            since: None,
            removed: heading.is("removed"),
            values: Vec::new(),
            at: format!("{}:{number}", self.at),
        });
    }

    /// The field that was being read is complete.
    fn finish(&mut self) {
        let history = std::mem::take(&mut self.history);
        self.in_history = false;
        if let Some(field) = self
            .objects
            .last_mut()
            .and_then(|object| object.attributes.last_mut())
            && field.since.is_none()
        {
            field.since = since(&history);
        }
    }
}
