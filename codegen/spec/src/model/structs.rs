//! Lowers entities to structs: inherited fields are copied, nested objects are named, recursive fields are
//! boxed.

use std::collections::{BTreeMap, BTreeSet};

use super::{BEGINNING, Kind, strong_refs};
use crate::names;
use crate::yaml::{Entity, Field, IfMissing, Map, TypeRef, Version};

/// A struct in the generated code.
#[derive(Debug)]
pub struct Struct<'a> {
    /// Whether it is the type of a field that only servers other than Mastodon send.
    pub is_only_other: bool,
    /// The name in Rust.
    pub name: String,
    /// Describes the entity.
    pub about: &'a str,
    /// The fields.
    pub fields: Vec<FieldModel<'a>>,
}

/// A field of a struct.
#[derive(Debug)]
pub struct FieldModel<'a> {
    /// The name in the API.
    pub wire: &'a str,
    /// The name in code.
    pub name: String,
    /// The field as written.
    pub yaml: &'a Field,
    /// The type.
    pub ty: FieldType<'a>,
    /// How its absence is represented.
    pub presence: Presence,
    /// Whether only servers other than Mastodon send it, so that it is behind a Cargo feature.
    pub is_only_other: bool,
    /// Whether every version with the entity sends it.
    pub always: bool,
    /// Whether it is boxed: its type contains the struct itself, or only servers other than Mastodon send it.
    pub boxed: bool,
}

/// The type of a field.
#[derive(Debug)]
pub enum FieldType<'a> {
    /// A type of the specification.
    Type(&'a TypeRef),
    /// A nested object, by the name of its struct.
    Nested {
        /// The name of the struct.
        name: String,
        /// Whether it is a list.
        list: bool,
    },
}

/// How the absence of a field is represented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is required.
    Required,
    /// By its empty value.
    Default,
    /// By `None`.
    Optional,
}

/// Lowers all entities.
pub(super) fn resolve<'a>(
    entities: &BTreeMap<&'a str, &'a Entity>,
    kinds: &BTreeMap<&'a str, Kind>,
) -> BTreeMap<&'a str, Vec<Struct<'a>>> {
    let recursive = recursive(entities);
    let is_entity = |name: &str| matches!(kinds.get(name), Some(Kind::Entity | Kind::Union));
    let is_enum = |name: &str| matches!(kinds.get(name), Some(Kind::Enum));
    entities
        .iter()
        .filter(|(_, entity)| entity.one_of.is_empty())
        .map(|(name, entity)| {
            let fields = inherited(entities, entity);
            let baseline = entity
                .baseline
                .clone()
                .or_else(|| entity.since.clone())
                .or_else(|| oldest(fields.iter().map(|(_, field)| *field)));
            let baseline = baseline.unwrap_or(BEGINNING);
            let mut build = Build {
                owner: name,
                recursive: &recursive,
                is_entity: &is_entity,
                is_enum: &is_enum,
                structs: Vec::new(),
            };
            build.add(
                names::type_name(name),
                entity.description.as_deref().unwrap_or_default(),
                &fields,
                &baseline,
                false,
            );
            // Nested structs were added before their parent.
            build.structs.reverse();
            (*name, build.structs)
        })
        .collect()
}

fn oldest<'a>(fields: impl Iterator<Item = &'a Field>) -> Option<Version> {
    fields.filter_map(|field| field.since.clone()).min()
}

/// The inherited fields, then the entity's own; an overridden field keeps the position of the inherited one.
fn inherited<'a>(
    entities: &BTreeMap<&'a str, &'a Entity>,
    entity: &'a Entity,
) -> Vec<(&'a str, &'a Field)> {
    let mut fields = match entity
        .extends
        .as_deref()
        .and_then(|parent| entities.get(parent))
    {
        Some(parent) => inherited(entities, parent),
        None => Vec::new(),
    };
    for (name, field) in &entity.fields {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = field,
            None => fields.push((name, field)),
        }
    }
    fields
}

/// The pairs of entities that contain each other.
fn recursive<'a>(entities: &BTreeMap<&'a str, &'a Entity>) -> BTreeSet<(&'a str, &'a str)> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = entities
        .iter()
        .map(|(name, entity)| {
            let mut names = strong_refs(entity);
            let mut parent = entity.extends.as_deref();
            while let Some(above) = parent.and_then(|name| entities.get(name)) {
                names.extend(strong_refs(above));
                parent = above.extends.as_deref();
            }
            (*name, names)
        })
        .collect();
    let leads_to = |from: &'a str, to: &str| {
        let (mut pending, mut seen) = (vec![from], BTreeSet::new());
        while let Some(name) = pending.pop() {
            if name == to {
                return true;
            }
            if seen.insert(name) {
                pending.extend(edges.get(name).into_iter().flatten().copied());
            }
        }
        false
    };
    let mut pairs = BTreeSet::new();
    for (from, targets) in &edges {
        pairs.extend(
            targets
                .iter()
                .filter(|to| leads_to(to, from))
                .map(|to| (*from, *to)),
        );
    }
    pairs
}

