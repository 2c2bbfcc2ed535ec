//! Example entities.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::curl::formatted;
use super::fields;
use super::value::text;
use crate::ident;
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{FieldModel, FieldType, Kind, Model, Struct};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{Entity, JsonType, Supported, TypeRef};

/// What stands for an entity in the example of another one, followed by its name.
pub(super) const REFERENCE: &str = "sample:";

/// Example IDs, by type.
const IDS: &[(&str, &str)] = &[
    ("AccountId", "23972"),
    ("CollectionId", "42"),
    ("NotificationId", "491234"),
    ("ReportId", "48914"),
    ("StatusId", "115989597388812345"),
];

/// The ID of everything else.
const OTHER_ID: &str = "4815";

/// What is in the place of an object in an example.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nested {
    /// Objects that belong to the entity are written out; other entities are named by a string.
    Inline {
        /// What the string starts with.
        mark: char,
    },
    /// All objects are named by a string.
    Named,
}

/// Writes examples.
pub(super) struct Examples<'m, 'a> {
    model: &'m Model<'a>,
    nested: Nested,
    /// Fields whose entity contains the entity of the field: struct and name in JSON. They have no value.
    cycles: BTreeSet<(String, &'a str)>,
}

impl<'m, 'a> Examples<'m, 'a> {
    pub(super) fn new(model: &'m Model<'a>, nested: Nested) -> Self {
        let mut examples = Self {
            model,
            nested,
            cycles: BTreeSet::new(),
        };
        if nested == Nested::Named {
            examples.find_cycles();
        }
        examples
    }

    /// Writes examples in which all entities are named.
    pub(super) fn named(model: &'m Model<'a>) -> Self {
        Self {
            model,
            nested: Nested::Named,
            cycles: BTreeSet::new(),
        }
    }

    /// An example of the struct with all fields that current servers send.
    pub(super) fn object(&self, entity: &str, item: &Struct<'a>) -> Object {
        let structs = self.names(entity, item);
        let fields = item.fields.iter();
        let fields = fields.filter(|field| self.is_current(entity, item, field));
        fields
            .map(|field| (field.wire, self.field(entity, &structs, item, field)))
            .collect()
    }

    /// The names of the struct and of those that it extends.
    fn names(&self, entity: &str, item: &Struct<'a>) -> Vec<String> {
        let mut names = vec![item.name.clone()];
        if item.name == type_name(entity) {
            let mut above = self.entity(entity).and_then(|own| own.extends.as_deref());
            while let Some(parent) = above {
                names.push(type_name(parent));
                above = self.entity(parent).and_then(|own| own.extends.as_deref());
            }
        }
        names
    }

    fn entity(&self, name: &str) -> Option<&'a Entity> {
        self.model.entity(name)
    }

    /// Whether current servers send the field. Mastodon does not send those of other servers.
    fn is_current(&self, entity: &str, item: &Struct<'a>, field: &FieldModel<'a>) -> bool {
        let is_removed = |entity: &Entity| entity.removed.is_some();
        let exists = field.yaml.removed.is_none() || self.entity(entity).is_some_and(is_removed);
        let is_of_mastodon = !self.model.is_only_other(entity) && !item.is_only_other;
        exists && !(is_of_mastodon && field.yaml.is_only_on())
    }

    fn field(
        &self,
        entity: &str,
        structs: &[String],
        item: &Struct<'a>,
        field: &FieldModel<'a>,
    ) -> Json {
        let is_cycle = self.cycles.contains(&(item.name.clone(), field.wire));
        let known = if is_cycle {
            Some(Json::Scalar(serde_json::Value::Null))
        } else {
            // The example of the specification need not fit the other fields.
            let own = || field.yaml.example.as_ref().map(Json::from);
            fields::value(structs, field.wire).or_else(own)
        };
        if matches!(known, Some(Json::Scalar(serde_json::Value::Null))) {
            return self.absent(field);
        }
        let fits = |known: &Json| !self.is_object(&field.ty) || !matches!(known, Json::Scalar(_));
        match (known.filter(fits), &field.ty) {
            (Some(known), _) => as_sent(field.yaml.sent_as, known),
            (None, FieldType::Type(ty)) => self.value(field, ty),
            (None, FieldType::Nested { name, list }) => {
                let structs = self.model.structs(entity).iter();
                let nested = structs.clone().find(|item| item.name == *name);
                let value = match (self.nested, nested) {
                    (Nested::Inline { .. }, Some(nested)) => self.object(entity, nested).into(),
                    _ => self.reference(name),
                };
                if *list { vec![value].into() } else { value }
            }
        }
    }

