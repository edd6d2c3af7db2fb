//! A limit on the memory that a part of a target takes. What C libraries allocate does not count: libFuzzer's own limit is for that.

use cap::Cap;
use std::alloc::System;

/// Allocates for the target that declares it as its `global_allocator`.
pub type Allocator = Cap<System>;

/// Does `work`, which may hold so many bytes more than are held now. With one byte more the process ends, as it does where memory
/// ends, and libFuzzer keeps the input.
pub fn within<T>(allocator: &Allocator, bytes: usize, work: impl FnOnce() -> T) -> T {
    let limit = |bytes| allocator.set_limit(bytes).expect("the limit is above what is held");
    limit(allocator.allocated() + bytes);
    let done = work();
    limit(usize::MAX);
    done
}
