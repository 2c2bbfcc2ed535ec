//! Scalar values with a syntax of their own: versions, routes, tokens, limits and types.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::ParamLocation;

/// A version of Mastodon.
///
/// Pre-releases sort before their release: `4.3.0-beta.1` < `4.3.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// `4` of `4.3.0`.
    pub major: u32,
    /// `3` of `4.3.0`.
    pub minor: u32,
    /// `0` of `4.3.0`.
    pub patch: u32,
    /// `beta.1` of `4.3.0-beta.1`.
    pub pre: Option<String>,
}

impl Version {
    /// Whether it is `0.0.0`, which means "in all versions".
    pub fn is_zero(&self) -> bool {
        (self.major, self.minor, self.patch) == (0, 0, 0)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let numbers = |v: &Self| (v.major, v.minor, v.patch);
        numbers(self)
            .cmp(&numbers(other))
            .then_with(|| match (&self.pre, &other.pre) {
                (None, None) => std::cmp::Ordering::Equal,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(a), Some(b)) => a.cmp(b),
            })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        self.pre.as_ref().map_or(Ok(()), |pre| write!(f, "-{pre}"))
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || {
            format!(
                "`{text}` is not a version; write three numbers such as `4.3.0`, or `4.3.0-beta.1`"
            )
        };
        let (numbers, pre) = match text.split_once('-') {
            Some((numbers, pre)) if !pre.is_empty() => (numbers, Some(pre.to_owned())),
            Some(_) => return Err(invalid()),
            None => (text, None),
        };
        let parts = numbers
            .split('.')
            .map(str::parse)
            .collect::<Result<Vec<u32>, _>>()
            .map_err(|_| invalid())?;
        let [major, minor, patch] = parts[..] else {
            return Err(invalid());
        };
        Ok(Self {
            major,
            minor,
            patch,
            pre,
        })
    }
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

impl HttpMethod {
    /// The name in a request line, such as `GET`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether repeating a request has no further effect. PATCH and POST are not idempotent (RFC 9110).
    pub fn is_idempotent(self) -> bool {
        matches!(self, Self::Get | Self::Put | Self::Delete)
    }

    /// The location of parameters that are not in the path.
    pub fn default_location(self) -> ParamLocation {
        match self {
            Self::Get | Self::Delete => ParamLocation::Query,
            Self::Post | Self::Put | Self::Patch => ParamLocation::Body,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == text)
    }
}

/// HTTP method and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method.
    pub method: HttpMethod,
    /// The path, with parameter names in braces.
    pub path: String,
}

impl Route {
    /// Names of the path parameters, in order.
    pub fn path_params(&self) -> impl Iterator<Item = &str> {
        path_params(&self.path)
    }
}

/// The names of the parameters in a path, in order.
pub fn path_params(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// The path without the names of its parameters. Paths that are equal without them match the same requests.
pub fn anonymous_path(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

impl FromStr for Route {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = |what: &str| {
            Err(format!(
                "{what} in `{text}`; write HTTP method and path, such as `GET /api/v1/accounts/{{id}}`"
            ))
        };
        let Some((method, path)) = text.split_once(' ') else {
            return invalid("the path is missing");
        };
        let Some(method) = HttpMethod::parse(method) else {
            return invalid("unknown HTTP method");
        };
        if !path.starts_with('/') || path.contains(' ') {
            return invalid("the path does not start with a slash or contains a space");
        }
        let opened = path.matches('{').count();
        let route = Self {
            method,
            path: path.to_owned(),
        };
        if opened != path.matches('}').count()
            || route.path_params().count() != opened
            || route
                .path_params()
                .any(|name| name.is_empty() || name.contains(['/', '{']))
        {
            return invalid("a brace is not closed or has no name");
        }
        Ok(route)
    }
}

/// The kind of token that a method requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthLevel {
    /// No token.
    None,
    /// An application token is optional.
    OptionalApp,
    /// A user token is optional.
    OptionalUser,
    /// An application token is required.
    App,
    /// A user token is required.
    User,
}

