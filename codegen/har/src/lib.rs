//! HAR files, as far as they matter here: the format in which browsers export what went over the wire.

pub mod request;

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// One recorded exchange.
#[derive(Debug, Deserialize)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub response: Response,
}

/// A recorded request.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// The verb.
    pub method: String,
    /// The address with its query.
    pub url: String,
    /// The body, where there is one.
    #[serde(rename = "postData")]
    pub body: Option<Body>,
}

/// The body of a request: its text, or the parts of a form.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// The type of its contents.
    #[serde(default)]
    pub mime_type: String,
    /// The text.
    #[serde(default)]
    pub text: Option<String>,
    /// The parts of a form.
    #[serde(default)]
    pub params: Vec<Pair>,
}

/// A part of a form.
#[derive(Debug, Deserialize)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// Its value; left out for files.
    #[serde(default)]
    pub value: Option<String>,
}

/// A recorded answer.
#[derive(Debug, Deserialize)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The body.
    #[serde(default)]
    pub content: Content,
}

/// The body of an answer.
#[derive(Debug, Default, Deserialize)]
pub struct Content {
    /// The text, in the encoding below.
    #[serde(default)]
    pub text: Option<String>,
    /// `base64`, or nothing for plain text.
    #[serde(default)]
    pub encoding: Option<String>,
}

impl Response {
    /// The body as text, empty where none was recorded.
    ///
    /// # Errors
    ///
    /// When it is in an encoding that is not known, or is no text.
    pub fn text(&self) -> Result<Cow<'_, str>, String> {
        let text = self.content.text.as_deref().unwrap_or_default();
        match self.content.encoding.as_deref().unwrap_or_default() {
            "" => Ok(Cow::Borrowed(text)),
            "base64" => {
                let bytes = STANDARD
                    .decode(text.trim())
                    .map_err(|error| format!("the body is no base64: {error}"))?;
                let text =
                    String::from_utf8(bytes).map_err(|_| "the body is no text".to_owned())?;
                Ok(Cow::Owned(text))
            }
            other => Err(format!(
                "the body is recorded as `{other}`, which is not read here"
            )),
        }
    }

    /// The body as JSON; nothing where none was recorded.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no JSON.
    pub fn json(&self) -> Result<Option<serde_json::Value>, String> {
        let text = self.text()?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let value =
            serde_json::from_str(&text).map_err(|error| format!("the body is no JSON: {error}"))?;
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

/// The exchanges of a file.
///
/// # Errors
///
/// When it cannot be read, or is no HAR.
pub fn read(path: &Path) -> Result<Vec<Exchange>, String> {
    let text =
        fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let file: File = serde_json::from_slice(&text)
        .map_err(|error| format!("{} is no HAR recording: {error}", path.display()))?;
    Ok(file.log.entries)
}
