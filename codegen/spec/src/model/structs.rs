//! Entities as structs: inheritance written out, nested objects named, recursion boxed.

use std::collections::{BTreeMap, BTreeSet};

use super::{BEGINNING, Kind, direct};
use crate::names;
use crate::yaml::{Entity, Field, IfMissing, Map, TypeRef, Version};

/// A struct that the generator writes.
#[derive(Debug)]
pub struct Struct<'a> {
    /// Its name in Rust.
    pub name: String,
    /// What it is.
    pub about: &'a str,
    /// Its fields.
    pub fields: Vec<FieldModel<'a>>,
}

/// A field of a struct.
#[derive(Debug)]
pub struct FieldModel<'a> {
    /// The name on the wire.
    pub wire: &'a str,
    /// The name in code.
    pub name: String,
    /// The field as it stands in the specification.
    pub spec: &'a Field,
    /// Its type.
    pub ty: FieldType<'a>,
    /// What its absence means.
    pub presence: Presence,
    /// Whether every version that has the entity sends it.
    pub always: bool,
    /// Whether it has to be behind a pointer because it leads back to its own struct.
    pub boxed: bool,
}

/// The type of a field.
#[derive(Debug)]
pub enum FieldType<'a> {
    /// A type of the specification.
    Type(&'a TypeRef),
    /// A nested object, by the name of its struct.
    Nested {
        /// The struct.
        name: String,
        /// Whether there is a list of them.
        list: bool,
    },
}

/// What the absence of a field means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is always there.
    Required,
    /// Its empty value stands for it.
    Default,
    /// It is an `Option`.
    Optional,
}

/// The structs of every entity.
pub(super) fn resolve<'a>(
    entities: &BTreeMap<&'a str, &'a Entity>,
    kinds: &BTreeMap<&'a str, Kind>,
) -> BTreeMap<&'a str, Vec<Struct<'a>>> {
    let recursive = recursive(entities);
    let is_value = |name: &str| matches!(kinds.get(name), Some(Kind::Entity | Kind::Union));
    entities
        .iter()
        .filter(|(_, entity)| entity.one_of.is_empty())
        .map(|(name, entity)| {
            let fields = inherited(entities, entity);
            let baseline = entity
                .since
                .clone()
                .or_else(|| oldest(fields.iter().map(|(_, field)| *field)));
            let baseline = baseline.unwrap_or(BEGINNING);
            let mut build = Build {
                owner: name,
                recursive: &recursive,
                is_value: &is_value,
                structs: Vec::new(),
            };
            build.add(
                names::type_name(name),
                entity.description.as_deref().unwrap_or_default(),
                &fields,
                &baseline,
            );
            // Nested structs were finished before the one that holds them.
            build.structs.reverse();
            (*name, build.structs)
        })
        .collect()
}

fn oldest<'a>(fields: impl Iterator<Item = &'a Field>) -> Option<Version> {
    fields.filter_map(|field| field.since.clone()).min()
}

/// The fields of an entity after those of its parents; a repeated one stands in the parent's place.
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

/// The pairs of entities where the first leads to the second, and the second back to the first.
fn recursive<'a>(entities: &BTreeMap<&'a str, &'a Entity>) -> BTreeSet<(&'a str, &'a str)> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = entities
        .iter()
        .map(|(name, entity)| {
            let mut names = direct(entity);
            let mut parent = entity.extends.as_deref();
            while let Some(above) = parent.and_then(|name| entities.get(name)) {
                names.extend(direct(above));
                parent = above.extends.as_deref();
            }
            (*name, names)
        })
        .collect();
    let leads_to = |from: &'a str, to: &str| {
        let (mut open, mut seen) = (vec![from], BTreeSet::new());
        while let Some(name) = open.pop() {
            if name == to {
                return true;
            }
            if seen.insert(name) {
                open.extend(edges.get(name).into_iter().flatten().copied());
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
    is_value: &'b dyn Fn(&str) -> bool,
    structs: Vec<Struct<'a>>,
}

impl<'a> Build<'a, '_> {
    fn add(
        &mut self,
        name: String,
        about: &'a str,
        fields: &[(&'a str, &'a Field)],
        baseline: &Version,
    ) {
        let fields = fields
            .iter()
            .map(|(wire, field)| self.field(&name, wire, field, baseline))
            .collect();
        self.structs.push(Struct {
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
                );
                FieldType::Nested {
                    name,
                    list: field.list,
                }
            }
        };
        let boxed = matches!(&ty, FieldType::Type(TypeRef::Named(target))
            if (self.is_value)(target) && self.recursive.contains(&(self.owner, target.as_str())));
        let name = names::member_name(wire, field.alias.as_deref());
        FieldModel {
            wire,
            name,
            spec: field,
            presence: presence(field, &ty, baseline),
            always: !field.optional && field.if_missing.is_none() && !may_lack(field, baseline),
            ty,
            boxed,
        }
    }
}

fn pairs(fields: &Map<Field>) -> impl Iterator<Item = (&str, &Field)> {
    fields.iter().map(|(name, field)| (name.as_str(), field))
}

fn presence(field: &Field, ty: &FieldType<'_>, baseline: &Version) -> Presence {
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
    } else {
        Presence::Required
    }
}

/// Whether a version that has the entity may be without the field.
fn may_lack(field: &Field, baseline: &Version) -> bool {
    let younger = field.since.as_ref().is_some_and(|since| since > baseline);
    younger || field.removed.is_some() || field.deprecated.is_some()
}
