//! Compares recorded requests: endpoints and parameters.

use super::Walk;
use super::shapes::{shape_of, shape_of_text};
use crate::Rule;
use crate::draft::Draft;
use crate::external::{Notes, Operation, Parameter, Shape, flat};
use crate::spec_index::Endpoint;
use mastodon_har::{Exchange, request};
use mastodon_spec::yaml::Route;

impl<'a> Walk<'_, 'a> {
    pub(super) fn unknown(&mut self, exchange: &Exchange) {
        let (path, _) = request::split(&exchange.request.url);
        // Web pages, images and scripts are not part of the API.
        if !path.starts_with("/api/") {
            self.elsewhere += 1;
            return;
        }
        if exchange.response.status == 404 {
            let problem = format!("{}: no endpoint matches, and the server has none", self.at);
            self.unread.insert(problem);
            return;
        }
        self.compared += 1;
        let parts = path.trim_end_matches('/').split('/').map(|part| {
            let id = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if id { "{id}" } else { part }
        });
        let path = parts.collect::<Vec<_>>().join("/");
        let http = match format!("{} {path}", exchange.request.method).parse::<Route>() {
            Ok(http) => http,
            Err(error) => {
                self.unread.insert(format!("{}: {error}", self.at));
                return;
            }
        };
        let body = exchange.response.json().ok().flatten();
        let returns = body.as_ref().map_or(Shape::Unknown, shape_of);
        let params = request::sent_params(&exchange.request)
            .into_iter()
            .map(|(name, value)| Parameter {
                name: flat(&name),
                location: None,
                shape: value.as_deref().map_or(Shape::Unknown, shape_of_text),
                required: None,
                since: None,
                values: Vec::new(),
                value_versions: Vec::new(),
                default: None,
                max: None,
                at: String::new(),
            });
        let operation = Operation {
            at: self.at.clone(),
            docs: None,
            params: Some(params.collect()),
            returns: returns.clone(),
            since: self.version.clone(),
            auth: None,
            removed: false,
            twin_of: None,
            is_partial: false,
            notes: Notes::default(),
            http,
        };
        let position = self.spec_index.file_for(&operation);
        let detail = format!("returns {returns}");
        let http = operation.http.to_string();
        let draft = Draft::Method(operation);
        self.push(
            Rule::MissingEndpoint,
            http,
            detail,
            (&position.0, &position.1),
            Some(draft),
        );
    }

    pub(super) fn request(&mut self, endpoint: Endpoint<'a>, exchange: &Exchange) {
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = vec![
            "methods".to_owned(),
            endpoint.name.to_owned(),
            "params".to_owned(),
        ];
        let sent = request::sent_params(&exchange.request);
        let method = self.spec_index.model.method(endpoint.name);
        let unknown = method.map(|method| {
            request::unknown_params(self.spec_index.model, method, &exchange.request)
        });
        for name in unknown.into_iter().flatten() {
            let value = sent
                .iter()
                .find(|(sent, _)| *sent == name)
                .and_then(|(_, value)| value.clone());
            let shape = value.as_deref().map_or(Shape::Unknown, shape_of_text);
            let shape = if name.ends_with("[]") {
                shape.list()
            } else {
                shape
            };
            let param = Parameter {
                name: flat(&name),
                location: None,
                shape: shape.clone(),
                required: None,
                since: self.version.clone(),
                values: Vec::new(),
                value_versions: Vec::new(),
                default: None,
                max: None,
                at: self.at.clone(),
            };
            let subject = format!("{}({})", endpoint.name, flat(&name));
            let draft = Draft::Param {
                path: path.clone(),
                key: flat(&name),
                param,
            };
            self.push(
                Rule::MissingParam,
                subject,
                shape.to_string(),
                (&file, &path),
                Some(draft),
            );
        }
        let params = self.spec_index.params(endpoint);
        for (name, value) in &sent {
            let our = params.iter().find(|our| our.name == flat(name));
            if let (Some(our), Some(value)) = (our, value) {
                let subject = format!("{}({})", endpoint.name, our.name);
                self.enumerated(&subject, our.param.ty.as_ref(), value);
            }
        }
    }
}
