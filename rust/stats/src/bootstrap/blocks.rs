use quantrl_rng::{Channel, Counter, Draws, Key};

/// Rows `start`, `start + 1`, ... of a series bent to a circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// First row.
    pub start: usize,
    /// Number of rows, at least 1.
    pub length: usize,
}

/// Replicates of a series of `n` rows: blocks with uniform starts and geometric lengths of mean `mean_block`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StationaryBootstrap {
    /// Rows of the series, at least 1.
    pub n: usize,
    /// Mean block, at least 1.
    pub mean_block: f64,
    /// Seed of the run and stream within it.
    pub key: Key,
}

impl StationaryBootstrap {
    /// Blocks of one replicate, together `n` rows; the last is cut. Addressed by `replicate`, so any order and any
    /// thread gives the same. O(n / mean_block).
    pub fn blocks(&self, replicate: u64) -> impl Iterator<Item = Block> + use<> {
        let at = Counter { block: 0, draw: 0, channel: Channel::Bootstrap, episode: replicate };
        let mut draws = Draws::new(self.key, at);
        let log_stay = libm::log1p(-1.0 / self.mean_block);
        let (n, mut left) = (self.n, self.n);
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let start = draws.below(n as u64) as usize;
            let whole = (libm::log(draws.uniform_open()) / log_stay) as usize;
            let length = whole.saturating_add(1).min(left);
            left -= length;
            Some(Block { start, length })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(n: usize, mean_block: f64) -> StationaryBootstrap {
        StationaryBootstrap { n, mean_block, key: Key { seed: 1, stream: 2 } }
    }

    #[test]
    fn every_replicate_is_complete() {
        for (n, mean_block) in [(1, 1.0), (50, 1.0), (504, 10.0), (20, 1e9)] {
            for replicate in 0..20 {
                let blocks: Vec<Block> = plan(n, mean_block).blocks(replicate).collect();
                assert_eq!(blocks.iter().map(|b| b.length).sum::<usize>(), n);
                assert!(blocks.iter().all(|b| b.start < n && b.length > 0));
            }
        }
    }

    #[test]
    fn mean_length_is_as_asked() {
        let blocks: Vec<Block> = plan(100_000, 10.0).blocks(0).collect();
        assert!((100_000.0 / blocks.len() as f64 - 10.0).abs() < 0.3);
        assert!(plan(50, 1.0).blocks(0).all(|b| b.length == 1));
    }
}
