//! Parts of a request that the scripted server has recorded.

use serde_json::Value;

/// Method and target (path and query) of a request.
pub(crate) fn request_line(request: &str) -> &str {
    request.lines().next().unwrap().rsplit_once(' ').unwrap().0
}

/// Value of a request header; the name is compared without regard to case.
pub(crate) fn request_header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let head = request.split_once("\r\n\r\n")?.0;
    head.lines().skip(1).find_map(|line| {
        let (own, value) = line.split_once(": ")?;
        own.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Body of a request.
pub(crate) fn request_body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// JSON body of a request.
pub(crate) fn json_body(request: &str) -> Value {
    serde_json::from_str(request_body(request)).unwrap()
}

/// Names and values of a form body, in the order in which they were sent.
pub(crate) fn form_body(request: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(request_body(request).as_bytes())
        .into_owned()
        .collect()
}

/// One part of a multipart body.
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) file_name: Option<&'a str>,
    pub(crate) value: &'a str,
}

/// The parts of a multipart body, in the order in which they were sent.
pub(crate) fn multipart_body(request: &str) -> Vec<Part<'_>> {
    let body = request_body(request);
    let (boundary, _) = body.split_once("\r\n").unwrap();
    body.split(boundary)
        .filter_map(|part| {
            let (head, value) = part.split_once("\r\n\r\n")?;
            let attribute = |name: &str| {
                let (_, rest) = head.split_once(&format!(" {name}=\""))?;
                Some(rest.split_once('"')?.0)
            };
            Some(Part {
                name: attribute("name")?,
                file_name: attribute("filename"),
                value: value.trim_end(),
            })
        })
        .collect()
}
