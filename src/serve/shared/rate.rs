//! How many requests each client may make.

use crate::serve::settings::Rate;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

/// The limit, with the count of each client.
pub struct RateLimit {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
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
    pub fn check(&self, client: IpAddr) -> Result<(), u64> {
        self.limiter.check_key(&network(client)).map_err(|early| {
            let wait = early.wait_time_from(self.clock.now());
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
        })
    }

    /// Forgets clients whose whole quota is available again.
    pub fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// What counts as one client: an IPv4 address, or an IPv6 network (/64), since a client chooses its address within it.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        version_4 => version_4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_client_has_its_own_count() {
        let limit = RateLimit::new(Rate { requests: 3, per: Duration::from_secs(3600) });
        let [one, other, same]: [IpAddr; 3] =
            ["10.0.0.1", "10.0.0.2", "::ffff:10.0.0.1"].map(|text| text.parse().unwrap());
        assert!((0..3).all(|_| limit.check(one).is_ok()));
        let wait = limit.check(one).unwrap_err();
        assert!((1100..=1200).contains(&wait), "{wait}");
        assert!(limit.check(same).is_err());
        assert!(limit.check(other).is_ok());
        let [host, neighbour, far]: [IpAddr; 3] =
            ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(|text| text.parse().unwrap());
        assert_eq!(network(host), network(neighbour));
        assert_ne!(network(host), network(far));
    }
}