struct Build<'a, 'b> {
    owner: &'a str,
    recursive: &'b BTreeSet<(&'a str, &'a str)>,
    is_entity: &'b dyn Fn(&str) -> bool,
    is_enum: &'b dyn Fn(&str) -> bool,
    structs: Vec<Struct<'a>>,
}

impl<'a> Build<'a, '_> {
    fn add(
        &mut self,
        name: String,
        about: &'a str,
        fields: &[(&'a str, &'a Field)],
        baseline: &Version,
        is_only_other: bool,
    ) {
        let mut fields: Vec<_> = fields
            .iter()
            .map(|(wire, field)| self.field(&name, wire, field, baseline))
            .collect();
        // Positions of the fields do not depend on the Cargo feature.
        fields.sort_by_key(|field| field.is_only_other);
        self.structs.push(Struct {
            is_only_other,
            name,
            about,
            fields,
        });
    }

    fn field(
        &mut self,
        parent: &str,
        wire: &'a str,
        field: &'a Field,
        baseline: &Version,
    ) -> FieldModel<'a> {
        let is_only_other = is_only_other(field);
        let ty = match &field.ty {
            Some(ty) => FieldType::Type(ty),
            None => {
                let name = names::nested_name(parent, wire);
                let below = oldest(field.fields.values()).or_else(|| field.since.clone());
                let nested: Vec<_> = pairs(&field.fields).collect();
                self.add(
                    name.clone(),
                    field.description.as_deref().unwrap_or_default(),
                    &nested,
                    &below.unwrap_or(BEGINNING),
                    is_only_other,
                );
                FieldType::Nested {
                    name,
                    list: field.list,
                }
            }
        };
        // A field that only other servers send needs only the space of a pointer if it is absent.
        let boxed = matches!(&ty, FieldType::Type(TypeRef::Named(target))
            if (self.is_entity)(target)
                && (is_only_other || self.recursive.contains(&(self.owner, target.as_str()))));
        let name = names::member_name(wire, field.alias.as_deref());
        FieldModel {
            wire,
            name,
            yaml: field,
            presence: presence(field, &ty, baseline, self.is_enum),
            is_only_other,
            always: !field.optional && field.if_missing.is_none() && !may_lack(field, baseline),
            ty,
            boxed,
        }
    }
}

/// Whether only servers other than Mastodon send a field.
pub(super) fn is_only_other(field: &Field) -> bool {
    field.since.is_none() && field.on.names_any()
}

fn pairs(fields: &Map<Field>) -> impl Iterator<Item = (&str, &Field)> {
    fields.iter().map(|(name, field)| (name.as_str(), field))
}

/// Text, URLs, IDs and objects are required: an entity without them is of no use unless the specification says
/// otherwise. All other types have an empty value.
fn presence(
    field: &Field,
    ty: &FieldType<'_>,
    baseline: &Version,
    is_enum: &dyn Fn(&str) -> bool,
) -> Presence {
    let has_empty_value = match ty {
        FieldType::Nested { .. } => false,
        FieldType::Type(TypeRef::Named(name)) => is_enum(name),
        FieldType::Type(ty) => matches!(
            ty,
            TypeRef::Html
                | TypeRef::Integer
                | TypeRef::Seconds
                | TypeRef::Number
                | TypeRef::DateTime
                | TypeRef::Date
        ),
    };
    let collection = matches!(
        ty,
        FieldType::Nested { list: true, .. }
            | FieldType::Type(TypeRef::List(_) | TypeRef::MapOf(_) | TypeRef::Json)
    );
    if collection || field.if_missing == Some(IfMissing::Empty) {
        return Presence::Default;
    }
    if field.nullable || field.optional {
        return Presence::Optional;
    }
    if matches!(ty, FieldType::Type(TypeRef::Bool)) {
        return Presence::Default;
    }
    if may_lack(field, baseline) {
        Presence::Optional
    } else if has_empty_value {
        Presence::Default
    } else {
        Presence::Required
    }
}

/// Whether some version or server with the entity does not have the field.
fn may_lack(field: &Field, baseline: &Version) -> bool {
    let is_newer = field.since.as_ref().is_some_and(|since| since > baseline);
    is_newer || field.removed.is_some() || field.deprecated.is_some() || !field.on.is_empty()
}
