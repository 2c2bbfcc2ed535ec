//! Checks of uploads: only a multipart body can contain a file.

use std::collections::BTreeSet;

use super::Check;
use crate::load::At;
use crate::yaml::{Body, HttpMethod, Method, Param, ParamLocation, Required, Route, TypeRef};

impl Check<'_> {
    /// Checks that the request of a method can contain its files.
    pub(super) fn files(&mut self, name: &str, method: &Method) {
        for (wire, param) in &method.params {
            let Some(ty) = param
                .ty
                .as_ref()
                .filter(|ty| self.has_file(ty, &mut BTreeSet::new()))
            else {
                continue;
            };
            let path = ["methods", name, "params", wire];
            if *ty.innermost() == TypeRef::File {
                self.single_file(&path, param);
            }
            let mut in_path = method.http.iter().flat_map(Route::path_params);
            if in_path.any(|in_path| in_path == wire) {
                self.report(
                    &["methods", name, "params", wire, "type"],
                    At::Value,
                    format!("a file is sent in the body, but `{wire}` is in the path"),
                    Some("correct the type, or the path in `http`".into()),
                );
                continue;
            }
            let http_method = method.http.as_ref().map(|http| http.method);
            match (http_method, param.location) {
                (_, Some(location)) if location != ParamLocation::Body => self.report(
                    &["methods", name, "params", wire, "in"],
                    At::Value,
                    format!("a file is sent in the body, so `{wire}` cannot be there"),
                    Some("remove `in`".into()),
                ),
                (Some(http_method @ (HttpMethod::Get | HttpMethod::Delete)), _) => self.report(
                    &["methods", name, "params", wire, "type"],
                    At::Value,
                    format!(
                        "a {} request has no body that could contain a file",
                        http_method.as_str()
                    ),
                    Some("correct the HTTP method in `http`, or the type".into()),
                ),
                _ => {}
            }
            if method.body == Some(Body::Form) && param.required == Some(Required::Always(true)) {
                self.report(
                    &["methods", name, "body"],
                    At::Value,
                    format!("a form cannot contain a file, but `{wire}` is a required file"),
                    Some("remove `body`: a request with a file is sent as multipart".into()),
                );
            }
        }
    }

    fn single_file(&mut self, path: &[&str], param: &Param) {
        if param.ty != Some(TypeRef::File) {
            self.report(
                &[path, &["type"]].concat(),
                At::Value,
                "a parameter contains one file, not several",
                Some("write `type: file`".into()),
            );
        }
        if param.nullable {
            self.report(
                &[path, &["nullable"]].concat(),
                At::Key,
                "a file cannot be null, because multipart has no null",
                Some("remove `nullable`".into()),
            );
        }
    }

    /// Whether a type is a file, or an input with a file.
    fn has_file<'t>(&'t self, ty: &'t TypeRef, seen: &mut BTreeSet<&'t str>) -> bool {
        match ty.innermost() {
            TypeRef::File => true,
            TypeRef::Named(name) if seen.insert(name) => {
                let input = self.names.inputs.get(name.as_str());
                let types = input.iter().flat_map(|input| input.params.values());
                let mut types = types.filter_map(|param| param.ty.as_ref());
                types.any(|ty| self.has_file(ty, seen))
            }
            _ => false,
        }
    }
}
