//! Reports entities and inputs that always contain themselves: no JSON of them could end.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::load::At;
use crate::yaml::{Entity, Field, Map, Required, Spec, TypeRef, Version};

/// A field or parameter that is always present, and the name of its type.
#[derive(Debug, Clone)]
struct Member<'a> {
    /// The keys below the entity or input.
    path: Vec<&'a str>,
    ty: &'a str,
}

impl Member<'_> {
    /// The name for messages: `Status.card`, `Status.card.author`.
    fn name(&self, owner: &str) -> String {
        let keys = self.path.iter().skip(1).step_by(2);
        let keys = keys.fold(owner.to_owned(), |name, key| format!("{name}.{key}"));
        format!("`{keys}`")
    }
}

/// What every value of an entity or input contains.
#[derive(Debug)]
enum Contents<'a> {
    /// All of these.
    All(Vec<Member<'a>>),
    /// One of these entities.
    One(Vec<&'a str>),
}

/// The contents of all entities and inputs, with the file and the section that define them.
type All<'a> = BTreeMap<&'a str, (String, &'static str, Contents<'a>)>;

impl Check<'_> {
    /// Reports each cycle once.
    pub(super) fn containment(&mut self, spec: &Spec) {
        let all = self.contents(spec);
        let finite = finite(&all);
        let mut reported = BTreeSet::new();
        for (name, (file, section, _)) in &all {
            let Some(cycle) = cycle(&all, &finite, name) else {
                continue;
            };
            let (owners, members): (Vec<_>, Vec<_>) = cycle.into_iter().unzip();
            if owners.iter().any(|owner| reported.contains(owner)) {
                continue;
            }
            reported.extend(owners.iter().copied());
            let steps = owners.iter().zip(&members);
            let steps: Vec<String> = steps
                .map(|(owner, member)| format!("{} is a `{}`", member.name(owner), member.ty))
                .collect();
            self.file.clone_from(file);
            let Some(first) = members.first() else {
                continue;
            };
            self.report(
                &[&[*section, *name], &first.path[..]].concat(),
                At::Key,
                format!("every `{name}` contains another one: {}", steps.join(", and ")),
                Some("write `nullable: true` or `optional: true` where it can end, or make it a list".into()),
            );
        }
    }

    fn contents<'s>(&self, spec: &'s Spec) -> All<'s> {
        let mut entities = BTreeMap::new();
        for file in spec.entities.values() {
            entities.extend(file.entities.iter().map(|(name, it)| (name.as_str(), it)));
        }
        let mut all = All::new();
        for (file, content) in &spec.entities {
            for (name, entity) in &content.entities {
                let contents = if entity.one_of.is_empty() {
                    Contents::All(members(&entities, entity))
                } else {
                    Contents::One(entity.one_of.keys().map(String::as_str).collect())
                };
                let file = format!("entities/{file}.yaml");
                all.insert(name, (file, "entities", contents));
            }
        }
        for (file, content) in &spec.methods {
            for (name, input) in &content.inputs {
                let required = input.params.iter().filter(|(_, param)| {
                    param.required == Some(Required::Always(true)) && !param.nullable
                });
                let members = required.filter_map(|(wire, param)| match &param.ty {
                    Some(TypeRef::Named(ty)) => Some(Member {
                        path: vec!["params", wire],
                        ty,
                    }),
                    _ => None,
                });
                let file = format!("methods/{file}.yaml");
                all.insert(name, (file, "inputs", Contents::All(members.collect())));
            }
        }
        all
    }
}

/// The entities and inputs of which some value is finite.
fn finite<'a>(all: &All<'a>) -> BTreeSet<&'a str> {
    let mut finite = BTreeSet::new();
    loop {
        let before = finite.len();
        let is_finite = |ty: &str| finite.contains(ty) || !all.contains_key(ty);
        let found: Vec<&str> = all
            .iter()
            .filter(|(_, (_, _, contents))| match contents {
                Contents::All(members) => members.iter().all(|member| is_finite(member.ty)),
                Contents::One(variants) => variants.iter().any(|variant| is_finite(variant)),
            })
            .map(|(name, _)| *name)
            .collect();
        finite.extend(found);
        if finite.len() == before {
            return finite;
        }
    }
}

/// The members that lead from an item back to itself, each with its owner. What only contains an item on a cycle is
/// infinite, too, but not wrong.
fn cycle<'a>(
    all: &All<'a>,
    finite: &BTreeSet<&'a str>,
    start: &'a str,
) -> Option<Vec<(&'a str, Member<'a>)>> {
    let mut pending = vec![(start, Vec::new())];
    let mut seen = BTreeSet::new();
    while let Some((name, way)) = pending.pop() {
        let Some((_, _, Contents::All(members))) = all.get(name) else {
            continue;
        };
        for member in members.iter().filter(|member| !finite.contains(member.ty)) {
            let way: Vec<_> = way
                .iter()
                .cloned()
                .chain([(name, member.clone())])
                .collect();
            if member.ty == start {
                return Some(way);
            }
            if seen.insert(member.ty) {
                pending.push((member.ty, way));
            }
        }
    }
    None
}

/// The entities that every version of an entity contains, including inherited ones.
fn members<'a>(entities: &BTreeMap<&'a str, &'a Entity>, entity: &'a Entity) -> Vec<Member<'a>> {
    let mut fields: BTreeMap<&str, &Field> = BTreeMap::new();
    let (mut current, mut seen) = (Some(entity), BTreeSet::new());
    while let Some(entity) = current {
        for (wire, field) in &entity.fields {
            fields.entry(wire).or_insert(field);
        }
        let parent = entity
            .extends
            .as_deref()
            .filter(|parent| seen.insert(*parent));
        current = parent.and_then(|parent| entities.get(parent).copied());
    }
    let oldest = fields
        .values()
        .filter_map(|field| field.since.as_ref())
        .min();
    let start = entity.since.as_ref().or(oldest);
    let own = |wire: &&str| entity.fields.contains_key(*wire);
    let fields = fields.into_iter().filter(|(wire, _)| own(wire));
    fields
        .flat_map(|(wire, field)| always(vec!["fields", wire], field, start))
        .collect()
}

fn always<'a>(path: Vec<&'a str>, field: &'a Field, start: Option<&Version>) -> Vec<Member<'a>> {
    let is_newer = field
        .since
        .as_ref()
        .is_some_and(|since| Some(since) > start);
    let may_be_absent = field.nullable
        || field.optional
        || field.if_missing.is_some()
        || is_newer
        || field.deprecated.is_some()
        || field.removed.is_some()
        || !field.on.is_empty();
    if may_be_absent || field.list {
        return Vec::new();
    }
    match &field.ty {
        Some(TypeRef::Named(ty)) => vec![Member { path, ty }],
        Some(_) => Vec::new(),
        None => nested(&path, &field.fields),
    }
}

fn nested<'a>(path: &[&'a str], fields: &'a Map<Field>) -> Vec<Member<'a>> {
    let start = fields
        .values()
        .filter_map(|field| field.since.as_ref())
        .min();
    let fields = fields.iter().map(|(wire, field)| {
        let path = [path, &["fields", wire.as_str()]].concat();
        always(path, field, start)
    });
    fields.flatten().collect()
}
