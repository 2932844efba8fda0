use crate::bar::account::{Account, check_weights};
use crate::bar::lanes::{Lanes, each_block, padded, values};
use crate::bar::{BarConfig, BarOut, Dropped, Error, FillRecord, SizeAt};

/// An account stepped bar by bar: what a backtest, an environment and a live book all loop over.
#[derive(Clone, Debug)]
pub struct Session {
    config: BarConfig,
    account: Account,
    pending: Option<Vec<f64>>,
    bars: u64,
    equity: f64,
}

impl Session {
    /// A fresh account.
    pub fn new(config: BarConfig) -> Self {
        let account = Account::new(&config, true);
        let equity = config.initial_cash;
        Self { config, account, pending: None, bars: 0, equity }
    }

    /// One bar with the decision made after its close. Equal to `run_schedules` bit for bit.
    ///
    /// # Errors
    /// Wrong lengths, a price that is not positive, or weights a cash account cannot hold; the account is unchanged.
    pub fn step(&mut self, close: &[f64], price: &[f64], decision: Option<&[f64]>) -> Result<BarOut, Error> {
        let n = self.config.n();
        for (name, row) in [("close", close), ("price", price)] {
            check_len(name, row, n)?;
            check_prices(name, row)?;
        }
        let decided = match decision {
            Some(weights) => {
                check_len("weights", weights, n)?;
                check_weights(weights)?
            }
            None => false,
        };
        let decision = decision.filter(|_| decided);
        let out = if self.config.fill.same_bar() {
            self.account.bar(&self.config, close, price, decision)
        } else {
            let due = self.pending.take();
            let out = self.account.bar(&self.config, close, price, due.as_deref());
            // Keep the buffer: a step allocates nothing once a decision has been made.
            self.pending = decision.map(|weights| {
                let mut row = due.unwrap_or_else(|| Vec::with_capacity(n));
                row.clear();
                row.extend_from_slice(weights);
                row
            });
            if let Some(weights) = decision {
                self.account.size(&self.config, weights, out.equity);
            }
            out
        };
        self.bars += 1;
        self.equity = out.equity;
        Ok(out)
    }

    /// Settings.
    pub fn config(&self) -> &BarConfig {
        &self.config
    }

    /// Units held.
    pub fn units(&self) -> &[f64] {
        &values(&self.account.units)[..self.config.n()]
    }

    /// Fraction of equity in each name at the last mark.
    pub fn weights(&self) -> Vec<f64> {
        let equity = self.equity;
        self.units().iter().zip(values(&self.account.last)).map(|(u, p)| u * p / equity).collect()
    }

    /// Currency not invested.
    pub fn cash(&self) -> f64 {
        self.account.cash
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

    /// Fills of the last bar.
    pub fn fills(&self) -> &[FillRecord] {
        &self.account.fills
    }

    /// What was dropped on the last bar.
    pub fn drops(&self) -> &[Dropped] {
        &self.account.drops
    }

    /// Everything that later bars depend on, little-endian.
    pub fn state(&self) -> Vec<u8> {
        let n = self.config.n();
        let mut bytes = Vec::with_capacity(40 + 24 * n);
        bytes.extend((n as u64).to_le_bytes());
        bytes.extend(self.bars.to_le_bytes());
        bytes.extend(u64::from(self.pending.is_some()).to_le_bytes());
        let rows = [self.units(), &values(&self.account.last)[..n]];
        let numbers = [self.account.cash, self.equity];
        let sized = if self.pending.is_some() { &self.account.orders.target[..] } else { &[] };
        let pending = self.pending.iter().flatten().chain(sized);
        let all = numbers.iter().chain(rows.into_iter().flatten()).chain(pending);
        bytes.extend(all.flat_map(|x| x.to_le_bytes()));
        bytes
    }

    /// The session `state` was taken from.
    ///
    /// # Errors
    /// The bytes have another length or number of instruments than `config` says.
    pub fn from_state(config: BarConfig, bytes: &[u8]) -> Result<Self, Error> {
        let n = config.n();
        let foreign = || Error::Data(format!("state: not one of an account of {n} instruments"));
        let word = |i: usize| bytes.get(8 * i..8 * i + 8).map(|b| b.try_into().expect("eight bytes"));
        let count = |i: usize| word(i).map(u64::from_le_bytes).ok_or_else(foreign);
        let pending = count(2)?;
        let sized = config.size_at == SizeAt::Decision;
        let rows = 2 + usize::from(pending == 1) * (1 + usize::from(sized));
        if count(0)? != n as u64 || pending > 1 || bytes.len() != 8 * (5 + rows * n) {
            return Err(foreign());
        }
        let number = |i: usize| f64::from_le_bytes(word(i).expect("length was checked"));
        let row = |k: usize| (0..n).map(|i| number(5 + k * n + i)).collect::<Vec<f64>>();
        let mut session = Self::new(config);
        session.bars = count(1)?;
        session.account.cash = number(3);
        session.equity = number(4);
        session.account.units = padded(&row(0), 0.0);
        session.account.last = padded(&row(1), 0.0);
        session.pending = (pending == 1).then(|| row(2));
        if sized && pending == 1 {
            session.account.orders.target = row(3);
        }
        Ok(session)
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
        Session::new(BarConfig::new(fill, Sizing::PostCost, costs, 1_000.0).unwrap())
    }

    #[test]
    fn errors_change_nothing() {
        let mut s = session(Fill::NextClose);
        s.step(&[10.0, 20.0], &[10.0, 20.0], Some(&[0.5, 0.5])).unwrap();
        let before = s.state();
        assert!(s.step(&[10.0], &[10.0], None).is_err());
        assert!(s.step(&[10.0, -1.0], &[10.0, -1.0], None).is_err());
        assert!(s.step(&[10.0, 20.0], &[10.0, 20.0], Some(&[0.9, 0.9])).is_err());
        assert!(s.step(&[10.0, 20.0], &[10.0, 20.0], Some(&[-0.1, 0.9])).is_err());
        assert_eq!(s.state(), before);
    }

    #[test]
    fn state_round_trip() {
        let mut s = session(Fill::NextOpen);
        s.step(&[10.0, f64::NAN], &[10.0, f64::NAN], Some(&[0.5, f64::NAN])).unwrap();
        let mut copy = Session::from_state(s.config().clone(), &s.state()).unwrap();
        let next = ([11.0, 21.0], [10.5, 20.5]);
        assert_eq!(
            s.step(&next.0, &next.1, None).unwrap().equity,
            copy.step(&next.0, &next.1, None).unwrap().equity
        );
        assert_eq!(s.state(), copy.state());
        assert!(Session::from_state(s.config().clone(), &s.state()[1..]).is_err());
    }
}
