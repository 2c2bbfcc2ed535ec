//! A description by others against the specification, thing by thing.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::known::{Endpoint, Known, KnownField, KnownParam, agree};
use super::outside::{Attribute, Object, Operation, Outside, Parameter, Shape, plain};
use super::{Examined, Finding, Report, Rule};
use crate::model::is_required;
use crate::spec::{EnumValue, Place, Required, SourceKind, TypeRef, Verb};

/// Compares a description with the specification.
pub(super) fn compare(known: &Known<'_>, outside: &Outside) -> Examined {
    let mut compare = Compare {
        known,
        outside,
        findings: Vec::new(),
        seen: BTreeSet::new(),
        values: BTreeMap::new(),
    };
    for operation in &outside.operations {
        compare.operation(operation);
    }
    for object in &outside.objects {
        compare.object(object);
    }
    compare.rest();
    let Compare { findings, .. } = compare;
    Examined {
        report: Report {
            source: outside.kind,
            findings,
            justified: 0,
            compared: outside.operations.len() + outside.objects.len(),
            unread: outside.unread.clone(),
            version: None,
        },
        examined: None,
    }
}

struct Compare<'k, 'a> {
    known: &'k Known<'a>,
    outside: &'k Outside,
    findings: Vec<Finding>,
    /// The methods and entities that the source has.
    seen: BTreeSet<String>,
    /// The values of each enumeration that the source has somewhere.
    values: BTreeMap<&'a str, BTreeSet<String>>,
}

