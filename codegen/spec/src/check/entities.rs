//! Checks of entities, enumerations and ids.

use std::collections::BTreeSet;

use super::{Check, Versions};
use crate::derive::has_type;
use crate::load::At;
use crate::names;
use crate::problem::closest;
use crate::yaml::{EntitiesFile, Entity, EnumValue, Enumeration, Field, Map, Supported, TypeRef};

impl Check<'_> {
    pub(super) fn entities_file(&mut self, file: &EntitiesFile) {
        if file.title.is_none() {
            self.report(
                &[],
                At::Key,
                "`title` is missing at the top of the file",
                None,
            );
        }
        self.placeholders(&[("title", &file.title), ("docs", &file.docs)]);
        for (name, about) in &file.ids {
            if !name.ends_with("Id") {
                self.report(
                    &["ids", name],
                    At::Key,
                    "the name of an id type must end in `Id`",
                    None,
                );
            }
            self.sentence(&["ids"], name, Some(about));
        }
        for (name, enumeration) in &file.enums {
            self.enumeration(name, enumeration);
        }
        for (name, entity) in &file.entities {
            self.entity(name, entity);
        }
    }

    fn enumeration(&mut self, name: &str, enumeration: &Enumeration) {
        self.sentence(
            &["enums", name],
            "description",
            enumeration.description.as_ref(),
        );
        if enumeration.values.is_empty() {
            self.report(
                &["enums", name],
                At::Key,
                "an enumeration needs `values`",
                None,
            );
        }
        let mut seen = BTreeSet::from(["Other".to_owned()]);
        for (wire, value) in &enumeration.values {
            let path = ["enums", name, "values", wire];
            self.sentence(&path, "description", value.description.as_ref());
            self.versions(
                &path,
                Versions {
                    since: value.since.as_ref(),
                    deprecated: value.deprecated.as_ref(),
                    removed: value.removed.as_ref(),
                },
            );
            self.on(&path, &value.on, &value.seen);
            self.unseen(&path, value.undocumented, &value.seen);
            self.value_fields(name, wire, value);
            let variant = names::variant_name(wire, value.alias.as_deref());
            if !seen.insert(variant.clone()) {
                self.report(
                    &path,
                    At::Key,
                    format!("another value has the name `{variant}` in code"),
                    Some("rename one with `as`".into()),
                );
            }
        }
    }

    /// Checks which fields an entity with the value has, and the parameter that selects the value.
    fn value_fields(&mut self, name: &str, wire: &str, value: &EnumValue) {
        let path = ["enums", name, "values", wire];
        let entities = self.names.entities.values();
        let entities: Vec<_> = entities.filter(|entity| has_type(entity, name)).collect();
        for (index, field) in value.fields.iter().enumerate() {
            let known = || entities.iter().flat_map(|entity| entity.fields.keys());
            if !known().any(|known| known == field) {
                let hint = closest(field, known().map(String::as_str));
                self.report(
                    &[&path[..], &["fields", &index.to_string()]].concat(),
                    At::Value,
                    format!("no entity with a field of type `{name}` has the field `{field}`"),
                    hint.map(|meant| format!("did you mean `{meant}`?")),
                );
            }
        }
        if let Some(push) = &value.push {
            let path = [&path[..], &["push"]].concat();
            let versions = Versions {
                since: push.since.as_ref(),
                deprecated: None,
                removed: None,
            };
            self.versions(&path, versions);
            self.on(&path, &push.on, &push.seen);
            self.unseen(&path, push.undocumented, &push.seen);
        }
    }

    fn entity(&mut self, name: &str, entity: &Entity) {
        let path = ["entities", name];
        self.sentence(&path, "description", entity.description.as_ref());
        self.versions(
            &path,
            Versions {
                since: entity.since.as_ref(),
                deprecated: entity.deprecated.as_ref(),
                removed: entity.removed.as_ref(),
            },
        );
        self.on(&path, &entity.on, &entity.seen);
        self.unseen(&path, entity.undocumented, &entity.seen);
        self.servers_folder(&path, "entity", entity.since.as_ref(), entity.is_only_on());
        let names = self.names;
        if let Some(parent) = &entity.extends {
            match names.entities.get(parent.as_str()) {
                None => {
                    let hint = closest(parent, names.entities.keys().copied());
                    self.report(
                        &["entities", name, "extends"],
                        At::Value,
                        format!("unknown entity `{parent}`"),
                        hint.map(|meant| format!("did you mean `{meant}`?")),
                    );
                }
                Some(_) if self.descends_from_itself(name) => {
                    self.report(
                        &["entities", name, "extends"],
                        At::Value,
                        "an entity cannot extend itself",
                        None,
                    );
                }
                Some(_) => {}
            }
        }
        match (
            entity.fields.is_empty() && entity.extends.is_none(),
            entity.one_of.is_empty(),
        ) {
            (true, true) => {
                self.report(&path, At::Key, "an entity needs `fields` or `one_of`", None);
            }
            (false, false) => {
                self.report(
                    &path,
                    At::Key,
                    "an entity has either `fields` or `one_of`, not both",
                    None,
                );
            }
            _ => {}
        }
        self.fields(&["entities", name, "fields"], &entity.fields);
        self.one_of(name, &entity.one_of);
    }

    fn descends_from_itself(&self, name: &str) -> bool {
        let mut seen = BTreeSet::from([name]);
        let mut current = self.names.entities.get(name);
        while let Some(parent) = current.and_then(|entity| entity.extends.as_deref()) {
            if !seen.insert(parent) {
                return true;
            }
            current = self.names.entities.get(parent);
        }
        false
    }

    fn one_of(&mut self, name: &str, one_of: &Map<String>) {
        let path = ["entities", name, "one_of"];
        let names = self.names;
        for (index, (variant, condition)) in one_of.iter().enumerate() {
            let at = ["entities", name, "one_of", variant];
            if !names.entities.contains_key(variant.as_str()) {
                let hint = closest(variant, names.entities.keys().copied());
                self.report(
                    &at,
                    At::Key,
                    format!("unknown entity `{variant}`"),
                    hint.map(|meant| format!("did you mean `{meant}`?")),
                );
            }
            let last = index + 1 == one_of.len();
            if (condition == "otherwise") != last
                || !(condition == "otherwise" || condition.starts_with("has "))
            {
                self.report(
                    &at,
                    At::Value,
                    format!("`{condition}` is not a condition"),
                    Some(
                        "write `has some_field` for all but the last, `otherwise` for the last"
                            .into(),
                    ),
                );
            }
        }
        if one_of.len() == 1 {
            self.report(&path, At::Key, "`one_of` needs at least two entities", None);
        }
    }

    /// Checks the other locations of a field's value.
    fn from(&mut self, path: &[&str], wire: &str, field: &Field, siblings: &Map<Field>) {
        for (index, location) in field.from.iter().enumerate() {
            let parts: Vec<&str> = location.split('.').collect();
            let hint = match parts[..] {
                [name] if name == wire => Some("the key itself is the first location; remove it"),
                [name] if siblings.contains_key(name) => Some("it is a field of its own"),
                [name] | [name, _] if name.is_empty() || location.ends_with('.') => {
                    Some("write `name`, or `object.name`")
                }
                [_] | [_, _] => None,
                _ => Some("write `name`, or `object.name`; deeper locations are not supported"),
            };
            if let Some(hint) = hint {
                self.report(
                    &[path, &["from", &index.to_string()]].concat(),
                    At::Value,
                    format!("`{location}` is not another location of `{wire}`"),
                    Some(hint.into()),
                );
            }
        }
    }

    fn fields(&mut self, path: &[&str], fields: &Map<Field>) {
        let mut seen = BTreeSet::new();
        for (wire, field) in fields {
            let path = [path, &[wire]].concat();
            self.sentence(&path, "description", field.description.as_ref());
            self.versions(
                &path,
                Versions {
                    since: field.since.as_ref(),
                    deprecated: field.deprecated.as_ref(),
                    removed: field.removed.as_ref(),
                },
            );
            self.on(&path, &field.on, &field.seen);
            self.unseen(&path, field.undocumented, &field.seen);
            self.limits(&path, &field.into());
            self.documented_field(&path, field);
            self.from(&path, wire, field, fields);
            match (&field.ty, field.fields.is_empty()) {
                (None, true) => self.missing(
                    &path,
                    "type",
                    Some("or `fields` for a nested object".into()),
                ),
                (Some(_), false) => self.report(
                    &path,
                    At::Key,
                    "a field has either `type` or `fields`, not both",
                    None,
                ),
                (Some(ty), true) => {
                    self.response_type(&[&path[..], &["type"]].concat(), ty);
                    if matches!(ty, TypeRef::Html | TypeRef::String | TypeRef::Url)
                        && field.optional
                        && field.if_missing.is_some()
                    {
                        self.report(&path, At::Key, "`optional` contradicts `if_missing`", None);
                    }
                }
                (None, false) => self.fields(&[&path[..], &["fields"]].concat(), &field.fields),
            }
            let name = names::member_name(wire, field.alias.as_deref());
            if !seen.insert(name.clone()) {
                self.report(
                    &path,
                    At::Key,
                    format!("two fields have the name `{name}` in code"),
                    Some("rename one with `as`".into()),
                );
            }
        }
    }
}
