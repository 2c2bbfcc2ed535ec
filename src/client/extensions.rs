//! State that higher layers attach to a client, by type.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::sorted::SortedMap;

/// State that higher layers attach to a client, by type. The client itself does not know these types.
#[derive(Default)]
pub(crate) struct Extensions(Mutex<SortedMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Extensions {
    /// Returns the state of this type, created on first use.
    pub(crate) fn get<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.get_or_insert_with(TypeId::of::<T>(), || Arc::<T>::default());
        // The key is the type of the value, so the downcast succeeds.
        Arc::clone(state).downcast().unwrap_or_default()
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extensions").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_state_that_is_shared() {
        let extensions = Extensions::default();
        *extensions.get::<Mutex<u8>>().lock().unwrap() = 7;
        assert_eq!(*extensions.get::<Mutex<u8>>().lock().unwrap(), 7);
        assert_eq!(*extensions.get::<Mutex<u16>>().lock().unwrap(), 0);
    }
}
