use crate::bar::books::{Books, Day};
use crate::bar::brokerage::{Carry, Feed, Terms};
use crate::bar::lanes::{Lanes, each_block};
use crate::bar::{BarConfig, BarOut, Dropped, Error, FillRecord};

/// An account stepped bar by bar: what a backtest, an environment and a live book all loop over.
#[derive(Clone, Debug)]
pub struct Session {
    books: Books,
    pending: Option<Vec<f64>>,
    bars: u64,
    equity: f64,
    decided: usize,
}

impl Session {
    /// A fresh account.
    ///
    /// # Errors
    /// Settings that need terms, or terms that do not go with the settings.
    pub fn new(config: &BarConfig, terms: Option<&Terms>) -> Result<Self, Error> {
        let books = Books::new(config, terms, true)?;
        Ok(Self { books, pending: None, bars: 0, equity: config.initial_cash, decided: 0 })
    }

    /// One bar with the decision made after its close. Equal to `run_schedules` bit for bit. `told` has one row of what an
    /// account under terms is told beside prices.
    ///
    /// # Errors
    /// Wrong lengths, numbers out of range, weights the account cannot hold; the account is unchanged.
    pub fn step(
        &mut self,
        close: &[f64],
        price: &[f64],
        told: Option<&Feed<'_>>,
        decision: Option<&[f64]>,
    ) -> Result<(BarOut, Carry), Error> {
        let (n, same_bar) = (self.config().n(), self.config().fill.same_bar());
        for (name, row) in [("close", close), ("price", price)] {
            check_len(name, row, n)?;
            check_prices(name, row)?;
        }
        if let Some(terms) = self.books.terms() {
            let told = told.ok_or_else(|| Error::Data("years: expected with terms".into()))?;
            told.check(self.config(), terms, 1)?;
        }
        let decided = match decision {
            Some(weights) => {
                check_len("weights", weights, n)?;
                self.books.check_weights(weights)?
            }
            None => false,
        };
        let (t, decision) = (self.bars as usize, decision.filter(|_| decided));
        let pending = self.pending.take();
        let due =
            if same_bar { decision.map(|row| (t, row)) } else { pending.as_deref().map(|row| (t - 1, row)) };
        let day = Day { close, price, due, told: told.map(|feed| (feed, 0)) };
        let out = self.books.bar(t, &day);
        self.decided = self.books.decided(t, due.map(|due| due.0));
        if let (false, Some(weights)) = (same_bar, decision) {
            self.books.size(weights, out.0.equity);
            // Keep the buffer: a step allocates nothing once a decision has been made.
            let mut row = pending.unwrap_or_else(|| Vec::with_capacity(n));
            row.clear();
            row.extend_from_slice(weights);
            self.pending = Some(row);
        }
        self.bars += 1;
        self.equity = out.0.equity;
        Ok(out)
    }

    /// Settings.
    pub fn config(&self) -> &BarConfig {
        &self.books.config
    }

    /// Whether there are no terms.
    pub fn is_plain(&self) -> bool {
        self.books.terms().is_none()
    }

    /// Units held.
    pub fn units(&self) -> &[f64] {
        self.books.units()
    }

    /// Fraction of equity in each name at the last mark; 0 without equity.
    pub fn weights(&self) -> Vec<f64> {
        let share = |value: f64| if self.equity > 0.0 { value / self.equity } else { 0.0 };
        self.units().iter().zip(self.books.last()).map(|(units, last)| share(units * last)).collect()
    }

    /// Currency not invested; negative where it is borrowed.
    pub fn cash(&self) -> f64 {
        self.books.cash()
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
        (self.decided, self.books.fills())
    }

    /// What was dropped on the last bar.
    pub fn drops(&self) -> &[Dropped] {
        self.books.drops()
    }

    /// Everything that later bars depend on, little-endian.
    pub fn state(&self) -> Vec<u8> {
        let words = [self.config().n() as u64, self.bars, u64::from(self.pending.is_some())];
        let words = words.into_iter().chain(self.books.flags());
        let numbers = [self.cash(), self.equity];
        let sized = if self.pending.is_some() { self.books.sized() } else { &[] };
        let rows = [self.units(), self.books.last(), self.pending.as_deref().unwrap_or(&[]), sized];
        let numbers = numbers.iter().chain(rows.into_iter().flatten());
        words.flat_map(u64::to_le_bytes).chain(numbers.flat_map(|x| x.to_le_bytes())).collect()
    }