/// The token that a method requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// The kind of token.
    pub level: AuthLevel,
    /// The scopes, any of which is sufficient.
    pub scopes: Vec<String>,
}

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.level {
            AuthLevel::None => "none",
            AuthLevel::OptionalApp => "optional app",
            AuthLevel::OptionalUser => "optional user",
            AuthLevel::App => "app",
            AuthLevel::User => "user",
        })?;
        if !self.scopes.is_empty() {
            write!(f, ", {}", self.scopes.join(" or "))?;
        }
        Ok(())
    }
}

impl FromStr for Auth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (level, scopes) = text.split_once(", ").unwrap_or((text, ""));
        let level = match level {
            "none" => AuthLevel::None,
            "optional app" => AuthLevel::OptionalApp,
            "optional user" => AuthLevel::OptionalUser,
            "app" => AuthLevel::App,
            "user" => AuthLevel::User,
            _ => {
                return Err(format!(
                    "`{level}` is not a kind of token; write `none`, `app`, `user`, `optional app` or `optional user`, then a comma and the scope"
                ));
            }
        };
        let scopes: Vec<String> = if scopes.is_empty() {
            Vec::new()
        } else {
            scopes.split(" or ").map(str::to_owned).collect()
        };
        if let Some(scope) = scopes
            .iter()
            .find(|scope| scope.is_empty() || scope.contains([' ', ',']))
        {
            return Err(format!(
                "`{scope}` is not a scope; join alternatives by `or`: `user, write:blocks or follow`"
            ));
        }
        Ok(Self { level, scopes })
    }
}

/// The number of items per page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The default.
    pub default: u32,
    /// The maximum.
    pub max: u32,
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text
            .split_once(" to ")
            .and_then(|(default, max)| {
                Some(Self {
                    default: default.parse().ok()?,
                    max: max.parse().ok()?,
                })
            })
            .filter(|limit| limit.default <= limit.max);
        parsed.ok_or_else(|| {
            format!("`{text}` is not a limit; write default and maximum, such as `20 to 40`")
        })
    }
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TypeRef {
    /// `string`.
    String,
    /// `html`: a string with HTML.
    Html,
    /// `url`: a string with a URL.
    Url,
    /// `language`: a string with a language code.
    Language,
    /// `secret`: a string that must not be printed or logged.
    Secret,
    /// `bool`.
    Bool,
    /// `flag`: a parameter that is either `true` or absent.
    Flag,
    /// `integer`.
    Integer,
    /// `number`.
    Number,
    /// `seconds`: a duration in seconds.
    Seconds,
    /// `datetime`.
    DateTime,
    /// `date`.
    Date,
    /// `file`.
    File,
    /// `json`: any JSON value.
    Json,
    /// `[type]`.
    List(Box<TypeRef>),
    /// `map of type`, with string keys.
    MapOf(Box<TypeRef>),
    /// An entity, an enumeration, an id or a group of parameters.
    Named(String),
}

impl TypeRef {
    /// The name of the entity, enumeration, id or input in the type.
    pub fn named(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::List(inner) | Self::MapOf(inner) => inner.named(),
            _ => None,
        }
    }

    /// The type of the elements of lists and mappings, recursively; otherwise the type itself.
    pub fn innermost(&self) -> &TypeRef {
        match self {
            Self::List(inner) | Self::MapOf(inner) => inner.innermost(),
            own => own,
        }
    }
}

const PLAIN_TYPES: [(&str, TypeRef); 14] = [
    ("string", TypeRef::String),
    ("html", TypeRef::Html),
    ("url", TypeRef::Url),
    ("language", TypeRef::Language),
    ("secret", TypeRef::Secret),
    ("bool", TypeRef::Bool),
    ("flag", TypeRef::Flag),
    ("integer", TypeRef::Integer),
    ("number", TypeRef::Number),
    ("seconds", TypeRef::Seconds),
    ("datetime", TypeRef::DateTime),
    ("date", TypeRef::Date),
    ("file", TypeRef::File),
    ("json", TypeRef::Json),
];