    /// What a server sends if there is no value.
    fn absent(&self, field: &FieldModel<'a>) -> Json {
        let is_list = matches!(
            field.ty,
            FieldType::Nested { list: true, .. } | FieldType::Type(TypeRef::List(_))
        );
        if field.yaml.optional {
            Json::Absent
        } else if is_list && !field.yaml.nullable {
            Json::List(Vec::new())
        } else {
            Json::Scalar(serde_json::Value::Null)
        }
    }

    /// Whether the value is an object or a list of objects.
    fn is_object(&self, ty: &FieldType<'a>) -> bool {
        match ty {
            FieldType::Nested { .. } => true,
            FieldType::Type(TypeRef::List(inner)) => self.is_entity(inner),
            FieldType::Type(ty) => self.is_entity(ty),
        }
    }

    fn is_entity(&self, ty: &TypeRef) -> bool {
        let kind = ty.named().and_then(|name| self.model.kind(name));
        matches!(kind, Some(Kind::Entity | Kind::Union))
    }

    fn reference(&self, name: &str) -> Json {
        match self.nested {
            Nested::Inline { mark } => format!("{mark}{name}").into(),
            Nested::Named => format!("{REFERENCE}{}", type_name(name)).into(),
        }
    }

    fn value(&self, field: &FieldModel<'a>, ty: &TypeRef) -> Json {
        let sent = |value| as_sent(field.yaml.sent_as, value);
        match self.plain(field.wire, ty) {
            Json::List(items) => Json::List(items.into_iter().map(sent).collect()),
            value => sent(value),
        }
    }

    /// An example of a type; a string is one that fits the name.
    pub(super) fn plain(&self, name: &str, ty: &TypeRef) -> Json {
        match ty {
            TypeRef::String | TypeRef::Secret => text(name).into(),
            TypeRef::Html => "<p>Hello, world!</p>".into(),
            TypeRef::Url => "https://mastodon.example/".into(),
            TypeRef::Language => "en".into(),
            TypeRef::Bool | TypeRef::Flag => false.into(),
            TypeRef::Integer => 7_u32.into(),
            TypeRef::Number => 0.5.into(),
            TypeRef::Seconds => 86_400_u32.into(),
            TypeRef::DateTime => "2026-01-31T12:00:00.000Z".into(),
            TypeRef::Date => "2026-01-31".into(),
            TypeRef::File => "".into(),
            TypeRef::Json => Json::Object(Object::new()),
            TypeRef::List(inner) => vec![self.plain(name, inner)].into(),
            TypeRef::MapOf(inner) => Object::new().with("en", self.plain(name, inner)).into(),
            TypeRef::Named(own) => match self.model.kind(own) {
                Some(Kind::Id) => id(own).into(),
                Some(Kind::Enum) => self.enum_value(own),
                _ => self.reference(own),
            },
        }
    }

    fn enum_value(&self, name: &str) -> Json {
        let known = self.model.enumeration(name).map(|known| &known.values);
        let mut current = known.into_iter().flatten();
        let is_only_other = self.model.is_only_other(name);
        let current = current
            .find(|(_, value)| value.removed.is_none() && (is_only_other || !value.is_only_on()));
        current.map(|(wire, _)| wire.as_str()).into()
    }