impl<'a> Compare<'_, 'a> {
    /// Whether the source knows what the documentation knows, and not more.
    fn is_documentation(&self) -> bool {
        matches!(self.outside.kind, SourceKind::Documentation | SourceKind::Openapi)
    }

    fn push(
        &mut self,
        rule: Rule,
        subject: &str,
        detail: impl Into<String>,
        place: (&str, &[String]),
        seen: &str,
    ) -> &mut Finding {
        let (file, path) = place;
        let mark = self.known.mark(file, path);
        self.findings.push(Finding {
            rule,
            subject: subject.to_owned(),
            detail: detail.into(),
            file: file.to_owned(),
            line: mark.line,
            column: mark.column,
            seen: seen.to_owned(),
            draft: None,
        });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    fn operation(&mut self, operation: &Operation) {
        let Some(endpoint) = self.known.endpoint(&operation.http) else {
            return self.unknown(operation);
        };
        self.seen.insert(endpoint.name.to_owned());
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = ["methods".to_owned(), endpoint.name.to_owned()];
        let (name, method) = (endpoint.name, endpoint.method);
        if let (Some(theirs), Some(ours)) = (&operation.since, &method.since)
            && theirs != ours
            && !endpoint.aside
        {
            let detail = format!("{ours} here, {theirs} there");
            self.push(Rule::OtherSince, name, detail, (&file, &path), &operation.at);
        }
        let returns = self.known.returns(method);
        if !agree(self.known, &[returns.clone()], &operation.returns) {
            let detail = format!("{returns} here, {} there", operation.returns);
            self.push(Rule::OtherReturns, name, detail, (&file, &path), &operation.at);
        }
        if let Some(params) = &operation.params {
            self.params(endpoint, operation, params);
        }
    }

    fn unknown(&mut self, operation: &Operation) {
        if operation.removed {
            return;
        }
        let twin = operation.twin_of.as_ref();
        if let Some(endpoint) = twin.and_then(|twin| self.known.endpoint(twin)) {
            let file = format!("methods/{}.yaml", endpoint.file);
            let path = ["methods".to_owned(), endpoint.name.to_owned(), "http".to_owned()];
            let detail = format!("`{}` does the same: `also: [{}]`", endpoint.name, operation.http.verb.as_str());
            self.push(Rule::MissingEndpoint, &operation.http.to_string(), detail, (&file, &path), &operation.at);
            return;
        }
        // Of two verbs that do the same, one is told.
        if twin.is_some() && operation.http.verb == Verb::Patch {
            return;
        }
        let (file, path) = self.known.home(operation);
        let detail = match (&operation.since, &operation.returns) {
            (Some(since), Shape::Unknown) => format!("since {since}"),
            (Some(since), returns) => format!("since {since}, returns {returns}"),
            (None, Shape::Unknown) => String::new(),
            (None, returns) => format!("returns {returns}"),
        };
        let draft = Draft::Method(operation.clone());
        self.push(Rule::MissingEndpoint, &operation.http.to_string(), detail, (&file, &path), &operation.at)
            .draft = Some(draft);
    }

    fn params(&mut self, endpoint: Endpoint<'a>, operation: &Operation, theirs: &[Parameter]) {
        let at = &operation.at;
        let known = self.known;
        let ours = known.params(endpoint);
        let method = endpoint.method;
        let language = &known.model.spec.api.language;
        let mut found = BTreeSet::new();
        for their in theirs {
            let name = &their.name;
            if let Some(our) = ours.iter().find(|our| is(our, name)).or_else(|| {
                // What is in the path is the same wherever it stands, whatever it is called.
                let position = path_position(endpoint, operation, their)?;
                ours.iter().find(|our| our.name == position)
            }) {
                found.insert(our.name.clone());
                self.param(endpoint, our, their);
                continue;
            }
            let pages = known.pages(method, name);
            let everywhere = language.as_ref().is_some_and(|language| language.param == *name);
            let authorization = their.place == Some(Place::Header) && name.eq_ignore_ascii_case("authorization");
            // Whatever is in a group of free form is known with it.
            let free = ours.iter().any(|our| {
                name.starts_with(&format!("{}[", our.name))
                    && matches!(our.param.ty.as_ref().map(TypeRef::innermost), Some(TypeRef::Json | TypeRef::MapOf(_)))
            });
            if pages || everywhere || authorization || free {
                continue;
            }
            self.missing_param(endpoint, &ours, their);
        }
        let inside = |outer: &str, name: &str| name.starts_with(&format!("{outer}["));
        let has_any = |group: &str| found.iter().any(|name| inside(group, name));
        for our in ours.iter().filter(|our| !found.contains(&our.name)) {
            let hidden = our.param.ignored
                || our.param.removed.is_some()
                || our.param.place == Some(Place::Header);
            let outer = || ours.iter().filter(|outer| inside(&outer.name, &our.name));
            let undocumented = method.undocumented
                || our.param.undocumented
                || outer().any(|outer| outer.param.undocumented);
            // A group is there when something in it is; when nothing is, it is told of once.
            let told = our.group && has_any(&our.name) || outer().any(|outer| !has_any(&outer.name));
            if hidden || told || (self.is_documentation() && undocumented) {
                continue;
            }
            let subject = format!("{}({})", endpoint.name, our.name);
            self.push(Rule::ExtraParam, &subject, "", (&our.file, &our.path), at);
        }
    }

    fn missing_param(&mut self, endpoint: Endpoint<'_>, ours: &[KnownParam<'_>], their: &Parameter) {
        // The innermost group that has it, else the method.
        let group = ours.iter().filter(|our| our.group && their.name.starts_with(&format!("{}[", our.name))).max_by_key(|our| our.name.len());
        let (file, path, key) = match group.and_then(|group| Some((group, group.param.ty.as_ref()?.named()?))) {
            Some((group, input)) => {
                let file = self.known.params_file(input);
                let path = vec!["inputs".to_owned(), input.to_owned(), "params".to_owned()];
                let key = their.name[group.name.len()..].trim_start_matches('[').trim_end_matches(']');
                (file, path, key.to_owned())
            }
            None => {
                let path = vec!["methods".to_owned(), endpoint.name.to_owned(), "params".to_owned()];
                (format!("methods/{}.yaml", endpoint.file), path, their.name.clone())
            }
        };
        let subject = format!("{}({})", endpoint.name, their.name);
        let mut detail = their.shape.to_string();
        if !their.values.is_empty() {
            detail = format!("one of {}", their.values.join(", "));
        }
        if their.required == Some(true) {
            detail += ", required";
        }
        if let Some(since) = &their.since {
            detail += &format!(", since {since}");
        }
        let draft = Draft::Param { path: path.clone(), key, param: their.clone() };
        self.push(Rule::MissingParam, &subject, detail, (&file, &path), &their.at).draft = Some(draft);
    }

    fn param(&mut self, endpoint: Endpoint<'a>, our: &KnownParam<'a>, their: &Parameter) {
        let known = self.known;
        let place = (our.file.as_str(), our.path.as_slice());
        let subject = format!("{}({})", endpoint.name, our.name);
        let Some(ty) = &our.param.ty else { return };
        let shapes = known.shapes(ty, our.param.sent_as, &[]);
        // A form repeats the name of what stands in a list of groups.
        let repeated = match &their.shape {
            Shape::List(item) if our.name.contains('[') => agree(known, &shapes, item),
            _ => false,
        };
        // In a path everything is a text.
        let in_path = known.in_path(endpoint, &our.name);
        let text = in_path && their.shape == Shape::Text;
        if !our.group && !repeated && !text && !agree(known, &shapes, &their.shape) {
            let detail = format!("{ty} here, {} there", their.shape);
            self.push(Rule::OtherType, &subject, detail, place, &their.at);
        }
        let argument = endpoint.method.arguments.iter().flatten().any(|name| *name == our.name);
        let ours = match &our.param.required {
            Some(Required::When(_)) => None,
            _ => Some(is_required(our.param) || argument),
        };
        // What a group needs is needed when it is given, which is told differently everywhere.
        let nested = our.name.contains('[');
        if let (Some(ours), Some(theirs)) = (ours, their.required)
            && ours != theirs
            && !in_path
            && !our.group
            && !argument
            && !nested
        {
            let word = |required| if required { "required" } else { "optional" };
            let detail = format!("{} here, {} there", word(ours), word(theirs));
            self.push(Rule::OtherRequired, &subject, detail, place, &their.at);
        }
        if let (Some(theirs), Some(ours)) = (&their.since, &our.param.since)
            && theirs != ours
        {
            let detail = format!("{ours} here, {theirs} there");
            self.push(Rule::OtherSince, &subject, detail, place, &their.at);
        }
        self.values(&subject, Some(ty), &their.values, place, &their.at);
    }

    /// The values of an enumeration; those that only the specification has are counted up until everything
    /// was seen, since one place need not have them all.
    fn values(&mut self, subject: &str, ty: Option<&'a TypeRef>, theirs: &[String], place: (&str, &[String]), at: &str) {
        if theirs.is_empty() {
            return;
        }
        let Some((name, file, enumeration)) = self.known.enumeration(ty) else {
            let text = matches!(ty.map(TypeRef::innermost), Some(TypeRef::String));
            if text && theirs.len() > 1 {
                let detail = format!("any text here, one of {} there", theirs.join(", "));
                self.push(Rule::MissingEnum, subject, detail, place, at);
            }
            return;
        };
        let file = format!("entities/{file}.yaml");
        let path = vec!["enums".to_owned(), name.to_owned(), "values".to_owned()];
        for value in theirs {
            self.values.entry(name).or_default().insert(value.clone());
            let said = format!("{name}::{value}");
            if enumeration.values.contains_key(value) || self.findings.iter().any(|finding| finding.subject == said) {
                continue;
            }
            let draft = Draft::Value { path: path.clone(), value: value.clone(), since: None };
            self.push(Rule::MissingValue, &said, format!("a value of {subject}"), (&file, &path), at).draft = Some(draft);
        }
    }

    fn object(&mut self, object: &Object) {
        let known = self.known;
        if known.is_part(&object.name) {
            return;
        }
        let Some((name, file, entity)) = known.entity(&object.name) else {
            let nested = known.model.spec.entities.values().any(|file| {
                file.entities.keys().any(|entity| known.model.structs(entity).iter().any(|own| plain(&own.name) == plain(&object.name)))
            });
            if !nested {
                let file = object.docs.as_deref().unwrap_or(&object.name);
                let file = file.rsplit('/').next().unwrap_or(file);
                let file = format!("entities/{}.yaml", heck::ToSnakeCase::to_snake_case(file));
                let detail = format!("{} fields", object.attributes.len());
                let draft = Draft::Entity(object.clone());
                self.push(Rule::MissingEntity, &object.name, detail, (&file, &[]), &object.at).draft = Some(draft);
            }
            return;
        };
        self.seen.insert(name.to_owned());
        if !entity.one_of.is_empty() {
            return;
        }
        let ours = known.fields(name);
        let home = (format!("entities/{file}.yaml"), vec!["entities".to_owned(), name.to_owned(), "fields".to_owned()]);
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
            // What it has from the entity that it extends is told there.
            let inherited = our.path.get(1).is_none_or(|owner| owner != name);
            let hidden = our.field.removed.is_some() || inherited;
            let undocumented = our.field.undocumented || entity.undocumented;
            // Without the object, what is in it is no news.
            let inside = our.name.rsplit_once('.').is_some_and(|(outer, _)| {
                !found.contains(outer) || !object.attributes.iter().any(|their| their.path.starts_with(&format!("{outer}.")))
            });
            if hidden || inside || (self.is_documentation() && undocumented) {
                continue;
            }
            let subject = format!("{name}.{}", our.name);
            self.push(Rule::ExtraField, &subject, "", (&our.file, &our.path), &object.at);
        }
    }

    fn missing_field(&mut self, name: &str, ours: &[KnownField<'a>], home: &(String, Vec<String>), their: &Attribute) {
        // The object around it is known as an entity, a mapping or anything: its fields stand there.
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
        let missing = |path: &str| self.findings.iter().any(|finding| finding.subject == format!("{name}.{path}"));
        // It comes along with the object that it is in.
        if their.path.rmatch_indices('.').any(|(at, _)| missing(&their.path[..at])) {
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
        for (word, holds) in [(", optional", their.optional), (", nullable", their.nullable)] {
            if holds {
                detail += word;
            }
        }
        if let Some(since) = &their.since {
            detail += &format!(", since {since}");
        }
        let inner = self.outside.objects.iter().flat_map(|object| &object.attributes);
        let prefix = format!("{}.", their.path);
        let inner: Vec<Attribute> = inner.filter(|other| other.path.starts_with(&prefix) && other.at_page() == their.at_page()).cloned().collect();
        let draft = Draft::Field { path: path.clone(), key, field: their.clone(), inner };
        let subject = format!("{name}.{}", their.path);
        self.push(Rule::MissingField, &subject, detail, (&file, &path), &their.at).draft = Some(draft);
    }

    fn field(&mut self, name: &str, our: &KnownField<'a>, their: &Attribute) {
        let known = self.known;
        let place = (our.file.as_str(), our.path.as_slice());
        let subject = format!("{name}.{}", our.name);
        let shapes = match &our.field.ty {
            Some(ty) => known.shapes(ty, our.field.sent_as, &our.field.alt),
            None if our.field.list => vec![Shape::Object.list()],
            None => vec![Shape::Object],
        };
        if !agree(known, &shapes, &their.shape) {
            let ours = our.field.ty.as_ref().map_or_else(|| shapes[0].to_string(), ToString::to_string);
            let detail = format!("{ours} here, {} there", their.shape);
            self.push(Rule::OtherType, &subject, detail, place, &their.at);
        }
        // What may be absent may be null as well in code, and a missing list or bool is read as well.
        let may = our.field.nullable || our.field.optional || our.field.if_missing.is_some();
        let empty = matches!(our.field.ty, Some(TypeRef::Bool | TypeRef::List(_) | TypeRef::MapOf(_))) || our.field.list;
        if their.nullable && !may && !empty {
            self.push(Rule::OtherNull, &subject, "null there, never here", place, &their.at);
        }
        if let (Some(theirs), Some(ours)) = (&their.since, &our.field.since)
            && theirs != ours
        {
            let detail = format!("{ours} here, {theirs} there");
            self.push(Rule::OtherSince, &subject, detail, place, &their.at);
        }
        self.values(&subject, our.field.ty.as_ref(), &their.values, place, &their.at);
    }

    /// What only the specification has.
    fn rest(&mut self) {
        let known = self.known;
        let documentation = self.is_documentation();
        let covers = self.outside.covers;
        for endpoint in known.endpoints() {
            let method = endpoint.method;
            let http = method.http.as_ref();
            let covered = http.is_some_and(|http| http.path.starts_with(covers));
            // The routes know the endpoints that are, not those that were.
            let gone = method.removed.is_some();
            let elsewhere = self.outside.kind == SourceKind::Routes && method.host.is_some();
            if self.seen.contains(endpoint.name) || !covered || gone || elsewhere || (documentation && method.undocumented) {
                continue;
            }
            let file = format!("methods/{}.yaml", endpoint.file);
            let path = ["methods".to_owned(), endpoint.name.to_owned()];
            let detail = http.map(ToString::to_string).unwrap_or_default();
            self.push(Rule::ExtraEndpoint, endpoint.name, detail, (&file, &path), "");
        }
        if self.outside.objects.is_empty() {
            return;
        }
        for (name, file, entity) in known.entities() {
            let hidden = entity.removed.is_some() || (documentation && entity.undocumented);
            if hidden || self.seen.contains(name) || !entity.one_of.is_empty() {
                continue;
            }
            let file = format!("entities/{file}.yaml");
            let path = ["entities".to_owned(), name.to_owned()];
            self.push(Rule::ExtraEntity, name, "", (&file, &path), "");
        }
        for (name, theirs) in std::mem::take(&mut self.values) {
            let (Some(enumeration), Some(file)) = (known.model.enumeration(name), known.enum_file(name)) else {
                continue;
            };
            let hidden = |value: &EnumValue| value.removed.is_some() || (documentation && value.undocumented);
            for (value, _) in enumeration.values.iter().filter(|(value, known)| !theirs.contains(*value) && !hidden(known)) {
                let path = ["enums".to_owned(), name.to_owned(), "values".to_owned(), value.clone()];
                self.push(Rule::ExtraValue, &format!("{name}::{value}"), "", (&file, &path), "");
            }
        }
    }
}

/// Whether the parameter has this name, or is misnamed so.
fn is(our: &KnownParam<'_>, name: &str) -> bool {
    let documented = our.param.documented_as.as_deref().map(super::outside::flat);
    our.name.eq_ignore_ascii_case(name) || documented.is_some_and(|documented| documented == name)
}

/// What the specification calls the parameter of the path that stands where theirs does.
fn path_position<'m>(endpoint: Endpoint<'m>, operation: &Operation, their: &Parameter) -> Option<&'m str> {
    let mut in_path = operation.http.path_params();
    let position = in_path.position(|param| param == their.name)?;
    endpoint.method.http.as_ref()?.path_params().nth(position)
}