impl fmt::Display for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::MapOf(inner) => write!(f, "map of {inner}"),
            Self::Named(name) => f.write_str(name),
            plain => {
                let name = PLAIN_TYPES
                    .iter()
                    .find(|(_, ty)| ty == plain)
                    .map_or("", |(name, _)| name);
                f.write_str(name)
            }
        }
    }
}

impl FromStr for TypeRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, ty)) = PLAIN_TYPES.iter().find(|(name, _)| *name == text) {
            return Ok(ty.clone());
        }
        if let Some(inner) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            return Ok(Self::List(Box::new(inner.parse()?)));
        }
        if let Some(inner) = text.strip_prefix("map of ") {
            return Ok(Self::MapOf(Box::new(inner.parse()?)));
        }
        let is_name = text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.split("::").all(|part| {
                part.starts_with(|c: char| c.is_ascii_alphabetic())
                    && part.chars().all(|c| c.is_ascii_alphanumeric())
            });
        if is_name {
            return Ok(Self::Named(text.to_owned()));
        }
        let plain: Vec<&str> = PLAIN_TYPES.iter().map(|(name, _)| *name).collect();
        Err(format!(
            "`{text}` is not a type; write one of {}, the name of an entity, `[type]` or `map of type`",
            plain.join(", ")
        ))
    }
}

/// The content of a successful response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returns {
    /// An empty object.
    Nothing,
    /// No bytes.
    NoBody,
    /// Text that is not JSON.
    Text,
    /// A web page for browsers.
    WebPage,
    /// A stream of events; the type of its messages if each message is a separate JSON document.
    Stream(Option<TypeRef>),
    /// One value.
    Value(TypeRef),
    /// A page of a list.
    Page {
        /// The type of its items.
        item: TypeRef,
        /// The entity and its field that hold the list, if the response is not the list itself.
        wrapper: Option<(String, String)>,
    },
}

impl fmt::Display for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::NoBody => f.write_str("no body"),
            Self::Text => f.write_str("text"),
            Self::WebPage => f.write_str("web page"),
            Self::Stream(None) => f.write_str("stream"),
            Self::Stream(Some(ty)) => write!(f, "stream of {ty}"),
            Self::Value(ty) => ty.fmt(f),
            Self::Page {
                item,
                wrapper: None,
            } => write!(f, "page of {item}"),
            Self::Page {
                item,
                wrapper: Some((entity, field)),
            } => write!(f, "page of {item} in {entity}.{field}"),
        }
    }
}

impl FromStr for Returns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "nothing" => Self::Nothing,
            "no body" => Self::NoBody,
            "text" => Self::Text,
            "web page" => Self::WebPage,
            "stream" => Self::Stream(None),
            _ if text.starts_with("stream of ") => {
                Self::Stream(Some(text["stream of ".len()..].parse()?))
            }
            _ => match text.strip_prefix("page of ") {
                None => Self::Value(text.parse()?),
                Some(page) => {
                    let (item, wrapper) = page
                        .split_once(" in ")
                        .map_or((page, None), |(i, w)| (i, Some(w)));
                    let wrapper = match wrapper {
                        None => None,
                        Some(target) => {
                            let Some((entity, field)) = target.rsplit_once('.') else {
                                return Err(format!(
                                    "`{target}` does not name a field; write `page of Item in Wrapper.field`"
                                ));
                            };
                            Some((entity.to_owned(), field.to_owned()))
                        }
                    };
                    Self::Page {
                        item: item.parse()?,
                        wrapper,
                    }
                }
            },
        })
    }
}

/// Parses a value from a string. `[Status]` without quotes is a list in YAML, and is accepted too.
struct StringOrList<T>(std::marker::PhantomData<T>);