    /// Finds the fields without which no entity contains itself. Of a cycle, it is the last field in the order of the
    /// specification.
    fn find_cycles(&mut self) {
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut cycles = BTreeSet::new();
        let entities = self.model.spec.entities.values();
        for (entity, about) in entities.flat_map(|file| &file.entities) {
            if let Some(variant) = variant(entity, about) {
                edges.entry(type_name(entity)).or_default().insert(variant);
            }
            for item in self.model.structs(entity) {
                let structs = self.names(entity, item);
                for field in &item.fields {
                    let Some(target) = target(&field.ty) else {
                        continue;
                    };
                    let known = fields::value(&structs, field.wire);
                    if known.is_some() || !self.is_current(entity, item, field) {
                        continue;
                    }
                    if leads_to(&edges, &target, &item.name) {
                        cycles.insert((item.name.clone(), field.wire));
                    } else {
                        edges.entry(item.name.clone()).or_default().insert(target);
                    }
                }
            }
        }
        self.cycles = cycles;
    }
}

/// The struct or union that a field contains.
fn target(ty: &FieldType<'_>) -> Option<String> {
    match ty {
        FieldType::Nested { name, .. } => Some(name.clone()),
        FieldType::Type(ty) => match ty {
            TypeRef::List(inner) | TypeRef::MapOf(inner) => inner.named().map(type_name),
            ty => ty.named().map(type_name),
        },
    }
}

fn leads_to(edges: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let (mut pending, mut seen) = (vec![from], BTreeSet::new());
    while let Some(name) = pending.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            pending.extend(edges.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

fn id(name: &str) -> &'static str {
    let known = IDS.iter().find(|(known, _)| *known == type_name(name));
    known.map_or(OTHER_ID, |(_, id)| id)
}

/// The value in the JSON type in which servers send it.
fn as_sent(sent_as: Option<JsonType>, value: Json) -> Json {
    match (sent_as, &value) {
        (Some(JsonType::String), Json::Scalar(scalar)) if !scalar.is_string() => {
            scalar.to_string().into()
        }
        (Some(JsonType::Integer), Json::Scalar(scalar)) => {
            let number = scalar.as_str().and_then(|text| text.parse::<i64>().ok());
            number.map_or(value, Into::into)
        }
        _ => value,
    }
}

/// The variant that the example of a union has.
pub(super) fn variant(name: &str, entity: &Entity) -> Option<String> {
    let first = entity.one_of.keys().next()?;
    let variant = fields::variant(&type_name(name)).map(str::to_owned);
    Some(variant.unwrap_or_else(|| type_name(first)))
}

/// The sample of an entity.
pub(crate) struct EntitySample {
    /// Name of the entity in Rust.
    pub(super) name: String,
    /// Its JSON, in which other entities are named.
    pub(super) json: String,
    /// Whether only servers other than Mastodon have the entity.
    pub(super) is_only_other: bool,
}

/// The samples of all entities.
pub(crate) fn all(model: &Model<'_>) -> Vec<EntitySample> {
    let examples = Examples::new(model, Nested::Named);
    let entities = model.spec.entities.values();
    let samples = entities
        .flat_map(|file| &file.entities)
        .flat_map(|(name, entity)| {
            let is_only_other = model.is_only_other(name);
            let union = variant(name, entity).map(|variant| EntitySample {
                name: type_name(name),
                json: format!("\"{REFERENCE}{variant}\""),
                is_only_other,
            });
            let structs = model.structs(name).iter();
            let structs = structs.map(|item| EntitySample {
                name: item.name.clone(),
                json: formatted(&examples.object(name, item).into(), 0),
                is_only_other: is_only_other || item.is_only_other,
            });
            union.into_iter().chain(structs).collect::<Vec<_>>()
        });
    samples.collect()
}

/// The samples of all entities, for the types.
pub(crate) fn samples(all: &[EntitySample]) -> TokenStream {
    let entries = all.iter().map(|sample| {
        let (name, json) = (ident(&sample.name), literal(&sample.json));
        let feature = sample.is_only_other.then(|| quote! { if "other-servers" });
        quote! { #name = #json #feature }
    });
    quote! {
        use crate::entities::*;
        samples! { #(#entries,)* }
    }
}

/// JSON as a raw string, which is readable.
pub(super) fn literal(json: &str) -> Literal {
    let raw = format!("r##\"{json}\"##").parse();
    raw.unwrap_or_else(|_| Literal::string(json))
}
