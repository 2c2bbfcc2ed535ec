//! HAR files, as far as they matter here: the format in which browsers export what went over the wire.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// One recorded exchange.
#[derive(Debug, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    pub(crate) response: Response,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    #[serde(rename = "postData")]
    pub(crate) body: Option<Body>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    #[serde(default)]
    pub(crate) mime_type: String,
    #[serde(default)]
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) params: Vec<Pair>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Pair {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Response {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) content: Content,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Content {
    #[serde(default)]
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) encoding: Option<String>,
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
pub(crate) fn read(path: &Path) -> Result<Vec<Exchange>, String> {
    let text =
        fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let file: File = serde_json::from_slice(&text)
        .map_err(|error| format!("{} is no HAR recording: {error}", path.display()))?;
    Ok(file.log.entries)
}
