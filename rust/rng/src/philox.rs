use crate::Channel;

const MULTIPLIERS: [u64; 2] = [0xD2E7_470E_E14C_6C93, 0xCA5A_8263_9512_1157];
const WEYL: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xBB67_AE85_84CA_A73B];
const ROUNDS: usize = 10;

/// Who draws: the seed of a run, and an agent, environment or pool id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Seed of the run.
    pub seed: u64,
    /// Stream within the run.
    pub stream: u64,
}

/// Which draw: block, draw, channel, episode or replicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Block of four words within a draw.
    pub block: u64,
    /// Draw, such as a day or a bar.
    pub draw: u64,
    /// Purpose.
    pub channel: Channel,
    /// Episode or bootstrap replicate.
    pub episode: u64,
}

/// One block of four words. Salmon, Moraes, Dror and Shaw (2011), Parallel random numbers: as easy as 1, 2, 3.
pub fn philox4x64(key: [u64; 2], counter: [u64; 4]) -> [u64; 4] {
    let [mut k0, mut k1] = key;
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    for round in 0..ROUNDS {
        if round > 0 {
            k0 = k0.wrapping_add(WEYL[0]);
            k1 = k1.wrapping_add(WEYL[1]);
        }
        let (hi0, lo0) = widening_mul(MULTIPLIERS[0], c0);
        let (hi1, lo1) = widening_mul(MULTIPLIERS[1], c2);
        (c0, c1, c2, c3) = (hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0);
    }
    [c0, c1, c2, c3]
}

fn widening_mul(a: u64, b: u64) -> (u64, u64) {
    let product = u128::from(a) * u128::from(b);
    ((product >> 64) as u64, product as u64)
}

/// Words and uniforms from one address on, block after block.
#[derive(Clone, Debug)]
pub struct Draws {
    key: Key,
    counter: Counter,
    words: [u64; 4],
    used: usize,
}

impl Draws {
    /// Start at `counter`; its block is the first one drawn.
    pub fn new(key: Key, counter: Counter) -> Self {
        Self { key, counter, words: [0; 4], used: 4 }
    }

    /// Next 64-bit word.
    #[inline]
    pub fn word(&mut self) -> u64 {
        if self.used == 4 {
            let Counter { block, draw, channel, episode } = self.counter;
            self.words = philox4x64([self.key.seed, self.key.stream], [block, draw, channel as u64, episode]);
            self.counter.block = block.wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.words[self.used - 1]
    }

    /// Uniform in [0, 1) with 53 bits, as NumPy makes it.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.word() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in the open interval (0, 1).
    #[inline]
    pub fn uniform_open(&mut self) -> f64 {
        ((self.word() >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Standard normal, by inversion: one word each.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        crate::normal_quantile(self.uniform_open())
    }

    /// Integer in [0, bound) with a bias below bound / 2^64. `bound` must not be 0.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        widening_mul(self.word(), bound).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // Test vectors of the Random123 distribution (kat_vectors, philox4x64 10).
        assert_eq!(
            philox4x64([0; 2], [0; 4]),
            [0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b]
        );
        assert_eq!(
            philox4x64([u64::MAX; 2], [u64::MAX; 4]),
            [0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0]
        );
    }

    #[test]
    fn blocks_follow_each_other() {
        let key = Key { seed: 7, stream: 3 };
        let counter = Counter { block: 5, draw: 2, channel: Channel::Lab, episode: 9 };
        let mut draws = Draws::new(key, counter);
        let words: Vec<u64> = (0..8).map(|_| draws.word()).collect();
        assert_eq!(words[..4], philox4x64([7, 3], [5, 2, Channel::Lab as u64, 9]));
        assert_eq!(words[4..], philox4x64([7, 3], [6, 2, Channel::Lab as u64, 9]));
    }

    #[test]
    fn uniforms_stay_inside() {
        let key = Key { seed: 1, stream: 0 };
        let mut draws = Draws::new(key, Counter { block: 0, draw: 0, channel: Channel::Check, episode: 0 });
        for _ in 0..10_000 {
            let open = draws.uniform_open();
            assert!(open > 0.0 && open < 1.0);
            assert!(draws.below(3) < 3);
        }
    }
}
