//! Faults as JSON, for the control API and seed files.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Fault;
use crate::seconds;
use crate::seed::{SeedError, SeedResult};

/// Fault of the next matching requests, or of the next events of matching streams.
///
/// `delay` can be combined with all others. At most one of `status`, `rate_limited`, `cut`, `interrupt` and `event` can be
/// given. `set`, `remove`, `byte_order_mark`, `shortened_body` and, without `status`, `headers` change the real response or
/// event.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultSpec {
    /// Request method, such as `POST`. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// Start of the path, such as `/api/v1/statuses`. Default: all.
    #[serde(default)]
    path: String,
    /// Number of requests or events. Default: 1.
    #[serde(default = "once")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    times: usize,
    /// Seconds by which the response is delayed.
    #[serde(
        default,
        with = "optional_seconds",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    delay: Option<Duration>,
    /// Status of the response. The request is not processed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 200, max = 599)))]
    status: Option<u16>,
    /// Body of the response with `status`: text, or a JSON value. Default: an error body like Mastodon's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// Headers of the response, such as `Retry-After`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// Responds with 429 and the headers of an exhausted rate limit.
    #[serde(default, skip_serializing_if = "is_false")]
    rate_limited: bool,
    /// Closes the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cut: Option<Cut>,
    /// Gives up a request that takes too long, as a proxy does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interrupt: Option<Interrupt>,
    /// Fault of an event of a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<EventFault>,
    /// Values that are put into the body of the real response, or into the payload of an event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    set: Vec<SetValue>,
    /// JSON pointers of values that are removed. The segment `*` matches all items of an array.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    remove: Vec<String>,
    /// Puts a byte order mark before the body.
    #[serde(default, skip_serializing_if = "is_false")]
    byte_order_mark: bool,
    /// Sends only the first half of the body, with the matching content length.
    #[serde(default, skip_serializing_if = "is_false")]
    shortened_body: bool,
}

fn once() -> usize {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// When the connection is closed.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Cut {
    /// Before the request is processed.
    BeforeProcessing,
    /// After the request was processed, without a response.
    AfterProcessing,
    /// In the middle of the response body.
    InBody,
}

/// Gives up a request that takes too long.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Interrupt {
    /// Time after which the request is given up. The server finishes a POST request nevertheless.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    seconds: Duration,
    /// Status of the response. Default: the connection is closed without one.
    #[serde(default)]
    status: Option<u16>,
}

/// Fault of the next event of a stream.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum EventFault {
    /// Closes the connection in the middle of the event.
    Disconnect,
    /// Closes the connection in the middle of a character of the next event that is not ASCII.
    DisconnectInCharacter,
    /// Does not send the event.
    Lost,
    /// Sends the event twice.
    Duplicate,
    /// Delays the event and all later ones.
    Delay {
        #[serde(with = "seconds")]
        #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
        seconds: Duration,
    },
    /// Sends another event before it.
    Extra { event: String, payload: String },
    /// Sends this text before it, between the events.
    Garbage { text: String },
    /// Stops sending. The connection stays open.
    Stall,
    /// Closes the WebSocket with a code.
    Close {
        #[cfg_attr(test, schemars(range(min = 1000, max = 4999)))]
        code: u16,
        #[serde(default)]
        reason: String,
    },
}

/// Value that is put into a body: exactly one of `value`, `text` and `base64`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SetValue {
    /// JSON pointer. The segment `*` matches all items of an array or members of an object; empty is the complete body.
    pointer: String,
    /// JSON value. Absent and null both mean null, unless `text` or `base64` is given.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    value: Value,
    /// Text that need not be valid JSON, such as `1e999`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Bytes that need not be valid UTF-8, in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

mod optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    struct Seconds(#[serde(with = "crate::seconds")] Duration);

    pub(super) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => crate::seconds::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<Seconds>::deserialize(deserializer)?;
        Ok(seconds.map(|Seconds(duration)| duration))
    }
}

fn check_pointer(field: &str, pointer: &str) -> SeedResult<()> {
    if pointer.is_empty() || pointer.starts_with('/') {
        return Ok(());
    }
    let message = format!("`{pointer}` is not a JSON pointer; start it with `/`");
    Err(SeedError::new(field, message))
}

impl FaultSpec {
    /// Returns the faults that the description stands for.
    pub(crate) fn faults(&self) -> SeedResult<Vec<Fault>> {
        self.check()?;
        let mut faults = Vec::new();
        faults.extend(self.delay.map(Fault::latency));
        faults.extend(self.main_fault());
        faults.extend(self.changes()?);
        if faults.is_empty() {
            let message = "no fault is given; use `delay`, `status`, `rate_limited`, `cut`, `interrupt`, `event`, `set`, \
                           `remove`, `headers`, `byte_order_mark` or `shortened_body`";
            return Err(SeedError::new("", message));
        }
        let restricted = faults.into_iter().map(|fault| {
            let mut fault = fault.times(self.times);
            fault.method = self
                .method
                .as_ref()
                .map(|method| method.to_ascii_uppercase());
            self.path.clone_into(&mut fault.path_prefix);
            fault
        });
        Ok(restricted.collect())
    }

