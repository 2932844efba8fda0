use crate::bar::brokerage::order::{Orders, Standing};
use crate::bar::brokerage::{FeedRow, Kind, OnCall, Terms};
use crate::bar::kernel::CASH_NOISE;
use crate::bar::{BarConfig, BarOut, DropReason, Dropped, FillRecord};

/// Cash that moved without a trade on one bar, currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Carry {
    /// Dividends received, less those paid on shorts.
    pub dividends: f64,
    /// Interest received, less that paid.
    pub interest: f64,
    /// Fees paid for shorts.
    pub short_fees: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Open,
    /// Everything is closed at the next fill point; since the close of this bar.
    Called(usize),
    Halted,
    Ruined,
}

/// An account with interest, corporate actions, limits and, on margin, shorts.
#[derive(Clone, Debug)]
pub struct Brokerage {
    cash: f64,
    pub units: Vec<f64>,
    last: Vec<f64>,
    value: Vec<f64>,
    gone: Vec<bool>,
    status: Status,
    /// Cash, value of shorts and of their annual fees at the last close: what accrues until the next one.
    closing: [f64; 3],
    orders: Orders,
    closes: Vec<f64>,
    pub fills: Vec<FillRecord>,
    pub drops: Vec<Dropped>,
    /// Bar after whose close the fills of this one were decided.
    pub decided: usize,
}

/// Prices of one bar and the decision that is due on it, with the bar it was made on.
#[derive(Clone, Copy, Debug)]
pub struct Tape<'a> {
    pub close: &'a [f64],
    pub price: &'a [f64],
    pub due: Option<(usize, &'a [f64])>,
}

impl Brokerage {
    pub fn new(config: &BarConfig) -> Self {
        let n = config.n();
        Self {
            cash: config.initial_cash,
            units: vec![0.0; n],
            last: vec![0.0; n],
            value: vec![0.0; n],
            gone: vec![false; n],
            status: Status::Open,
            closing: [config.initial_cash, 0.0, 0.0],
            orders: Orders::default(),
            closes: vec![0.0; n],
            fills: Vec::new(),
            drops: Vec::new(),
            decided: 0,
        }
    }

    /// Currency not invested.
    pub fn cash(&self) -> f64 {
        self.cash
    }

