//! Changes of entities, enumerations and ids.

use super::{Diff, Rule, facts, sides};
use heck::ToSnakeCase;
use mastodon_emit::rust;
use mastodon_spec::history::first_version;
use mastodon_spec::model::{BEGINNING, FieldModel, FieldType, Model, Struct};
use mastodon_spec::names;
use mastodon_spec::yaml::{Entity, EnumValue, Enumeration, Map, Supported, Version};

impl Diff<'_> {
    pub(super) fn entities(&mut self) {
        let (old, new) = (self.old, self.new);
        let sides = sides(entities(old), entities(new));
        for (name, _) in sides.old {
            self.push(Rule::EntityRemoved, name, None, types(old, name));
        }
        for (name, entity) in sides.new {
            self.push(Rule::EntityAdded, name, None, types(new, name));
            if !entity.is_only_on() {
                self.added_since(name, first_version(entity), None);
            }
        }
        for (name, before, after) in sides.both {
            self.entity(name, before, after);
        }
    }

    fn entity(&mut self, name: &str, old: &Entity, new: &Entity) {
        self.text(old.description.as_ref(), new.description.as_ref());
        let items = types(self.old, name).chain(types(self.new, name));
        let gates = (self.old.is_only_other(name), self.new.is_only_other(name));
        self.feature(gates, name, items);
        if old.one_of.is_empty() != new.one_of.is_empty() {
            let shape = if new.one_of.is_empty() {
                "an enum became a struct"
            } else {
                "a struct became an enum"
            };
            let items = types(self.old, name).chain(types(self.new, name));
            return self.push(Rule::EntityShape, name, Some(shape.to_owned()), items);
        }
        if old.deprecated.is_none()
            && let Some(version) = &new.deprecated
        {
            let detail = Some(format!("since {version}"));
            self.push(Rule::EntityDeprecated, name, detail, []);
        }
        self.parent(name, old, new);
        self.variants(name, &old.one_of, &new.one_of);
        let structs = (self.old.structs(name), self.new.structs(name));
        if let (Some(before), Some(after)) = (structs.0.first(), structs.1.first()) {
            self.id(before, after);
        }
        // Structs of nested objects are added and removed with their fields.
        for before in structs.0 {
            if let Some(after) = structs.1.iter().find(|item| item.name == before.name) {
                self.fields(name, before, after, new.since.as_ref());
            }
        }
    }

    /// Compares the conversions into the entity that it extends.
    fn parent(&mut self, name: &str, old: &Entity, new: &Entity) {
        let target = |model, entity: &Entity| {
            let parent = entity.extends.clone();
            parent.filter(|parent| rust::converts_into(model, name, parent))
        };
        let targets = (target(self.old, old), target(self.new, new));
        if targets.0 == targets.1 {
            return;
        }
        let conversion = |parent: &str| {
            let (own, parent) = (names::type_name(name), names::type_name(parent));
            [format!("impl From<{own}> for {parent}")]
        };
        if let Some(parent) = &targets.0 {
            let detail = match &new.extends {
                Some(still) if still == parent => {
                    format!("extends {parent}, but can no longer be converted into it")
                }
                _ => format!("no longer extends {parent}"),
            };
            self.push(Rule::EntityParent, name, Some(detail), conversion(parent));
        }
        if let Some(parent) = &targets.1 {
            let detail = format!("extends {parent}");
            self.push(
                Rule::EntityParentAdded,
                name,
                Some(detail),
                conversion(parent),
            );
        }
    }

    /// Compares the IDs that the entity converts into.
    fn id(&mut self, old: &Struct<'_>, new: &Struct<'_>) {
        let ids = (rust::id_of(old), rust::id_of(new));
        if ids.0 == ids.1 {
            return;
        }
        let name = &new.name;
        let sources = [
            format!("&{name}"),
            name.clone(),
            format!("&Box<{name}>"),
            format!("Box<{name}>"),
        ];
        let conversions = |id: &str| {
            let targets = [id, "Cursor"];
            let conversions = targets.iter().flat_map(|target| {
                let sources = sources.iter();
                sources.map(move |source| format!("impl From<{source}> for {target}"))
            });
            conversions.collect::<Vec<_>>()
        };
        if let Some(id) = &ids.0 {
            let items = conversions(id);
            self.push(Rule::EntityIdRemoved, name, Some(id.clone()), items);
        }
        if let Some(id) = &ids.1 {
            let items = conversions(id);
            self.push(Rule::EntityIdAdded, name, Some(id.clone()), items);
        }
    }

    fn variants(&mut self, name: &str, old: &Map<String>, new: &Map<String>) {
        let items = |variant: &str| {
            let (owner, variant) = (names::type_name(name), names::type_name(variant));
            [
                format!("{owner}::{variant}"),
                format!("{owner}::as_{}", variant.to_snake_case()),
            ]
        };
        for variant in old.keys().filter(|variant| !new.contains_key(*variant)) {
            let subject = format!("{name}::{variant}");
            self.push(Rule::VariantRemoved, subject, None, items(variant));
        }
        for variant in new.keys().filter(|variant| !old.contains_key(*variant)) {
            let subject = format!("{name}::{variant}");
            self.push(Rule::VariantAdded, subject, None, items(variant));
        }
    }

    fn fields(
        &mut self,
        entity: &str,
        old: &Struct<'_>,
        new: &Struct<'_>,
        since: Option<&Version>,
    ) {
        let subject = |field: &FieldModel<'_>| format!("{}.{}", new.name, field.wire);
        for before in &old.fields {
            match new.fields.iter().find(|field| field.wire == before.wire) {
                Some(after) => {
                    let subject = subject(after);
                    self.field(&subject, entity, (old, before), (new, after));
                }
                None => {
                    let items = field_items(self.old, entity, old, before);
                    self.push(Rule::FieldRemoved, subject(before), None, items);
                }
            }
        }
        for after in &new.fields {
            if !old.fields.iter().any(|field| field.wire == after.wire) {
                let own = after.yaml.since.as_ref();
                let detail = own.map(|version| format!(", since {version}"));
                let detail = format!("{}{}", rust::field_type(after), detail.unwrap_or_default());
                let items = field_items(self.new, entity, new, after);
                self.push(Rule::FieldAdded, subject(after), Some(detail), items);
                if !after.yaml.is_only_on() {
                    self.added_since(&subject(after), own, since);
                }
            }
        }
        let keeps = (
            rust::keeps_unknown_fields(self.old, entity, old),
            rust::keeps_unknown_fields(self.new, entity, new),
        );
        let rule = match keeps {
            (false, true) => Rule::FieldAdded,
            (true, false) => Rule::FieldRemoved,
            _ => return,
        };
        let (subject, item) = (
            format!("{}.unknown_fields", new.name),
            format!("{}.unknown_fields", new.name),
        );
        self.push(rule, subject, Some("UnknownFields".to_owned()), [item]);
    }

    fn field(
        &mut self,
        subject: &str,
        entity: &str,
        (before, old): (&Struct<'_>, &FieldModel<'_>),
        (after, new): (&Struct<'_>, &FieldModel<'_>),
    ) {
        self.text(old.yaml.description.as_ref(), new.yaml.description.as_ref());
        let items = || {
            let mut items = field_items(self.old, entity, before, old);
            items.extend(field_items(self.new, entity, after, new));
            items
        };
        let (items, types) = (items(), (rust::field_type(old), rust::field_type(new)));
        // The feature of the whole type is reported once.
        if self.old.is_only_other(entity) == self.new.is_only_other(entity) {
            let is_gated = |is_only_other: bool| is_only_other && !self.new.is_only_other(entity);
            let gates = (is_gated(old.is_only_other), is_gated(new.is_only_other));
            self.feature(gates, subject, items.clone());
        }
        if types.0 != types.1 {
            let detail = format!("{} → {}", types.0, types.1);
            self.push(Rule::FieldType, subject, Some(detail), items.clone());
        }
        if old.name != new.name {
            let detail = format!("{} → {}", old.name, new.name);
            self.push(Rule::FieldRenamed, subject, Some(detail), items);
        }
        if old.yaml.deprecated.is_none()
            && let Some(version) = &new.yaml.deprecated
        {
            let detail = Some(format!("since {version}"));
            self.push(Rule::FieldDeprecated, subject, detail, []);
        }
        let facts = (facts::field(old.yaml), facts::field(new.yaml));
        self.facts(Rule::FieldFact, subject, facts.0, &facts.1);
    }

    pub(super) fn enums(&mut self) {
        let (old, new) = (self.old, self.new);
        let found = sides(enums(old), enums(new));
        for (name, _) in found.old {
            self.push(Rule::EnumRemoved, name, None, [names::type_name(name)]);
        }
        for (name, _) in found.new {
            self.push(Rule::EnumAdded, name, None, [names::type_name(name)]);
        }
        for (name, before, after) in found.both {
            self.text(before.description.as_ref(), after.description.as_ref());
            let gates = (old.is_only_other(name), new.is_only_other(name));
            self.feature(gates, name, [names::type_name(name)]);
            self.values(name, &before.values, &after.values);
            let unknown =
                |enumeration: &Enumeration| vec![("unknown_as", enumeration.unknown_as.clone())];
            self.facts(Rule::ValueFact, name, unknown(before), &unknown(after));
        }
        let found = sides(ids(old), ids(new));
        for (name, _) in found.old {
            self.push(Rule::IdRemoved, name, None, [name.to_owned()]);
        }
        for (name, _) in found.new {
            self.push(Rule::IdAdded, name, None, [name.to_owned()]);
        }
        for (name, before, after) in found.both {
            self.text(Some(before), Some(after));
            let gates = (old.is_only_other(name), new.is_only_other(name));
            self.feature(gates, name, [name.to_owned()]);
        }
    }

    fn values(&mut self, name: &str, old: &Map<EnumValue>, new: &Map<EnumValue>) {
        let pairs = |values| -> Vec<(&str, &EnumValue)> {
            let values: &Map<EnumValue> = values;
            let values = values.iter();
            values.map(|(wire, value)| (wire.as_str(), value)).collect()
        };
        let subject = |wire: &str| format!("{name}::{wire}");
        let since = |value: &EnumValue| value.since.as_ref().map(|v| format!("since {v}"));
        let variant =
            |wire: &str, value: &EnumValue| names::variant_name(wire, value.alias.as_deref());
        let item = |wire: &str, value: &EnumValue| {
            format!("{}::{}", names::type_name(name), variant(wire, value))
        };
        let found = sides(pairs(old), pairs(new));
        for (wire, value) in found.old {
            self.push(Rule::ValueRemoved, subject(wire), None, [item(wire, value)]);
        }
        for (wire, value) in found.new {
            self.push(
                Rule::ValueAdded,
                subject(wire),
                since(value),
                [item(wire, value)],
            );
            if !value.is_only_on() {
                let beginning = Some(&BEGINNING);
                self.added_since(&subject(wire), value.since.as_ref(), beginning);
            }
        }
        for (wire, before, after) in found.both {
            let subject = subject(wire);
            self.text(before.description.as_ref(), after.description.as_ref());
            if variant(wire, before) != variant(wire, after) {
                let detail = format!("{} → {}", variant(wire, before), variant(wire, after));
                let items = [item(wire, before), item(wire, after)];
                self.push(Rule::ValueRenamed, &subject, Some(detail), items);
            }
            if before.deprecated.is_none()
                && let Some(version) = &after.deprecated
            {
                let detail = Some(format!("since {version}"));
                self.push(Rule::ValueDeprecated, &subject, detail, []);
            }
            let facts = (facts::value(before), facts::value(after));
            self.facts(Rule::ValueFact, &subject, facts.0, &facts.1);
        }
    }
}

