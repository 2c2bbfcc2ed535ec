//! The parameters of an endpoint.

use std::collections::BTreeSet;

use super::Compare;
use crate::Rule;
use crate::agree::agree;
use crate::draft::Draft;
use crate::known::{Endpoint, KnownParam};
use crate::outside::{Operation, Parameter, Shape, flat};
use mastodon_spec::model::is_required;
use mastodon_spec::yaml::{Place, Required, TypeRef, Verb};

impl<'a> Compare<'_, 'a> {
    pub(super) fn params(
        &mut self,
        endpoint: Endpoint<'a>,
        operation: &Operation,
        theirs: &[Parameter],
    ) {
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
                self.param(endpoint, &ours, our, their);
                continue;
            }
            let pages = known.pages(method, name);
            if pages && name == "limit" {
                self.limit(endpoint, their);
            }
            let everywhere = language
                .as_ref()
                .is_some_and(|language| language.param == *name);
            let authorization =
                their.place == Some(Place::Header) && name.eq_ignore_ascii_case("authorization");
            // Whatever is in a group of free form is known with it.
            let free = ours.iter().any(|our| {
                name.starts_with(&format!("{}[", our.name))
                    && matches!(
                        our.param.ty.as_ref().map(TypeRef::innermost),
                        Some(TypeRef::Json | TypeRef::MapOf(_))
                    )
            });
            if pages || everywhere || authorization || free {
                continue;
            }
            self.missing_param(endpoint, &ours, their);
        }
        let inside = |outer: &str, name: &str| name.starts_with(&format!("{outer}["));
        let has_any = |group: &str| found.iter().any(|name| inside(group, name));
        for our in ours.iter().filter(|our| !found.contains(&our.name)) {
            let hidden = our.param.unsupported
                || our.param.removed.is_some()
                || our.param.place == Some(Place::Header);
            let outer = || ours.iter().filter(|outer| inside(&outer.name, &our.name));
            let undocumented = method.undocumented
                || our.param.undocumented
                || outer().any(|outer| outer.param.undocumented);
            // A group is there when something in it is; when nothing is, it is told of once.
            let told =
                our.group && has_any(&our.name) || outer().any(|outer| !has_any(&outer.name));
            if hidden || told || (self.is_documentation() && undocumented) {
                continue;
            }
            let subject = format!("{}({})", endpoint.name, our.name);
            self.push(Rule::ExtraParam, &subject, "", (&our.file, &our.path), at);
        }
    }

    fn missing_param(
        &mut self,
        endpoint: Endpoint<'_>,
        ours: &[KnownParam<'_>],
        their: &Parameter,
    ) {
        // The innermost group that has it, else the method.
        let group = ours
            .iter()
            .filter(|our| our.group && their.name.starts_with(&format!("{}[", our.name)))
            .max_by_key(|our| our.name.len());
        let (file, path, key) =
            match group.and_then(|group| Some((group, group.param.ty.as_ref()?.named()?))) {
                Some((group, input)) => {
                    let file = self.known.params_file(input);
                    let path = vec!["inputs".to_owned(), input.to_owned(), "params".to_owned()];
                    let key = their.name[group.name.len()..]
                        .trim_start_matches('[')
                        .trim_end_matches(']');
                    (file, path, key.to_owned())
                }
                None => {
                    let path = vec![
                        "methods".to_owned(),
                        endpoint.name.to_owned(),
                        "params".to_owned(),
                    ];
                    (
                        format!("methods/{}.yaml", endpoint.file),
                        path,
                        their.name.clone(),
                    )
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
        let draft = Draft::Param {
            path: path.clone(),
            key,
            param: their.clone(),
        };
        self.push(
            Rule::MissingParam,
            &subject,
            detail,
            (&file, &path),
            &their.at,
        )
        .draft = Some(draft);
    }

    fn param(
        &mut self,
        endpoint: Endpoint<'a>,
        ours: &[KnownParam<'a>],
        our: &KnownParam<'a>,
        their: &Parameter,
    ) {
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
        let argument = endpoint
            .method
            .arguments
            .iter()
            .flatten()
            .any(|name| *name == our.name);
        let required = match &our.param.required {
            Some(Required::When(_)) => None,
            _ => Some(is_required(our.param) || argument),
        };
        // What a group needs is needed when it is given, which is told differently everywhere.
        let nested = our.name.contains('[');
        if let (Some(ours), Some(theirs)) = (required, their.required)
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
        // Without a version of its own it is as old as what it is in.
        let around = |outer: &&KnownParam<'_>| our.name.starts_with(&format!("{}[", outer.name));
        let mut around = ours.iter().filter(around).rev();
        let since = our.param.since.as_ref();
        let since = since.or_else(|| around.find_map(|outer| outer.param.since.as_ref()));
        let since = since.or(endpoint.method.since.as_ref());
        if let (Some(theirs), Some(ours)) = (&their.since, since)
            && theirs != ours
        {
            let detail = format!("{ours} here, {theirs} there");
            self.push(Rule::OtherSince, &subject, detail, place, &their.at);
        }
        let default = our.param.default.as_ref().map(|value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let max = our.param.max.map(|max| max.to_string());
        // What an edit does not tell stays as it is, whatever is copied from where the thing is made.
        let http = endpoint.method.http.as_ref();
        let edits = http.is_some_and(|http| matches!(http.verb, Verb::Put | Verb::Patch));
        let told = their.default.clone();
        let told = told.filter(|_| default.is_some() || !edits);
        let range = Parameter {
            default: told,
            ..their.clone()
        };
        self.range(endpoint, &our.name, (default, max), &range, place);
        self.values(&subject, Some(ty), &their.values, place, &their.at);
    }
}

/// Whether the parameter has this name, or is misnamed so.
fn is(our: &KnownParam<'_>, name: &str) -> bool {
    let documented = our.param.documented_as.as_deref().map(flat);
    our.name.eq_ignore_ascii_case(name) || documented.is_some_and(|documented| documented == name)
}

/// What the specification calls the parameter of the path that stands where theirs does.
fn path_position<'m>(
    endpoint: Endpoint<'m>,
    operation: &Operation,
    their: &Parameter,
) -> Option<&'m str> {
    let mut in_path = operation.http.path_params();
    let position = in_path.position(|param| param == their.name)?;
    endpoint.method.http.as_ref()?.path_params().nth(position)
}
