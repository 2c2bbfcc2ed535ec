//! Writes missing items into the YAML files with `?` for each description. The checks reject `?`, so a
//! person must write every description.

mod edit;
mod text;
mod types;

use std::collections::BTreeMap;

use super::external::{Attribute, Object, Operation, Parameter, Shape, StreamItem};
use super::{Finding, Report, Rule, SourceKind};
use edit::{Edit, NewFile};
use mastodon_spec::load::{API, At, Files, Sources};
use mastodon_spec::yaml::{Spec, Version};
pub(crate) use text::method_name;
use text::seen;
use types::Owner;

/// An item that can be written into the specification.
#[derive(Debug, Clone)]
pub enum Draft {
    /// A method.
    Method(Operation),
    /// A parameter, under the mapping at the path.
    Param {
        /// The mapping.
        path: Vec<String>,
        /// The key in the mapping.
        key: String,
        /// The content.
        param: Parameter,
    },
    /// A field, under the mapping at the path.
    Field {
        /// The mapping.
        path: Vec<String>,
        /// The key in the mapping.
        key: String,
        /// The content.
        field: Attribute,
        /// The fields.
        inner: Vec<Attribute>,
    },
    /// A value of an enumeration.
    Value {
        /// The mapping.
        path: Vec<String>,
        /// The value.
        value: String,
        /// The first version that supports it, where known.
        since: Option<Version>,
    },
    /// An entity.
    Entity(Object),
    /// An enumeration for an item whose type is a string.
    Enum {
        /// The item.
        path: Vec<String>,
        /// The values, with the first version of each where known.
        values: Vec<(String, Option<Version>)>,
    },
    /// A key of an existing item.
    Set {
        /// The item.
        path: Vec<String>,
        /// The key.
        key: &'static str,
        /// The value.
        value: Setting,
    },
    /// The statuses of a method.
    Statuses {
        /// The method.
        path: Vec<String>,
        /// All errors.
        errors: Vec<u16>,
        /// Successful statuses that are missing.
        responses: Vec<u16>,
    },
    /// A scope.
    Scope {
        /// The name.
        name: String,
        /// The first version that supports it, where known.
        since: Option<Version>,
    },
    /// A stream with the name of its method, or an event.
    Stream(StreamItem, Option<String>),
    /// An event of a stream.
    StreamEvent {
        /// The stream.
        stream: String,
        /// The event.
        event: String,
    },
    /// A release, with the version of its API where known.
    Release(Version, Option<u32>),
}

/// The value of a drafted key.
#[derive(Debug, Clone)]
pub enum Setting {
    /// A version; the default version where it is not known.
    Version(Option<Version>),
    /// YAML.
    Text(String),
}

/// The changes of a draft by file.
#[derive(Debug, Default)]
pub struct Drafted {
    /// The complete changed files.
    pub files: Files,
    /// The written items: file and subject.
    pub written: Vec<(String, String)>,
    /// Differences that were not drafted, with the reason.
    pub manual: Vec<(Finding, String)>,
}

pub(super) fn write(
    report: &Report,
    spec: &Spec,
    files: &Files,
    since: Option<&Version>,
) -> Drafted {
    let sources = Sources::new(files.clone());
    let mut writer = Writer {
        spec,
        sources: &sources,
        since: since.or(report.version.as_ref()),
        inserts: BTreeMap::new(),
        edits: BTreeMap::new(),
        sections: BTreeMap::new(),
        new: BTreeMap::new(),
        new_entities: BTreeMap::new(),
        new_ids: Vec::new(),
        new_enums: Vec::new(),
        api_version: None,
        versions: Vec::new(),
        drafted: Drafted::default(),
        seen: String::new(),
        undocumented: matches!(report.source, SourceKind::Recordings | SourceKind::Routes),
    };
    for finding in &report.findings {
        writer.seen = seen(&finding.seen);
        let drafted = match &finding.draft {
            Some(draft) => writer.draft(&finding.file, draft),
            None => Err(why_not(finding.rule).to_owned()),
        };
        match drafted {
            // The releases are listed together.
            Ok(()) if finding.rule == Rule::MissingRelease => {}
            Ok(()) => writer
                .drafted
                .written
                .push((finding.file.clone(), finding.subject.clone())),
            Err(reason) => writer.drafted.manual.push((finding.clone(), reason)),
        }
    }
    writer.releases();
    writer.finish(files)
}

