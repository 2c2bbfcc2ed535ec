//! What was asked: endpoints and parameters.

use super::Walk;
use super::shapes::{shape_of, shape_of_text};
use crate::Rule;
use crate::draft::Draft;
use crate::known::Endpoint;
use crate::outside::{Operation, Parameter, Remarks, Shape, flat};
use mastodon_har::{Exchange, request};
use mastodon_spec::yaml::HttpLine;

impl<'a> Walk<'_, 'a> {
    pub(super) fn unknown(&mut self, exchange: &Exchange) {
        let (path, _) = request::split(&exchange.request.url);
        // Pages, pictures and scripts are no part of the API, and neither is what was not found.
        if !path.starts_with("/api/") || exchange.response.status == 404 {
            return;
        }
        self.compared += 1;
        let parts = path.trim_end_matches('/').split('/').map(|part| {
            let id = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if id { "{id}" } else { part }
        });
        let path = parts.collect::<Vec<_>>().join("/");
        let Ok(http) = format!("{} {path}", exchange.request.method).parse::<HttpLine>() else {
            return;
        };
        let body = exchange.response.json().ok().flatten();
        let returns = body.as_ref().map_or(Shape::Unknown, shape_of);
        let params = request::sent(&exchange.request)
            .into_iter()
            .map(|(name, value)| Parameter {
                name: flat(&name),
                place: None,
                shape: value.as_deref().map_or(Shape::Unknown, shape_of_text),
                required: None,
                since: None,
                values: Vec::new(),
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
            remarks: Remarks::default(),
            http,
        };
        let place = self.known.home(&operation);
        let detail = format!("returns {returns}");
        let http = operation.http.to_string();
        let draft = Draft::Method(operation);
        self.push(
            Rule::MissingEndpoint,
            http,
            detail,
            (&place.0, &place.1),
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
        let sent = request::sent(&exchange.request);
        for name in request::unknown_params(self.known.model, endpoint.method, &exchange.request) {
            let value = sent
                .iter()
                .find(|(known, _)| *known == name)
                .and_then(|(_, value)| value.clone());
            let shape = value.as_deref().map_or(Shape::Unknown, shape_of_text);
            let shape = if name.ends_with("[]") {
                shape.list()
            } else {
                shape
            };
            let param = Parameter {
                name: flat(&name),
                place: None,
                shape: shape.clone(),
                required: None,
                since: self.version.clone(),
                values: Vec::new(),
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
        let params = self.known.params(endpoint);
        for (name, value) in &sent {
            let our = params.iter().find(|our| our.name == flat(name));
            if let (Some(our), Some(value)) = (our, value) {
                let place = (our.file.clone(), our.path.clone());
                let subject = format!("{}({})", endpoint.name, our.name);
                self.enumerated(&subject, our.param.ty.as_ref(), value, &place);
            }
        }
    }
}
