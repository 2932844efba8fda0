use crate::bar::brokerage::account::{Brokerage, Tape};
use crate::bar::brokerage::{Carry, Feed, Terms};
use crate::bar::session::{check_len, check_prices};
use crate::bar::{BarConfig, BarOut, Dropped, Error, FillRecord};

/// An account under terms, stepped bar by bar. Equal to `brokerage::run` bit for bit.
#[derive(Clone, Debug)]
pub struct BrokerSession {
    config: BarConfig,
    terms: Terms,
    account: Brokerage,
    pending: Option<Vec<f64>>,
    bars: u64,
    equity: f64,
}

impl BrokerSession {
    /// A fresh account.
    ///
    /// # Errors
    /// Terms that do not go with the settings.
    pub fn new(config: BarConfig, terms: Terms) -> Result<Self, Error> {
        terms.check(&config)?;
        let (account, equity) = (Brokerage::new(&config), config.initial_cash);
        Ok(Self { config, terms, account, pending: None, bars: 0, equity })
    }

    /// One bar with what came with it (`day` has one row) and the decision made after its close.
    ///
    /// # Errors
    /// Wrong lengths, numbers out of range, weights the account cannot hold; the account is unchanged.
    pub fn step(
        &mut self,
        close: &[f64],
        price: &[f64],
        day: &Feed<'_>,
        decision: Option<&[f64]>,
    ) -> Result<(BarOut, Carry), Error> {
        let n = self.config.n();
        for (name, row) in [("close", close), ("price", price)] {
            check_len(name, row, n)?;
            check_prices(name, row)?;
        }
        day.check(1, n, self.terms.participation.is_finite())?;
        let decided = match decision {
            Some(weights) => {
                check_len("weights", weights, n)?;
                self.terms.check_weights(weights)?
            }
            None => false,
        };
        let (t, decision) = (self.bars as usize, decision.filter(|_| decided));
        let pending = self.pending.take();
        let due = if self.config.fill.same_bar() {
            decision.map(|weights| (t, weights))
        } else {
            pending.as_deref().map(|weights| (t - 1, weights))
        };
        let tape = Tape { close, price, due };
        let out = self.account.bar(&self.config, &self.terms, t, tape, &day.row(0, n));
        if !self.config.fill.same_bar() {
            self.pending = decision.map(<[f64]>::to_vec);
        }
        self.bars += 1;
        self.equity = out.0.equity;
        Ok(out)
    }

    /// Units held.
    pub fn units(&self) -> &[f64] {
        &self.account.units
    }

    /// Fraction of equity in each name at the last mark; 0 without equity.
    pub fn weights(&self) -> Vec<f64> {
        let share = |value: f64| if self.equity > 0.0 { value / self.equity } else { 0.0 };
        self.account.values().map(share).collect()
    }

    /// Currency not invested; negative where it is borrowed.
    pub fn cash(&self) -> f64 {
        self.account.cash()
    }

    /// Equity at the last mark.
    pub fn equity(&self) -> f64 {
        self.equity
    }

    /// Bars stepped.
    pub fn bars(&self) -> u64 {
        self.bars
    }

    /// Decision that waits for the next bar.
    pub fn pending(&self) -> Option<&[f64]> {
        self.pending.as_deref()
    }

    /// Fills of the last bar, and the bar they were decided on.
    pub fn fills(&self) -> (usize, &[FillRecord]) {
        (self.account.decided, &self.account.fills)
    }

    /// What was dropped on the last bar.
    pub fn drops(&self) -> &[Dropped] {
        &self.account.drops
    }

    /// Everything that later bars depend on, little-endian.
    pub fn state(&self) -> Vec<u8> {
        let (flags, numbers) = self.account.state();
        let words = [self.config.n() as u64, self.bars, u64::from(self.pending.is_some())];
        let mut bytes: Vec<u8> = words.into_iter().chain(flags).flat_map(u64::to_le_bytes).collect();
        let all = [self.equity].into_iter().chain(numbers).chain(self.pending.iter().flatten().copied());
        bytes.extend(all.flat_map(f64::to_le_bytes));
        bytes
    }

    /// The session `state` was taken from.
    ///
    /// # Errors
    /// The bytes are not those of such an account of as many instruments.
    pub fn from_state(config: BarConfig, terms: Terms, bytes: &[u8]) -> Result<Self, Error> {
        let n = config.n();
        let foreign = || Error::Data(format!("state: not one of an account of {n} instruments under terms"));
        let (words, rest) = bytes.as_chunks::<8>();
        let flags: Vec<u64> = words.iter().take(5 + n).map(|word| u64::from_le_bytes(*word)).collect();
        let numbers: Vec<f64> = words.iter().skip(5 + n).map(|word| f64::from_le_bytes(*word)).collect();
        let waits = flags.get(2).copied();
        let expected = 5 + 2 * n + if waits == Some(1) { n } else { 0 };
        let fits = rest.is_empty() && flags.len() == 5 + n && flags[0] == n as u64;
        if !fits || waits > Some(1) || numbers.len() != expected {
            return Err(foreign());
        }
        let mut session = Self::new(config, terms)?;
        session.bars = flags[1];
        session.equity = numbers[0];
        session.account.resume(&flags[3..], &numbers[1..5 + 2 * n]).ok_or_else(foreign)?;
        session.pending = (waits == Some(1)).then(|| numbers[5 + 2 * n..].to_vec());
        Ok(session)
    }
}
