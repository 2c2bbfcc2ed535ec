//! Writes missing items into the YAML files with `?` for each description. The checks reject `?`, so a
//! person must write every description.

mod text;

use std::collections::BTreeMap;

use super::external::{Attribute, Object, Operation, Parameter};
use super::{Report, SourceKind};
use mastodon_spec::load::{At, Files, Sources};
use mastodon_spec::yaml::{Spec, Version};

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
}

/// The changes of a draft by file.
#[derive(Debug, Default)]
pub struct Drafted {
    /// The complete changed files.
    pub files: Files,
    /// The written items: file and subject.
    pub written: Vec<(String, String)>,
    /// Items that must be written manually, with the reason.
    pub manual: Vec<String>,
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
        new: BTreeMap::new(),
        versions: Vec::new(),
        drafted: Drafted::default(),
        undocumented: matches!(report.source, SourceKind::Recordings | SourceKind::Routes),
    };
    for finding in &report.findings {
        let Some(draft) = &finding.draft else {
            continue;
        };
        match writer.draft(&finding.file, draft) {
            Ok(()) => writer
                .drafted
                .written
                .push((finding.file.clone(), finding.subject.clone())),
            Err(reason) => writer
                .drafted
                .manual
                .push(format!("{}: {reason}", finding.subject)),
        }
    }
    writer.releases();
    writer.finish(files)
}

struct Writer<'a> {
    spec: &'a Spec,
    sources: &'a Sources,
    /// The version of items without one.
    since: Option<&'a Version>,
    /// The texts to insert, by file, with the line after which each is inserted.
    inserts: BTreeMap<String, Vec<(usize, String)>>,
    /// The contents of new files.
    new: BTreeMap<String, String>,
    versions: Vec<Version>,
    drafted: Drafted,
    undocumented: bool,
}

impl Writer<'_> {
    fn draft(&mut self, file: &str, draft: &Draft) -> Result<(), String> {
        match draft {
            Draft::Method(operation) => {
                let name = self.method_name(operation);
                let body = self.method(&name, operation);
                self.under(
                    file,
                    &["methods".to_owned()],
                    &body,
                    operation.docs.as_deref(),
                )
            }
            Draft::Param { path, key, param } => {
                let body = format!("{}: {}\n", quoted_key(key), self.param(param));
                self.under(file, path, &body, None)
            }
            Draft::Field {
                path,
                key,
                field,
                inner,
            } => {
                let prefix = format!("{}.", field.path);
                let body = self.field(key, field, &prefix, inner);
                self.under(file, path, &body, None)
            }
            Draft::Value { path, value, since } => {
                let body = format!(
                    "{}: {{ since: {}, description: \"?\" }}\n",
                    quoted_key(value),
                    self.version(since.as_ref())
                );
                self.under(file, path, &body, None)
            }
            Draft::Entity(object) => {
                let mut body = format!("{}:\n  description: \"?\"\n  fields:\n", object.name);
                for field in object
                    .attributes
                    .iter()
                    .filter(|field| !field.path.contains('.') && !field.removed)
                {
                    let prefix = format!("{}.", field.path);
                    body.push_str(&indented(
                        &self.field(&field.path, field, &prefix, &object.attributes),
                        4,
                    ));
                }
                self.under(
                    file,
                    &["entities".to_owned()],
                    &body,
                    object.docs.as_deref(),
                )
            }
        }
    }

    /// Appends text to a mapping, which is created if missing.
    fn under(
        &mut self,
        file: &str,
        path: &[String],
        body: &str,
        docs: Option<&str>,
    ) -> Result<(), String> {
        if self.sources.text(file).is_none() {
            let new = self.new.entry(file.to_owned()).or_insert_with(|| {
                let docs = docs.and_then(|docs| docs.split('#').next()).unwrap_or("?");
                let docs = if docs == "?" { "\"?\"" } else { docs };
                format!(
                    "# yaml-language-server: $schema=../schema.json\ntitle: \"?\"\ndescription: \"?\"\ndocs: {docs}\n{}:\n",
                    path.first().map_or("methods", String::as_str)
                )
            });
            new.push_str(&indented(body, 2));
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

    /// Whether only a comment follows the colon of a key.
    fn is_block(&self, file: &str, line: usize, column: usize) -> bool {
        let text = self.sources.line(file, line);
        let rest: String = text.chars().skip(column.saturating_sub(1)).collect();
        let rest = rest.trim_start_matches(':').trim_start();
        rest.is_empty() || rest.starts_with('#')
    }

    /// The releases that are not in the specification yet.
    fn releases(&mut self) {
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
            let mark = self.sources.mark(
                "api.yaml",
                &["releases".to_owned(), index.to_string()],
                At::Value,
            );
            let text = format!("  - {{ version: {version} }}\n");
            self.inserts
                .entry("api.yaml".to_owned())
                .or_default()
                .push((mark.line, text));
            self.drafted
                .written
                .push(("api.yaml".to_owned(), format!("release {version}")));
        }
    }

    fn finish(self, files: &Files) -> Drafted {
        let mut drafted = self.drafted;
        for (file, inserts) in self.inserts {
            let Some(text) = files.get(&file) else {
                continue;
            };
            let mut out = String::new();
            for (index, line) in text.lines().enumerate() {
                out.push_str(line);
                out.push('\n');
                for (_, text) in inserts.iter().filter(|(after, _)| *after == index + 1) {
                    out.push_str(text);
                }
            }
            drafted.files.insert(file, out);
        }
        drafted.files.extend(self.new);
        for (file, text) in &mut drafted.files {
            if let Ok(formatted) = mastodon_spec_fmt::format(file, text) {
                *text = formatted;
            }
        }
        drafted
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
