use crate::bar::complete::{Complete, rebalance_complete};
use crate::bar::kernel::{CASH_NOISE, Scratch, rebalance};
use crate::bar::lanes::{Lanes, each_block, get, total, values, values_mut, zeros};
use crate::bar::orders::Orders;
use crate::bar::{BarConfig, SizeAt, Sizing};

/// One bar of an account's history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BarOut {
    /// Cash plus units at the last mark.
    pub equity: f64,
    /// Currency not invested.
    pub cash: f64,
    /// Fees and slippage paid on this bar.
    pub cost: f64,
    /// Sum of |value| traded at the reference price.
    pub traded: f64,
    /// Value of positions over equity.
    pub gross: f64,
    /// Share of the asked-for budget that cash allowed; NaN where nothing was decided.
    pub scale: f64,
    /// Equity at the fill point before trading.
    pub fill_equity: f64,
}

/// One fill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FillRecord {
    /// Which name.
    pub instrument: usize,
    /// Signed units.
    pub units: f64,
    /// Reference price, before slippage.
    pub price: f64,
    /// Cost other than slippage, currency.
    pub fee: f64,
    /// Cost of slippage, currency.
    pub slippage: f64,
}

/// Why part of a decision was not filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DropReason {
    /// No price on the fill bar, or none to size the order by.
    NoPrice = 0,
    /// The fees would overdraw the account.
    Unaffordable = 1,
    /// The name is delisted.
    Delisted = 2,
    /// The side of the order cannot be traded on the fill bar.
    Blocked = 3,
    /// The part beyond the share of the bar's volume.
    VolumeCap = 4,
    /// Smaller than the smallest order.
    MinOrder = 5,
    /// Everything was closed instead.
    MarginCall = 6,
    /// Trading ended with a margin call.
    Halted = 7,
    /// There is no equity left.
    Ruined = 8,
}

impl DropReason {
    /// Names by number.
    pub const NAMES: [&'static str; 9] = [
        "no_price",
        "unaffordable",
        "delisted",
        "blocked",
        "volume_cap",
        "min_order",
        "margin_call",
        "halted",
        "ruined",
    ];
}

/// One target that was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Which name.
    pub instrument: usize,
    /// Why.
    pub reason: DropReason,
}

/// Cash and units of one account. Everything a bar does to it is here.
#[derive(Clone, Debug)]
pub struct Account {
    pub cash: f64,
    pub units: Vec<Lanes>,
    /// Last known price; 0 before the first one.
    pub last: Vec<Lanes>,
    values: Vec<Lanes>,
    /// Units after a trade in every name.
    next: Vec<Lanes>,
    scratch: Scratch,
    /// Sizes fixed at the decision; empty where they are fixed at the fill.
    pub orders: Orders,
    /// Fills and drops of the last bar, kept only where `log` is set.
    pub fills: Vec<FillRecord>,
    pub drops: Vec<Dropped>,
    pub log: bool,
}

impl Account {
    pub fn new(config: &BarConfig, log: bool) -> Self {
        let n = config.n();
        Self {
            cash: config.initial_cash,
            units: zeros(n),
            last: zeros(n),
            values: zeros(n),
            next: zeros(n),
            scratch: Scratch::new(n),
            orders: Orders::new(if config.size_at == SizeAt::Decision { n } else { 0 }),
            fills: Vec::new(),
            drops: Vec::new(),
            log,
        }
    }

    /// Take new prices where there are any; returns equity.
    fn mark(&mut self, price: &[f64]) -> f64 {
        let (units, last, values) = (&self.units, &mut self.last, &mut self.values);
        let mut sum = Lanes::ZERO;
        let names = units.iter().zip(last.iter_mut()).zip(values);
        each_block(price, names, |((&units, last), value), price| {
            *last = price.simd_gt(Lanes::ZERO).bitselect(price, *last);
            *value = units * *last;
            sum += *value;
        });
        self.cash + total(sum)
    }

    /// One bar: `due` is filled at `price`, before or after the close marks the account. O(n).
    pub fn bar(&mut self, config: &BarConfig, close: &[f64], price: &[f64], due: Option<&[f64]>) -> BarOut {
        self.fills.clear();
        self.drops.clear();
        let at_close = !config.fill.before_close();
        let fill_equity = self.mark(if at_close { close } else { price });
        let mut out = BarOut {
            equity: fill_equity,
            cash: self.cash,
            cost: 0.0,
            traded: 0.0,
            gross: 0.0,
            scale: f64::NAN,
            fill_equity,
        };
        let invested = match due {
            Some(weights) if config.size_at == SizeAt::Decision => {
                if config.fill.same_bar() {
                    self.size(config, weights, fill_equity);
                }
                self.fill_sized(config, price, weights, &mut out)
            }
            Some(weights) => self.fill(config, price, weights, &mut out),
            None => fill_equity - self.cash,
        };
        out.equity = if at_close { self.cash + invested } else { self.mark(close) };
        out.cash = self.cash;
        out.gross = if out.equity > 0.0 { (out.equity - out.cash) / out.equity } else { 0.0 };
        out
    }

