//! Results that belong to a call, so that another call with the same parameters does not take them for its own.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Maximum number of results that are remembered.
const MAX_CLAIMS: usize = 512;
/// Maximum length of an ID and of an idempotency key that are remembered, in bytes.
const MAX_LENGTH: usize = 256;

/// The newest results of the calls of a client.
#[derive(Debug, Default)]
pub(crate) struct Claims(Mutex<VecDeque<Claim>>);

#[derive(Debug, PartialEq)]
struct Claim {
    endpoint: &'static str,
    id: String,
    /// Idempotency key of the request. A request with the same key has the same result.
    key: Option<String>,
}

impl Claims {
    /// Records the result of a call. Returns false if the result belongs to another call.
    pub(super) fn claim(&self, endpoint: &'static str, id: &str, key: Option<&str>) -> bool {
        if id.len() > MAX_LENGTH || key.is_some_and(|key| key.len() > MAX_LENGTH) {
            return true;
        }
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = claims
            .iter()
            .find(|claim| claim.endpoint == endpoint && claim.id == id);
        if let Some(known) = known {
            return key.is_some() && known.key.as_deref() == key;
        }
        if claims.len() == MAX_CLAIMS {
            claims.pop_front();
        }
        claims.push_back(Claim {
            endpoint,
            id: id.to_owned(),
            key: key.map(str::to_owned),
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_belongs_to_one_call_or_to_all_calls_with_its_key() {
        let claims = Claims::default();
        assert!(claims.claim("list_create", "1", None));
        assert!(!claims.claim("list_create", "1", None));
        assert!(claims.claim("status_post", "1", Some("a")));
        assert!(claims.claim("status_post", "1", Some("a")));
        assert!(!claims.claim("status_post", "1", Some("b")));
    }

    #[test]
    fn remembered_results_are_bounded() {
        let claims = Claims::default();
        for id in 0..2 * MAX_CLAIMS {
            assert!(claims.claim("status_post", &id.to_string(), None));
        }
        assert!(claims.claim("status_post", &"9".repeat(MAX_LENGTH + 1), None));
        assert_eq!(claims.0.lock().unwrap().len(), MAX_CLAIMS);
    }
}
