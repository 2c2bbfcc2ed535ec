//! Changes of methods, their parameters, and groups of parameters.

use super::{Diff, Rule, facts, old_to_new, sides};
use mastodon_emit::rust::{self, Signature};
use mastodon_spec::model::{InputModel, MethodModel, Model, ParamModel};
use mastodon_spec::yaml::{Map, Method, Param, Supported};

impl Diff<'_> {
    pub(super) fn methods(&mut self) {
        let (old, new) = (self.old, self.new);
        let mut sides = sides(named_methods(old), named_methods(new));
        let route = |method: &MethodModel<'_>| method.yaml.http.as_ref().map(ToString::to_string);
        for (name, method) in sides.old {
            let renamed = sides
                .new
                .iter()
                .position(|(_, candidate)| route(candidate) == route(method));
            match renamed {
                Some(at) => {
                    let (new_name, _) = sides.new.remove(at);
                    self.push(
                        Rule::MethodRenamed,
                        new_name,
                        Some(format!("renamed from `{name}`")),
                    );
                }
                None => self.push(Rule::MethodRemoved, name, route(method)),
            }
        }
        for (name, method) in sides.new {
            self.push(Rule::MethodAdded, name, route(method));
        }
        for (name, old, new) in sides.both {
            self.method(name, old, new);
        }
    }

    fn method(&mut self, name: &str, before: &MethodModel<'_>, after: &MethodModel<'_>) {
        let (old, new) = (before.yaml, after.yaml);
        self.text(old.summary.as_ref(), new.summary.as_ref());
        self.method_versions(name, old, new);
        let signatures = (
            rust::signature(self.old, before),
            rust::signature(self.new, after),
        );
        match signatures {
            (Some(before), Some(after)) => self.signature(name, &before, &after),
            (Some(_), None) => self.push(
                Rule::MethodRemoved,
                name,
                Some("the method is handwritten now".to_owned()),
            ),
            (None, Some(_)) => {
                self.push(Rule::MethodAdded, name, facts::to_string(new.http.as_ref()));
            }
            (None, None) => {}
        }
        self.facts(
            Rule::MethodFact,
            name,
            facts::method(old),
            &facts::method(new),
        );
        let subject = |param: &str| format!("{name}({param})");
        self.options(
            &subject,
            (&before.options.iter().collect::<Vec<_>>(), &old.params),
            (&after.options.iter().collect::<Vec<_>>(), &new.params),
        );
    }

    fn method_versions(&mut self, name: &str, old: &Method, new: &Method) {
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
                );
            }
            (Some(_), None) => return self.push(Rule::MethodRestored, name, restored()),
            _ => {}
        }
        match (&old.deprecated, &new.deprecated) {
            (None, Some(version)) if new.removed.is_none() => {
                let detail = Some(format!("since {version}{replacement}"));
                self.push(Rule::MethodDeprecated, name, detail);
            }
            (Some(_), None) if new.removed.is_none() => {
                self.push(Rule::MethodRestored, name, restored());
            }
            _ => {}
        }
    }

    fn signature(&mut self, name: &str, old: &Signature, new: &Signature) {
        let types = |signature: &Signature| {
            let types = signature.arguments.iter().map(|(_, ty)| ty.clone());
            types.collect::<Vec<_>>()
        };
        let listed = |signature: &Signature| {
            let pairs = signature.arguments.iter();
            facts::list(pairs.map(|(name, ty)| format!("{name}: {ty}")))
        };
        if types(old) != types(new) {
            let detail = old_to_new(listed(old), listed(new));
            self.push(Rule::MethodArguments, name, Some(detail));
        } else if old.arguments != new.arguments {
            let detail = old_to_new(listed(old), listed(new));
            self.push(Rule::ArgumentRenamed, name, Some(detail));
        }
        if old.output != new.output {
            let detail = format!("{} → {}", old.output, new.output);
            self.push(Rule::MethodReturns, name, Some(detail));
        }
    }

    /// Compares the setters, and the keys of all parameters.
    fn options(
        &mut self,
        subject: &dyn Fn(&str) -> String,
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
                    self.push(Rule::ParamRemoved, subject(before.wire), None);
                }
                continue;
            };
            self.option(&subject(before.wire), before, after);
        }
        for after in new {
            if !is_supported(all_old, after.wire) {
                let on = &after.yaml.on;
                let detail = Some(if after.yaml.is_only_on() {
                    format!("{}, on {on}", after.ty)
                } else {
                    format!("{}, since {}", after.ty, after.since)
                });
                self.push(Rule::ParamAdded, subject(after.wire), detail);
            }
        }
        for (wire, before, after) in sides(pairs(all_old), pairs(all_new)).both {
            let subject = subject(wire);
            self.text(before.description.as_ref(), after.description.as_ref());
            if before.deprecated.is_none()
                && let Some(version) = &after.deprecated
            {
                self.push(
                    Rule::ParamDeprecated,
                    &subject,
                    Some(format!("since {version}")),
                );
            }
            self.facts(
                Rule::ParamFact,
                &subject,
                facts::param(before),
                &facts::param(after),
            );
        }
    }

    fn option(&mut self, subject: &str, old: &ParamModel<'_>, new: &ParamModel<'_>) {
        let (before, after) = (
            rust::setter_type(self.old, old.ty),
            rust::setter_type(self.new, new.ty),
        );
        if before != after {
            self.push(
                Rule::ParamType,
                subject,
                Some(format!("{before} → {after}")),
            );
        }
        if old.name != new.name {
            let detail = format!("{} → {}", old.name, new.name);
            self.push(Rule::ParamRenamed, subject, Some(detail));
        }
        let clear = || Some(format!("clear_{}", new.name));
        match (old.yaml.nullable, new.yaml.nullable) {
            (true, false) => self.push(Rule::ParamRemoved, subject, clear()),
            (false, true) => self.push(Rule::ParamAdded, subject, clear()),
            _ => {}
        }
    }

    pub(super) fn inputs(&mut self) {
        let (old, new) = (self.old, self.new);
        let sides = sides(inputs(old), inputs(new));
        for (name, _) in sides.old {
            self.push(Rule::InputRemoved, name, None);
        }
        for (name, _) in sides.new {
            self.push(Rule::InputAdded, name, None);
        }
        for (name, before, after) in sides.both {
            let (yaml_before, yaml_after) = (before.yaml, after.yaml);
            self.text(
                yaml_before.description.as_ref(),
                yaml_after.description.as_ref(),
            );
            let arguments = rust::input_arguments(old, before);
            let new_arguments = rust::input_arguments(new, after);
            let (_, options) = before.partition();
            let (_, new_options) = after.partition();
            if arguments
                .iter()
                .map(|(_, ty)| ty)
                .ne(new_arguments.iter().map(|(_, ty)| ty))
            {
                let listed = |arguments: &[(String, String)]| {
                    facts::list(arguments.iter().map(|(name, ty)| format!("{name}: {ty}")))
                };
                let detail = old_to_new(listed(&arguments), listed(&new_arguments));
                self.push(Rule::InputNew, name, Some(detail));
            }
            self.options(
                &|param| format!("{name}({param})"),
                (&options, &yaml_before.params),
                (&new_options, &yaml_after.params),
            );
        }
    }
}

fn inputs<'m, 'a>(model: &'m Model<'a>) -> impl Iterator<Item = (&'a str, &'m InputModel<'a>)> {
    let inputs = model
        .resources()
        .iter()
        .flat_map(|resource| &resource.inputs);
    inputs.map(|input| (input.name, input))
}

fn named_methods<'m, 'a>(
    model: &'m Model<'a>,
) -> impl Iterator<Item = (&'a str, &'m MethodModel<'a>)> {
    model.methods().map(|method| (method.name, method))
}

fn pairs<T>(map: &Map<T>) -> impl Iterator<Item = (&str, &T)> {
    map.iter().map(|(name, value)| (name.as_str(), value))
}
