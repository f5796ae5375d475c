//! Numbers that look random and can be had again: SplitMix64.

/// A generator of numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator of the seed in the environment variable `KUNACORE_TEST_SEED`, else of a new one. The seed is
    /// printed, so that a test that fails tells it.
    pub fn from_env() -> Self {
        let now = || std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos() as u64);
        let given = std::env::var("KUNACORE_TEST_SEED").ok();
        let seed = given.map_or_else(now, |seed| seed.parse().expect("KUNACORE_TEST_SEED is not a number"));
        println!("KUNACORE_TEST_SEED={seed}");
        Self(seed)
    }

    /// A generator of its own for another thread.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