/// Why a difference cannot be drafted.
fn why_not(rule: Rule) -> &'static str {
    match rule {
        Rule::Stale => "remove the entry",
        rule if rule <= Rule::MissingEnum => "the source does not show enough of it",
        rule if rule <= Rule::OtherOrder => {
            "both have it; correct the one that is wrong, or accept the difference"
        }
        _ => {
            "the source does not have it; mark it as removed or undocumented, or accept the difference"
        }
    }
}

struct Writer<'a> {
    spec: &'a Spec,
    sources: &'a Sources,
    /// The version of items without one.
    since: Option<&'a Version>,
    /// The texts to insert, by file, with the line after which each is inserted.
    inserts: BTreeMap<String, Vec<(usize, String)>>,
    /// The changed lines, by file.
    edits: BTreeMap<String, Vec<(usize, Edit)>>,
    /// New sections of existing files: file, section and items.
    sections: BTreeMap<(String, String), String>,
    /// The contents of new files.
    new: BTreeMap<String, NewFile>,
    /// The files of drafted entities.
    new_entities: BTreeMap<String, String>,
    /// The names of drafted ID types.
    new_ids: Vec<String>,
    /// The drafted enumerations with their values.
    new_enums: Vec<(String, Vec<String>)>,
    /// The version of the API that a release has.
    api_version: Option<(Version, u32)>,
    versions: Vec<Version>,
    drafted: Drafted,
    undocumented: bool,
    /// Where the current item can be seen.
    seen: String,
}

