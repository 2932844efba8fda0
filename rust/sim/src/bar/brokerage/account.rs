use crate::bar::brokerage::order::{Orders, Standing};
use crate::bar::brokerage::{FeedRow, Kind, OnCall, Terms};
use crate::bar::kernel::CASH_NOISE;
use crate::bar::orders::Orders as SizedOrders;
use crate::bar::{BarConfig, BarOut, DropReason, Dropped, FillRecord, SizeAt};

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

/// Column of one number per bar.
pub type CarryOf = fn(&Carry) -> f64;

impl Carry {
    /// Names of the per-bar columns.
    pub const SERIES: [(&'static str, CarryOf); 3] = [
        ("dividends", |carry| carry.dividends),
        ("interest", |carry| carry.interest),
        ("short_fees", |carry| carry.short_fees),
    ];
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
    pub cash: f64,
    pub units: Vec<f64>,
    pub last: Vec<f64>,
    value: Vec<f64>,
    gone: Vec<bool>,
    status: Status,
    orders: Orders,
    /// Sizes fixed at the decision; empty where they are fixed at the fill.
    pub sized: SizedOrders,
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
            orders: Orders::default(),
            sized: SizedOrders::new(if config.size_at == SizeAt::Decision { n } else { 0 }),
            closes: vec![0.0; n],
            fills: Vec::new(),
            drops: Vec::new(),
            decided: 0,
        }
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.units.iter().zip(&self.last).map(|(units, last)| units * last)
    }

    /// Whole numbers that later bars depend on.
    pub fn flags(&self) -> Vec<u64> {
        let status = match self.status {
            Status::Open => [0, 0],
            Status::Called(at) => [1, at as u64],
            Status::Halted => [2, 0],
            Status::Ruined => [3, 0],
        };
        status.into_iter().chain(self.gone.iter().map(|&gone| u64::from(gone))).collect()
    }

    /// Take what `flags` told; `None` where there is no such state.
    pub fn flag(&mut self, flags: &[u64]) -> Option<()> {
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
        let due = self.accrued(terms, row);
        let carry = Carry { dividends: self.act(row), ..due };
        self.cash += carry.interest - carry.short_fees;
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
        (out, carry)
    }

    /// Fix the size of what was decided at the last mark, where sizes are fixed then.
    pub fn size(&mut self, config: &BarConfig, weights: &[f64], equity: f64) {
        if config.size_at == SizeAt::Decision {
            self.sized.size(config, weights, &self.last, equity);
        }
    }

    /// Splits, dividends, delistings; returns the dividends.
    fn act(&mut self, row: &FeedRow<'_>) -> f64 {
        let mut paid = 0.0;
        for i in 0..self.units.len() {
            let split = row.split(i);
            if split != 1.0 {
                self.units[i] *= split;
                self.last[i] /= split;
                self.sized.split(i, split);
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

    /// Interest and fees of shorts on what was held at the last close.
    fn accrued(&self, terms: &Terms, row: &FeedRow<'_>) -> Carry {
        let (mut shorts, mut fees) = (0.0, 0.0);
        for (i, value) in self.values().enumerate().filter(|(_, value)| *value < 0.0) {
            shorts -= value;
            fees -= value * row.short_fee(i).unwrap_or(terms.short_fee[i]);
        }
        let interest = terms.lend * (self.cash - shorts).max(0.0) - terms.borrow * (-self.cash).max(0.0);
        Carry { interest: interest * row.years, short_fees: fees * row.years, dividends: 0.0 }
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
            let is_sized = config.size_at == SizeAt::Decision && !forced;
            if is_sized && config.fill.same_bar() {
                self.size(config, weights, equity);
            }
            let Self { units, value, gone, orders, sized, drops, cash, .. } = self;
            let cash = *cash;
            let at = Standing { weights, price: tape.price, units, value, equity, cash, forced, gone };
            let can = equity > 0.0
                && if is_sized {
                    orders.make_sized(config, terms, &at, row, sized, drops)
                } else {
                    orders.make(config, terms, &at, row, drops)
                };
            if can {
                self.fill(config, tape.price, out);
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

    fn fill(&mut self, config: &BarConfig, price: &[f64], out: &mut BarOut) {
        let mut bought = 0.0;
        for i in (0..price.len()).filter(|&i| self.orders.x[i] != 0.0) {
            let (x, after) = (self.orders.x[i], self.orders.after[i]);
            let (cost, slippage) = (self.orders.cost(config, i), self.orders.slippage(config, i));
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
