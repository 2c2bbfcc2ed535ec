//! Example responses to the example calls: status, headers and body.

use super::entities::{Examples, Nested};
use super::response::{ENTITY_MARK, Part, block, parts};
use super::result::changed_field;
use super::{Sample, curl};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::facts::headers;
use mastodon_spec::model::{FieldModel, FieldType, MethodModel, Model, Output, Struct};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{HttpMethod, PagingStyle, Returns, SentWith, TypeRef};

/// The most lines that an entity has in responses that do not show all its fields.
const SHORT: usize = 6;

/// A response.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names and values of the headers that say more than the description of the method.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<Part>,
    /// The entity whose fields are in the body.
    pub entity: Option<String>,
}

/// The response to the example call of a method; `None` for WebSockets and web pages.
///
/// With `is_short`, a large entity has only its ID and what follows from the call. Another response shows all fields.
pub fn answer<'a>(
    model: &Model<'a>,
    method: &MethodModel<'a>,
    is_short: &dyn Fn(&str) -> bool,
) -> Option<Answer> {
    let sample = Sample::new(model, method);
    let writer = Writer {
        model,
        method,
        examples: Examples::new(model, Nested::Inline { mark: ENTITY_MARK }),
        is_short,
        sample: &sample,
    };
    let mut headers = method_headers(&writer);
    let (body, entity) = match method.output {
        Output::WebPage | Output::Stream(Some(_)) => return None,
        Output::Unit => {
            let has_body = method.yaml.returns == Some(Returns::Nothing);
            let text = if has_body { "{}" } else { "" };
            (vec![Part::Text(text.to_owned())], None)
        }
        Output::Text => {
            headers.insert(0, ("Content-Type", "text/plain".to_owned()));
            (vec![Part::Text("OK".to_owned())], None)
        }
        Output::Stream(None) => {
            headers.insert(0, ("Content-Type", "text/event-stream".to_owned()));
            (event(model), None)
        }
        Output::Value { ty, .. } => writer.value(ty, 0),
        Output::Page {
            item,
            wrapper: None,
            ..
        } => writer.list(item, 0),
        Output::Page {
            wrapper: Some((entity, _)),
            ..
        } => writer.entity(entity, 0, false),
    };
    let has_no_value = matches!(method.output, Output::Unit) && body == [Part::Text(String::new())];
    let no_content = method.yaml.responses.contains_key(&204) && has_no_value;
    Some(Answer {
        status: if no_content { 204 } else { 200 },
        headers,
        body,
        entity,
    })
}

struct Writer<'w, 'a> {
    model: &'w Model<'a>,
    method: &'w MethodModel<'a>,
    examples: Examples<'w, 'a>,
    is_short: &'w dyn Fn(&str) -> bool,
    sample: &'w Sample<'a>,
}

/// A piece of JSON, and the entity in it.
type Written = (Vec<Part>, Option<String>);

impl<'a> Writer<'_, 'a> {
    fn value(&self, ty: &TypeRef, depth: usize) -> Written {
        let is_entity = |name: &str| !self.model.structs(self.variant(name)).is_empty();
        match ty {
            TypeRef::Named(name) if is_entity(name) => self.entity(name, depth, true),
            TypeRef::List(item) if item.named().is_some_and(is_entity) => self.list(item, depth),
            TypeRef::MapOf(item) if item.named().is_some_and(is_entity) => {
                let (body, entity) = self.value(item, depth + 1);
                (around("{\n  \"23972\": ", body, "\n}"), entity)
            }
            ty => {
                let json = self.examples.plain("", ty);
                (parts(&curl::formatted(&json, depth)), None)
            }
        }
    }

    fn list(&self, item: &TypeRef, depth: usize) -> Written {
        match item.named() {
            Some(name) if !self.model.structs(self.variant(name)).is_empty() => {
                let (body, entity) = self.entity(name, depth + 1, false);
                (around("[\n  ", body, "\n]"), entity)
            }
            _ => {
                let json: Json = vec![self.examples.plain("", item)].into();
                (parts(&curl::formatted(&json, depth)), None)
            }
        }
    }

    /// The entity that the example of a union is.
    fn variant<'n>(&self, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        let mut variants = self.model.entity(name).into_iter();
        let variants = variants.by_ref().flat_map(|own| own.one_of.keys());
        let known = super::fields::variant(&type_name(name));
        let mut variants: Vec<&str> = variants.map(String::as_str).collect();
        variants.sort_by_key(|name| known != Some(&type_name(name)[..]));
        variants.first().copied().unwrap_or(name)
    }

    fn entity(&self, name: &str, depth: usize, is_result: bool) -> Written {
        let name = self.variant(name);
        let Some(item) = self.model.structs(name).first() else {
            return (parts("{}"), None);
        };
        let mut object = self.examples.object(name, item);
        let mut telling = Vec::new();
        if is_result {
            self.echo(item, &mut object, &mut telling);
        }
        let entity = Some(name.to_owned());
        if !(self.is_short)(name) || object.entries().count() <= SHORT {
            return (parts(&curl::formatted(&object.into(), depth)), entity);
        }
        let leading = object.entries().map(|(key, _)| key.to_owned());
        let leading: Vec<String> = leading.take(2).collect();
        let is_kept = |key: &str| telling.iter().chain(&leading).any(|known| known == key);
        let kept = object.entries().filter(|(key, _)| is_kept(key));
        let kept: Object = kept.map(|(key, value)| (key, value.clone())).collect();
        (block(&kept, depth, name), entity)
    }

    /// Writes what the call has sent and changed into its result. Adds the names of these fields to a list.
    fn echo(&self, item: &Struct<'a>, object: &mut Object, telling: &mut Vec<String>) {
        let changed = changed_field(self.method, &item.fields);
        let is_nested = |field: &FieldModel<'_>| match &field.ty {
            FieldType::Type(ty) => ty
                .named()
                .is_some_and(|name| self.model.entity(name).is_some()),
            FieldType::Nested { .. } => true,
        };
        // A boost is another status than the boosted one.
        let is_new = changed.is_some_and(is_nested) && !is_undone(self.method);
        for given in self.sample.given() {
            let same = |field: &&FieldModel<'a>| {
                let FieldType::Type(ty) = &field.ty else {
                    return false;
                };
                field.wire == given.param.wire && *ty == given.param.ty
            };
            if let Some(field) = item.fields.iter().find(same)
                && !(is_new && field.wire == "id")
                && object.get(field.wire).is_some()
            {
                object.set(field.wire, given.value.json(field.yaml.sent_as));
                telling.push(field.wire.to_owned());
            }
        }
        let Some(changed) = changed else { return };
        let value = match &changed.ty {
            FieldType::Type(TypeRef::Bool) => Json::from(!is_undone(self.method)),
            FieldType::Type(ty) if is_new => self.examples.plain(changed.wire, ty),
            _ => return,
        };
        object.set(changed.wire, value);
        telling.push(changed.wire.to_owned());
    }
}

