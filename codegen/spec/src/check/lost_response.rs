//! Checks of `lost_response`.

use super::Check;
use crate::load::At;
use crate::yaml::{HttpMethod, LostResponse, Method, MethodsFile, Returns, Route, TypeRef};

impl Check<'_> {
    pub(super) fn lost_response(&mut self, file: &MethodsFile, name: &str, method: &Method) {
        let Some(lost) = &method.lost_response else {
            return;
        };
        let path = ["methods", name, "lost_response"];
        let at = |key: &'static str| ["methods", name, "lost_response", key];
        if method.is_idempotent() {
            let hint = "remove it: the request is repeated";
            self.report(
                &path,
                At::Key,
                "the method is idempotent",
                Some(hint.into()),
            );
        }
        let is_phrase = !lost.check.trim().is_empty() && !lost.check.ends_with('.');
        if !is_phrase {
            self.report(
                &at("check"),
                At::Value,
                "expected a phrase without a full stop, such as `the user's lists`",
                Some("complete the sentence: to find out, check …".into()),
            );
        }
        match (&lost.find_in, lost.find_with) {
            (Some(find_in), None) => self.find_in(file, name, method, lost, find_in),
            (Some(_), Some(_)) => self.report(
                &at("find_with"),
                At::Key,
                "`find_in` and `find_with` exclude each other",
                Some("remove one of them".into()),
            ),
            (None, _) if !lost.by.is_empty() || lost.created.is_some() => self.report(
                &path,
                At::Value,
                "`by` and `created` need `find_in`",
                Some("name the method whose response contains the result".into()),
            ),
            (None, _) => {}
        }
    }

    /// Checks `find_in`: a GET of the same file that returns the same entity, alone or in a list, with no other path
    /// parameters. The compared parameters and fields must exist.
    fn find_in(
        &mut self,
        file: &MethodsFile,
        name: &str,
        method: &Method,
        lost: &LostResponse,
        find_in: &str,
    ) {
        let at = |key: &'static str| ["methods", name, "lost_response", key];
        let returned = match &method.returns {
            Some(Returns::Value(ty)) => Some(ty),
            _ => None,
        };
        let in_path = |method: &Method| -> Vec<String> {
            let params = method.http.iter().flat_map(Route::path_params);
            params.map(str::to_owned).collect()
        };
        // Invalid keys of the other method were reported before.
        let fits = file.methods.get(find_in).is_some_and(|other| {
            let is_get = |http: &Route| http.method == HttpMethod::Get;
            let item = match &other.returns {
                Some(Returns::Value(TypeRef::List(item))) => Some(&**item),
                Some(Returns::Value(ty)) => Some(ty),
                Some(Returns::Page {
                    item,
                    wrapper: None,
                }) => Some(item),
                _ => None,
            };
            other.http.as_ref().is_none_or(is_get)
                && (other.returns.is_none() || item.is_some() && item == returned)
                && in_path(other)
                    .iter()
                    .all(|param| in_path(method).contains(param))
        });
        if !fits {
            self.report(
                &at("find_in"),
                At::Value,
                format!("`{find_in}` is not a GET of this file that returns the same entity or a list of it, with the same path parameters"),
                Some("name a GET method of this file whose response contains the result".into()),
            );
        }
        if lost.by.is_empty() {
            self.report(
                &["methods", name, "lost_response"],
                At::Value,
                "`find_in` needs `by`",
                Some("name the parameters that the fields of the result are equal to".into()),
            );
        }
        let entity = match returned {
            Some(TypeRef::Named(entity)) => self.names.entities.get(entity.as_str()).copied(),
            _ => None,
        };
        let has_field = |field: &str| {
            let inherited = entity.and_then(|entity| entity.extends.as_ref());
            let inherited = inherited.and_then(|name| self.names.entities.get(name.as_str()));
            entity.is_none_or(|entity| entity.fields.contains_key(field))
                || inherited.is_some_and(|entity| entity.fields.contains_key(field))
        };
        let by = |index: usize| vec!["by".to_owned(), index.to_string()];
        let fields = lost.fields().enumerate();
        let fields = fields.map(|(index, (_, field))| (by(index), field));
        let created = lost.created.iter();
        let created = created.map(|field| (vec!["created".to_owned()], field.as_str()));
        let fields = fields.chain(created);
        let unknown_fields: Vec<_> = fields.filter(|(_, field)| !has_field(field)).collect();
        let params = lost.fields().enumerate();
        for (index, (param, _)) in
            params.filter(|(_, (name, _))| !method.params.contains_key(*name))
        {
            self.report(
                &["methods", name, "lost_response", "by", &index.to_string()],
                At::Value,
                format!("the method has no parameter `{param}`"),
                Some("name a parameter, or `parameter as field`".into()),
            );
        }
        for (keys, field) in unknown_fields {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            self.report(
                &[&["methods", name, "lost_response"], &keys[..]].concat(),
                At::Value,
                format!("the returned entity has no field `{field}`"),
                Some("name a field, or `parameter as field`".into()),
            );
        }
    }
}
