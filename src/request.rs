//! A request as data: what will be sent, until it is.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use crate::body::Body;
use crate::client::Mastodon;
use crate::complete::Reply;
use crate::encode;
use crate::endpoint::{Endpoint, Style};
use crate::error::Error;
use crate::params::{Group, Value};
use crate::send;
use crate::transport::RawResponse;
use crate::version::VersionCheck;

/// A request as data: the endpoint, the values, the client that will send it.
#[derive(Clone)]
pub struct Request {
    pub(crate) client: Mastodon,
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) values: Group,
    /// Where the server has the endpoint, if not at its usual path.
    pub(crate) address: Option<Url>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) check: VersionCheck,
    /// A reply whose mentions are not settled yet.
    pub(crate) reply: Option<Arc<Reply>>,
    /// What an edit is not to carry over from the status as it is.
    pub(crate) dropped: Vec<&'static str>,
}

impl Request {
    pub(crate) fn new(client: &Mastodon, endpoint: &'static Endpoint) -> Self {
        let settings = &client.inner.settings;
        Self {
            client: client.clone(),
            endpoint,
            values: Group::new(),
            address: None,
            timeout: None,
            deadline: settings.deadline,
            check: settings.version_check,
            reply: None,
            dropped: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.values.set(name, value);
    }

    /// The same request with other values.
    pub(crate) fn at(&self, values: Group) -> Self {
        Self {
            values,
            ..self.clone()
        }
    }

    /// The request that would travel, without the token, its files read. Blocks.
    pub(crate) fn http(&self) -> Result<http::Request<Bytes>, Error> {
        loaded(self.outgoing()?)
    }

    /// The request that would travel to a host.
    pub(crate) fn http_to(&self, base: &Url) -> Result<http::Request<Bytes>, Error> {
        loaded(self.outgoing_at(encode::url(base, self.endpoint, &self.values)?)?)
    }

    /// The request that travels, without the token, its files looked at. Blocks where there are some.
    pub(crate) fn outgoing(&self) -> Result<http::Request<Body>, Error> {
        let url = match &self.address {
            Some(address) => address.clone(),
            None => encode::url(&self.client.inner.base, self.endpoint, &self.values)?,
        };
        self.outgoing_at(url)
    }

    fn outgoing_at(&self, url: Url) -> Result<http::Request<Body>, Error> {
        encode::request(url, self.endpoint, &self.values, self.client.language())
    }

    pub(crate) fn send(self) -> Sending {
        Box::pin(send::send(self))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.endpoint.name)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

/// The part of a call that does not depend on its type; the one box of a whole call.
pub(crate) type Sending =
    Pin<Box<dyn Future<Output = Result<(RawResponse, Request), Error>> + Send>>;

fn loaded(request: http::Request<Body>) -> Result<http::Request<Bytes>, Error> {
    let (parts, body) = request.into_parts();
    Ok(http::Request::from_parts(parts, body.load()?))
}

/// The parameters that name a position in a list.
pub(crate) const CURSORS: [&str; 3] = ["max_id", "since_id", "min_id"];

/// Arguments that the endpoint cannot take, found before anything is sent.
pub(crate) fn check_arguments(request: &Request) -> Result<(), Error> {
    let Request {
        endpoint, values, ..
    } = request;
    let Some(paging) = &endpoint.paging else {
        return Ok(());
    };
    if paging.style == Style::Offset {
        return Ok(());
    }
    for cursor in CURSORS {
        if values.get(cursor).is_some() && !paging.cursors.contains(&cursor) {
            let reads = paging.cursors.join(", ");
            return Err(Error::argument(
                endpoint,
                cursor,
                format!("this list does not read it; it reads {reads}"),
            ));
        }
    }
    Ok(())
}
