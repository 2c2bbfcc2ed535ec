//! The types of drafted items: ID types and enumerations, which are drafted too if they do not exist.

use heck::ToUpperCamelCase;

use super::{Writer, quoted_key};
use crate::external::{Shape, plain};
use crate::routes::singular;
use mastodon_spec::yaml::{Returns, Version};

/// Where a drafted item belongs to.
pub(super) struct Owner {
    /// The entity of a field.
    pub(super) entity: Option<String>,
    /// The first part of the names of new enumerations.
    pub(super) base: String,
    /// The file for new ID types and enumerations.
    pub(super) file: String,
    /// The version that items without one have.
    pub(super) since: Option<String>,
}

impl Writer<'_> {
    /// The owner of an item in the mapping at a path. New items of what is there state their version.
    pub(super) fn owner(&self, file: &str, path: &[String]) -> Owner {
        let name = path.get(1).map_or("", String::as_str);
        if path.first().is_some_and(|section| section == "entities") {
            return Owner {
                entity: Some(name.to_owned()),
                base: name.to_owned(),
                file: file.to_owned(),
                since: None,
            };
        }
        let mut files = self.spec.methods.values();
        let method = files.find_map(|file| file.methods.get(name));
        let returns = match method.and_then(|method| method.returns.as_ref()) {
            Some(Returns::Value(ty) | Returns::Page { item: ty, .. }) => ty.innermost().named(),
            _ => None,
        };
        let noun = name.rsplit_once('_').map_or(name, |(noun, _)| noun);
        Owner {
            entity: None,
            base: noun.to_upper_camel_case(),
            file: self.entity_file(returns, file),
            since: None,
        }
    }

    /// The file of an entity, or that for the entities of a file of methods.
    pub(super) fn entity_file(&self, entity: Option<&str>, file: &str) -> String {
        let drafted = entity.and_then(|entity| self.new_entities.get(entity));
        if let Some(file) = drafted {
            return file.clone();
        }
        let mut files = self.spec.entities.iter();
        let found = files.find(|(_, content)| {
            entity.is_some_and(|entity| content.entities.contains_key(entity))
        });
        match found {
            Some((name, _)) => format!("entities/{name}.yaml"),
            None => file.replacen("methods/", "entities/", 1),
        }
    }

    /// The type of an item, in the notation of the specification.
    pub(super) fn typed(
        &mut self,
        owner: &Owner,
        name: &str,
        shape: &Shape,
        values: &[(String, Option<Version>)],
    ) -> String {
        if let Shape::List(inner) = shape {
            return match self.typed(owner, name, inner, values) {
                placeholder if placeholder.starts_with('"') => placeholder,
                item => format!("[{item}]"),
            };
        }
        if !matches!(shape, Shape::String | Shape::Unknown) {
            return self.ty(name, shape);
        }
        let last = name.rsplit(['.', '[']).next().unwrap_or(name);
        let last = last.trim_end_matches(']');
        if values.len() > 1 {
            let found = self.enumeration(owner, last, values);
            return found.unwrap_or_else(|_| "\"?\"".to_owned());
        }
        if last == "id" && *shape == Shape::String {
            return match &owner.entity {
                Some(entity) if !name.contains('.') => self.id(entity, &owner.file),
                _ => "\"?\"".to_owned(),
            };
        }
        let singular = last.strip_suffix("ids").map(|stem| format!("{stem}id"));
        let own = singular.as_deref().unwrap_or(last);
        if own.ends_with("_id") {
            return self.known_id(own).unwrap_or_else(|| "\"?\"".to_owned());
        }
        self.ty(name, shape)
    }

    /// The ID type with a name such as `note_id`, also one that was drafted.
    fn known_id(&self, name: &str) -> Option<String> {
        let files = self.spec.entities.values();
        let known = files.flat_map(|file| file.ids.keys());
        let mut all = known.chain(&self.new_ids);
        all.find(|id| plain(id) == plain(name)).cloned()
    }

    /// The ID type of an entity, which is drafted if missing.
    fn id(&mut self, entity: &str, file: &str) -> String {
        let name = format!("{}Id", entity.replace("::", ""));
        if let Some(known) = self.known_id(&name) {
            return known;
        }
        let body = format!("{name}: \"?\"\n");
        if self.under(file, &["ids".to_owned()], &body, None).is_err() {
            return "\"?\"".to_owned();
        }
        self.new_ids.push(name.clone());
        name
    }

    /// The type of a parameter in the path: `{id}` is the ID of what the part before it names.
    pub(super) fn in_path(&self, path: &str, name: &str) -> String {
        let mut parts = path.split('/').collect::<Vec<_>>().into_iter();
        let mut before = "";
        for part in parts.by_ref() {
            if part == format!("{{{name}}}") {
                break;
            }
            before = part;
        }
        let noun = match name.strip_suffix("_id") {
            Some(noun) => noun.to_owned(),
            None if name == "id" => singular(before),
            None => return "string".to_owned(),
        };
        self.known_id(&format!("{noun}_id"))
            .unwrap_or_else(|| "\"?\"".to_owned())
    }

    /// The enumeration with some values: one that has all of them, or a new one.
    pub(super) fn enumeration(
        &mut self,
        owner: &Owner,
        key: &str,
        values: &[(String, Option<Version>)],
    ) -> Result<String, String> {
        let has_all = |own: &mut dyn Iterator<Item = &String>| {
            let own: Vec<&String> = own.collect();
            values.iter().all(|(value, _)| own.contains(&value))
        };
        let files = self.spec.entities.values();
        let enums = files.flat_map(|file| &file.enums);
        let known = enums
            .filter(|(_, own)| has_all(&mut own.values.keys()))
            .min_by_key(|(_, own)| own.values.len());
        if let Some((name, _)) = known {
            return Ok(name.clone());
        }
        let mut drafted = self.new_enums.iter();
        if let Some((name, _)) = drafted.find(|(_, own)| has_all(&mut own.iter())) {
            return Ok(name.clone());
        }
        let base = owner.base.replace("::", "");
        let name = format!("{base}{}", key.to_upper_camel_case());
        let mut body = format!("{name}:\n  description: \"?\"\n  values:\n");
        for (value, since) in values {
            let since = match since {
                Some(since) => format!("since: {}, ", self.version(Some(since))),
                None => String::new(),
            };
            let value = quoted_key(value);
            body.push_str(&format!("    {value}: {{ {since}description: \"?\" }}\n"));
        }
        let file = owner.file.clone();
        self.under(&file, &["enums".to_owned()], &body, None)?;
        let values = values.iter().map(|(value, _)| value.clone()).collect();
        self.new_enums.push((name.clone(), values));
        Ok(name)
    }
}
