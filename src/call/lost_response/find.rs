//! Searches for the result of a request, by the fields that the specification names or with a hook.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mastodon_types::Html;
use serde_json::Value as Json;
use tokio::time::Instant;

use crate::call::core::BoxFuture;
use crate::call::decode::decode;
use crate::call::encode::scalar_string;
use crate::call::endpoint::{Endpoint, ParamLocation, Verification};
use crate::call::params::Value;
use crate::call::pipeline::IDEMPOTENCY_KEY;
use crate::call::request::Request;
use crate::call::version_check::VersionCheck;
use crate::error::Error;
use crate::http::RawResponse;
use crate::http::headers::{header_str, http_date};
use crate::serde_impls::from_json_bytes;

/// Maximum difference between the clocks of the hosts of a server. The `Date` header is in whole seconds.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(3);

/// Searches for the result of a request whose response was lost.
pub(crate) trait FindHook: Send + Sync {
    /// Returns the response that the request has had; `None` if the server has not carried it out.
    fn find<'a>(
        &'a self,
        request: &'a Request,
        search: &'a Search,
    ) -> BoxFuture<'a, Result<Option<RawResponse>, Error>>;
}

/// The search for the result of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    verification: Verification,
    /// Start of the first attempt.
    start: Instant,
}

impl Search {
    pub(super) fn new(verification: Verification) -> Self {
        Self {
            verification,
            start: Instant::now(),
        }
    }

    /// Creates the search of a hook for the result of a request that was sent some time ago.
    pub(crate) fn started(ago: Duration) -> Self {
        let now = Instant::now();
        Self {
            verification: Verification::Search,
            start: now.checked_sub(ago).unwrap_or(now),
        }
    }

    /// Returns whether there is a way to search.
    pub(super) fn is_possible(&self, request: &Request) -> bool {
        match self.verification {
            Verification::Impossible => false,
            Verification::Search => request.find_hook.is_some(),
            Verification::FindIn { .. } => true,
        }
    }

    /// Searches for the result of the request.
    pub(super) async fn find(&self, request: &Request) -> Result<Option<RawResponse>, Error> {
        match (self.verification, &request.find_hook) {
            (Verification::Search, Some(hook)) => hook.find(request, self).await,
            (
                Verification::FindIn {
                    endpoint,
                    fields,
                    created,
                },
                _,
            ) => self.find_in(request, endpoint, fields, created).await,
            _ => Ok(None),
        }
    }

    async fn find_in(
        &self,
        request: &Request,
        endpoint: &'static Endpoint,
        fields: &[(&str, &str)],
        created: Option<&str>,
    ) -> Result<Option<RawResponse>, Error> {
        let mut lookup = lookup(request, endpoint);
        let params = endpoint.params.iter();
        for param in params.filter(|param| param.location == ParamLocation::Path) {
            if let Some(value) = request.values.get(param.name) {
                lookup.set(param.name, value.clone());
            }
        }
        // Boxed, because the future of a call would otherwise contain itself.
        let (response, _) = lookup.send().await?;
        let json = decode::<Json>(endpoint, &response)?;
        let is_list = json.is_array();
        let since = self.start_time(&response);
        for item in items(json) {
            let is_new = created.is_none_or(|field| is_since(&item[field], since));
            if is_new
                && is_equal(request, &item, fields)
                && (!is_list || self.claim(request, &item))
            {
                return Ok(Some(with_body(&response, &item)));
            }
        }
        Ok(None)
    }

    /// Returns the time of the first attempt by the server's clock, as precisely as the date of a later response shows
    /// it: the earliest possible time.
    pub(crate) fn start_time(&self, response: &RawResponse) -> Timestamp {
        let date = header_str(&response.headers, "date").and_then(http_date);
        let elapsed = SignedDuration::try_from(self.start.elapsed()).unwrap_or_default();
        let start = date.unwrap_or_else(Timestamp::now).checked_sub(elapsed);
        let start = start.and_then(|start| start.checked_sub(CLOCK_SKEW));
        start.unwrap_or(Timestamp::MIN)
    }

