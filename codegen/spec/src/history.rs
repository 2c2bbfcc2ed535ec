//! Lists what each version of Mastodon added, deprecated and removed, from the specification alone.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::model::{MethodModel, Model};
use crate::yaml::{Entity, Field, Map, Param, Version};

/// The changes of one version.
#[derive(Debug, Default, Serialize)]
pub struct Release {
    /// The version.
    pub version: String,
    /// The number in `api_versions.mastodon`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<u32>,
    /// Added items.
    pub added: Vec<Item>,
    /// Deprecated items.
    pub deprecated: Vec<Item>,
    /// Removed items.
    pub removed: Vec<Item>,
}

/// An item with versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Item {
    /// The kind: a method, a parameter, a field.
    pub kind: ItemKind,
    /// The name: `status_post`, `status_post(visibility)`, `Status.quote`, `Visibility::direct`.
    pub name: String,
    /// The HTTP method and path of a method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
}

/// The kinds of items with versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// A method.
    Method,
    /// Another path of a method.
    Alias,
    /// A parameter of a method or an input.
    Parameter,
    /// An entity.
    Entity,
    /// A field of an entity.
    Field,
    /// A value of an enumeration.
    Value,
    /// A scope.
    Scope,
    /// A stream.
    Stream,
    /// An event of streams.
    Event,
    /// A response header.
    Header,
    /// An error schema.
    Error,
}

impl ItemKind {
    fn name(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Alias => "alias",
            Self::Parameter => "parameter",
            Self::Entity => "entity",
            Self::Field => "field",
            Self::Value => "value",
            Self::Scope => "scope",
            Self::Stream => "stream",
            Self::Event => "event",
            Self::Header => "header",
            Self::Error => "error",
        }
    }
}

/// An inclusive range of versions, open at an absent end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The first version.
    pub from: Option<Version>,
    /// The last version as three numbers, including its pre-releases.
    pub to: Option<(u32, u32, u32)>,
}

impl Span {
    /// Parses a range from versions such as `4`, `4.5` or `4.5.1`. `4.5` to `4.5` contains all 4.5.x versions.
    ///
    /// # Errors
    ///
    /// When one of them is not a version.
    pub fn new(from: Option<&str>, to: Option<&str>) -> Result<Self, String> {
        let from = from
            .map(|text| {
                let (major, minor, patch) = numbers(text, 0)?;
                // Pre-releases of the first version are included.
                let pre = Some(String::new());
                Ok::<_, String>(Version {
                    major,
                    minor,
                    patch,
                    pre,
                })
            })
            .transpose()?;
        let to = to.map(|text| numbers(text, u32::MAX)).transpose()?;
        Ok(Self { from, to })
    }

    fn contains(&self, version: &Version) -> bool {
        let last = (version.major, version.minor, version.patch);
        self.from.as_ref().is_none_or(|from| version >= from) && self.to.is_none_or(|to| last <= to)
    }
}

/// The numbers of a version; `rest` for absent ones.
fn numbers(text: &str, rest: u32) -> Result<(u32, u32, u32), String> {
    let parts: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
    match parts.as_deref() {
        Ok([major]) => Ok((*major, rest, rest)),
        Ok([major, minor]) => Ok((*major, *minor, rest)),
        Ok([major, minor, patch]) => Ok((*major, *minor, *patch)),
        _ => Err(format!(
            "`{text}` is not a version; write it as 4.5 or 4.5.1"
        )),
    }
}

/// The versions of a range, oldest first; versions without changes are omitted.
pub fn history(model: &Model<'_>, span: &Span) -> Vec<Release> {
    let mut history = History {
        span,
        releases: BTreeMap::new(),
    };
    history.methods(model);
    history.entities(model);
    history.api(model);
    let releases = &model.spec.api.releases;
    let number = |version: &Version| {
        let release = releases.iter().find(|release| release.version == *version);
        release.and_then(|release| release.api_version)
    };
    let releases = history.releases.into_iter();
    releases
        .map(|(version, release)| Release {
            version: version.to_string(),
            api_version: number(&version),
            added: sorted(release.added),
            deprecated: sorted(release.deprecated),
            removed: sorted(release.removed),
        })
        .collect()
}