    /// The session `state` was taken from.
    ///
    /// # Errors
    /// The bytes are not those of such an account of as many instruments.
    pub fn from_state(config: &BarConfig, terms: Option<&Terms>, bytes: &[u8]) -> Result<Self, Error> {
        let mut session = Self::new(config, terms)?;
        let (n, flags) = (config.n(), session.books.n_flags());
        let foreign = || Error::Data(format!("state: not one of an account of {n} instruments"));
        let (words, rest) = bytes.as_chunks::<8>();
        let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let waits = words.get(2).copied().ok_or_else(foreign)?;
        let is_sized = session.books.is_sized();
        let rows = 2 + usize::from(waits == 1) * (1 + usize::from(is_sized));
        let fits = rest.is_empty() && words.len() == 5 + flags + rows * n;
        if !fits || words[0] != n as u64 || waits > 1 {
            return Err(foreign());
        }
        let numbers: Vec<f64> = words[3 + flags..].iter().map(|&word| f64::from_bits(word)).collect();
        let row = |k: usize| &numbers[2 + k * n..2 + (k + 1) * n];
        (session.bars, session.equity) = (words[1], numbers[1]);
        session.pending = (waits == 1).then(|| row(2).to_vec());
        let unsized_row = vec![f64::NAN; if is_sized { n } else { 0 }];
        let sized = if is_sized && waits == 1 { row(3) } else { &unsized_row[..] };
        let resumed = session.books.resume(numbers[0], [row(0), row(1)], &words[3..3 + flags], sized);
        resumed.map(|()| session).ok_or_else(foreign)
    }
}

pub(super) fn check_len(name: &str, row: &[f64], n: usize) -> Result<(), Error> {
    if row.len() == n {
        return Ok(());
    }
    Err(Error::Data(format!("{name}: expected {n} instruments, got {}", row.len())))
}

/// Refuse a price that is neither missing (NaN) nor positive and finite.
pub(super) fn check_prices(name: &str, row: &[f64]) -> Result<(), Error> {
    let mut bad = Lanes::ZERO;
    each_block(row, 0.., |_, p| bad |= Lanes::ZERO.simd_ge(p) | p.simd_gt(Lanes::splat(f64::MAX)));
    if !bad.any() {
        return Ok(());
    }
    let i = row.iter().position(|&p| p <= 0.0 || p == f64::INFINITY).expect("one was found");
    Err(Error::Data(format!("{name}: price {} of instrument {i} is not positive and finite", row[i])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bar::{Costs, Fill, Sizing};

    fn session(fill: Fill) -> Session {
        let costs = Costs::new(0.001, 0.001, &[0.0; 2], 0.0, 0.0).unwrap();
        Session::new(&BarConfig::new(fill, Sizing::PostCost, costs, 1_000.0).unwrap(), None).unwrap()
    }

    #[test]
    fn errors_change_nothing() {
        let mut s = session(Fill::NextClose);
        s.step(&[10.0, 20.0], &[10.0, 20.0], None, Some(&[0.5, 0.5])).unwrap();
        let before = s.state();
        assert!(s.step(&[10.0], &[10.0], None, None).is_err());
        assert!(s.step(&[10.0, -1.0], &[10.0, -1.0], None, None).is_err());
        assert!(s.step(&[10.0, 20.0], &[10.0, 20.0], None, Some(&[0.9, 0.9])).is_err());
        assert!(s.step(&[10.0, 20.0], &[10.0, 20.0], None, Some(&[-0.1, 0.9])).is_err());
        assert_eq!(s.state(), before);
    }

    #[test]
    fn state_round_trip() {
        let mut s = session(Fill::NextOpen);
        s.step(&[10.0, f64::NAN], &[10.0, f64::NAN], None, Some(&[0.5, f64::NAN])).unwrap();
        let mut copy = Session::from_state(s.config(), None, &s.state()).unwrap();
        let next = ([11.0, 21.0], [10.5, 20.5]);
        assert_eq!(
            s.step(&next.0, &next.1, None, None).unwrap().0.equity,
            copy.step(&next.0, &next.1, None, None).unwrap().0.equity
        );
        assert_eq!(s.state(), copy.state());
        assert!(Session::from_state(s.config(), None, &s.state()[1..]).is_err());
    }
}
