//! Checks the conditions under which parameters are required.

use super::Check;
use crate::load::At;
use crate::problem::closest;
use crate::yaml::{Map, Param, Required};

impl Check<'_> {
    /// Checks that a condition is about other parameters of the same method or input.
    pub(super) fn condition_of(&mut self, path: &[&str], param: &Param, params: &Map<Param>) {
        let Some(Required::When(condition)) = &param.required else {
            return;
        };
        // After the verb, values are in backticks, too.
        let subject = [" is ", " includes "]
            .iter()
            .filter_map(|verb| condition.find(verb))
            .min()
            .map_or(condition.as_str(), |end| &condition[..end]);
        let own = path.last().copied().unwrap_or_default();
        for name in subject.split('`').skip(1).step_by(2) {
            if name != own && params.contains_key(name) {
                continue;
            }
            let others = params.keys().map(String::as_str);
            let hint = closest(name, others.filter(|other| *other != own)).map_or_else(
                || "write the names of other parameters in backticks".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            let message = if name == own {
                format!("`{name}` is required under a condition about itself")
            } else {
                format!("the condition is about `{name}`, but there is no such parameter here")
            };
            self.report(
                &[path, &["required"]].concat(),
                At::Value,
                message,
                Some(hint),
            );
        }
    }
}
