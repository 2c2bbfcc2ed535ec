//! Changes of entities, enumerations and ids.

use super::{Diff, Rule, facts, sides};
use mastodon_emit::rust;
use mastodon_spec::model::{FieldModel, Model, Struct};
use mastodon_spec::names;
use mastodon_spec::yaml::{Entity, EnumValue, Enumeration, Map};

impl Diff<'_> {
    pub(super) fn entities(&mut self) {
        let (old, new) = (self.old, self.new);
        let sides = sides(entities(old), entities(new));
        for (name, _) in sides.old {
            self.push(Rule::EntityRemoved, name, None);
        }
        for (name, _) in sides.new {
            self.push(Rule::EntityAdded, name, None);
        }
        for (name, before, after) in sides.both {
            self.entity(name, before, after);
        }
    }

    fn entity(&mut self, name: &str, old: &Entity, new: &Entity) {
        self.text(old.description.as_ref(), new.description.as_ref());
        if old.one_of.is_empty() != new.one_of.is_empty() {
            let shape = if new.one_of.is_empty() {
                "an enum became a struct"
            } else {
                "a struct became an enum"
            };
            return self.push(Rule::EntityShape, name, Some(shape.to_owned()));
        }
        if old.deprecated.is_none()
            && let Some(version) = &new.deprecated
        {
            self.push(
                Rule::EntityDeprecated,
                name,
                Some(format!("since {version}")),
            );
        }
        if let Some(parent) = &old.extends
            && new.extends.as_ref() != Some(parent)
        {
            let detail = format!("no longer extends {parent}");
            self.push(Rule::EntityParent, name, Some(detail));
        }
        self.variants(name, &old.one_of, &new.one_of);
        // Structs of nested objects are added and removed with their fields.
        for before in self.old.structs(name) {
            let after = self.new.structs(name);
            if let Some(after) = after.iter().find(|item| item.name == before.name) {
                self.fields(before, after);
            }
        }
    }

    fn variants(&mut self, name: &str, old: &Map<String>, new: &Map<String>) {
        for variant in old.keys().filter(|variant| !new.contains_key(*variant)) {
            self.push(Rule::VariantRemoved, format!("{name}::{variant}"), None);
        }
        for variant in new.keys().filter(|variant| !old.contains_key(*variant)) {
            self.push(Rule::VariantAdded, format!("{name}::{variant}"), None);
        }
    }

    fn fields(&mut self, old: &Struct<'_>, new: &Struct<'_>) {
        let subject = |field: &FieldModel<'_>| format!("{}.{}", new.name, field.wire);
        for before in &old.fields {
            match new.fields.iter().find(|field| field.wire == before.wire) {
                Some(after) => self.field(&subject(after), before, after),
                None => self.push(Rule::FieldRemoved, subject(before), None),
            }
        }
        for after in &new.fields {
            if !old.fields.iter().any(|field| field.wire == after.wire) {
                let since = after.yaml.since.as_ref();
                let since = since.map(|version| format!(", since {version}"));
                let detail = format!("{}{}", rust::field_type(after), since.unwrap_or_default());
                self.push(Rule::FieldAdded, subject(after), Some(detail));
            }
        }
    }

    fn field(&mut self, subject: &str, old: &FieldModel<'_>, new: &FieldModel<'_>) {
        self.text(old.yaml.description.as_ref(), new.yaml.description.as_ref());
        let (before, after) = (rust::field_type(old), rust::field_type(new));
        if before != after {
            self.push(
                Rule::FieldType,
                subject,
                Some(format!("{before} → {after}")),
            );
        }
        if old.name != new.name {
            let detail = format!("{} → {}", old.name, new.name);
            self.push(Rule::FieldRenamed, subject, Some(detail));
        }
        if old.yaml.deprecated.is_none()
            && let Some(version) = &new.yaml.deprecated
        {
            self.push(
                Rule::FieldDeprecated,
                subject,
                Some(format!("since {version}")),
            );
        }
        let (before, after) = (facts::field(old.yaml), facts::field(new.yaml));
        self.facts(Rule::FieldFact, subject, before, &after);
    }

    pub(super) fn enums(&mut self) {
        let (old, new) = (self.old, self.new);
        let found = sides(enums(old), enums(new));
        for (name, _) in found.old {
            self.push(Rule::EnumRemoved, name, None);
        }
        for (name, _) in found.new {
            self.push(Rule::EnumAdded, name, None);
        }
        for (name, before, after) in found.both {
            self.text(before.description.as_ref(), after.description.as_ref());
            self.values(name, &before.values, &after.values);
        }
        let found = sides(ids(old), ids(new));
        for (name, _) in found.old {
            self.push(Rule::IdRemoved, name, None);
        }
        for (name, _) in found.new {
            self.push(Rule::IdAdded, name, None);
        }
    }

    fn values(&mut self, name: &str, old: &Map<EnumValue>, new: &Map<EnumValue>) {
        let pairs = |values| -> Vec<(&str, &EnumValue)> {
            let values: &Map<EnumValue> = values;
            values
                .iter()
                .map(|(wire, value)| (wire.as_str(), value))
                .collect()
        };
        let subject = |wire: &str| format!("{name}::{wire}");
        let since = |value: &EnumValue| value.since.as_ref().map(|v| format!("since {v}"));
        let found = sides(pairs(old), pairs(new));
        for (wire, _) in found.old {
            self.push(Rule::ValueRemoved, subject(wire), None);
        }
        for (wire, value) in found.new {
            self.push(Rule::ValueAdded, subject(wire), since(value));
        }
        for (wire, before, after) in found.both {
            let subject = subject(wire);
            self.text(before.description.as_ref(), after.description.as_ref());
            let variant = |value: &EnumValue| names::variant_name(wire, value.alias.as_deref());
            if variant(before) != variant(after) {
                let detail = format!("{} → {}", variant(before), variant(after));
                self.push(Rule::ValueRenamed, &subject, Some(detail));
            }
            if before.deprecated.is_none()
                && let Some(version) = &after.deprecated
            {
                self.push(
                    Rule::ValueDeprecated,
                    &subject,
                    Some(format!("since {version}")),
                );
            }
            self.facts(
                Rule::ValueFact,
                &subject,
                facts::value(before),
                &facts::value(after),
            );
        }
    }
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
