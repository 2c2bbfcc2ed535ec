//! Compares recorded requests and responses with the specification.
//!
//! Recordings contain values, not types, and never all of them: they can show that something is missing or
//! wrong in the specification, but not that something was removed.

mod requests;
mod shapes;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use shapes::{attribute, attributes, shape_of};

use super::compare::releases::newer;
use super::draft::Draft;
use super::external::Shape;
use super::spec_index::SpecIndex;
use super::types_match::types_match;
use super::{Comparison, Finding, Report, Rule};
use mastodon_har::{Exchange, request};
use mastodon_spec::model::{FieldModel, FieldType, Presence};
use mastodon_spec::yaml::{Returns, SourceKind, TypeRef, Version};

/// Compares recordings with the specification.
pub(super) fn compare(spec_index: &SpecIndex<'_>, exchanges: &[Exchange]) -> Comparison {
    let mut walk = Walk {
        spec_index,
        found: BTreeMap::new(),
        examined: BTreeSet::new(),
        unread: BTreeSet::new(),
        at: String::new(),
        compared: 0,
        elsewhere: 0,
        errors: 0,
        version: None,
        api_version: None,
        homes: HashMap::new(),
    };
    for exchange in exchanges {
        walk.exchange(exchange);
    }
    let Walk {
        found,
        examined,
        unread,
        compared,
        elsewhere,
        errors,
        version,
        api_version,
        ..
    } = walk;
    let findings = found.into_values().map(|(mut finding, times)| {
        if times > 1 {
            finding.seen = format!("{} and {} more", finding.seen, times - 1);
        }
        finding
    });
    let number = api_version.as_ref().map(|(number, _)| *number);
    let at = api_version.map_or(String::new(), |(_, at)| at);
    let findings = findings
        .chain(newer(spec_index, version.as_ref(), number, &at))
        .collect();
    let read = format!(
        "{compared} of {} exchanges, {errors} of them errors; {elsewhere} outside the API",
        exchanges.len()
    );
    Comparison {
        report: Report {
            source: SourceKind::Recordings,
            findings,
            justified: 0,
            compared,
            read: vec![read],
            unread: unread.into_iter().collect(),
            version,
        },
        examined: Some(examined),
    }
}

/// A file of the specification, and the path of a node in it.
type Position = (String, Vec<String>);

struct Walk<'k, 'a> {
    spec_index: &'k SpecIndex<'a>,
    found: BTreeMap<(Rule, String), (Finding, usize)>,
    examined: BTreeSet<String>,
    unread: BTreeSet<String>,
    /// HTTP method and URL of the current exchange.
    at: String,
    compared: usize,
    /// The number of exchanges that are not of the API.
    elsewhere: usize,
    /// The number of exchanges whose responses are errors, and so are not compared.
    errors: usize,
    version: Option<Version>,
    /// The version of the API, with the exchange that contains it.
    api_version: Option<(u32, String)>,
    /// The positions of fields of entities.
    homes: HashMap<(String, String), Position>,
}