/// Whether the method undoes what another one does.
fn is_undone(method: &MethodModel<'_>) -> bool {
    let is_deletion = method.http_method == HttpMethod::Delete;
    is_deletion || method.name.rsplit('_').any(|word| word.starts_with("un"))
}

/// Text around a body.
fn around(before: &str, body: Vec<Part>, after: &str) -> Vec<Part> {
    let text = |text: &str| Part::Text(text.to_owned());
    let mut all = vec![text(before)];
    all.extend(body);
    all.push(text(after));
    all
}

/// The first event of a stream.
fn event(model: &Model<'_>) -> Vec<Part> {
    let events = &model.spec.api.events;
    let with_entity = events.iter().find_map(|(name, event)| {
        let payload = event.payload.as_ref()?.named()?;
        model.entity(payload).map(|_| (name, payload))
    });
    let Some((name, payload)) = with_entity else {
        return Vec::new();
    };
    let before = format!("event: {name}\ndata: ");
    around(&before, vec![Part::Entity(payload.to_owned())], "\n")
}

/// The headers that only some responses have.
fn method_headers(writer: &Writer<'_, '_>) -> Vec<(&'static str, String)> {
    let (model, method) = (writer.model, writer.method);
    let mut all = Vec::new();
    let has = |sent_with: SentWith| {
        let mut known = headers(&model.spec.api, method.yaml);
        known.any(|(_, header)| header.sent_with == sent_with)
    };
    if has(SentWith::Pages)
        && let Some(value) = link(writer)
    {
        all.push(("Link", value));
    }
    if has(SentWith::AsyncRefresh) {
        let value = "id=\"4815\", retry=5, result_count=2".to_owned();
        all.push(("Mastodon-Async-Refresh", value));
    }
    let date = method.yaml.deprecated_on.as_deref();
    if let Some(time) = date.and_then(|date| format!("{date}T00:00:00Z").parse().ok()) {
        let time: jiff::Timestamp = time;
        all.push(("Deprecation", format!("@{}", time.as_second())));
    }
    all
}

/// The `Link` header of a page in the middle of a list.
fn link(writer: &Writer<'_, '_>) -> Option<String> {
    let (method, sample) = (writer.method, writer.sample);
    let paging = method.yaml.paging.as_ref()?;
    let limit = sample.limit.map(|limit| format!("limit={limit}&"));
    let url = curl::url(method, sample);
    let page = |cursor: &str, rel: &str| {
        let limit = limit.as_deref().unwrap_or_default();
        format!("<{url}?{limit}{cursor}>; rel=\"{rel}\"")
    };
    let id = cursor(writer).unwrap_or_else(|| super::value::ID.to_owned());
    Some(match paging.style {
        PagingStyle::Offset => {
            let next = sample.limit.unwrap_or(20) * 2;
            format!(
                "{}, {}",
                page(&format!("offset={next}"), "next"),
                page("offset=0", "prev")
            )
        }
        PagingStyle::Cursor => {
            let previous = paging.prev_cursor.as_deref().unwrap_or("min_id");
            format!(
                "{}, {}",
                page(&format!("max_id={id}"), "next"),
                page(&format!("{previous}={id}"), "prev")
            )
        }
    })
}

/// The position of the example item, if it is its ID.
fn cursor(writer: &Writer<'_, '_>) -> Option<String> {
    let Output::Page { item, .. } = writer.method.output else {
        return None;
    };
    let paging = writer.method.yaml.paging.as_ref()?;
    let name = writer.variant(item.named()?);
    let object = writer
        .examples
        .object(name, writer.model.structs(name).first()?);
    match object.get(paging.cursor.as_deref()?)? {
        Json::Scalar(scalar) => scalar.as_str().map(str::to_owned),
        _ => None,
    }
}
