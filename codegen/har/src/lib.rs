//! HAR files: the format in which browsers export recorded requests and responses. The types contain only the
//! fields that are used here.

pub mod request;

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// A recorded request with its response.
#[derive(Debug, Deserialize)]
pub struct Exchange {
    /// The request.
    pub request: Request,
    /// The response.
    pub response: Response,
}

/// A recorded request.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The URL including the query.
    pub url: String,
    /// The headers; empty if none were recorded.
    #[serde(default)]
    pub headers: Vec<Header>,
    /// The body, if present.
    #[serde(rename = "postData")]
    pub body: Option<Body>,
}

/// A header of a request.
#[derive(Debug, Deserialize)]
pub struct Header {
    /// The name, in any case.
    pub name: String,
    /// The value.
    pub value: String,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let header = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(&header.value)
    }
}

/// The body of a request: its text, or the fields of a form.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// The MIME type.
    #[serde(default)]
    pub mime_type: String,
    /// The text.
    #[serde(default)]
    pub text: Option<String>,
    /// The fields of a form.
    #[serde(default)]
    pub params: Vec<Pair>,
}

/// A field of a form.
#[derive(Debug, Deserialize)]
pub struct Pair {
    /// The name.
    pub name: String,
    /// The value; absent for files.
    #[serde(default)]
    pub value: Option<String>,
}

/// A recorded response.
#[derive(Debug, Deserialize)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The body.
    #[serde(default)]
    pub content: Content,
}

/// The body of a response.
#[derive(Debug, Default, Deserialize)]
pub struct Content {
    /// The content in the given encoding.
    #[serde(default)]
    pub text: Option<String>,
    /// `base64`, or absent for plain text.
    #[serde(default)]
    pub encoding: Option<String>,
}

impl Response {
    /// The body as a string; empty if none was recorded.
    ///
    /// # Errors
    ///
    /// When the encoding is unknown, or the body is not UTF-8.
    pub fn text(&self) -> Result<Cow<'_, str>, String> {
        let text = self.content.text.as_deref().unwrap_or_default();
        match self.content.encoding.as_deref().unwrap_or_default() {
            "" => Ok(Cow::Borrowed(text)),
            "base64" => {
                let bytes = STANDARD
                    .decode(text.trim())
                    .map_err(|error| format!("the body is not base64: {error}"))?;
                let text =
                    String::from_utf8(bytes).map_err(|_| "the body is not UTF-8".to_owned())?;
                Ok(Cow::Owned(text))
            }
            other => Err(format!(
                "the encoding `{other}` of the body is not supported"
            )),
        }
    }

    /// The body as JSON; `None` if none was recorded.
    ///
    /// # Errors
    ///
    /// When the body cannot be decoded, or is not JSON.
    pub fn json(&self) -> Result<Option<serde_json::Value>, String> {
        let text = self.text()?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let value = serde_json::from_str(&text)
            .map_err(|error| format!("the body is not JSON: {error}"))?;
        Ok(Some(value))
    }
}

#[derive(Deserialize)]
struct File {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Exchange>,
}

/// Reads the exchanges of a file.
///
/// # Errors
///
/// When the file cannot be read, or is not HAR.
pub fn read(path: &Path) -> Result<Vec<Exchange>, String> {
    let text =
        fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let file: File = serde_json::from_slice(&text)
        .map_err(|error| format!("{} is not a HAR recording: {error}", path.display()))?;
    Ok(file.log.entries)
}
