//! The number of workers where none is named.

use std::num::NonZeroUsize;

/// The number of the processor's cores that this process may use; one where the system does not tell.
pub fn count() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
