//! The pages of entities, with their enumerations and ids.

use serde::Serialize;

use super::notes::Notes;
use super::parts::{Member, Piece, Versions, field, joined, type_renamed, undocumented};
use super::urls::{STREAMS, anchor, home, on};
use super::{Site, docs_url, methods};
use mastodon_emit::samples;
use mastodon_spec::docs;
use mastodon_spec::history;
use mastodon_spec::names::{type_name, variant_name};
use mastodon_spec::reference;
use mastodon_spec::yaml::{
    EntitiesFile, Entity, Enumeration, Field, Map, Method, Returns, Supported,
};

/// A page.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) name: String,
    /// Whether it is described in a file of other servers.
    pub(super) is_of_other_servers: bool,
    /// The title of the file, which is the name of the main entity.
    group: String,
    pub(super) about: String,
    note: Notes,
    marks: Vec<String>,
    pub(super) versions: Versions,
    docs: Option<String>,
    rust: Option<String>,
    /// The page on docs.rs.
    rustdoc: String,
    pub(super) words: Vec<String>,
    /// The entity that it extends.
    extends: Option<Piece>,
    /// The entities that it can be, with their conditions.
    one_of: Vec<(Piece, String)>,
    pub(super) fields: Vec<Member>,
    inherited: Vec<Member>,
    /// An example response; entities in it are links.
    example: Vec<Piece>,
    users: Vec<Users>,
    pub(super) enums: Vec<Values>,
    ids: Vec<Id>,
}

/// The items that use an entity in the same way.
#[derive(Debug, Serialize)]
struct Users {
    title: &'static str,
    links: Vec<Piece>,
}

/// An enumeration.
#[derive(Debug, Serialize)]
pub(super) struct Values {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) about: String,
    note: Notes,
    rust: Option<String>,
    rustdoc: String,
    pub(super) words: Vec<String>,
    unknown_as: Option<String>,
    users: Vec<Piece>,
    pub(super) values: Vec<Value>,
}

#[derive(Debug, Serialize)]
pub(super) struct Value {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    note: Notes,
    marks: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) versions: Versions,
    rust: String,
}

#[derive(Debug, Serialize)]
struct Id {
    id: String,
    name: String,
    rustdoc: String,
    description: String,
}

/// The page of an entity. The file is given with whether it is one of other servers.
pub(super) fn page(
    site: &Site<'_>,
    (file, is_of_other_servers): (&EntitiesFile, bool),
    name: &str,
    entity: &Entity,
) -> Page {
    let urls = &site.urls;
    let link = |name: &str| Piece::link(name, urls.named(name).unwrap_or_default());
    let since = history::first_version(entity);
    let fields = |fields: &Map<Field>| -> Vec<Member> {
        let fields = fields.iter();
        fields
            .map(|(name, spec)| field(site.model, urls, name, name, spec, since))
            .collect()
    };
    let is_here = |other: &&String| home(file, other) == Some(name);
    let enums = file.enums.iter().filter(|(other, _)| is_here(other));
    let ids = file.ids.iter().filter(|(other, _)| is_here(other));
    Page {
        name: name.to_owned(),
        is_of_other_servers,
        group: file.title.clone().unwrap_or_default(),
        about: entity.description.clone().unwrap_or_default(),
        note: Notes::new(entity.note.as_ref(), entity.review_note.as_ref())
            .compared(&entity.seen, &entity.documented.statements()),
        marks: undocumented(entity.undocumented),
        versions: Versions::new(
            urls,
            since,
            entity.deprecated.as_ref(),
            entity.removed.as_ref(),
        )
        .on(site.model, &entity.on, entity.is_only_on()),
        docs: match &entity.docs {
            Some(page) => Some(docs::page_url(page, None)),
            None => docs_url(file.docs.as_deref(), None, entity.undocumented),
        },
        rust: type_renamed(name),
        rustdoc: reference::rustdoc_type(name, !entity.one_of.is_empty()),
        words: entity.search_words.clone(),
        extends: entity.extends.as_deref().map(link),
        one_of: entity
            .one_of
            .iter()
            .map(|(name, condition)| (link(name), condition.clone()))
            .collect(),
        fields: fields(&entity.fields),
        inherited: inherited(site, entity, &fields),
        example: example(site, name),
        users: users(site, name),
        enums: enums
            .map(|(name, known)| values(site, name, known))
            .collect(),
        ids: ids
            .map(|(name, description)| Id {
                id: anchor(&[&type_name(name)]),
                name: name.clone(),
                rustdoc: reference::rustdoc_type(name, false),
                description: description.clone(),
            })
            .collect(),
    }
}

fn example(site: &Site<'_>, name: &str) -> Vec<Piece> {
    super::answers::body(site, samples::response(site.model, name))
}

