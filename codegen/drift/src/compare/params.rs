//! Compares parameters.

use std::collections::BTreeSet;

use super::Compare;
use crate::Rule;
use crate::draft::Draft;
use crate::external::{Operation, Parameter, Shape, flat};
use crate::spec_index::{Endpoint, SpecParam};
use crate::types_match::types_match;
use mastodon_spec::model::is_required;
use mastodon_spec::yaml::{HttpMethod, ParamLocation, Required, SourceKind, Supported, TypeRef};

/// The parameters of paged lists.
const PAGING: [&str; 5] = ["limit", "offset", "max_id", "since_id", "min_id"];

impl<'a> Compare<'_, 'a> {
    pub(super) fn params(
        &mut self,
        endpoint: Endpoint<'a>,
        operation: &Operation,
        theirs: &[Parameter],
    ) {
        let at = &operation.at;
        let spec_index = self.spec_index;
        let ours = spec_index.params(endpoint);
        let method = endpoint.method;
        let language = &spec_index.model.spec.api.language;
        let mut found = BTreeSet::new();
        for their in theirs {
            let name = &their.name;
            if let Some(our) = ours.iter().find(|our| has_name(our, name)).or_else(|| {
                // Path parameters are matched by position, not by name.
                let position = path_position(endpoint, operation, their)?;
                ours.iter().find(|our| our.name == position)
            }) {
                found.insert(our.name.clone());
                self.param(endpoint, &ours, our, their);
                continue;
            }
            // Code that several actions share reads them for all of them.
            let is_single = self.external.kind == SourceKind::Routes
                && method.paging.is_none()
                && !matches!(spec_index.returns(method), Shape::List(_))
                && PAGING.contains(&name.as_str());
            let is_paging = spec_index.is_paging(endpoint, name) || is_single;
            if is_paging && name == "limit" {
                self.limit(endpoint, their);
            }
            let everywhere = language
                .as_ref()
                .is_some_and(|language| language.param == *name);
            let authorization = their.location == Some(ParamLocation::Header)
                && name.eq_ignore_ascii_case("authorization");
            // All parameters of a free-form group are known.
            let free = ours.iter().any(|our| {
                name.starts_with(&format!("{}[", our.name))
                    && matches!(
                        our.param.ty.as_ref().map(TypeRef::innermost),
                        Some(TypeRef::Json | TypeRef::MapOf(_))
                    )
            });
            if is_paging || everywhere || authorization || free {
                continue;
            }
            self.missing_param(endpoint, &ours, their);
        }
        let inside = |outer: &str, name: &str| name.starts_with(&format!("{outer}["));
        let has_any = |group: &str| found.iter().any(|name| inside(group, name));
        for our in ours.iter().filter(|our| !found.contains(&our.name)) {
            let hidden = our.param.unsupported
                || self.is_later(our.param.since.as_ref())
                || our.param.removed.is_some()
                || our.param.location == Some(ParamLocation::Header);
            let outer = || ours.iter().filter(|outer| inside(&outer.name, &our.name));
            // What only other servers have is not described by any of the sources.
            let hidden =
                hidden || our.param.is_only_on() || outer().any(|outer| outer.param.is_only_on());
            let undocumented = method.undocumented
                || our.param.undocumented
                || outer().any(|outer| outer.param.undocumented);
            // Controllers do not name what Rails itself reads.
            let implied = self.external.kind == SourceKind::Routes
                && (spec_index.in_path(endpoint, &our.name)
                    || method.host.is_some()
                    || language
                        .as_ref()
                        .is_some_and(|language| language.param == our.name));
            // A group is present if one of its parameters is; if none is, it is reported once.
            let is_documented =
                our.group && has_any(&our.name) || outer().any(|outer| !has_any(&outer.name));
            if hidden
                || is_documented
                || operation.is_partial
                || implied
                || (self.is_documentation() && undocumented)
            {
                continue;
            }
            let subject = format!("{}({})", endpoint.name, our.name);
            let position = (our.file.as_str(), our.path.as_slice());
            let stated = our.param.documented.missing.then_some(true);
            if !self.differs(&subject, position, "missing", stated, false) {
                continue;
            }
            self.push(Rule::ExtraParam, &subject, "", (&our.file, &our.path), at);
        }
    }

    fn missing_param(&mut self, endpoint: Endpoint<'_>, ours: &[SpecParam<'_>], their: &Parameter) {
        // The innermost group that contains it, otherwise the method.
        let group = ours
            .iter()
            .filter(|our| our.group && their.name.starts_with(&format!("{}[", our.name)))
            .max_by_key(|our| our.name.len());
        let (file, path, key) =
            match group.and_then(|group| Some((group, group.param.ty.as_ref()?.named()?))) {
                Some((group, input)) => {
                    let file = self.spec_index.params_file(input);
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
        ours: &[SpecParam<'a>],
        our: &SpecParam<'a>,
        their: &Parameter,
    ) {
        let spec_index = self.spec_index;
        let position = (our.file.as_str(), our.path.as_slice());
        let subject = format!("{}({})", endpoint.name, our.name);
        let Some(ty) = &our.param.ty else { return };
        let shapes = spec_index.shapes(ty, our.param.sent_as, &[]);
        // Forms repeat the names of items in a list of groups.
        let repeated = match &their.shape {
            Shape::List(item) if our.name.contains('[') => types_match(spec_index, &shapes, item),
            _ => false,
        };
        // Path parameters are always strings.
        let in_path = spec_index.in_path(endpoint, &our.name);
        let is_string = in_path && their.shape == Shape::String;
        let documented = &our.param.documented;
        let stated = documented.missing.then_some(false);
        self.differs(&subject, position, "missing", stated, true);
        let is_only_on = our.param.is_only_on();
        self.only_elsewhere(
            &subject,
            position,
            is_only_on,
            their.since.as_ref(),
            &their.at,
        );
        let stated = documented.name.as_deref();
        let stated = stated.map(|stated| flat(stated) == their.name);
        let is_own = our.name.eq_ignore_ascii_case(&their.name);
        self.differs(&subject, position, "name", stated, is_own);
        let stated = documented.ty.as_ref().map(|stated| {
            let shapes = spec_index.shapes(stated, None, &[]);
            types_match(spec_index, &shapes, &their.shape)
        });
        let is_equal =
            our.group || repeated || is_string || types_match(spec_index, &shapes, &their.shape);
        if self.differs(&subject, position, "type", stated, is_equal) {
            let detail = format!("{ty} in the specification, {} in the source", their.shape);
            self.push(Rule::OtherType, &subject, detail, position, &their.at);
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
        // Parameters that are required within a group are documented inconsistently, so they are not compared.
        let nested = our.name.contains('[');
        let stated = documented.required.as_ref().and_then(|stated| {
            let stated = *stated == Required::Always(true);
            Some(their.required? == stated)
        });
        let is_compared = !in_path && !our.group && !argument && !nested;
        if let (Some(ours), Some(theirs)) = (required, their.required)
            && (is_compared || stated.is_some())
            && self.differs(&subject, position, "required", stated, ours == theirs)
        {
            let word = |required| if required { "required" } else { "optional" };
            let detail = format!(
                "{} in the specification, {} in the source",
                word(ours),
                word(theirs)
            );
            self.push(Rule::OtherRequired, &subject, detail, position, &their.at);
        }
        // Without a version of its own, it has the version of its parent.
        let around = |outer: &&SpecParam<'_>| our.name.starts_with(&format!("{}[", outer.name));
        let mut around = ours.iter().filter(around).rev();
        let since = our.param.since.as_ref();
        let since = since.or_else(|| around.find_map(|outer| outer.param.since.as_ref()));
        let since = since.or(endpoint.method.since.as_ref());
        let stated = documented.since.as_ref();
        if let (Some(theirs), Some(ours)) = (&their.since, since)
            && !is_only_on
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
        let default = our.param.default.as_ref().map(|value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let max = our.param.max.map(|max| max.to_string());
        // Edits keep omitted values, so documented defaults copied from the create method are ignored.
        let http = endpoint.method.http.as_ref();
        let edits =
            http.is_some_and(|http| matches!(http.method, HttpMethod::Put | HttpMethod::Patch));
        let their_default = their.default.clone();
        let their_default = their_default.filter(|_| default.is_some() || !edits);
        let range = Parameter {
            default: their_default,
            ..their.clone()
        };
        let stated = documented.default.as_ref().map(|stated| match stated {
            serde_json::Value::String(text) => their.default.as_ref() == Some(text),
            other => their.default.as_ref() == Some(&other.to_string()),
        });
        let is_equal = their.default == default;
        // The difference itself is reported with that of the maximum.
        let reports = self.differs(&subject, position, "default", stated, is_equal);
        let stated_max = documented.max.map(|max| their.max == Some(max.to_string()));
        let reports_max = self.differs(&subject, position, "max", stated_max, their.max == max);
        let range = Parameter {
            default: range.default.filter(|_| reports),
            max: range.max.filter(|_| reports_max),
            ..range
        };
        self.range(endpoint, &our.name, (default, max), &range, position);
        self.values(
            &subject,
            Some(ty),
            &their.values,
            &their.value_versions,
            position,
            &their.at,
        );
    }
}

/// Whether the parameter has this name in the API or in the documentation.
fn has_name(our: &SpecParam<'_>, name: &str) -> bool {
    let documented = our.param.documented.name.as_deref().map(flat);
    our.name.eq_ignore_ascii_case(name) || documented.is_some_and(|documented| documented == name)
}

/// The name in the specification of the path parameter at the same position.
fn path_position<'m>(
    endpoint: Endpoint<'m>,
    operation: &Operation,
    their: &Parameter,
) -> Option<&'m str> {
    let mut in_path = operation.http.path_params();
    let position = in_path.position(|param| param == their.name)?;
    endpoint.method.http.as_ref()?.path_params().nth(position)
}