    fn check(&self) -> SeedResult<()> {
        let main = [
            ("status", self.status.is_some()),
            ("rate_limited", self.rate_limited),
            ("cut", self.cut.is_some()),
            ("interrupt", self.interrupt.is_some()),
            ("event", self.event.is_some()),
        ];
        let given: Vec<&str> = main
            .iter()
            .filter(|(_, is_given)| *is_given)
            .map(|(name, _)| *name)
            .collect();
        if let [first, second, ..] = given.as_slice() {
            let message = format!("cannot be combined with `{first}`");
            return Err(SeedError::new(*second, message));
        }
        if self.body.is_some() && self.status.is_none() {
            let message = "needs a `status`; use `set` to change a real response";
            return Err(SeedError::new("body", message));
        }
        if self.times == 0 {
            return Err(SeedError::new("times", "must be at least 1"));
        }
        let statuses = [
            ("status", self.status),
            (
                "interrupt.status",
                self.interrupt
                    .as_ref()
                    .and_then(|interrupt| interrupt.status),
            ),
        ];
        for (field, status) in statuses {
            if let Some(status) = status.filter(|status| !(200..=599).contains(status)) {
                let message = format!("{status} is not an HTTP status from 200 to 599");
                return Err(SeedError::new(field, message));
            }
        }
        if let Some(method) = &self.method
            && Method::from_bytes(method.as_bytes()).is_err()
        {
            return Err(SeedError::new(
                "method",
                format!("`{method}` is not a method"),
            ));
        }
        for (name, value) in &self.headers {
            let is_valid =
                HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok();
            if !is_valid {
                let message = "is not a valid header";
                return Err(SeedError::new(format!("headers.{name}"), message));
            }
        }
        Ok(())
    }

    fn main_fault(&self) -> Option<Fault> {
        if let Some(status) = self.status {
            let mut fault = match &self.body {
                None => Fault::status(status),
                Some(Value::String(text)) => {
                    Fault::response(status, "text/html; charset=utf-8", text.clone())
                }
                Some(body) => {
                    Fault::response(status, "application/json; charset=utf-8", body.to_string())
                }
            };
            for (name, value) in &self.headers {
                fault = fault.with_header(name, value);
            }
            return Some(fault);
        }
        if self.rate_limited {
            return Some(Fault::rate_limited());
        }
        if let Some(cut) = self.cut {
            return Some(match cut {
                Cut::BeforeProcessing => Fault::disconnect(),
                Cut::AfterProcessing => Fault::lost_response(),
                Cut::InBody => Fault::truncated_body(),
            });
        }
        if let Some(interrupt) = &self.interrupt {
            let time = interrupt.seconds;
            return Some(match interrupt.status {
                Some(status) => Fault::status_after(time, status),
                None => Fault::disconnect_after(time),
            });
        }
        Some(match self.event.clone()? {
            EventFault::Disconnect => Fault::disconnect_in_event(),
            EventFault::DisconnectInCharacter => Fault::disconnect_in_character(),
            EventFault::Lost => Fault::lost_event(),
            EventFault::Duplicate => Fault::duplicate_event(),
            EventFault::Delay { seconds } => Fault::delayed_event(seconds),
            EventFault::Extra { event, payload } => Fault::extra_event(&event, &payload),
            EventFault::Garbage { text } => Fault::garbage(text),
            EventFault::Stall => Fault::stall(),
            EventFault::Close { code, reason } => Fault::close(code, &reason),
        })
    }

    /// Returns the changes of a real response.
    fn changes(&self) -> SeedResult<Vec<Fault>> {
        let mut changes = Vec::new();
        for (index, set) in self.set.iter().enumerate() {
            let field = |name: &str| format!("set[{index}].{name}");
            check_pointer(&field("pointer"), &set.pointer)?;
            let bytes = match (&set.text, &set.base64) {
                (Some(_), Some(_)) => {
                    return Err(SeedError::new(
                        field("base64"),
                        "cannot be combined with `text`",
                    ));
                }
                (Some(text), None) => text.clone().into_bytes(),
                (None, Some(base64)) => STANDARD.decode(base64).map_err(|error| {
                    SeedError::new(field("base64"), format!("not valid Base64: {error}"))
                })?,
                (None, None) => set.value.to_string().into_bytes(),
            };
            changes.push(Fault::patch_json_raw(&set.pointer, bytes));
        }
        for (index, pointer) in self.remove.iter().enumerate() {
            check_pointer(&format!("remove[{index}]"), pointer)?;
            changes.push(Fault::remove_json(pointer));
        }
        if self.byte_order_mark {
            changes.push(Fault::byte_order_mark());
        }
        if self.shortened_body {
            changes.push(Fault::shortened_body());
        }
        if self.status.is_none() {
            let headers = self.headers.iter();
            changes.extend(headers.map(|(name, value)| Fault::header(name, value)));
        } else if !changes.is_empty() {
            let message = "`set`, `remove`, `byte_order_mark` and `shortened_body` change a real response, so they cannot be \
                           combined with `status`";
            return Err(SeedError::new("status", message));
        }
        Ok(changes)
    }
}