    /// Value of each position at the last mark.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.units.iter().zip(&self.last).map(|(units, last)| units * last)
    }

    /// Whole numbers, then numbers, that later bars depend on.
    pub fn state(&self) -> (Vec<u64>, Vec<f64>) {
        let status = match self.status {
            Status::Open => [0, 0],
            Status::Called(at) => [1, at as u64],
            Status::Halted => [2, 0],
            Status::Ruined => [3, 0],
        };
        let flags = status.into_iter().chain(self.gone.iter().map(|&gone| u64::from(gone)));
        let numbers = [self.cash].into_iter().chain(self.closing).chain(self.units.iter().copied());
        (flags.collect(), numbers.chain(self.last.iter().copied()).collect())
    }

    /// Become what `state` told; `None` where that cannot be.
    pub fn resume(&mut self, flags: &[u64], numbers: &[f64]) -> Option<()> {
        let n = self.units.len();
        self.status = match flags[0] {
            0 => Status::Open,
            1 => Status::Called(flags[1] as usize),
            2 => Status::Halted,
            3 => Status::Ruined,
            _ => return None,
        };
        for (gone, &flag) in self.gone.iter_mut().zip(&flags[2..]) {
            *gone = flag == 1;
        }
        self.cash = numbers[0];
        self.closing.copy_from_slice(&numbers[1..4]);
        self.units.copy_from_slice(&numbers[4..4 + n]);
        self.last.copy_from_slice(&numbers[4 + n..]);
        Some(())
    }

    /// One bar: actions, accrual, the fill that is due, the close, margin call and ruin. O(n) per step of the solver.
    pub fn bar(
        &mut self,
        config: &BarConfig,
        terms: &Terms,
        t: usize,
        tape: Tape<'_>,
        row: &FeedRow<'_>,
    ) -> (BarOut, Carry) {
        self.fills.clear();
        self.drops.clear();
        self.decided = tape.due.map_or(t, |due| due.0);
        let mut out = BarOut {
            equity: self.cash,
            cash: self.cash,
            cost: 0.0,
            traded: 0.0,
            gross: 0.0,
            scale: f64::NAN,
            fill_equity: self.cash,
        };
        if self.status == Status::Ruined {
            self.refuse(tape.due, DropReason::Ruined);
            return (out, Carry::default());
        }
        let carry = Carry { dividends: self.act(row), ..self.accrue(terms, row.years) };
        let at_close = !config.fill.before_close();
        out.fill_equity = self.mark(if at_close { tape.close } else { tape.price });
        self.trade(config, terms, t, tape, row, &mut out);
        out.equity = self.mark(tape.close);
        out.cash = self.cash;
        let gross: f64 = self.value.iter().map(|v| v.abs()).sum();
        out.gross = if out.equity > 0.0 { gross / out.equity } else { 0.0 };
        if out.equity <= 0.0 {
            (self.cash, self.status) = (out.equity, Status::Ruined);
            self.units.fill(0.0);
            out.cash = self.cash;
        } else if let (Kind::Margin { maintenance, .. }, Status::Open) = (terms.kind, self.status)
            && out.equity < maintenance * gross
        {
            self.status = Status::Called(t);
        }
        let shorts = || self.value.iter().zip(&terms.short_fee).filter(|(v, _)| **v < 0.0);
        self.closing = [self.cash, shorts().map(|(v, _)| -v).sum(), shorts().map(|(v, fee)| -v * fee).sum()];
        (out, carry)
    }

    /// Splits, dividends, delistings; returns the dividends.
    fn act(&mut self, row: &FeedRow<'_>) -> f64 {
        let mut paid = 0.0;
        for i in 0..self.units.len() {
            let split = row.split(i);
            if split != 1.0 {
                self.units[i] *= split;
                self.last[i] /= split;
            }
            paid += self.units[i] * row.dividend(i);
            if let Some(value) = row.delisted(i) {
                self.cash += self.units[i] * value;
                self.units[i] = 0.0;
                self.gone[i] = true;
            }
        }
        self.cash += paid;
        paid
    }

    fn accrue(&mut self, terms: &Terms, years: f64) -> Carry {
        let [cash, shorts, fees] = self.closing;
        let interest = terms.lend * (cash - shorts).max(0.0) - terms.borrow * (-cash).max(0.0);
        let (interest, short_fees) = (interest * years, fees * years);
        self.cash += interest - short_fees;
        Carry { interest, short_fees, dividends: 0.0 }
    }

    /// Take new prices where there are any; returns equity.
    fn mark(&mut self, price: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (i, &p) in price.iter().enumerate() {
            if !p.is_nan() {
                self.last[i] = p;
            }
            self.value[i] = self.units[i] * self.last[i];
            sum += self.value[i];
        }
        self.cash + sum
    }

    fn trade(
        &mut self,
        config: &BarConfig,
        terms: &Terms,
        t: usize,
        tape: Tape<'_>,
        row: &FeedRow<'_>,
        out: &mut BarOut,
    ) {
        let called = match self.status {
            Status::Called(at) if at < t => Some(at),
            Status::Halted => {
                self.refuse(tape.due, DropReason::Halted);
                return;
            }
            _ => None,
        };
        let closes = std::mem::take(&mut self.closes);
        let due = match called {
            Some(at) => {
                self.refuse(tape.due, DropReason::MarginCall);
                let halts = matches!(terms.kind, Kind::Margin { on_call: OnCall::Halt, .. });
                self.status = if halts { Status::Halted } else { Status::Open };
                Some((at, &closes[..]))
            }
            None => tape.due,
        };
        if let Some((decided, weights)) = due {
            self.decided = decided;
            let forced = called.is_some();
            let equity = out.fill_equity;
            let at = Standing { weights, price: tape.price, value: &self.value, equity, forced };
            let can = equity > 0.0 && self.orders.make(config, terms, &at, row, &self.gone, &mut self.drops);
            if can {
                self.fill(config, tape.price, weights, out);
            } else {
                out.scale = 0.0;
                if equity > 0.0 {
                    let free = self.orders.free().iter();
                    let unpaid = free.map(|&i| Dropped { instrument: i, reason: DropReason::Unaffordable });
                    // A cap or a lack of a price is already said.
                    let known = |drops: &[Dropped], i| drops.iter().any(|drop| drop.instrument == i);
                    let fresh: Vec<Dropped> =
                        unpaid.filter(|drop| !known(&self.drops, drop.instrument)).collect();
                    self.drops.extend(fresh);
                } else {
                    self.refuse(Some((decided, weights)), DropReason::Unaffordable);
                }
            }
            self.drops.sort_by_key(|drop| drop.instrument);
        }
        self.closes = closes;
    }

    fn fill(&mut self, config: &BarConfig, price: &[f64], weights: &[f64], out: &mut BarOut) {
        let mut bought = 0.0;
        for i in (0..price.len()).filter(|&i| self.orders.x[i] != 0.0) {
            let x = self.orders.x[i];
            let after = if self.orders.whole[i] {
                // No units are negative zero.
                weights[i] * self.orders.budget / price[i] + 0.0
            } else {
                self.units[i] + x / price[i]
            };
            let (cost, slippage) = (self.orders.cost(config, i), config.costs.slippage[i] * x.abs());
            self.fills.push(FillRecord {
                instrument: i,
                units: after - self.units[i],
                price: price[i],
                fee: cost - slippage,
                slippage,
            });
            self.units[i] = after;
            out.traded += x.abs();
            out.cost += cost;
            bought += x;
        }
        out.scale = self.orders.scale;
        let cash = self.cash - bought - out.cost;
        // Rounding noise is no overdraft.
        self.cash = if cash < 0.0 && cash >= -2.0 * CASH_NOISE * out.fill_equity { 0.0 } else { cash };
    }

    /// Nothing of a decision is filled; names that are given no reason yet get this one.
    fn refuse(&mut self, due: Option<(usize, &[f64])>, reason: DropReason) {
        let Some((_, weights)) = due else { return };
        for (i, &w) in weights.iter().enumerate() {
            let wanted = !w.is_nan() && (w != 0.0 || self.units[i] != 0.0);
            if wanted && !self.drops.iter().any(|drop| drop.instrument == i) {
                self.drops.push(Dropped { instrument: i, reason });
            }
        }
    }
}
