//! Reads the fields of serializers. The types of fields are not known.

use std::path::Path;

use super::ruby::{self, Arg, Statement};
use crate::external::{Attribute, Lifecycle, Object, Shape};
use crate::source::{files, text};

/// The entities of all serializers in a folder. Positions are relative to the checkout.
///
/// # Errors
///
/// When a folder or a file cannot be read.
pub(super) fn read(checkout: &Path, folder: &Path) -> Result<Vec<Object>, String> {
    let mut out = Vec::new();
    for path in files(folder, "rb")? {
        let at = path.strip_prefix(checkout).unwrap_or(&path);
        out.extend(objects(&text(&path)?, &at.display().to_string()));
    }
    Ok(out)
}

/// The current class.
struct Class {
    indent: usize,
    /// The fields, if it is a serializer.
    object: Option<Object>,
}

fn objects(text: &str, at: &str) -> Vec<Object> {
    let mut out = Vec::new();
    let mut open: Vec<Class> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        let mut line = line.trim().to_owned();
        let at = format!("{at}:{}", index + 1);
        if let Some(rest) = line.strip_prefix("class ") {
            let outer = open.last().and_then(|class| class.object.as_ref());
            let object = entity(rest, outer).map(|name| Object {
                name,
                attributes: Vec::new(),
                at,
                docs: None,
                partial: true,
            });
            open.push(Class { indent, object });
            continue;
        }
        let Some(class) = open.last_mut() else {
            continue;
        };
        if line == "end" && indent == class.indent {
            out.extend(open.pop().and_then(|class| class.object));
            continue;
        }
        // Deeper lines are in a method body.
        let Some(object) = class.object.as_mut().filter(|_| indent == class.indent + 2) else {
            continue;
        };
        while line.ends_with(',')
            && let Some((_, next)) = lines.next()
        {
            line = format!("{line} {}", next.trim());
        }
        let statement = ruby::statement(index + 1, &line);
        object.attributes.extend(attributes(&statement, &at));
    }
    out.retain(|object| !object.attributes.is_empty());
    out
}

/// `Admin::Report` for `REST::Admin::ReportSerializer`; nested classes have the names of both.
fn entity(class: &str, outer: Option<&Object>) -> Option<String> {
    let name = class.split(['<', ' ']).next()?;
    let name = name.strip_suffix("Serializer")?;
    match outer {
        Some(outer) => Some(format!("{}.{name}", outer.name)),
        None => name.strip_prefix("REST::").map(str::to_owned),
    }
}

/// The fields of `attributes :id, :url`, `attribute :silenced, key: :limited` or `has_many :emojis`.
fn attributes(statement: &Statement, at: &str) -> Vec<Attribute> {
    let many = match statement.word.as_str() {
        "attributes" | "attribute" | "has_one" | "belongs_to" => false,
        "has_many" => true,
        _ => return Vec::new(),
    };
    let item = match statement.option("serializer") {
        Some(Arg::Other(class)) => entity(class, None).map_or(Shape::Unknown, Shape::Named),
        _ => Shape::Unknown,
    };
    let names = statement.args.iter().flat_map(Arg::words);
    let names = names.map(|name| statement.word_option("key").unwrap_or(name));
    let fields = names.map(|name| Attribute {
        path: name.to_owned(),
        shape: if many {
            item.clone().list()
        } else {
            item.clone()
        },
        nullable: false,
        optional: statement.option("if").is_some(),
        since: None,
        removed: false,
        ends: Lifecycle::default(),
        values: Vec::new(),
        at: at.to_owned(),
    });
    fields.collect()
}
