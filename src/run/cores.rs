//! How many workers there are where nobody has named a number.

use std::num::NonZeroUsize;

/// The processor's cores that this process may use; one where the system does not tell.
pub fn count() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
