//! How many requests each client may make.

use super::peer::Peer;
use crate::serve::settings::Rate;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;

/// The limits, with the counts of each client.
pub struct RateLimits {
    /// Of requests.
    pub requests: RateLimit,
    /// Of questions whether the service is there.
    pub health: RateLimit,
}

impl RateLimits {
    /// The limits, both of the same size.
    pub fn new(rate: Rate) -> RateLimits {
        RateLimits { requests: RateLimit::new(rate), health: RateLimit::new(rate) }
    }

    /// Forgets clients whose whole quota is available again.
    pub fn forget(&self) {
        self.requests.forget();
        self.health.forget();
    }
}

/// A limit, with the count of each client.
pub struct RateLimit {
    limiter: DefaultKeyedRateLimiter<Peer>,
    clock: DefaultClock,
}

impl RateLimit {
    /// Allows each client `rate.requests` at once, and one more in each share of `rate.per`.
    pub fn new(rate: Rate) -> RateLimit {
        let requests = NonZeroU32::new(rate.requests).unwrap_or(NonZeroU32::MIN);
        // A quota cannot have a share of zero.
        let share = (rate.per / requests.get()).max(std::time::Duration::from_nanos(1));
        let quota = Quota::with_period(share).unwrap_or_else(|| Quota::per_second(requests));
        RateLimit {
            limiter: RateLimiter::dashmap(quota.allow_burst(requests)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// The client has made too many requests: the seconds until it may make the next one.
    pub fn check(&self, client: Peer) -> Result<(), u64> {
        self.limiter.check_key(&client).map_err(|early| {
            let wait = early.wait_time_from(self.clock.now());
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
        })
    }

    fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_client_has_its_own_count() {
        let limit = RateLimit::new(Rate { requests: 3, per: Duration::from_secs(3600) });
        let [one, other, same] =
            ["10.0.0.1", "10.0.0.2", "::ffff:10.0.0.1"].map(|text| Peer::of(text.parse().unwrap()));
        assert!((0..3).all(|_| limit.check(one).is_ok()));
        let wait = limit.check(one).unwrap_err();
        assert!((1100..=1200).contains(&wait), "{wait}");
        assert!(limit.check(same).is_err());
        assert!(limit.check(other).is_ok());
    }
}