impl<'de, T: FromStr<Err = String>> de::Visitor<'de> for StringOrList<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type, such as `Status` or `[Status]`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
        let (inner, more): (Option<TypeRef>, Option<de::IgnoredAny>) =
            (seq.next_element()?, seq.next_element()?);
        match (inner, more) {
            (Some(inner), None) => format!("[{inner}]").parse().map_err(de::Error::custom),
            _ => Err(de::Error::custom("a list holds one type: write `[Status]`")),
        }
    }
}

/// Implements `Deserialize` from a string and `JsonSchema` with a pattern.
macro_rules! scalar {
    ($($name:ident: $about:literal, $pattern:literal;)* $(@typed $typed:ident: $typed_about:literal, $typed_pattern:literal;)*) => {
        $(
            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
                }
            }

            impl JsonSchema for $name {
                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "type": "string", "description": $about, "pattern": $pattern })
                }
            }
        )*
        $(
            impl<'de> Deserialize<'de> for $typed {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_any(StringOrList(std::marker::PhantomData))
                }
            }

            impl JsonSchema for $typed {
                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($typed).into()
                }

                fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                    let inner = generator.subschema_for::<TypeRef>();
                    json_schema!({
                        "description": $typed_about,
                        "anyOf": [
                            { "type": "string", "pattern": $typed_pattern },
                            { "type": "array", "items": inner, "minItems": 1, "maxItems": 1 },
                        ],
                    })
                }
            }
        )*
    };
}

scalar! {
    Version: "A version of Mastodon, such as `4.3.0`.", r"^\d+\.\d+\.\d+(-.+)?$";
    Route: "HTTP method and path, such as `GET /api/v1/accounts/{id}`.", r"^(GET|POST|PUT|PATCH|DELETE) /\S*$";
    Auth: "The required token: `none`, `app`, `user`, `optional app` or `optional user`, then the scopes: `user, write:blocks or follow`.",
        r"^(none|((optional )?(app|user)))(, [a-z:_]+( or [a-z:_]+)*)?$";
    Limit: "Default and maximum, such as `20 to 40`.", r"^\d+ to \d+$";
    @typed TypeRef: "A built-in type (string, html, url, language, secret, bool, flag, integer, number, seconds, datetime, date, file, json), the name of an entity, an enumeration, an id or an input, `[type]`, or `map of type`.",
        r"^(\[.+\]|map of .+|string|html|url|language|secret|bool|flag|integer|number|seconds|datetime|date|file|json|[A-Z][A-Za-z0-9]*(::[A-Za-z0-9]+)*)$";
    @typed Returns: "The content of a successful response: a type, `page of Type`, `page of Type in Wrapper.field`, `nothing`, `no body`, `text`, `web page`, `stream` or `stream of Type`.",
        r"^.+$";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pre_releases_sort_before_their_release() {
        let sorted = [
            "3.9.9",
            "4.3.0-beta.1",
            "4.3.0-beta.2",
            "4.3.0",
            "4.3.1",
            "4.10.0",
        ];
        let versions: Vec<Version> = sorted.iter().map(|text| text.parse().unwrap()).collect();
        assert!(versions.is_sorted());
        assert!(versions.iter().map(ToString::to_string).eq(sorted));
    }

    #[test]
    fn a_page_names_the_wrapper_that_holds_the_list() {
        let returns: Returns =
            "page of NotificationGroup in GroupedNotificationsResults.notification_groups"
                .parse()
                .unwrap();
        let wrapper = Some((
            "GroupedNotificationsResults".to_owned(),
            "notification_groups".to_owned(),
        ));
        assert_eq!(
            returns,
            Returns::Page {
                item: TypeRef::Named("NotificationGroup".into()),
                wrapper
            }
        );
    }

    #[test]
    fn types_survive_a_round_trip() {
        for text in [
            "string",
            "[Status]",
            "map of [language]",
            "Admin::Trends::Link",
            "seconds",
        ] {
            assert_eq!(text.parse::<TypeRef>().unwrap().to_string(), text);
        }
        assert!(
            "strin"
                .parse::<TypeRef>()
                .unwrap_err()
                .contains("`strin` is not a type")
        );
    }
}