impl Writer<'_> {
    fn draft(&mut self, file: &str, draft: &Draft) -> Result<(), String> {
        match draft {
            Draft::Method(operation) => {
                let name = method_name(self.spec, operation);
                let body = self.method(file, &name, operation);
                self.under(
                    file,
                    &["methods".to_owned()],
                    &body,
                    operation.docs.as_deref(),
                )
            }
            Draft::Param { path, key, param } => {
                let owner = self.owner(file, path);
                let body = format!("{}: {}\n", quoted_key(key), self.param(&owner, param));
                self.under(file, path, &body, None)
            }
            Draft::Field {
                path,
                key,
                field,
                inner,
            } => {
                let owner = self.owner(file, path);
                let prefix = format!("{}.", field.path);
                let body = self.field(&owner, key, field, &prefix, inner);
                self.under(file, path, &body, None)
            }
            Draft::Value { path, value, since } => {
                let since = self.version(since.as_ref());
                let mark = self.marks();
                let key = quoted_key(value);
                let body = format!("{key}: {{ since: {since}{mark}, description: \"?\" }}\n");
                self.under(file, path, &body, None)
            }
            Draft::Entity(object) => self.entity(file, object),
            Draft::Enum { path, values } => {
                let owner = self.owner(file, path);
                let key = path.last().map_or("", String::as_str);
                let name = self.enumeration(&owner, key, values)?;
                // Items in several lines have the type on a line of its own.
                let own = [path.as_slice(), &["type".to_owned()]].concat();
                let mark = self.sources.mark(file, &own, At::Key);
                self.edit(file, mark.line, Edit::Type(name));
                Ok(())
            }
            Draft::Set { path, key, value } => {
                let value = match value {
                    Setting::Version(version) => self.version(version.as_ref()),
                    Setting::Text(text) => text.clone(),
                };
                self.set(file, path, key, &value)
            }
            Draft::Statuses {
                path,
                errors,
                responses,
            } => self.statuses(file, path, errors, responses),
            Draft::Scope { name, since } => {
                let since = self.version(since.as_ref());
                let body = format!(
                    "{}: {{ since: {since}, description: \"?\" }}\n",
                    quoted_key(name)
                );
                self.under(file, &["scopes".to_owned()], &body, None)
            }
            Draft::Stream(item, method) => self.stream(item, method.as_deref()),
            Draft::StreamEvent { stream, event } => {
                let path = ["streams", stream, "events"].map(str::to_owned);
                self.item(API, &path, event)
            }
            Draft::Release(version, number) => {
                self.version(Some(version));
                if let Some(number) = number {
                    let releases = &self.spec.api.releases;
                    let known = releases.iter().position(|own| own.version == *version);
                    if let Some(index) = known {
                        let path = ["releases".to_owned(), index.to_string()];
                        let mark = self.sources.mark(API, &path, At::Value);
                        let edit = Edit::Key(format!("api_version: {number}"));
                        self.edit(API, mark.line, edit);
                    }
                    self.api_version = Some((version.clone(), *number));
                }
                Ok(())
            }
        }
    }

    fn entity(&mut self, file: &str, object: &Object) -> Result<(), String> {
        let owner = Owner {
            entity: Some(object.name.clone()),
            base: object.name.clone(),
            file: file.to_owned(),
            since: None,
        };
        let fields = || {
            let fields = object.attributes.iter();
            fields.filter(|field| !field.path.contains('.') && !field.removed)
        };
        // Fields without a version are as old as the entity.
        let oldest = fields().filter_map(|field| field.since.as_ref()).min();
        let since = self.version(oldest);
        let owner = Owner {
            since: Some(since.clone()),
            ..owner
        };
        let marks = self.marks();
        let marks = marks.split(", ").filter(|mark| !mark.is_empty());
        let marks: String = marks.map(|mark| format!("  {mark}\n")).collect();
        self.new_entities
            .insert(object.name.clone(), file.to_owned());
        let mut body = format!(
            "{}:\n  since: {since}\n{marks}  description: \"?\"\n  fields:\n",
            object.name
        );
        // What is inside something undocumented is undocumented.
        let undocumented = std::mem::take(&mut self.undocumented);
        for field in fields() {
            let prefix = format!("{}.", field.path);
            let text = self.field(&owner, &field.path, field, &prefix, &object.attributes);
            body.push_str(&indented(&text, 4));
        }
        self.undocumented = undocumented;
        self.under(
            file,
            &["entities".to_owned()],
            &body,
            object.docs.as_deref(),
        )
    }

    /// The keys of an item that the documentation does not have.
    fn marks(&self) -> String {
        match self.undocumented {
            false => String::new(),
            true => format!(", undocumented: true, seen: {}", self.seen),
        }
    }

    /// A stream or an event.
    fn stream(&mut self, item: &StreamItem, method: Option<&str>) -> Result<(), String> {
        let since = self.version(item.since.as_ref());
        let name = quoted_key(&item.name);
        if !item.event {
            let method = method.unwrap_or("\"?\"");
            let events = item.events.join(", ");
            let body = format!(
                "{name}: {{ method: {method}, since: {since}, events: [{events}], description: \"?\" }}\n"
            );
            return self.under(API, &["streams".to_owned()], &body, None);
        }
        let payload = match &item.payload {
            Shape::Nothing => String::new(),
            Shape::Unknown | Shape::String => "payload: \"?\", ".to_owned(),
            shape => format!("payload: {}, ", self.ty("", shape)),
        };
        let body = format!("{name}: {{ {payload}since: {since}, description: \"?\" }}\n");
        self.under(API, &["events".to_owned()], &body, None)
    }
}

fn indented(text: &str, by: usize) -> String {
    let indent = " ".repeat(by);
    text.lines().fold(String::new(), |mut out, line| {
        if !line.is_empty() {
            out.push_str(&indent);
            out.push_str(line);
        }
        out.push('\n');
        out
    })
}

/// Quotes a key where YAML would parse it as another type.
fn quoted_key(key: &str) -> String {
    let is_plain = key
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c))
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && !key.ends_with(':')
        && !["true", "false", "null", "yes", "no", "on", "off"]
            .contains(&key.to_ascii_lowercase().as_str());
    if is_plain {
        key.to_owned()
    } else {
        format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
    }
}
