//! The rate limit: a token bucket over all requests below `/v2`.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets so many requests a second pass, and a tenth of that at once.
#[derive(Debug)]
pub(crate) struct Limit {
    rate: f64,
    burst: f64,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    since: Instant,
}

impl Limit {
    /// A full bucket, for a rate above 0.
    pub(crate) fn new(rate: f64) -> Self {
        let burst = (rate / 10.0).max(1.0);
        Self { rate, burst, bucket: Mutex::new(Bucket { tokens: burst, since: Instant::now() }) }
    }

    /// Takes a token, or tells after how many whole seconds, at least 1, there will be one.
    pub(crate) fn admit(&self) -> Result<(), u64> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = bucket.since.elapsed();
        self.take(&mut bucket, elapsed)
    }

    fn take(&self, bucket: &mut Bucket, elapsed: Duration) -> Result<(), u64> {
        bucket.tokens = elapsed.as_secs_f64().mul_add(self.rate, bucket.tokens).min(self.burst);
        bucket.since += elapsed;
        if bucket.tokens < 1.0 {
            // More seconds than there are numbers are the largest number.
            return Err((((1.0 - bucket.tokens) / self.rate).ceil() as u64).max(1));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(limit: &Limit, elapsed: Duration) -> Result<(), u64> {
        limit.take(&mut limit.bucket.lock().expect("nothing panicked"), elapsed)
    }

    #[test]
    fn a_tenth_of_a_seconds_worth_passes_at_once_and_then_the_rate() {
        let limit = Limit::new(100.0);
        let passed = |first| {
            let pauses = std::iter::once(first).chain(std::iter::repeat(Duration::ZERO));
            pauses.take_while(|pause| take(&limit, *pause).is_ok()).count()
        };
        assert_eq!(passed(Duration::ZERO), 10);
        assert_eq!(passed(Duration::from_millis(55)), 5);
        assert_eq!(passed(Duration::from_secs(60)), 10);
    }

    #[test]
    fn a_slow_limit_passes_one_and_tells_when_the_next_may_come() {
        let limit = Limit::new(0.1);
        assert_eq!(take(&limit, Duration::ZERO), Ok(()));
        assert_eq!(take(&limit, Duration::ZERO), Err(10));
        assert_eq!(take(&limit, Duration::from_millis(7500)), Err(3));
        assert_eq!(take(&limit, Duration::from_millis(2500)), Ok(()));
    }
}