/// The fields of the entities that it extends, except those that it overrides.
fn inherited(
    site: &Site<'_>,
    entity: &Entity,
    members: &dyn Fn(&Map<Field>) -> Vec<Member>,
) -> Vec<Member> {
    let mut all: Vec<Member> = Vec::new();
    let mut above = entity.extends.as_deref();
    let mut seen = entity.fields.keys().cloned().collect::<Vec<_>>();
    while let Some(parent) = above.and_then(|name| site.model.entity(name)) {
        let own = members(&parent.fields);
        let new = own
            .into_iter()
            .filter(|member| !seen.contains(&member.name));
        let new: Vec<Member> = new.collect();
        seen.extend(new.iter().map(|member| member.name.clone()));
        all.extend(new);
        above = parent.extends.as_deref();
    }
    all
}

/// The methods, entities and events that use an entity.
fn users(site: &Site<'_>, name: &str) -> Vec<Users> {
    let spec = site.model.spec;
    let returns_it = |method: &Method| match &method.returns {
        Some(Returns::Value(ty) | Returns::Stream(Some(ty))) => {
            let other = method.alternative().and_then(|(_, ty)| ty.named());
            ty.named() == Some(name) || other == Some(name)
        }
        Some(Returns::Page { item, wrapper }) => {
            item.named() == Some(name) || wrapper.as_ref().is_some_and(|(own, _)| own == name)
        }
        _ => false,
    };
    let methods = site
        .model
        .methods()
        .filter(|method| returns_it(method.yaml));
    let methods = methods.map(|user| Piece::code(user.name, site.urls.method(user.name)));
    let entities = spec.entities.values().flat_map(|file| &file.entities);
    let fields = entities.clone().flat_map(|(owner, entity)| {
        let url = site.urls.named(owner).unwrap_or_default();
        let mut links = Vec::new();
        collect_fields(&entity.fields, name, owner, "", &url, &mut links);
        links
    });
    let entities_where = |pick: &dyn Fn(&Entity) -> bool| -> Vec<Piece> {
        let found = entities.clone().filter(|(_, entity)| pick(entity));
        let links = found.map(|(other, _)| Piece::code(other, site.urls.named(other)));
        joined(links, ", ")
    };
    let events = spec
        .api
        .events
        .iter()
        .filter(|(_, event)| event.payload.as_ref().and_then(|ty| ty.named()) == Some(name));
    let events = events.map(|(event, _)| Piece::code(event, Some(on(STREAMS, &["event", event]))));
    let all = [
        ("Returned by", joined(methods, ", ")),
        ("In fields", joined(fields, ", ")),
        (
            "One of",
            entities_where(&|entity| entity.one_of.contains_key(name)),
        ),
        (
            "Extended by",
            entities_where(&|entity| entity.extends.as_deref() == Some(name)),
        ),
        ("Sent with events", joined(events, ", ")),
    ];
    all.into_iter()
        .filter(|(_, links)| !links.is_empty())
        .map(|(title, links)| Users { title, links })
        .collect()
}

/// Collects the fields of this type, including nested ones.
fn collect_fields(
    fields: &Map<Field>,
    name: &str,
    owner: &str,
    path: &str,
    page: &str,
    links: &mut Vec<Piece>,
) {
    for (wire, field) in fields {
        let path = if path.is_empty() {
            wire.clone()
        } else {
            format!("{path}.{wire}")
        };
        if field.ty.as_ref().and_then(|ty| ty.named()) == Some(name) {
            let url = format!("{page}#{}", anchor(&[&path]));
            links.push(Piece::code(format!("{owner}.{path}"), Some(url)));
        }
        collect_fields(&field.fields, name, owner, &path, page, links);
    }
}

fn values(site: &Site<'_>, name: &str, known: &Enumeration) -> Values {
    let id = anchor(&[&type_name(name)]);
    let values = known.values.iter().map(|(wire, value)| Value {
        id: format!("{id}.{}", anchor(&[wire])),
        name: wire.clone(),
        description: value.description.clone().unwrap_or_default(),
        note: Notes::default().compared(&value.seen, &Vec::new()),
        marks: undocumented(value.undocumented),
        words: value.search_words.clone(),
        versions: Versions::new(
            &site.urls,
            value.since.as_ref(),
            value.deprecated.as_ref(),
            value.removed.as_ref(),
        )
        .on(site.model, &value.on, value.is_only_on()),
        rust: variant_name(wire, value.alias.as_deref()),
    });
    let mut users = methods::users(site, name);
    let entities = site
        .model
        .spec
        .entities
        .values()
        .flat_map(|file| &file.entities);
    let mut fields = Vec::new();
    for (owner, entity) in entities {
        let url = site.urls.named(owner).unwrap_or_default();
        collect_fields(&entity.fields, name, owner, "", &url, &mut fields);
    }
    let fields = joined(fields, ", ");
    if !users.is_empty() && !fields.is_empty() {
        users.push(Piece::text(", "));
    }
    users.extend(fields);
    Values {
        values: values.collect(),
        name: name.to_owned(),
        about: known.description.clone().unwrap_or_default(),
        note: Notes::new(known.note.as_ref(), known.review_note.as_ref()),
        rust: type_renamed(name),
        rustdoc: reference::rustdoc_type(name, true),
        words: known.search_words.clone(),
        unknown_as: known.unknown_as.clone(),
        users,
        id,
    }
}
