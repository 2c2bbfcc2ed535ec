//! NodeInfo: the server's description of itself for other servers.

use std::sync::Arc;

use http::HeaderMap;

use super::{Mastodon, with_base_path_of, with_tls_of};
use crate::call::Call;
use crate::call::core::Core;
use crate::call::decode::decode;
use crate::call::endpoints::{INSTANCE_NODEINFO_2_0, INSTANCE_NODEINFO_INDEX};
use crate::call::exchange::check_response;
use crate::entities::{NodeInfo, NodeInfoIndex};
use crate::error::Error;
use crate::http::body::Body;
use crate::http::outgoing::Outgoing;

/// # Server information: NodeInfo
impl Mastodon {
    /// Returns the server's NodeInfo: its software, protocols and usage. Its URL is fetched first.
    ///
    /// # Errors
    ///
    /// [`Error::NotProvided`] if the server has no NodeInfo, or links to one on another host.
    pub async fn instance_nodeinfo(&self) -> Result<NodeInfo, Error> {
        fetch_nodeinfo(self.core()).await
    }
}

pub(super) async fn fetch_nodeinfo(core: &Arc<Core>) -> Result<NodeInfo, Error> {
    let endpoint = &INSTANCE_NODEINFO_2_0;
    let index = Call::<NodeInfoIndex>::new(core, &INSTANCE_NODEINFO_INDEX)
        .without_version_check()
        .await?;
    // The newest version: the oldest ones encode protocols differently.
    let newest = index.links.iter().max_by_key(|link| &link.rel);
    let address = newest.map_or("", |link| link.href.as_str());
    let same_origin = core
        .base
        .join(address)
        .ok()
        .map(|url| with_base_path_of(&core.base, with_tls_of(&core.base, url)))
        .filter(|url| url.origin() == core.base.origin() && !address.is_empty());
    let Some(url) = same_origin else {
        return Err(Error::NotProvided {
            endpoint: endpoint.name.into(),
            what: "a NodeInfo address on its own host",
        });
    };
    let request = Outgoing {
        method: endpoint.method.clone(),
        url,
        headers: HeaderMap::new(),
        body: Body::default(),
    };
    let timeout = core.settings.timeout;
    let attempt = endpoint.name.into();
    let sent = core.transport.send(&attempt, &request, None, timeout);
    let response = check_response(core, endpoint, sent.await?)?;
    decode(endpoint, &response)
}
