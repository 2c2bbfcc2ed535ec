//! Changes of methods, their parameters, and groups of parameters.

use super::{Diff, Rule, facts, old_to_new, sides};
use mastodon_emit::rust::{self, Signature};
use mastodon_spec::model::{InputModel, MethodModel, Model, ParamModel};
use mastodon_spec::names::{builder_name, type_name};
use mastodon_spec::yaml::{Map, Method, Param, Supported};

/// A method, and whether it is behind the Cargo feature for other servers.
type Gated<'m, T> = (bool, &'m T);

impl Diff<'_> {
    pub(super) fn methods(&mut self) {
        let (old, new) = (self.old, self.new);
        let mut sides = sides(named_methods(old), named_methods(new));
        let route = |method: &MethodModel<'_>| method.yaml.http.as_ref().map(ToString::to_string);
        for (name, (_, method)) in sides.old {
            let renamed = sides.new.iter().position(|(_, (_, candidate))| {
                route(candidate) == route(method) && candidate.is_callable() == method.is_callable()
            });
            match renamed {
                Some(at) => {
                    let (new_name, (_, renamed)) = sides.new.remove(at);
                    let rule = match method.is_callable() {
                        true => Rule::MethodRenamed,
                        false => Rule::EndpointRenamed,
                    };
                    let items = [method_items(method), method_items(renamed)].concat();
                    let detail = format!("renamed from `{name}`");
                    self.push(rule, new_name, Some(detail), items);
                }
                None => self.removed(name, method, route(method)),
            }
        }
        for (name, (_, method)) in sides.new {
            self.added(name, method, route(method));
        }
        for (name, old, new) in sides.both {
            self.method(name, old, new);
        }
    }

    fn removed(&mut self, name: &str, method: &MethodModel<'_>, detail: Option<String>) {
        let rule = match method.is_callable() {
            true => Rule::MethodRemoved,
            false => Rule::EndpointRemoved,
        };
        self.push(rule, name, detail, method_items(method));
    }

    fn added(&mut self, name: &str, method: &MethodModel<'_>, detail: Option<String>) {
        let rule = match method.is_callable() {
            true => Rule::MethodAdded,
            false => Rule::EndpointAdded,
        };
        self.push(rule, name, detail, method_items(method));
        if !method.yaml.is_only_on() {
            self.added_since(name, method.yaml.since.as_ref(), None);
        }
    }

    fn method(
        &mut self,
        name: &str,
        (was_gated, before): Gated<'_, MethodModel<'_>>,
        (is_gated, after): Gated<'_, MethodModel<'_>>,
    ) {
        let (old, new) = (before.yaml, after.yaml);
        self.text(old.summary.as_ref(), new.summary.as_ref());
        let signatures = (
            rust::signature(self.old, before),
            rust::signature(self.new, after),
        );
        let handwritten = || Some("the function is handwritten now".to_owned());
        match signatures {
            (Some(old_signature), Some(new_signature)) => {
                self.feature((was_gated, is_gated), name, method_items(after));
                self.method_versions(name, old, new);
                self.signature(name, (before, &old_signature), (after, &new_signature));
            }
            (Some(_), None) => {
                self.push(
                    Rule::MethodRemoved,
                    name,
                    handwritten(),
                    method_items(before),
                );
            }
            (None, Some(_)) => {
                let detail = facts::to_string(new.http.as_ref());
                self.push(Rule::MethodAdded, name, detail, method_items(after));
            }
            (None, None) => {}
        }
        let facts = (facts::method(old), facts::method(new));
        self.facts(Rule::MethodFact, name, facts.0, &facts.1);
        let subject = |param: &str| format!("{name}({param})");
        self.added_params(&subject, (&old.params, &new.params), new.since.as_ref());
        if before.is_callable() && after.is_callable() {
            self.options(
                (&subject, &builder_name(name)),
                (&before.options.iter().collect::<Vec<_>>(), &old.params),
                (&after.options.iter().collect::<Vec<_>>(), &new.params),
            );
        }
        self.params(&subject, &old.params, &new.params);
    }

    fn method_versions(&mut self, name: &str, old: &Method, new: &Method) {
        let items = [format!("Mastodon::{name}")];
        if is_outdated(old) && is_outdated(new) {
            self.notice(name, old, new);
        }
        let replacement = new.replaced_by.as_ref();
        let replacement = replacement
            .map(|name| format!(", use `{name}`"))
            .unwrap_or_default();
        let restored = || Some("no longer deprecated".to_owned());
        match (&old.removed, &new.removed) {
            (None, Some(version)) => {
                return self.push(
                    Rule::MethodRetired,
                    name,
                    Some(format!("in {version}{replacement}")),
                    items,
                );
            }
            (Some(_), None) => return self.push(Rule::MethodRestored, name, restored(), items),
            _ => {}
        }
        match (&old.deprecated, &new.deprecated) {
            (None, Some(version)) if new.removed.is_none() => {
                let detail = Some(format!("since {version}{replacement}"));
                self.push(Rule::MethodDeprecated, name, detail, items);
            }
            (Some(_), None) if new.removed.is_none() => {
                self.push(Rule::MethodRestored, name, restored(), items);
            }
            _ => {}
        }
    }

    /// Compares what the compiler's warning about an outdated method says.
    fn notice(&mut self, name: &str, old: &Method, new: &Method) {
        let facts = |method: &Method| {
            let Method {
                deprecated,
                removed,
                replaced_by,
                ..
            } = method;
            [
                ("deprecated", facts::to_string(deprecated.as_ref())),
                ("removed", facts::to_string(removed.as_ref())),
                ("replaced_by", replaced_by.clone()),
            ]
        };
        for ((key, before), (_, after)) in facts(old).into_iter().zip(facts(new)) {
            if before != after {
                let detail = format!("{key}: {}", old_to_new(before, after));
                let items = [format!("Mastodon::{name}")];
                self.push(Rule::MethodFact, name, Some(detail), items);
            }
        }
    }

    fn signature(
        &mut self,
        name: &str,
        (before, old): (&MethodModel<'_>, &Signature),
        (after, new): (&MethodModel<'_>, &Signature),
    ) {
        let types = |signature: &Signature| {
            let types = signature.arguments.iter().map(|(_, ty)| ty.clone());
            types.collect::<Vec<_>>()
        };
        let listed = |signature: &Signature| {
            let pairs = signature.arguments.iter();
            facts::list(pairs.map(|(name, ty)| format!("{name}: {ty}")))
        };
        let items = || [method_items(before), method_items(after)].concat();
        if types(old) != types(new) {
            let detail = old_to_new(listed(old), listed(new));
            self.push(Rule::MethodArguments, name, Some(detail), items());
        } else if old.arguments != new.arguments {
            let detail = old_to_new(listed(old), listed(new));
            self.push(Rule::ArgumentRenamed, name, Some(detail), []);
        }
        if old.output != new.output {
            let detail = format!("{} → {}", old.output, new.output);
            self.push(Rule::MethodReturns, name, Some(detail), items());
        }
        let kind = |method: &MethodModel<'_>| match method.options.is_empty() {
            true => "an alias",
            false => "a struct",
        };
        if kind(before) != kind(after) {
            let call = builder_name(name);
            let detail = format!("`{call}` was {}, and is {} now", kind(before), kind(after));
            self.push(Rule::CallType, name, Some(detail), [call]);
        }
    }

    /// Compares the setters of a call or an input.
    fn options(
        &mut self,
        (subject, owner): (&dyn Fn(&str) -> String, &str),
        (old, all_old): (&[&ParamModel<'_>], &Map<Param>),
        (new, all_new): (&[&ParamModel<'_>], &Map<Param>),
    ) {
        let is_supported = |params: &Map<Param>, wire: &str| {
            params.get(wire).is_some_and(|param| !param.unsupported)
        };
        for before in old {
            let Some(after) = new.iter().find(|param| param.wire == before.wire) else {
                // An option that became an argument is part of the signature.
                if !is_supported(all_new, before.wire) {
                    let mut items = setters(owner, before);
                    if before.yaml.returns.is_some() {
                        items.push(format!("type parameter {owner}<T>"));
                    }
                    self.push(Rule::ParamRemoved, subject(before.wire), None, items);
                }
                continue;
            };
            self.option((&subject(before.wire), owner), before, after);
        }
        for after in new {
            if !is_supported(all_old, after.wire) {
                let on = &after.yaml.on;
                let detail = Some(if after.yaml.is_only_on() {
                    format!("{}, on {on}", after.ty)
                } else {
                    format!("{}, since {}", after.ty, after.since)
                });
                let mut items = setters(owner, after);
                if after.yaml.returns.is_some() {
                    items.push(format!("type parameter {owner}<T>"));
                }
                self.push(Rule::ParamAdded, subject(after.wire), detail, items);
            }
        }
    }

    /// Compares the keys of all parameters.
    fn params(&mut self, subject: &dyn Fn(&str) -> String, old: &Map<Param>, new: &Map<Param>) {
        for (wire, before, after) in sides(pairs(old), pairs(new)).both {
            let subject = subject(wire);
            self.text(before.description.as_ref(), after.description.as_ref());
            if before.deprecated.is_none()
                && let Some(version) = &after.deprecated
            {
                let detail = Some(format!("since {version}"));
                self.push(Rule::ParamDeprecated, &subject, detail, []);
            }
            let facts = (facts::param(before), facts::param(after));
            self.facts(Rule::ParamFact, &subject, facts.0, &facts.1);
        }
    }

    fn option(
        &mut self,
        (subject, owner): (&str, &str),
        old: &ParamModel<'_>,
        new: &ParamModel<'_>,
    ) {
        let types = (
            rust::setter_type(self.old, old.ty),
            rust::setter_type(self.new, new.ty),
        );
        let items = || setters(owner, old).into_iter().chain(setters(owner, new));
        if types.0 != types.1 {
            let detail = format!("{} → {}", types.0, types.1);
            self.push(Rule::ParamType, subject, Some(detail), items());
        }
        if old.name != new.name {
            let detail = format!("{} → {}", old.name, new.name);
            self.push(Rule::ParamRenamed, subject, Some(detail), items());
        }
        let returns = |param: &ParamModel<'_>| param.yaml.returns.as_ref().map(rust::response_type);
        if returns(old) != returns(new) {
            let detail = old_to_new(returns(old), returns(new));
            let generic = format!("type parameter {owner}<T>");
            self.push(
                Rule::ParamReturns,
                subject,
                Some(detail),
                items().chain([generic]),
            );
        }
        let clear = |name: &str| {
            (
                Some(format!("clear_{name}")),
                [format!("{owner}::clear_{name}")],
            )
        };
        match (old.yaml.nullable, new.yaml.nullable) {
            (true, false) => {
                let (detail, items) = clear(&old.name);
                self.push(Rule::ParamRemoved, subject, detail, items);
            }
            (false, true) => {
                let (detail, items) = clear(&new.name);
                self.push(Rule::ParamAdded, subject, detail, items);
            }
            _ => {}
        }
    }

    pub(super) fn inputs(&mut self) {
        let (old, new) = (self.old, self.new);
        let sides = sides(inputs(old), inputs(new));
        for (name, _) in sides.old {
            self.push(Rule::InputRemoved, name, None, [type_name(name)]);
        }
        for (name, _) in sides.new {
            self.push(Rule::InputAdded, name, None, [type_name(name)]);
        }
        for (name, (was_gated, before), (is_gated, after)) in sides.both {
            let (yaml_before, yaml_after) = (before.yaml, after.yaml);
            self.text(
                yaml_before.description.as_ref(),
                yaml_after.description.as_ref(),
            );
            let ty = type_name(name);
            self.feature((was_gated, is_gated), name, [ty.clone()]);
            let arguments = rust::input_arguments(old, before);
            let new_arguments = rust::input_arguments(new, after);
            let (_, options) = before.partition();
            let (_, new_options) = after.partition();
            let types = arguments.iter().map(|(_, ty)| ty);
            if types.ne(new_arguments.iter().map(|(_, ty)| ty)) {
                let listed = |arguments: &[(String, String)]| {
                    facts::list(arguments.iter().map(|(name, ty)| format!("{name}: {ty}")))
                };
                let detail = old_to_new(listed(&arguments), listed(&new_arguments));
                self.push(Rule::InputNew, name, Some(detail), [ty.clone()]);
            }
            let subject = |param: &str| format!("{name}({param})");
            self.added_params(&subject, (&yaml_before.params, &yaml_after.params), None);
            self.options(
                (&subject, &ty),
                (&options, &yaml_before.params),
                (&new_options, &yaml_after.params),
            );
            self.params(&subject, &yaml_before.params, &yaml_after.params);
        }
    }
}

/// The function of a method, its call type, and what follows from the wrapper of its list.
fn method_items(method: &MethodModel<'_>) -> Vec<String> {
    if !method.is_callable() {
        return Vec::new();
    }
    let mut items = vec![
        format!("Mastodon::{}", method.name),
        builder_name(method.name),
    ];
    if let (Some(entity), Some(item)) = (rust::page_body(method), rust::page_item(method)) {
        items.push(format!("impl PageBody for {entity}"));
        items.push(format!("impl PageBody<Item = {item}> for {entity}"));
    }
    items
}

/// Whether the compiler warns about the method.
fn is_outdated(method: &Method) -> bool {
    method.deprecated.is_some() || method.removed.is_some()
}

/// The setters of an option.
fn setters(owner: &str, param: &ParamModel<'_>) -> Vec<String> {
    let name = &param.name;
    let mut setters = vec![format!("{owner}::{name}")];
    if param.yaml.nullable {
        setters.push(format!("{owner}::clear_{name}"));
    }
    setters
}

fn inputs<'m, 'a>(
    model: &'m Model<'a>,
) -> impl Iterator<Item = (&'a str, Gated<'m, InputModel<'a>>)> {
    model.resources().iter().flat_map(|resource| {
        let inputs = resource.inputs.iter();
        inputs.map(|input| (input.name, (resource.is_of_other_servers, input)))
    })
}

fn named_methods<'m, 'a>(
    model: &'m Model<'a>,
) -> impl Iterator<Item = (&'a str, Gated<'m, MethodModel<'a>>)> {
    model.resources().iter().flat_map(|resource| {
        let methods = resource.methods.iter();
        methods.map(|method| (method.name, (resource.is_of_other_servers, method)))
    })
}

fn pairs<T>(map: &Map<T>) -> impl Iterator<Item = (&str, &T)> {
    map.iter().map(|(name, value)| (name.as_str(), value))
}
