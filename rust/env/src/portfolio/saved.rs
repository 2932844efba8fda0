//! An episode as bytes, little-endian: everything later decisions depend on.

use quantrl_sim::bar::Weights;

use crate::Error;
use crate::portfolio::account::Account;
use crate::portfolio::episode::padded_target;
use crate::portfolio::{Episode, Settings, Statistics};

impl Account {
    /// Everything, 64-bit words.
    pub fn words(&self) -> Vec<u64> {
        let stats = &self.stats;
        let real = [
            self.wealth,
            self.peak,
            self.turnover,
            stats.mean,
            stats.squares,
            stats.first,
            stats.second,
            stats.potential,
            stats.collected,
        ];
        let whole = [self.k as u64, stats.n].into_iter();
        whole.chain(real.into_iter().chain(self.weights.raw()).map(f64::to_bits)).collect()
    }

    /// From `words`, for K names.
    ///
    /// # Errors
    /// Another number of words, or values no account can have.
    pub fn of_words(words: &[u64], k: usize) -> Result<Self, Error> {
        let bad = || Error::Data(format!("account: expected {} sane words, got {}", 13 + k, words.len()));
        if words.len() != 13 + k {
            return Err(bad());
        }
        let real: Vec<f64> = words[2..].iter().map(|&w| f64::from_bits(w)).collect();
        if real.iter().any(|v| !v.is_finite()) {
            return Err(bad());
        }
        Ok(Self {
            k: words[0] as usize,
            wealth: real[0],
            peak: real[1],
            turnover: real[2],
            stats: Statistics {
                n: words[1],
                mean: real[3],
                squares: real[4],
                first: real[5],
                second: real[6],
                potential: real[7],
                collected: real[8],
            },
            weights: Weights::of_raw(&real[9..]).ok_or_else(bad)?,
        })
    }
}

impl Episode {
    /// 64-bit words of one environment.
    pub fn words(k: usize) -> usize {
        17 + 3 * (k + 1)
    }

    /// Append the state.
    pub fn save(&self, out: &mut Vec<u8>) {
        let account = &self.account;
        let stats = &account.stats;
        let whole = [
            self.key.seed,
            self.key.stream,
            self.number,
            self.row as u64,
            account.k as u64,
            self.decisions as u64,
            stats.n,
        ];
        let real = [
            account.wealth,
            account.peak,
            account.turnover,
            self.earned,
            stats.mean,
            stats.squares,
            stats.first,
            stats.second,
            stats.potential,
            stats.collected,
        ];
        out.extend(whole.iter().flat_map(|v| v.to_le_bytes()));
        out.extend(real.iter().flat_map(|v| v.to_le_bytes()));
        let rows = std::iter::once(account.weights.in_cash()).chain(account.weights.held());
        out.extend(rows.flat_map(f64::to_le_bytes));
        out.extend(self.target().iter().flat_map(|v| v.to_le_bytes()));
        out.extend(
            std::iter::once(0).chain(self.ids.iter().copied()).flat_map(|id| u64::from(id).to_le_bytes()),
        );
    }

    /// Take over what `save` wrote.
    ///
    /// # Errors
    /// Values no environment of this market can have; the episode is unchanged.
    pub fn load(
        &mut self,
        bytes: &[u8],
        settings: &Settings,
        rows: usize,
        n_all: usize,
    ) -> Result<(), Error> {
        let words: Vec<u64> = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let k = settings.assets();
        let real = |i: usize| f64::from_bits(words[7 + i]);
        let block = |i: usize| &words[17 + i * (k + 1)..17 + (i + 1) * (k + 1)];
        let floats = |i: usize| block(i).iter().map(|&w| f64::from_bits(w)).collect::<Vec<f64>>();
        let ids: Vec<u32> = block(2)[1..].iter().map(|&w| w.min(u64::from(u32::MAX)) as u32).collect();
        let weights = floats(0);
        let sane = (words[3] as usize) < rows
            && ids.iter().all(|&id| (id as usize) < n_all)
            && weights.iter().all(|w| (0.0..=1.0).contains(w))
            && (0..10).all(|i| real(i).is_finite());
        if !sane {
            return Err(Error::Data("state: row, assets or weights out of range".into()));
        }
        (self.key.seed, self.key.stream, self.number) = (words[0], words[1], words[2]);
        (self.row, self.decisions, self.earned) = (words[3] as usize, words[5] as usize, real(3));
        let account = &mut self.account;
        account.k = words[4] as usize;
        (account.wealth, account.peak, account.turnover) = (real(0), real(1), real(2));
        account.stats = Statistics {
            n: words[6],
            mean: real(4),
            squares: real(5),
            first: real(6),
            second: real(7),
            potential: real(8),
            collected: real(9),
        };
        account.weights.set(&weights);
        self.target = padded_target(floats(1));
        self.adopt(ids, settings);
        Ok(())
    }
}
