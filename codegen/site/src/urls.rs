//! The URLs of items on the site.

use std::collections::BTreeMap;

use mastodon_spec::history::{Item, ItemKind};
use mastodon_spec::model::Model;
use mastodon_spec::names::type_name;
pub(super) use mastodon_spec::reference::{anchor, entity_page, resource_page};
use mastodon_spec::yaml::{EntitiesFile, Entity, Field, Map, Version};

/// The pages about the whole API.
pub(super) const START: &str = "start.html";
pub(super) const SCOPES: &str = "scopes.html";
pub(super) const ERRORS: &str = "errors.html";
pub(super) const LIMITS: &str = "rate-limits.html";
pub(super) const PAGING: &str = "paging.html";
pub(super) const STREAMS: &str = "streams.html";

/// The URLs of all items, relative to the root of the site.
#[derive(Debug)]
pub(super) struct Urls<'a> {
    named: BTreeMap<&'a str, String>,
    methods: BTreeMap<&'a str, String>,
    releases: Vec<&'a Version>,
}

impl<'a> Urls<'a> {
    pub(super) fn new(model: &Model<'a>) -> Self {
        let mut named = BTreeMap::new();
        for file in model.spec.entities.values() {
            for name in file.entities.keys() {
                named.insert(name.as_str(), entity_page(name));
            }
            for name in file.ids.keys().chain(file.enums.keys()) {
                if let Some(home) = home(file, name) {
                    let url = format!("{}#{}", entity_page(home), anchor(&[&type_name(name)]));
                    named.insert(name.as_str(), url);
                }
            }
        }
        for name in model.spec.api.error_schemas.keys() {
            named
                .entry(name.as_str())
                .or_insert_with(|| on(ERRORS, &[name]));
        }
        let mut methods = BTreeMap::new();
        for (page, file) in &model.spec.methods {
            for name in file.inputs.keys() {
                let url = format!("{}#{}", resource_page(page), anchor(&[&type_name(name)]));
                named.insert(name.as_str(), url);
            }
            for name in file.methods.keys() {
                methods.insert(
                    name.as_str(),
                    format!("{}#{}", resource_page(page), anchor(&[name])),
                );
            }
        }
        Self {
            named,
            methods,
            releases: model
                .spec
                .api
                .releases
                .iter()
                .map(|release| &release.version)
                .collect(),
        }
    }

    /// The URL of an entity, an enumeration, an id, an error schema or a group of parameters.
    pub(super) fn named(&self, name: &str) -> Option<String> {
        self.named.get(name).cloned()
    }

    /// The URL of a method.
    pub(super) fn method(&self, name: &str) -> Option<String> {
        self.methods.get(name).cloned()
    }

    /// The index of a version among the releases.
    pub(super) fn release(&self, version: &Version) -> Option<usize> {
        self.releases.iter().position(|known| *known == version)
    }

    /// The URL of an item of the history.
    pub(super) fn item(&self, item: &Item) -> Option<String> {
        let name = item.name.as_str();
        let below = |owner: &str, path: &str| {
            let url = self.named(owner)?;
            let separator = if url.contains('#') { '.' } else { '#' };
            Some(format!("{url}{separator}{}", anchor(&[path])))
        };
        match item.kind {
            ItemKind::Method | ItemKind::Alias => self.method(name),
            ItemKind::Entity => self.named(name),
            ItemKind::Parameter => {
                let (owner, param) = name.strip_suffix(')')?.split_once('(')?;
                if owner == "page" {
                    return Some(on(PAGING, &[param]));
                }
                let url = self.method(owner).or_else(|| self.named(owner))?;
                Some(format!("{url}.{}", anchor(&[param])))
            }
            ItemKind::Field => {
                let (entity, path) = name.split_once('.')?;
                below(entity, path)
            }
            ItemKind::Value => {
                let (owner, value) = name.rsplit_once("::")?;
                below(owner, value)
            }
            ItemKind::Scope => Some(on(SCOPES, &[name])),
            ItemKind::Stream => Some(on(STREAMS, &["stream", name])),
            ItemKind::Event => Some(on(STREAMS, &["event", name])),
            ItemKind::Header => Some(on(PAGING, &[name])),
            ItemKind::Error => Some(on(ERRORS, &[name])),
        }
    }
}

/// The URL of an anchor on a page about the whole API.
pub(super) fn on(page: &str, parts: &[&str]) -> String {
    format!("{page}#{}", anchor(parts))
}

/// The entity on whose page an enumeration or id is described: the first that uses it, or the first of the
/// file.
pub(super) fn home<'a>(file: &'a EntitiesFile, name: &str) -> Option<&'a str> {
    let entities = file.entities.iter();
    let user = entities
        .clone()
        .find(|(_, entity)| uses(entity, name))
        .or_else(|| file.entities.iter().next());
    user.map(|(entity, _)| entity.as_str())
}

fn uses(entity: &Entity, name: &str) -> bool {
    fn in_fields(fields: &Map<Field>, name: &str) -> bool {
        fields.values().any(|field| {
            let named = field.ty.as_ref().and_then(|ty| ty.named());
            named == Some(name) || in_fields(&field.fields, name)
        })
    }
    in_fields(&entity.fields, name)
}
