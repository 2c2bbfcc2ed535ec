//! Reports names and routes that are defined twice. The newer place is blamed: one in a file about other servers, or
//! the later one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, owned};
use crate::load::{At, Place};
use crate::names;
use crate::yaml::{MethodsFile, Spec, anonymous_path};

/// A place that defines a name.
#[derive(Clone)]
struct Definition<'a> {
    file: String,
    path: Vec<&'a str>,
    at: At,
    /// The name as written.
    name: &'a str,
}

/// The definitions of the same name, in the order of the files.
type Definitions<'a> = BTreeMap<String, Vec<Definition<'a>>>;

impl Check<'_> {
    pub(super) fn collisions(&mut self, spec: &Spec) {
        self.defined_twice(types(spec), |own, other| {
            let message = if own == other {
                format!("`{own}` is defined twice")
            } else {
                format!("`{own}` has the same name in code as `{other}`")
            };
            let hint = "rename one: ids, enums, entities and inputs share one namespace";
            (message, hint)
        });
        self.defined_twice(methods(spec), |own, _| {
            (
                format!("the method `{own}` is defined twice"),
                "rename one: the names of methods are unique in all files",
            )
        });
        self.defined_twice(routes(spec), |_, other| {
            (
                format!("`{other}` already has this HTTP method and path"),
                "correct `http`, or describe the endpoint once",
            )
        });
        for (file, content) in &spec.methods {
            self.defined_twice(sections(file, content), |own, other| {
                (
                    format!("`{own}` links to the same section as `{other}`"),
                    "correct `docs`: only methods with the same path share a section",
                )
            });
        }
    }

    /// Reports each name that is defined twice at its newest place, together with the oldest.
    fn defined_twice(
        &mut self,
        all: Definitions<'_>,
        explain: impl Fn(&str, &str) -> (String, &'static str),
    ) {
        for mut places in all.into_values() {
            places.sort_by_key(|place| place.file.contains("/servers/"));
            let mut places = places.into_iter();
            let Some(first) = places.next() else { continue };
            // The same HTTP method twice in `also_accepts` is reported there.
            let is_same =
                |place: &Definition<'_>| place.file == first.file && place.path == first.path;
            for place in places.filter(|place| !is_same(place)) {
                let (message, hint) = explain(place.name, first.name);
                self.loaded.report_with(
                    &place.file,
                    &owned(&place.path),
                    place.at,
                    message,
                    Some(hint.into()),
                    Some(Place {
                        label: "first defined here",
                        file: &first.file,
                        path: &owned(&first.path),
                        at: first.at,
                    }),
                );
            }
        }
    }
}

/// The names of types, as in code.
fn types(spec: &Spec) -> Definitions<'_> {
    let mut all = Definitions::new();
    let mut add = |file: &str, section, name| {
        all.entry(names::type_name(name))
            .or_default()
            .push(Definition {
                file: file.to_owned(),
                path: vec![section, name],
                at: At::Key,
                name,
            });
    };
    for (file, content) in &spec.entities {
        let file = format!("entities/{file}.yaml");
        let ids = content.ids.keys().map(|name| ("ids", name));
        let enums = content.enums.keys().map(|name| ("enums", name));
        let entities = content.entities.keys().map(|name| ("entities", name));
        for (section, name) in ids.chain(enums).chain(entities) {
            add(&file, section, name);
        }
    }
    for (file, content) in &spec.methods {
        for name in content.inputs.keys() {
            add(&format!("methods/{file}.yaml"), "inputs", name);
        }
    }
    all
}

fn methods(spec: &Spec) -> Definitions<'_> {
    let mut all = Definitions::new();
    for (file, content) in &spec.methods {
        for name in content.methods.keys() {
            all.entry(name.clone()).or_default().push(Definition {
                file: format!("methods/{file}.yaml"),
                path: vec!["methods", name],
                at: At::Key,
                name,
            });
        }
    }
    all
}

/// The sections of the documentation to which the methods of a file link. Methods with the same path share one.
fn sections<'a>(file: &str, content: &'a MethodsFile) -> Definitions<'a> {
    let mut all = Definitions::new();
    let mut paths = BTreeSet::new();
    for (name, method) in &content.methods {
        let (Some(docs), Some(http)) = (&method.docs, &method.http) else {
            continue;
        };
        if paths.insert((docs, &http.path)) {
            all.entry(docs.clone()).or_default().push(Definition {
                file: format!("methods/{file}.yaml"),
                path: vec!["methods", name, "docs"],
                at: At::Value,
                name,
            });
        }
    }
    all
}

/// The HTTP methods and paths, without the names of path parameters.
fn routes(spec: &Spec) -> Definitions<'_> {
    let mut all = Definitions::new();
    for (file, content) in &spec.methods {
        for (name, method) in &content.methods {
            let Some(http) = &method.http else { continue };
            let http_methods = [http.method]
                .into_iter()
                .chain(method.also_accepts.iter().copied());
            let own = http_methods.map(|http_method| ("http", http_method, &http.path));
            let aliases = method.aliases.iter().map(|alias| &alias.http);
            let others = aliases.map(|http| ("aliases", http.method, &http.path));
            for (key, http_method, path) in own.chain(others) {
                let route = format!("{} {}", http_method.as_str(), anonymous_path(path));
                all.entry(route).or_default().push(Definition {
                    file: format!("methods/{file}.yaml"),
                    path: vec!["methods", name, key],
                    at: At::Value,
                    name,
                });
            }
        }
    }
    all
}