fn sorted(mut items: Vec<Item>) -> Vec<Item> {
    items.sort();
    items
}

struct History<'a> {
    span: &'a Span,
    releases: BTreeMap<Version, Release>,
}

/// The versions that added, deprecated and removed an item.
type Versions<'a> = [Option<&'a Version>; 3];

impl History<'_> {
    fn add(&mut self, kind: ItemKind, name: &str, http: Option<&str>, versions: Versions<'_>) {
        let lists: [fn(&mut Release) -> &mut Vec<Item>; 3] = [
            |release| &mut release.added,
            |release| &mut release.deprecated,
            |release| &mut release.removed,
        ];
        for (version, list) in versions.into_iter().zip(lists) {
            let Some(version) = version.filter(|version| self.span.contains(version)) else {
                continue;
            };
            let release = self.releases.entry(version.clone()).or_default();
            list(release).push(Item {
                kind,
                name: name.to_owned(),
                http: http.map(str::to_owned),
            });
        }
    }

    fn methods(&mut self, model: &Model<'_>) {
        for MethodModel {
            name, yaml: method, ..
        } in model.methods()
        {
            let http = method.http.as_ref().map(ToString::to_string);
            let versions = versions(&method.since, &method.deprecated, &method.removed);
            self.add(ItemKind::Method, name, http.as_deref(), versions);
            for alias in &method.aliases {
                let versions = nested_versions(
                    &alias.since,
                    method.since.as_ref(),
                    &alias.deprecated,
                    &alias.removed,
                );
                self.add(
                    ItemKind::Alias,
                    name,
                    Some(&alias.http.to_string()),
                    versions,
                );
            }
            self.params(name, method.since.as_ref(), &method.params);
            let limit = method
                .paging
                .as_ref()
                .and_then(|paging| paging.limit_since.as_ref());
            let name = format!("{name}(limit)");
            self.add(ItemKind::Parameter, &name, None, [limit, None, None]);
        }
        for file in model.spec.methods.values() {
            for (name, input) in &file.inputs {
                self.params(name, None, &input.params);
            }
        }
    }

    /// Adds parameters that are newer than their method.
    fn params(&mut self, owner: &str, since: Option<&Version>, params: &Map<Param>) {
        for (name, param) in params.iter().filter(|(_, param)| !param.unsupported) {
            let name = format!("{owner}({name})");
            let versions = nested_versions(&param.since, since, &param.deprecated, &param.removed);
            self.add(ItemKind::Parameter, &name, None, versions);
        }
    }

    fn entities(&mut self, model: &Model<'_>) {
        for file in model.spec.entities.values() {
            for (name, entity) in &file.entities {
                let since = first_version(entity);
                let versions = [since, entity.deprecated.as_ref(), entity.removed.as_ref()];
                self.add(ItemKind::Entity, name, None, versions);
                self.fields(name, since, &entity.fields);
            }
            for (name, enumeration) in &file.enums {
                for (value, spec) in &enumeration.values {
                    let versions = versions(&spec.since, &spec.deprecated, &spec.removed);
                    self.add(ItemKind::Value, &format!("{name}::{value}"), None, versions);
                }
            }
        }
    }

    /// Adds fields that are newer than their entity.
    fn fields(&mut self, owner: &str, since: Option<&Version>, fields: &Map<Field>) {
        for (name, field) in fields {
            let name = format!("{owner}.{name}");
            let versions = nested_versions(&field.since, since, &field.deprecated, &field.removed);
            self.add(ItemKind::Field, &name, None, versions);
            self.fields(&name, field.since.as_ref(), &field.fields);
        }
    }

    fn api(&mut self, model: &Model<'_>) {
        let api = &model.spec.api;
        for (name, scope) in &api.scopes {
            let versions = versions(&scope.since, &scope.deprecated, &scope.removed);
            self.add(ItemKind::Scope, name, None, versions);
        }
        let streams = api
            .streams
            .iter()
            .map(|(name, stream)| (ItemKind::Stream, name, &stream.since));
        let events = api
            .events
            .iter()
            .map(|(name, event)| (ItemKind::Event, name, &event.since));
        let headers = api
            .response_headers
            .iter()
            .map(|(name, header)| (ItemKind::Header, name, &header.since));
        let errors = api
            .error_schemas
            .iter()
            .map(|(name, schema)| (ItemKind::Error, name, &schema.since));
        for (kind, name, since) in streams.chain(events).chain(headers).chain(errors) {
            self.add(kind, name, None, [since.as_ref(), None, None]);
        }
        for (name, param) in &api.paging {
            let name = format!("page({name})");
            self.add(
                ItemKind::Parameter,
                &name,
                None,
                [param.since.as_ref(), None, None],
            );
        }
    }
}