/// The types of an entity: its own, then those of its nested objects.
fn types(model: &Model<'_>, entity: &str) -> impl Iterator<Item = String> + use<> {
    let nested: Vec<_> = model
        .structs(entity)
        .iter()
        .map(|item| item.name.clone())
        .collect();
    std::iter::once(names::type_name(entity)).chain(nested)
}

/// A field, and the types of the nested objects in it.
fn field_items(
    model: &Model<'_>,
    entity: &str,
    owner: &Struct<'_>,
    field: &FieldModel<'_>,
) -> Vec<String> {
    let mut items = vec![format!("{}.{}", owner.name, field.name)];
    if let FieldType::Nested { name, .. } = &field.ty {
        items.push(name.clone());
        let nested = model.structs(entity).iter().find(|item| item.name == *name);
        for (below, field) in nested
            .iter()
            .flat_map(|it| it.fields.iter().map(move |f| (it, f)))
        {
            items.extend(field_items(model, entity, below, field));
        }
    }
    items
}

fn entities<'a>(model: &Model<'a>) -> impl Iterator<Item = (&'a str, &'a Entity)> {
    let files = model.spec.entities.values();
    files.flat_map(|file| {
        file.entities
            .iter()
            .map(|(name, entity)| (name.as_str(), entity))
    })
}

fn enums<'a>(model: &Model<'a>) -> impl Iterator<Item = (&'a str, &'a Enumeration)> {
    let files = model.spec.entities.values();
    files.flat_map(|file| file.enums.iter().map(|(name, item)| (name.as_str(), item)))
}

fn ids<'a>(model: &Model<'a>) -> impl Iterator<Item = (&'a str, &'a String)> {
    let files = model.spec.entities.values();
    files.flat_map(|file| file.ids.iter().map(|(name, about)| (name.as_str(), about)))
}