impl<'a> Walk<'_, 'a> {
    fn push(
        &mut self,
        rule: Rule,
        subject: String,
        detail: String,
        position: (&str, &[String]),
        draft: Option<Draft>,
    ) {
        let (file, path) = position;
        let entry = self.found.entry((rule, subject.clone()));
        if let std::collections::btree_map::Entry::Occupied(mut entry) = entry {
            let (finding, times) = entry.get_mut();
            *times += 1;
            // A field that is sometimes null was recorded with its type elsewhere.
            if finding.detail == "null" && detail != "null" {
                finding.detail = detail;
                finding.draft = draft;
            }
            return;
        }
        let mark = self.spec_index.mark(file, path);
        let finding = Finding {
            rule,
            subject,
            detail,
            file: file.to_owned(),
            line: mark.line,
            column: mark.column,
            seen: self.at.clone(),
            draft,
        };
        entry.or_insert((finding, 1));
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let (request, response) = (&exchange.request, &exchange.response);
        let url = request.url.split(['?', '#']).next().unwrap_or_default();
        self.at = format!("{} {url}", request.method);
        let Some(found) = request::endpoint(self.spec_index.model, request) else {
            return self.unknown(exchange);
        };
        let (name, method) = (found.name, found.yaml);
        self.compared += 1;
        self.examined.insert(name.to_owned());
        let Some(endpoint) = self
            .spec_index
            .endpoints()
            .find(|endpoint| endpoint.name == name)
        else {
            return;
        };
        self.request(endpoint, exchange);
        self.errors += usize::from(response.status >= 400);
        if !(200..300).contains(&response.status)
            || (response.status == 204 && method.responses.contains_key(&204))
        {
            return;
        }
        let ty = match &method.returns {
            Some(Returns::Value(ty)) => method.alternative().map_or(ty, |(_, ty)| ty).clone(),
            Some(Returns::Page {
                item,
                wrapper: None,
            }) => TypeRef::List(Box::new(item.clone())),
            Some(Returns::Page {
                wrapper: Some((entity, _)),
                ..
            }) => TypeRef::Named(entity.clone()),
            _ => return,
        };
        match exchange.response.json() {
            Ok(Some(body)) => {
                self.version(name, &body);
                let position = (
                    format!("methods/{}.yaml", endpoint.file),
                    vec!["methods".to_owned(), name.to_owned(), "returns".to_owned()],
                );
                self.value(name, &ty, &[], &body, &position);
            }
            Ok(None) => {}
            Err(error) => drop(self.unread.insert(format!("{}: {error}", self.at))),
        }
    }

    /// Remembers the version of the server, which the instance entity contains.
    fn version(&mut self, name: &str, body: &Value) {
        let version = body.get("version").and_then(Value::as_str);
        let Some(version) = version.filter(|_| name.starts_with("instance")) else {
            return;
        };
        let is_mastodon = !version.contains("compatible");
        if let Ok(version) = version.split(['+', ' ']).next().unwrap_or_default().parse() {
            self.version = Some(version);
        }
        let number = body.pointer("/api_versions/mastodon");
        let number = number.and_then(Value::as_u64).filter(|_| is_mastodon);
        if let Some(number) = number.and_then(|number| u32::try_from(number).ok()) {
            self.api_version = Some((number, self.at.clone()));
        }
    }

    /// Compares a value with a type of the specification; `position` is the position of the type.
    fn value(
        &mut self,
        subject: &str,
        ty: &TypeRef,
        also: &[Shape],
        value: &Value,
        position: &Position,
    ) {
        if value.is_null() {
            return;
        }
        match (ty, value) {
            (TypeRef::List(inner), Value::Array(items)) => {
                for item in items {
                    self.value(subject, inner, also, item, position);
                }
            }
            (TypeRef::MapOf(inner), Value::Object(entries)) => {
                for item in entries.values() {
                    self.value(subject, inner, also, item, position);
                }
            }
            (TypeRef::Named(name), Value::Object(_)) if self.spec_index.entity(name).is_some() => {
                self.entity(name, value);
            }
            _ => {
                let ours = [&[self.spec_index.shape(ty)][..], also].concat();
                let theirs = shape_of(value);
                if !types_match(self.spec_index, &ours, &theirs) && !is_date_with_time(ty, &theirs)
                {
                    let detail = format!("{ty} in the specification, {theirs} in the source");
                    self.push(
                        Rule::OtherType,
                        subject.to_owned(),
                        detail,
                        (&position.0, &position.1),
                        None,
                    );
                } else if let Value::String(text) = value {
                    self.enumerated(subject, Some(ty), text);
                }
            }
        }
    }

    /// Reports a value that the enumeration of the type does not contain.
    fn enumerated(&mut self, subject: &str, ty: Option<&TypeRef>, text: &str) {
        let Some(name) = ty.map(TypeRef::innermost).and_then(TypeRef::named) else {
            return;
        };
        let (Some(enumeration), Some(file)) = (
            self.spec_index.model.enumeration(name),
            self.spec_index.enum_file(name),
        ) else {
            return;
        };
        self.examined.insert(name.to_owned());
        if enumeration.values.contains_key(text) {
            return;
        }
        let path = vec!["enums".to_owned(), name.to_owned(), "values".to_owned()];
        let draft = Draft::Value {
            path: path.clone(),
            value: text.to_owned(),
            since: self.version.clone(),
        };
        let detail = format!("a value of {subject}");
        self.push(
            Rule::MissingValue,
            format!("{name}::{text}"),
            detail,
            (&file, &path),
            Some(draft),
        );
    }

    fn entity(&mut self, name: &str, value: &Value) {
        let spec_index = self.spec_index;
        let Some((name, file, entity)) = spec_index.entity(name) else {
            return;
        };
        self.examined.insert(name.to_owned());
        let matches = |condition: &str| {
            condition
                .strip_prefix("has ")
                .is_none_or(|key| value.get(key).is_some())
        };
        if let Some((variant, _)) = entity
            .one_of
            .iter()
            .find(|(_, condition)| matches(condition))
        {
            return self.entity(variant, value);
        }
        let path = vec!["entities".to_owned(), name.to_owned(), "fields".to_owned()];
        if let Some(own) = spec_index.model.structs(name).first() {
            self.object(
                (name, name),
                &own.name,
                value,
                &(format!("entities/{file}.yaml"), path),
            );
        }
    }

    /// Compares an object: `owner` is the entity, and the path of the object in it.
    fn object(&mut self, owner: (&str, &str), own: &str, value: &Value, position: &Position) {
        let spec_index = self.spec_index;
        let (entity, prefix) = owner;
        let Some(item) = spec_index
            .model
            .structs(entity)
            .iter()
            .find(|item| item.name == own)
        else {
            return;
        };
        for (key, value) in value.as_object().into_iter().flatten() {
            let subject = format!("{prefix}.{key}");
            match item.fields.iter().find(|field| field.wire == key) {
                Some(field) => self.field((entity, &subject), field, value, position),
                None => self.missing_field(subject, key, value, position),
            }
        }
        for field in item
            .fields
            .iter()
            .filter(|field| field.always && field.presence != Presence::Optional)
        {
            if value.get(field.wire).is_none() {
                let (file, path) = self.position_of(entity, field.wire, position);
                let subject = format!("{prefix}.{}", field.wire);
                self.push(
                    Rule::OtherAbsent,
                    subject,
                    "absent in the source, always present in the specification".to_owned(),
                    (&file, &path),
                    None,
                );
            }
        }
    }

    /// The position of a field, possibly in the entity that is extended.
    fn position_of(&mut self, entity: &str, wire: &str, position: &Position) -> Position {
        let (file, path) = position;
        let own = || (file.clone(), [&path[..], &[wire.to_owned()]].concat());
        // Fields of nested objects are not inherited.
        if path.len() > 3 {
            return own();
        }
        let key = (entity.to_owned(), wire.to_owned());
        if let Some(home) = self.homes.get(&key) {
            return home.clone();
        }
        let fields = match self.spec_index.entity(entity) {
            Some((name, ..)) => self.spec_index.fields(name),
            None => Vec::new(),
        };
        let found = fields.into_iter().find(|field| field.name == wire);
        let home = found.map_or_else(own, |field| (field.file, field.path));
        self.homes.insert(key, home.clone());
        home
    }

    fn field(
        &mut self,
        (entity, subject): (&str, &str),
        field: &FieldModel<'_>,
        value: &Value,
        position: &Position,
    ) {
        let position = self.position_of(entity, field.wire, position);
        if value.is_null() {
            let empty = field.presence != Presence::Required;
            if !empty && !field.yaml.nullable {
                self.push(
                    Rule::OtherNull,
                    subject.to_owned(),
                    "null in the source, never in the specification".to_owned(),
                    (&position.0, &position.1),
                    None,
                );
            }
            return;
        }
        match (&field.ty, value) {
            (FieldType::Type(ty), value) => {
                // `sent_as` applies to the items of a list too.
                let wire = field
                    .yaml
                    .sent_as
                    .into_iter()
                    .chain(field.yaml.also_sent_as.iter().copied());
                let also: Vec<Shape> = wire
                    .flat_map(|wire| self.spec_index.shapes(ty.innermost(), Some(wire), &[]))
                    .collect();
                self.value(subject, ty, &also, value, &position);
            }
            (FieldType::Nested { name, list: true }, Value::Array(items)) => {
                let inner = (
                    position.0,
                    [&position.1[..], &["fields".to_owned()]].concat(),
                );
                for item in items {
                    self.object((entity, subject), name, item, &inner);
                }
            }
            (FieldType::Nested { name, list: false }, Value::Object(_)) => {
                let inner = (
                    position.0,
                    [&position.1[..], &["fields".to_owned()]].concat(),
                );
                self.object((entity, subject), name, value, &inner);
            }
            (FieldType::Nested { list, .. }, value) => {
                let ours = if *list { "[object]" } else { "object" };
                let detail = format!(
                    "{ours} in the specification, {} in the source",
                    shape_of(value)
                );
                self.push(
                    Rule::OtherType,
                    subject.to_owned(),
                    detail,
                    (&position.0, &position.1),
                    None,
                );
            }
        }
    }

    fn missing_field(&mut self, subject: String, key: &str, value: &Value, position: &Position) {
        let shape = shape_of(value);
        let detail = if value.is_null() {
            "null".to_owned()
        } else {
            shape.to_string()
        };
        let mut inner = Vec::new();
        attributes(key, value, self.version.as_ref(), &mut inner);
        let field = attribute(key, value, self.version.clone());
        let draft = Draft::Field {
            path: position.1.clone(),
            key: key.to_owned(),
            field,
            inner,
        };
        self.push(
            Rule::MissingField,
            subject,
            detail,
            (&position.0, &position.1),
            Some(draft),
        );
    }
}

/// Older versions sent date and time where a date is sent now.
fn is_date_with_time(ty: &TypeRef, theirs: &Shape) -> bool {
    *ty == TypeRef::Date && *theirs == Shape::DateTime
}