    /// Returns the value of all positions after the trade.
    fn fill(&mut self, config: &BarConfig, price: &[f64], weights: &[f64], out: &mut BarOut) -> f64 {
        let equity = out.fill_equity;
        if let Some(done) = self.fill_complete(config, price, weights, equity) {
            (out.scale, out.traded, out.cost) = (1.0, done.traded, done.cost);
            self.pay(done.bought, done.cost, equity);
            return done.invested;
        }
        let done =
            rebalance(weights, price, &self.values, equity, &config.costs, config.sizing, &mut self.scratch);
        out.scale = done.scale;
        if self.log {
            self.log_drops(price, weights, done.unaffordable);
        }
        if done.unaffordable {
            return equity - self.cash;
        }
        if self.log {
            self.log_fills(config, price, done.budget, equity);
        }
        let budget = Lanes::splat(done.budget);
        let (mut traded, mut bought, mut invested) = (Lanes::ZERO, Lanes::ZERO, Lanes::ZERO);
        let marks = self.last.iter().zip(&self.values);
        for ((units, names), (&last, &value)) in self.units.iter_mut().zip(&self.scratch.names).zip(marks) {
            let target = names.weight * budget;
            let x = target - names.value;
            traded += x.abs();
            bought += x;
            *units = names.free.bitselect(target / last, *units);
            invested += names.free.bitselect(target, value);
        }
        out.traded = total(traded);
        out.cost = done.cost;
        self.pay(total(bought), done.cost, equity);
        total(invested)
    }

    /// The same where every name is traded at rates alone and nothing is logged.
    fn fill_complete(
        &mut self,
        config: &BarConfig,
        price: &[f64],
        weights: &[f64],
        equity: f64,
    ) -> Option<Complete> {
        let costs = &config.costs;
        if self.log || config.sizing != Sizing::PreCost || !costs.proportional() {
            return None;
        }
        let (held, last, units) = (&self.values, &self.last, &mut self.next);
        let done = rebalance_complete(weights, price, held, last, equity, costs, units)?;
        std::mem::swap(&mut self.units, &mut self.next);
        Some(done)
    }

    fn pay(&mut self, bought: f64, cost: f64, equity: f64) {
        let cash = self.cash - bought - cost;
        // Rounding noise is no overdraft.
        self.cash = if cash < 0.0 && cash >= -2.0 * CASH_NOISE * equity { 0.0 } else { cash };
    }

    /// Fix the size of what was decided at the last mark, where sizes are fixed then.
    pub fn size(&mut self, config: &BarConfig, weights: &[f64], equity: f64) {
        if config.size_at == SizeAt::Decision {
            self.orders.size(config, weights, values(&self.last), equity);
        }
    }

    /// Fill orders whose size was fixed before. Returns the value of all positions after the trade.
    fn fill_sized(&mut self, config: &BarConfig, price: &[f64], weights: &[f64], out: &mut BarOut) -> f64 {
        let (n, equity) = (config.n(), out.fill_equity);
        out.scale = self.orders.fill(config, price, &values(&self.units)[..n], self.cash, equity);
        let mut bought = 0.0;
        for i in (0..n).filter(|&i| self.orders.is_filled(i)) {
            let (x, before) = (self.orders.value(config, price, i), get(&self.units, i));
            let after = self.orders.held(config, i, before);
            let cost = config.costs.order(i, x);
            if self.log {
                let slippage = config.costs.slippage[i] * x.abs();
                let (units, price) = (after - before, price[i]);
                self.fills.push(FillRecord { instrument: i, units, price, fee: cost - slippage, slippage });
            }
            values_mut(&mut self.units)[i] = after;
            out.traded += x.abs();
            out.cost += cost;
            bought += x;
        }
        if self.log {
            self.log_sized_drops(price, weights);
        }
        self.pay(bought, out.cost, equity);
        let held = self.units.iter().zip(&self.last);
        total(held.fold(Lanes::ZERO, |sum, (&units, &last)| sum + units * last))
    }

    fn log_sized_drops(&mut self, price: &[f64], weights: &[f64]) {
        for (i, &w) in weights.iter().enumerate() {
            let wanted = !w.is_nan() && (w != 0.0 || get(&self.units, i) != 0.0);
            if wanted && (price[i].is_nan() || self.orders.target[i].is_nan()) {
                self.drops.push(Dropped { instrument: i, reason: DropReason::NoPrice });
            } else if self.orders.is_unaffordable(i) {
                self.drops.push(Dropped { instrument: i, reason: DropReason::Unaffordable });
            }
        }
    }

    fn log_drops(&mut self, price: &[f64], weights: &[f64], unaffordable: bool) {
        for (i, &w) in weights.iter().enumerate() {
            let wanted = !w.is_nan() && (w != 0.0 || get(&self.units, i) != 0.0);
            if wanted && price[i].is_nan() {
                self.drops.push(Dropped { instrument: i, reason: DropReason::NoPrice });
            } else if wanted && unaffordable && self.scratch.is_free(i) {
                self.drops.push(Dropped { instrument: i, reason: DropReason::Unaffordable });
            }
        }
    }

    fn log_fills(&mut self, config: &BarConfig, price: &[f64], budget: f64, equity: f64) {
        let charged_at_equity = config.sizing == crate::bar::Sizing::FirstOrder;
        for (i, &price) in price.iter().enumerate().filter(|(i, _)| self.scratch.is_free(*i)) {
            let charged = self.scratch.order(i, if charged_at_equity { equity } else { budget });
            let slippage = config.costs.slippage[i] * charged.abs();
            self.fills.push(FillRecord {
                instrument: i,
                units: self.scratch.weight(i) * budget / price - get(&self.units, i),
                price,
                fee: config.costs.order(i, charged) - slippage,
                slippage,
            });
        }
    }
}