/// The first version with an entity: its `since`, or that of its oldest field.
pub fn first_version(entity: &Entity) -> Option<&Version> {
    let oldest = || {
        entity
            .fields
            .values()
            .filter_map(|field| field.since.as_ref())
            .min()
    };
    entity.since.as_ref().or_else(oldest)
}

fn versions<'a>(
    since: &'a Option<Version>,
    deprecated: &'a Option<Version>,
    removed: &'a Option<Version>,
) -> Versions<'a> {
    [since.as_ref(), deprecated.as_ref(), removed.as_ref()]
}

/// The versions of a nested item, without `since` if it is not later than that of the owner.
fn nested_versions<'a>(
    since: &'a Option<Version>,
    owner: Option<&Version>,
    deprecated: &'a Option<Version>,
    removed: &'a Option<Version>,
) -> Versions<'a> {
    let [since, deprecated, removed] = versions(since, deprecated, removed);
    let newer = since.filter(|since| owner.is_none_or(|owner| *since > owner));
    [newer, deprecated, removed]
}

impl Release {
    /// The lists of items with their titles.
    fn lists(&self) -> [(&'static str, &[Item]); 3] {
        [
            ("Added", &self.added),
            ("Deprecated", &self.deprecated),
            ("Removed", &self.removed),
        ]
    }

    fn title(&self) -> String {
        let number = self.api_version;
        let number = number.map(|number| format!(" (API version {number})"));
        format!("{}{}", self.version, number.unwrap_or_default())
    }
}

/// The history as plain text.
pub fn text(releases: &[Release]) -> String {
    let mut out = String::new();
    for release in releases {
        let _ = writeln!(out, "Mastodon {}", release.title());
        for (title, items) in release.lists() {
            for item in items {
                let title = title.to_lowercase();
                let _ = writeln!(
                    out,
                    "  {title:<10}  {:<9}  {}",
                    item.kind.name(),
                    item.line("")
                );
            }
        }
        out.push('\n');
    }
    let counted = |pick: fn(&Release) -> usize| releases.iter().map(pick).sum::<usize>();
    let _ = writeln!(
        out,
        "{} versions: {} added, {} deprecated, {} removed",
        releases.len(),
        counted(|release| release.added.len()),
        counted(|release| release.deprecated.len()),
        counted(|release| release.removed.len())
    );
    out
}

/// The history as Markdown.
pub fn markdown(releases: &[Release]) -> String {
    let mut out = String::new();
    for release in releases {
        let _ = write!(out, "## Mastodon {}\n\n", release.title());
        for (title, items) in release.lists() {
            if !items.is_empty() {
                let _ = write!(out, "### {title}\n\n");
                for item in items {
                    let _ = writeln!(out, "- {} {}", item.kind.name(), item.line("`"));
                }
                out.push('\n');
            }
        }
    }
    out
}

impl Item {
    fn line(&self, quote: &str) -> String {
        let http = self.http.as_ref();
        let http = http.map(|http| format!(" {quote}{http}{quote}"));
        format!("{quote}{}{quote}{}", self.name, http.unwrap_or_default())
    }
}
