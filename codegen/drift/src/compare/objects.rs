//! Compares the fields of entities.

use std::collections::BTreeSet;

use super::Compare;
use super::documented::end_is_stated;
use super::notes::{end, ended};
use crate::Rule;
use crate::draft::{Draft, Setting};
use crate::external::{Attribute, Object, Shape, plain};
use crate::spec_index::SpecField;
use crate::types_match::types_match;
use mastodon_spec::yaml::{SourceKind, Supported, TypeRef};

impl<'a> Compare<'_, 'a> {
    pub(super) fn object(&mut self, object: &Object) {
        let spec_index = self.spec_index;
        if spec_index.is_part(&object.name) {
            return;
        }
        // Generic names such as `Data` or `Field` are also looked up with the name of the page.
        let full = object
            .docs
            .as_deref()
            .map(|docs| full_name(docs, &object.name));
        let found = full.and_then(|full| spec_index.entity(&full));
        let Some((name, file, entity)) = found.or_else(|| spec_index.entity(&object.name)) else {
            return self.unknown_object(object);
        };
        self.seen.insert(name.to_owned());
        let position = (
            format!("entities/{file}.yaml"),
            ["entities", name].map(str::to_owned),
        );
        let stated = (entity.documented.missing && !object.partial).then_some(false);
        self.differs(name, (&position.0, &position.1), "missing", stated, true);
        if !entity.one_of.is_empty() {
            return;
        }
        let ours = spec_index.fields(name);
        let home = (
            format!("entities/{file}.yaml"),
            vec!["entities".to_owned(), name.to_owned(), "fields".to_owned()],
        );
        let mut found = BTreeSet::new();
        for their in &object.attributes {
            if let Some(our) = ours.iter().find(|our| our.name == their.path) {
                found.insert(our.name.clone());
                self.field(name, our, their);
            } else if !their.removed {
                self.missing_field(name, &ours, &home, their);
            }
        }
        if object.partial {
            return;
        }
        for our in ours.iter().filter(|our| !found.contains(&our.name)) {
            // Inherited fields are reported at the entity that it extends.
            let inherited = our.path.get(1).is_none_or(|owner| owner != name);
            // What only other servers have is not described by any of the sources.
            let is_of_others = ours.iter().any(|outer| {
                let is_inside = our.name.strip_prefix(&outer.name);
                is_inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    && outer.field.is_only_on()
            });
            let hidden = our.field.removed.is_some()
                || inherited
                || is_of_others
                || self.is_later(our.field.since.as_ref());
            let undocumented = our.field.undocumented || entity.undocumented;
            // An object is reported together with its fields.
            let prefix = format!("{}.", our.name);
            let around = found.iter().any(|found| found.starts_with(&prefix));
            // Fields of an object without described fields are not reported.
            let inside = our.name.rsplit_once('.').is_some_and(|(outer, _)| {
                let prefix = format!("{outer}.");
                let mut theirs = object.attributes.iter();
                !theirs.any(|their| their.path.starts_with(&prefix))
            });
            if hidden || around || inside || (self.is_documentation() && undocumented) {
                continue;
            }
            let subject = format!("{name}.{}", our.name);
            let position = (our.file.as_str(), our.path.as_slice());
            let stated = our.field.documented.missing.then_some(true);
            if !self.differs(&subject, position, "missing", stated, false) {
                continue;
            }
            self.push(
                Rule::ExtraField,
                &subject,
                "",
                (&our.file, &our.path),
                &object.at,
            );
        }
    }

    fn unknown_object(&mut self, object: &Object) {
        if let Some(inner) = self.nested(object) {
            return self.object(&inner);
        }
        if let Some((name, prefix)) = self.home(&object.name, 0) {
            let attributes = object.attributes.iter().map(|their| Attribute {
                path: format!("{prefix}{}", their.path),
                ..their.clone()
            });
            return self.object(&Object {
                name,
                attributes: attributes.collect(),
                partial: true,
                ..object.clone()
            });
        }
        if object.unused || self.state_of_entity(object) {
            return;
        }
        let file = object.docs.as_deref().unwrap_or(&object.name);
        let file = file.rsplit('/').next().unwrap_or(file);
        let file = format!("entities/{}.yaml", heck::ToSnakeCase::to_snake_case(file));
        let detail = format!("{} fields", object.attributes.len());
        let draft = Draft::Entity(object.clone());
        self.push(
            Rule::MissingEntity,
            &object.name,
            detail,
            (&file, &[]),
            &object.at,
        )
        .draft = Some(draft);
    }

    /// The entity that describes an object of the source, and the path of the object in it: the entity of a
    /// response or field that has this object as its value, or the entity with that field.
    fn home(&self, name: &str, depth: usize) -> Option<(String, String)> {
        if let Some((entity, ..)) = self.spec_index.entity(name) {
            return Some((entity.to_owned(), String::new()));
        }
        if depth > 4 {
            return None;
        }
        let is_named =
            |shape: &Shape| matches!(shape.innermost(), Shape::Named(own) if own == name);
        let mut returned = self.external.operations.iter();
        let by_response = returned.find_map(|operation| {
            let endpoint = self.spec_index.endpoint(&operation.http)?;
            let ours = self.spec_index.returns(endpoint.method);
            match ours.innermost() {
                Shape::Named(entity) if is_named(&operation.returns) => Some(entity.clone()),
                _ => None,
            }
        });
        if let Some(entity) = by_response {
            return Some((entity, String::new()));
        }
        let named = |field: &Attribute| is_named(&field.shape);
        self.external.objects.iter().find_map(|outer| {
            let field = outer.attributes.iter().find(|field| named(field))?;
            let (entity, prefix) = self.home(&outer.name, depth + 1)?;
            let (entity, ..) = self.spec_index.entity(&entity)?;
            let path = format!("{prefix}{}", field.path);
            let ours = self.spec_index.fields(entity);
            let our = ours.iter().find(|our| our.name == path)?;
            match our.field.ty.as_ref().map(TypeRef::innermost) {
                Some(TypeRef::Named(inner)) if self.spec_index.entity(inner).is_some() => {
                    Some((inner.clone(), String::new()))
                }
                None => Some((entity.to_owned(), format!("{path}."))),
                Some(_) => None,
            }
        })
    }

    /// The entity with a nested object that the source describes separately, such as `Admin_MeasureData`.
    fn nested(&self, object: &Object) -> Option<Object> {
        let spec_index = self.spec_index;
        spec_index.entities().find_map(|(entity, ..)| {
            let structs = spec_index.model.structs(entity);
            let mut named = structs
                .iter()
                .filter(|own| plain(&own.name) == plain(&object.name));
            let first = named.next()?.fields.first()?;
            let ours = spec_index.fields(entity);
            let field = ours
                .iter()
                .find(|our| std::ptr::eq(our.field, first.yaml))?;
            let prefix = field.name.strip_suffix(first.wire)?;
            let attributes = object.attributes.iter().map(|their| Attribute {
                path: format!("{prefix}{}", their.path),
                ..their.clone()
            });
            Some(Object {
                name: entity.to_owned(),
                attributes: attributes.collect(),
                partial: true,
                ..object.clone()
            })
        })
    }

    /// Whether it is a state of the entity of its page, such as `ProcessingMediaAttachment` of media
    /// attachments. Its fields are then compared with those of that entity.
    fn state_of_entity(&mut self, object: &Object) -> bool {
        let page = object
            .docs
            .as_deref()
            .and_then(|docs| docs.split('#').next());
        let page = page.and_then(|page| page.rsplit('/').next()).unwrap_or("");
        let Some((name, ..)) = self.spec_index.entity(page) else {
            return false;
        };
        let ours = self.spec_index.fields(name);
        let mut pairs = Vec::new();
        for their in &object.attributes {
            let Some(our) = ours.iter().find(|our| our.name == their.path) else {
                return false;
            };
            pairs.push((our, their));
        }
        if !plain(&object.name).ends_with(&plain(name)) {
            return false;
        }
        for (our, their) in pairs {
            self.field(name, our, their);
        }
        true
    }

    fn missing_field(
        &mut self,
        name: &str,
        ours: &[SpecField<'a>],
        home: &(String, Vec<String>),
        their: &Attribute,
    ) {
        // The enclosing object is an entity, a mapping or any JSON: its fields are described elsewhere.
        let mut outer = their.path.as_str();
        while let Some((parent, _)) = outer.rsplit_once('.') {
            outer = parent;
            if let Some(our) = ours.iter().find(|our| our.name == parent) {
                if our.field.fields.is_empty() {
                    return;
                }
                break;
            }
        }
        let missing = |path: &str| {
            self.findings
                .iter()
                .any(|finding| finding.subject == format!("{name}.{path}"))
        };
        // It is reported with the object that contains it.
        if their
            .path
            .rmatch_indices('.')
            .any(|(at, _)| missing(&their.path[..at]))
        {
            return;
        }
        let (file, mut path) = home.clone();
        let mut parts: Vec<&str> = their.path.split('.').collect();
        let key = parts.pop().unwrap_or_default().to_owned();
        for part in parts {
            path.extend([part.to_owned(), "fields".to_owned()]);
        }
        let mut detail = their.shape.to_string();
        if !their.values.is_empty() {
            detail = format!("one of {}", their.values.join(", "));
        }
        for (word, holds) in [
            (", optional", their.optional),
            (", nullable", their.nullable),
        ] {
            if holds {
                detail += word;
            }
        }
        if let Some(since) = &their.since {
            detail += &format!(", since {since}");
        }
        let inner = self
            .external
            .objects
            .iter()
            .flat_map(|object| &object.attributes);
        let prefix = format!("{}.", their.path);
        let inner: Vec<Attribute> = inner
            .filter(|other| other.path.starts_with(&prefix) && other.at_page() == their.at_page())
            .cloned()
            .collect();
        let draft = Draft::Field {
            path: path.clone(),
            key,
            field: their.clone(),
            inner,
        };
        let subject = format!("{name}.{}", their.path);
        self.push(
            Rule::MissingField,
            &subject,
            detail,
            (&file, &path),
            &their.at,
        )
        .draft = Some(draft);
    }

    fn field(&mut self, name: &str, our: &SpecField<'a>, their: &Attribute) {
        let spec_index = self.spec_index;
        let position = (our.file.as_str(), our.path.as_slice());
        let subject = format!("{name}.{}", our.name);
        let shapes = match &our.field.ty {
            Some(ty) => spec_index.shapes(ty, our.field.sent_as, &our.field.also_sent_as),
            None if our.field.list => vec![Shape::Object.list()],
            None => vec![Shape::Object],
        };
        let shape = self.local(&their.shape, their.at_page());
        let documented = &our.field.documented;
        let stated = documented.missing.then_some(false);
        self.differs(&subject, position, "missing", stated, true);
        if !their.removed {
            let (is_only_on, since) = (our.field.is_only_on(), their.since.as_ref());
            self.only_elsewhere(&subject, position, is_only_on, since, &their.at);
        }
        let stated = documented.ty.as_ref().map(|stated| {
            let shapes = spec_index.shapes(stated, None, &[]);
            types_match(spec_index, &shapes, &shape)
        });
        let is_equal = match stated {
            // What some servers send is not what the page says.
            Some(_) => types_match(spec_index, &shapes[..1], &shape),
            None => types_match(spec_index, &shapes, &shape),
        };
        if self.differs(&subject, position, "type", stated, is_equal) {
            let ours = our
                .field
                .ty
                .as_ref()
                .map_or_else(|| shapes[0].to_string(), ToString::to_string);
            let detail = format!("{ours} in the specification, {shape} in the source");
            self.push(Rule::OtherType, &subject, detail, position, &their.at);
        }
        // The decoder treats null and absent alike, and accepts absent lists and booleans.
        let is_optional =
            our.field.nullable || our.field.optional || our.field.if_missing.is_some();
        let empty = matches!(
            our.field.ty,
            Some(TypeRef::Bool | TypeRef::List(_) | TypeRef::MapOf(_))
        ) || our.field.list;
        let is_compared = self.external.kind == SourceKind::Documentation;
        let stated = documented.nullable.filter(|_| is_compared);
        let stated = stated.map(|stated| stated == their.nullable);
        let is_equal = match stated {
            Some(_) => our.field.nullable == their.nullable,
            None => !their.nullable || is_optional || empty,
        };
        if self.differs(&subject, position, "nullable", stated, is_equal) {
            self.push(
                Rule::OtherNull,
                &subject,
                "null in the source, never in the specification",
                position,
                &their.at,
            )
            .draft = Some(yes(position.1, "nullable"));
        }
        // OpenAPI documents may mark everything as optional; documentation pages mark only optional fields.
        let stated = documented.optional.filter(|_| is_compared);
        let stated = stated.map(|stated| stated == their.optional);
        let is_equal = match stated {
            Some(_) => our.field.optional == their.optional,
            None => {
                let is_openapi = self.external.kind == SourceKind::Openapi;
                !their.optional || is_optional || empty || is_openapi
            }
        };
        if self.differs(&subject, position, "optional", stated, is_equal) {
            self.push(
                Rule::OtherAbsent,
                &subject,
                "sometimes absent in the source, never in the specification",
                position,
                &their.at,
            )
            .draft = Some(yes(position.1, "optional"));
        }
        let stated = documented.since.as_ref();
        if let (Some(theirs), Some(ours)) = (&their.since, &our.field.since)
            && self.differs(
                &subject,
                position,
                "since",
                stated.map(|stated| stated == theirs),
                theirs == ours,
            )
        {
            let detail = format!("{ours} in the specification, {theirs} in the source");
            self.push(Rule::OtherSince, &subject, detail, position, &their.at);
        }
        if self.external.kind == SourceKind::Documentation {
            let (ours, theirs) = (our.field, &their.ends);
            let marked = theirs.marked || theirs.removed.is_some();
            let unmarked = theirs.marked && ours.deprecated.is_none() && ours.removed.is_none();
            let unmarked = unmarked.then(|| "deprecated in the source only".to_owned());
            let deprecated = end("deprecated", &ours.deprecated, &theirs.deprecated, marked);
            let removed = end("removed", &ours.removed, &theirs.removed, their.removed);
            let stated = documented.deprecated.as_ref();
            let stated_deprecated = end_is_stated(stated, theirs.deprecated.as_ref(), marked);
            let stated = documented.removed.as_ref();
            let stated_removed = end_is_stated(stated, theirs.removed.as_ref(), their.removed);
            let ends = [
                (
                    "deprecated",
                    stated_deprecated,
                    [unmarked, deprecated],
                    ended(
                        position.1,
                        "deprecated",
                        &ours.deprecated,
                        &theirs.deprecated,
                    ),
                ),
                (
                    "removed",
                    stated_removed,
                    [removed, None],
                    ended(position.1, "removed", &ours.removed, &theirs.removed),
                ),
            ];
            for (key, stated, details, draft) in ends {
                let is_equal = details.iter().all(Option::is_none);
                if self.differs(&subject, position, key, stated, is_equal) {
                    for detail in details.into_iter().flatten() {
                        self.push(Rule::OtherEnd, &subject, detail, position, &their.at)
                            .draft = draft.clone();
                    }
                }
            }
        }
        self.values(
            &subject,
            our.field.ty.as_ref(),
            &their.values,
            &their.value_versions,
            position,
            &their.at,
        );
    }

    /// Replaces a short name by the full name of an entity that the same page describes.
    fn local(&self, shape: &Shape, page: &str) -> Shape {
        match shape {
            Shape::List(item) => self.local(item, page).list(),
            Shape::Named(name) => {
                let full = full_name(page, name);
                let here = |object: &Object| {
                    plain(&object.name) == plain(name) && object.at.starts_with(page)
                };
                let is_known = self.spec_index.entity(&full).is_some();
                if is_known && self.external.objects.iter().any(here) {
                    Shape::Named(full)
                } else {
                    shape.clone()
                }
            }
            own => own.clone(),
        }
    }
}

/// A key of a field that is true.
fn yes(path: &[String], key: &'static str) -> Draft {
    Draft::Set {
        path: path.to_vec(),
        key,
        value: Setting::Text("true".to_owned()),
    }
}

/// `Profile::Field` for `entities/Profile#Field` or `content/en/entities/Profile.md`.
fn full_name(page: &str, name: &str) -> String {
    let page = page.split('#').next().unwrap_or(page);
    let page = page.rsplit('/').next().unwrap_or(page);
    format!("{}::{name}", page.strip_suffix(".md").unwrap_or(page))
}
