//! Actions of remote accounts that a test performs for their servers.

use crate::ids::parse_id;
use crate::server::TestServer;
use crate::state::FeaturePolicy;

impl TestServer {
    /// Acts as the owner of a remote account: sets who may add it to collections. `automatic` lists those who need no
    /// approval, `manual` those who can ask for it: `public`, `followers` or `following`. Default: no policy, so that
    /// nobody may add it. Does nothing for local accounts, which decide with `discoverable`.
    pub fn set_feature_policy(&self, acct: &str, automatic: &[&str], manual: &[&str]) {
        let mut state = self.shared.state();
        let account = state.account_by_acct(acct);
        if let Some(account) = account.and_then(|id| state.accounts.get_mut(&id)) {
            let names = |group: &[&str]| group.iter().map(|name| (*name).to_owned()).collect();
            account.feature_policy = FeaturePolicy {
                automatic: names(automatic),
                manual: names(manual),
            };
        }
    }

    /// Acts as the server of a remote account: accepts or rejects that a collection contains the account. Returns
    /// `false` if no request is pending.
    pub fn answer_collection_request(
        &self,
        collection_id: &str,
        acct: &str,
        is_accepted: bool,
    ) -> bool {
        let mut state = self.shared.state();
        let account = state.account_by_acct(acct);
        account.is_some_and(|account| {
            state.answer_collection_request(parse_id(collection_id), account, is_accepted)
        })
    }
}