    /// Records that an item is the result of a request. Returns false if it is the result of another call.
    pub(crate) fn claim(&self, request: &Request, item: &Json) -> bool {
        let key = match request.values.get(IDEMPOTENCY_KEY) {
            Some(Value::String(key)) => Some(&**key),
            _ => None,
        };
        let claims = &request.core.claims;
        string(&item["id"]).is_none_or(|id| claims.claim(request.endpoint.name, &id, key))
    }

    /// Records the response to a request.
    pub(super) fn claim_response(&self, request: &Request, response: &RawResponse) {
        if self.is_possible(request)
            && let Ok(item) = from_json_bytes(&response.body)
        {
            self.claim(request, &item);
        }
    }
}

/// Returns a request of the same client for the search. It is not retried, because the search is repeated.
pub(crate) fn lookup(request: &Request, endpoint: &'static Endpoint) -> Request {
    let mut lookup = Request::new(&request.core, endpoint);
    lookup.version_check = VersionCheck::Off;
    lookup.max_retries = Some(0);
    lookup.timeout = request.timeout;
    lookup.deadline = None;
    lookup
}

/// Returns the items of a list, or the value itself.
pub(crate) fn items(json: Json) -> Vec<Json> {
    match json {
        Json::Array(items) => items,
        item => vec![item],
    }
}

/// Returns the response that a request would have had with an item of another response.
pub(crate) fn with_body(response: &RawResponse, item: &Json) -> RawResponse {
    RawResponse {
        body: item.to_string().into(),
        ..response.clone()
    }
}

fn is_since(created: &Json, since: Timestamp) -> bool {
    let created = created
        .as_str()
        .and_then(|time| time.parse::<Timestamp>().ok());
    created.is_none_or(|created| created >= since)
}

/// Returns whether the fields of an item are equal to the parameters that were sent. Fields that the server does not
/// have are ignored, but at least one must be there.
fn is_equal(request: &Request, item: &Json, fields: &[(&str, &str)]) -> bool {
    let mut compared = fields.iter().filter_map(|(param, field)| {
        let sent = request.values.get(param)?;
        compare(sent, item.get(field)?)
    });
    let first = compared.next();
    first == Some(true) && compared.all(|is_equal| is_equal)
}

/// Compares a parameter with a field; `None` if one of them has no value. A list must contain what was sent.
fn compare(sent: &Value, field: &Json) -> Option<bool> {
    match (sent, field) {
        (Value::Omit | Value::Null, _) | (_, Json::Null) => None,
        (Value::Array(sent), Json::Array(items)) => Some(sent.iter().all(|sent| {
            items
                .iter()
                .any(|item| compare(sent, item).unwrap_or_default())
        })),
        (sent, Json::Object(object)) => compare(sent, object.get("id")?),
        (sent, field) => {
            let (sent, field) = (scalar_string(sent)?, string(field)?);
            let (sent, field) = (sent.trim(), field.trim());
            Some(sent == field || sent == Html::from(field).to_text().trim())
        }
    }
}

/// Returns a string, number or boolean as a string.
fn string(json: &Json) -> Option<String> {
    match json {
        Json::String(string) => Some(string.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_compared_with_fields_of_other_types() {
        let cases = [
            ("Friends".into(), json!("Friends "), Some(true)),
            ("a & b".into(), json!("<p>a &amp; b</p>"), Some(true)),
            ("a".into(), json!("b"), Some(false)),
            (Value::Bool(true), json!(true), Some(true)),
            (Value::Bool(true), json!(false), Some(false)),
            ("7".into(), json!(7), Some(true)),
            ("7".into(), json!({ "id": "7" }), Some(true)),
            (vec![1i64].into(), json!([0, 1]), Some(true)),
            (vec![1i64].into(), json!([0]), Some(false)),
            (vec!["home"].into(), json!(["home", "public"]), Some(true)),
            ("a".into(), json!(null), None),
            (Value::Omit, json!("a"), None),
        ];
        for (sent, field, expected) in cases {
            assert_eq!(compare(&sent, &field), expected, "{sent:?} {field}");
        }
    }
}
