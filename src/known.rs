//! What is known of a server, whoever asks it: each thing is asked for once and then remembered.

use tokio::sync::OnceCell;

use crate::auth::Metadata;
use crate::call::Call;
use crate::client::Mastodon;
use crate::decode;
use crate::endpoint::Endpoint;
use crate::error::{ApiErrorKind, Error};
use crate::generated::methods::instance::{INSTANCE_V1, INSTANCE_V2};
use crate::transport::RawResponse;
use crate::version::{ServerVersion, Software, Version};

/// What a client, its clones and its successors with another token share.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// `None` where the server does not tell.
    version: OnceCell<Option<ServerVersion>>,
    software: OnceCell<Software>,
    /// `None` where the server does not tell.
    pub(crate) oauth: OnceCell<Option<Metadata>>,
}

impl Known {
    /// What somebody else knows of the version.
    pub(crate) fn version(version: ServerVersion) -> Self {
        Self {
            version: OnceCell::new_with(Some(Some(version))),
            ..Self::default()
        }
    }
}

/// What is to be remembered of an answer: a refusal is, a failure of the moment is not, so that the
/// next call asks again.
pub(crate) fn lasting<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Error::Api(refused))
            if !matches!(
                refused.kind,
                ApiErrorKind::Server | ApiErrorKind::RateLimited
            ) =>
        {
            Ok(None)
        }
        Err(Error::NotMastodon { .. } | Error::Decode(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Mastodon {
    /// The server's version, asked for once and then remembered by all clones.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn retrieve_mastodon_version(&self) -> Result<ServerVersion, Error> {
        match self.learn_version().await? {
            Some(known) => Ok(known.clone()),
            // It was not told once; whoever asks for it gets the reason.
            None => self.ask_version().await,
        }
    }

    /// Whether the server has what Mastodon has since this version.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn verify_minimum_version(&self, version: Version) -> Result<bool, Error> {
        Ok(self.retrieve_mastodon_version().await?.supports(version))
    }

    /// The software that the server runs, as its version tells; where that does not tell, or is not
    /// told, as its NodeInfo does. Asked for once and then remembered by all clones.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked, or tells neither.
    pub async fn server_software(&self) -> Result<Software, Error> {
        let known = &self.inner.known.software;
        known.get_or_try_init(|| self.ask_software()).await.cloned()
    }

    async fn ask_software(&self) -> Result<Software, Error> {
        let told = self.retrieve_mastodon_version().await;
        if let Ok(version) = &told
            && version.software != Software::Unknown
        {
            return Ok(version.software.clone());
        }
        let info = match self.instance_nodeinfo().await {
            // It is on another host.
            Err(Error::Config(_)) => None,
            answer => lasting(answer)?,
        };
        match (info, told) {
            (Some(info), _) => Ok(Software::from_name(&info.software.name)),
            // The version says at least that it is not Mastodon.
            (None, Ok(version)) => Ok(version.software),
            (None, Err(error)) => Err(error),
        }
    }

    /// The version for a check; a server that does not tell it is not stopped by that.
    pub(crate) async fn known_version(&self) -> Option<&ServerVersion> {
        self.learn_version().await.ok()?
    }

    async fn learn_version(&self) -> Result<Option<&ServerVersion>, Error> {
        let ask = async || lasting(self.ask_version().await);
        let known = self.inner.known.version.get_or_try_init(ask).await?;
        Ok(known.as_ref())
    }

    async fn ask_version(&self) -> Result<ServerVersion, Error> {
        // Other versions, other fields: only these two matter, and none is relied on.
        let (endpoint, raw) = self.describe_itself().await?;
        let answer: serde_json::Value = decode::read(endpoint, &raw)?;
        let api = answer["api_versions"]["mastodon"]
            .as_u64()
            .and_then(|api| u32::try_from(api).ok());
        Ok(ServerVersion::parse(
            answer["version"].as_str().unwrap_or_default(),
            api,
        ))
    }

    /// What the server says of itself, not read yet, and the endpoint that said it: not all servers have both.
    pub(crate) async fn describe_itself(&self) -> Result<(&'static Endpoint, RawResponse), Error> {
        let ask = async |endpoint| {
            let call = Call::<serde_json::Value>::new(self, endpoint).unchecked();
            call.raw().await.map(|raw| (endpoint, raw))
        };
        match ask(&INSTANCE_V2).await {
            Err(error) if error.is_not_found() => ask(&INSTANCE_V1).await,
            answer => answer,
        }
    }
}
