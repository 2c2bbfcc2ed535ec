//! Checks that the files in which undocumented items can be seen exist in Mastodon's repository and name the items.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path as FilePath;

use mastodon_spec::load::{At, Sources};
use mastodon_spec::yaml::{Field, Map, Seen, Spec};

use super::{Finding, Rule};

/// The places in a checkout of Mastodon that do not exist, or do not name what can be seen there.
pub fn unseen(spec: &Spec, sources: &Sources, checkout: &FilePath) -> Vec<Finding> {
    let mut search = Search {
        sources,
        checkout,
        texts: BTreeMap::new(),
        findings: Vec::new(),
    };
    for (file, content) in &spec.methods {
        let file = format!("methods/{file}.yaml");
        for (name, method) in &content.methods {
            let path = ["methods", name];
            search.item(&file, &path, name, "", &method.seen);
            for (wire, param) in &method.params {
                let path = ["methods", name, "params", wire];
                search.item(&file, &path, &format!("{name}({wire})"), wire, &param.seen);
            }
        }
        for (name, input) in &content.inputs {
            for (wire, param) in &input.params {
                let path = ["inputs", name, "params", wire];
                search.item(&file, &path, &format!("{name}({wire})"), wire, &param.seen);
            }
        }
    }
    for (file, content) in &spec.entities {
        let file = format!("entities/{file}.yaml");
        for (name, entity) in &content.entities {
            search.item(&file, &["entities", name], name, "", &entity.seen);
            search.fields(&file, &["entities", name, "fields"], name, &entity.fields);
        }
        for (name, enumeration) in &content.enums {
            for (value, own) in &enumeration.values {
                let path = ["enums", name, "values", value];
                search.item(&file, &path, &format!("{name}::{value}"), value, &own.seen);
            }
        }
    }
    search.findings
}

struct Search<'a> {
    sources: &'a Sources,
    checkout: &'a FilePath,
    /// The contents of the files that were read; `None` where there is no such file.
    texts: BTreeMap<String, Option<String>>,
    findings: Vec<Finding>,
}

impl Search<'_> {
    fn fields(&mut self, file: &str, path: &[&str], owner: &str, fields: &Map<Field>) {
        for (wire, field) in fields {
            let path = [path, &[wire]].concat();
            let subject = format!("{owner}.{wire}");
            self.item(file, &path, &subject, wire, &field.seen);
            self.fields(
                file,
                &[&path[..], &["fields"]].concat(),
                &subject,
                &field.fields,
            );
        }
    }

    /// Looks up the places that an item states itself. `name` is empty for items that have another name in the source.
    fn item(&mut self, file: &str, path: &[&str], subject: &str, name: &str, seen: &Seen) {
        let path: Vec<String> = [path, &["seen"]]
            .concat()
            .iter()
            .map(ToString::to_string)
            .collect();
        if seen.files().next().is_none() || !self.sources.has(file, &path) {
            return;
        }
        for place in seen.files() {
            let checkout = self.checkout;
            let text = self
                .texts
                .entry(place.to_owned())
                .or_insert_with(|| fs::read_to_string(checkout.join(place)).ok());
            let detail = match text {
                None => format!("`seen`: the source has no file {place}"),
                Some(text) if !text.contains(name) => {
                    format!("`seen`: {place} does not contain `{name}`")
                }
                Some(_) => continue,
            };
            let mark = self.sources.mark(file, &path, At::Value);
            self.findings.push(Finding {
                rule: Rule::Stale,
                subject: subject.to_owned(),
                detail,
                file: file.to_owned(),
                line: mark.line,
                column: mark.column,
                seen: String::new(),
                draft: None,
            });
        }
    }
}
