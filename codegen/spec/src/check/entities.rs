//! Checks of entities, enumerations and ids.

use std::collections::BTreeSet;

use super::Check;
use super::lifetimes::{Owner, Versions};
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
                Some("write the title of the documentation page: `title: Status`".into()),
            );
        }
        self.placeholders(&[("title", &file.title), ("docs", &file.docs)]);
        for (name, about) in &file.ids {
            if !name.ends_with("Id") {
                self.report(
                    &["ids", name],
                    At::Key,
                    "the name of an id type must end in `Id`",
                    Some("rename it, such as `StatusId`".into()),
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
                Some("add each value with its description".into()),
            );
        }
        if let Some(unknown_as) = &enumeration.unknown_as {
            self.known(
                &["enums", name, "unknown_as"],
                "value",
                unknown_as,
                enumeration.values.contains_key(unknown_as),
                enumeration.values.keys().map(String::as_str),
            );
        }
        let mut seen = BTreeSet::from(["Other".to_owned()]);
        for (wire, value) in &enumeration.values {
            let path = ["enums", name, "values", wire];
            self.sentence(&path, "description", value.description.as_ref());
            self.versions(&path, value.into());
            self.on(&path, &value.on, &value.seen);
            self.unseen(&path, value.undocumented, &value.seen);
            self.value_fields(name, wire, value);
            self.variant_alias(&path, value.alias.as_deref());
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
        let entities = entities.filter(|entity| has_type(entity, name));
        for (index, field) in value.fields.iter().enumerate() {
            let known = || entities.clone().flat_map(|entity| entity.fields.keys());
            if !known().any(|known| known == field) {
                let hint = closest(field, known().map(String::as_str));
                self.report(
                    &[&path[..], &["fields", &index.to_string()]].concat(),
                    At::Value,
                    format!("no entity with a field of type `{name}` has the field `{field}`"),
                    Some(hint.map_or_else(
                        || "name a field of such an entity".to_owned(),
                        |meant| format!("did you mean `{meant}`?"),
                    )),
                );
            }
        }
        if let Some(push) = &value.push {
            let path = [&path[..], &["push"]].concat();
            self.versions(&path, Versions::since(push.since.as_ref()));
            self.on(&path, &push.on, &push.seen);
            self.unseen(&path, push.undocumented, &push.seen);
        }
    }

    fn entity(&mut self, name: &str, entity: &Entity) {
        let path = ["entities", name];
        self.sentence(&path, "description", entity.description.as_ref());
        self.versions(&path, entity.into());
        self.on(&path, &entity.on, &entity.seen);
        self.baseline(&path, entity);
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
                Some(parent) if !parent.one_of.is_empty() => {
                    self.report(
                        &["entities", name, "extends"],
                        At::Value,
                        "an entity with `one_of` has no fields that another one could have",
                        Some("name one of its entities".into()),
                    );
                }
                Some(_) if self.descends_from_itself(name) => {
                    self.report(
                        &["entities", name, "extends"],
                        At::Value,
                        "an entity cannot extend itself",
                        Some("name the entity whose fields it also has".into()),
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
                self.report(
                    &path,
                    At::Key,
                    "an entity needs `fields` or `one_of`",
                    Some("add its fields".into()),
                );
            }
            (false, false) => {
                self.report(
                    &path,
                    At::Key,
                    "an entity has either `fields` or `one_of`, not both",
                    Some("remove one of them; another entity can have the fields".into()),
                );
            }
            _ => {}
        }
        self.fields_have_since(name, entity);
        let owner = Owner {
            what: "entity",
            versions: entity.into(),
        };
        self.fields(&["entities", name, "fields"], &entity.fields, owner);
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
            self.has_key(&at, variant, condition);
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
            self.report(
                &path,
                At::Key,
                "`one_of` needs at least two entities",
                Some("add the other entity, or use the entity itself".into()),
            );
        }
    }

    /// Checks that the entity has the key by which it is recognized.
    fn has_key(&mut self, path: &[&str], variant: &str, condition: &str) {
        let Some(key) = condition.strip_prefix("has ") else {
            return;
        };
        let names = self.names;
        let (mut entity, mut seen) = (names.entities.get(variant), BTreeSet::new());
        while let Some(found) = entity {
            // Entities with `one_of` have no fields of their own.
            if found.fields.contains_key(key) || !found.one_of.is_empty() {
                return;
            }
            let parent = found.extends.as_deref().filter(|name| seen.insert(*name));
            entity = parent.and_then(|name| names.entities.get(name));
            if entity.is_none() {
                self.report(
                    path,
                    At::Value,
                    format!("`{variant}` has no field `{key}`"),
                    Some("name a field that this entity has, and the others do not".into()),
                );
            }
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

    fn fields(&mut self, path: &[&str], fields: &Map<Field>, owner: Owner<'_>) {
        let mut seen = BTreeSet::new();
        for (wire, field) in fields {
            let path = [path, &[wire]].concat();
            self.sentence(&path, "description", field.description.as_ref());
            self.versions(&path, field.into());
            self.within(&path, field.into(), owner);
            self.on(&path, &field.on, &field.seen);
            self.unseen(&path, field.undocumented, &field.seen);
            self.limits(&path, &field.into());
            self.documented_field(&path, field);
            self.from(&path, wire, field, fields);
            self.member_alias(&path, field.alias.as_deref());
            if field.list && field.fields.is_empty() {
                self.report(
                    &[&path[..], &["list"]].concat(),
                    At::Key,
                    "`list` needs `fields`",
                    Some("write a list of another type in brackets: `type: […]`".into()),
                );
            }
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
                    Some("remove one of them; `fields` describes a nested object".into()),
                ),
                (Some(ty), true) => {
                    self.response_type(&[&path[..], &["type"]].concat(), ty);
                    self.plain_id(&path, ty, field.plain_id.as_ref());
                    if matches!(ty, TypeRef::Html | TypeRef::String | TypeRef::Url)
                        && field.optional
                        && field.if_missing.is_some()
                    {
                        self.report(&path, At::Key, "`optional` contradicts `if_missing`", Some("remove `optional` for an empty value, or `if_missing` for an absent one".into()));
                    }
                }
                (None, false) => {
                    let owner = Owner {
                        what: "field",
                        versions: field.into(),
                    };
                    self.fields(&[&path[..], &["fields"]].concat(), &field.fields, owner);
                }
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
