//! Checks of `differences.yaml`.

use std::collections::BTreeSet;

use super::Check;
use crate::load::{At, DIFFERENCES};
use crate::problem::closest;
use crate::yaml::{Rule, Spec};

impl Check<'_> {
    pub(super) fn differences(&mut self, spec: &Spec) {
        DIFFERENCES.clone_into(&mut self.file);
        for (kind, list) in &spec.differences.differences {
            let mut seen = BTreeSet::new();
            for (index, difference) in list.iter().enumerate() {
                let index = index.to_string();
                let path = ["differences", kind.name(), &index];
                self.sentence(&path, "reason", Some(&difference.reason));
                if difference.applies_to.is_empty() {
                    let at = [&path[..], &["applies_to"]].concat();
                    self.report(
                        &at,
                        At::Value,
                        "`applies_to` is empty",
                        Some("name the items as the report of `cargo codegen drift` does".into()),
                    );
                }
                let rules = Rule::NAMED.map(Rule::name);
                if let Some(rule) = difference
                    .rule
                    .as_deref()
                    .filter(|rule| !rules.contains(rule))
                {
                    let hint = closest(rule, rules).map_or_else(
                        || format!("expected one of {}", rules.join(", ")),
                        |meant| format!("did you mean `{meant}`?"),
                    );
                    let at = [&path[..], &["rule"]].concat();
                    self.report(&at, At::Value, format!("unknown rule `{rule}`"), Some(hint));
                }
                for (number, subject) in difference.applies_to.iter().enumerate() {
                    if !seen.insert((subject, &difference.rule)) {
                        let number = number.to_string();
                        let at = [&path[..], &["applies_to", &number]].concat();
                        self.report(
                            &at,
                            At::Value,
                            format!("duplicate entry `{subject}`"),
                            Some("remove one of them".into()),
                        );
                    }
                }
            }
        }
    }
}
