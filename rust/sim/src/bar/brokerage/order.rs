//! Orders of a row of targets under every limit: what `kernel` does for a cash account without any, name by name.

use crate::bar::brokerage::{FeedRow, Kind, Terms};
use crate::bar::kernel::{CASH_NOISE, ON_TARGET};
use crate::bar::{BarConfig, DropReason, Dropped, Sizing};

const MAX_STEPS: usize = 400;
const ROOT_NOISE: f64 = 1e-15;

/// What is held when targets are to be filled.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Target weights; NaN holds.
    pub weights: &'a [f64],
    /// Fill prices; NaN where nothing can be traded.
    pub price: &'a [f64],
    /// Value of each position at the fill point.
    pub value: &'a [f64],
    /// Equity there.
    pub equity: f64,
    /// A margin call: bands, smallest orders and turnover do not hold, costs need not be affordable.
    pub forced: bool,
}

/// Orders by value, and the budget they come from.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Signed value of each order; 0: none.
    pub x: Vec<f64>,
    /// Names that end at their target exactly.
    pub whole: Vec<bool>,
    /// Budget of the targets.
    pub budget: f64,
    /// Share of the budget asked for, times the factor of the turnover limit.
    pub scale: f64,
    cap: Vec<f64>,
    free: Vec<usize>,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    /// Value, and its size, of the free names after the trade; cost of the trade.
    sum: f64,
    gross: f64,
    cost: f64,
    slope_sum: f64,
    slope_gross: f64,
    slope_cost: f64,
}

impl Orders {
    /// Decide on orders; drops say what was left out. False: nothing may be traded, fees would take more than there is.
    pub fn make(
        &mut self,
        config: &BarConfig,
        terms: &Terms,
        at: &Standing<'_>,
        row: &FeedRow<'_>,
        gone: &[bool],
        drops: &mut Vec<Dropped>,
    ) -> bool {
        let (n, equity) = (at.weights.len(), at.equity);
        self.x.clear();
        self.x.resize(n, 0.0);
        self.whole.clear();
        self.whole.resize(n, false);
        self.choose(terms, at, row, gone, drops);
        if self.free.is_empty() {
            // Nothing is asked of the account, whatever it holds.
            (self.budget, self.scale) = (equity, 1.0);
            return true;
        }
        let at_equity = self.totals(config, at, equity);
        let mut asked = equity;
        if config.sizing == Sizing::PostCost {
            let spent = |b: f64, t: &Totals| (b + t.cost - equity, 1.0 + t.slope_cost);
            if at_equity.cost > 0.0 {
                asked = self.root(config, at, equity, spent);
            }
        }
        let noise = CASH_NOISE * equity;
        if asked <= noise {
            asked = 0.0;
        }
        let held: f64 = at.value.iter().sum::<f64>() - self.free.iter().map(|&i| at.value[i]).sum::<f64>();
        let held_gross: f64 = at.value.iter().map(|v| v.abs()).sum::<f64>()
            - self.free.iter().map(|&i| at.value[i].abs()).sum::<f64>();
        let over = |_: f64, t: &Totals| match terms.kind {
            Kind::Cash => (held + t.sum + t.cost - equity, t.slope_sum + t.slope_cost),
            Kind::Margin { max_gross, .. } => (
                held_gross + t.gross - max_gross * (equity - t.cost),
                t.slope_gross + max_gross * t.slope_cost,
            ),
        };
        let breaks = |orders: &Self, b: f64| over(b, &orders.totals(config, at, b)).0 > noise;
        self.budget = asked;
        if breaks(self, asked) {
            let root = if breaks(self, 0.0) { 0.0 } else { self.root(config, at, asked, over) };
            self.budget = if root <= noise { 0.0 } else { root };
        }
        self.scale = if asked > 0.0 { self.budget / asked } else { 0.0 };
        let targets = self.free.iter().any(|&i| at.weights[i] != 0.0);
        if terms.kind == Kind::Cash && (breaks(self, self.budget) || (self.budget <= noise && targets)) {
            return false;
        }
        self.fix(terms, at, drops);
        let cost: f64 = (0..n).map(|i| self.cost(config, i)).sum();
        let bought: f64 = self.x.iter().sum();
        let cash = equity - at.value.iter().sum::<f64>() - bought - cost;
        let short_of_cash = terms.kind == Kind::Cash && cash < -2.0 * noise;
        at.forced || !(short_of_cash || equity - cost <= 0.0)
    }

    /// Names that were to be traded, rising.
    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// Cost of one order.
    pub fn cost(&self, config: &BarConfig, i: usize) -> f64 {
        if self.x[i] == 0.0 { 0.0 } else { config.costs.order(i, self.x[i]) }
    }

    /// The free names: those with a target, a price and nothing in the way, judged at equity before costs.
    fn choose(
        &mut self,
        terms: &Terms,
        at: &Standing<'_>,
        row: &FeedRow<'_>,
        gone: &[bool],
        drops: &mut Vec<Dropped>,
    ) {
        self.free.clear();
        self.cap.clear();
        self.cap.resize(at.weights.len(), f64::INFINITY);
        for (i, (&w, &v)) in at.weights.iter().zip(at.value).enumerate() {
            if w.is_nan() || (w == 0.0 && v == 0.0) {
                continue;
            }
            let x = w * at.equity - v;
            let closes = w == 0.0;
            let mut drop = |reason| drops.push(Dropped { instrument: i, reason });
            if gone[i] {
                drop(DropReason::Delisted);
            } else if at.price[i].is_nan() {
                drop(DropReason::NoPrice);
            } else if x.abs() <= ON_TARGET * at.equity && !closes {
            } else if row.blocks(i, x) {
                drop(DropReason::Blocked);
            } else if !at.forced && x.abs() <= terms.band[i] * at.equity {
            } else if !at.forced && x.abs() < terms.min_order && !closes {
                drop(DropReason::MinOrder);
            } else {
                if terms.participation.is_finite() {
                    self.cap[i] = terms.participation * row.volume(i) * at.price[i];
                }
                self.free.push(i);
            }
        }
    }

    fn order(&self, at: &Standing<'_>, i: usize, b: f64) -> f64 {
        (at.weights[i] * b - at.value[i]).clamp(-self.cap[i], self.cap[i])
    }

    fn totals(&self, config: &BarConfig, at: &Standing<'_>, b: f64) -> Totals {
        let mut t = Totals::default();
        for &i in &self.free {
            let (x, cap) = (self.order(at, i, b), self.cap[i]);
            let (after, w) = (at.value[i] + x, if x.abs() < cap { at.weights[i] } else { 0.0 });
            t.sum += after;
            t.gross += after.abs();
            t.slope_sum += w;
            t.slope_gross += if after >= 0.0 { w } else { -w };
            if x != 0.0 {
                t.cost += config.costs.order(i, x);
                t.slope_cost += config.costs.slope(i, x) * w;
            }
        }
        t
    }

    /// The largest b in [0, high] at which an increasing function is not above 0, to rounding: Newton's method from
    /// above, guarded by bisection because a volume cap leaves it increasing but not convex.
    fn root(
        &self,
        config: &BarConfig,
        at: &Standing<'_>,
        mut high: f64,
        f: impl Fn(f64, &Totals) -> (f64, f64),
    ) -> f64 {
        let value = |b: f64| f(b, &self.totals(config, at, b));
        let (mut low, noise) = (0.0, ROOT_NOISE * at.equity);
        let (mut above, mut slope) = value(high);
        if above <= 0.0 {
            return high;
        }
        for _ in 0..MAX_STEPS {
            let newton = high - above / slope;
            let next = if newton > low && newton < high { newton } else { low + (high - low) / 2.0 };
            if next <= low || next >= high {
                break;
            }
            let (found, found_slope) = value(next);
            if found.abs() <= noise {
                return next;
            }
            if found > 0.0 {
                (high, above, slope) = (next, found, found_slope);
            } else {
                low = next;
            }
        }
        low
    }

    /// Orders at the budget, cut by the turnover limit.
    fn fix(&mut self, terms: &Terms, at: &Standing<'_>, drops: &mut Vec<Dropped>) {
        let free = std::mem::take(&mut self.free);
        for &i in &free {
            let wanted = at.weights[i] * self.budget - at.value[i];
            self.x[i] = self.order(at, i, self.budget);
            self.whole[i] = self.x[i] == wanted;
            if !self.whole[i] {
                drops.push(Dropped { instrument: i, reason: DropReason::VolumeCap });
            }
        }
        let turnover = self.x.iter().map(|x| x.abs()).sum::<f64>() / at.equity;
        if turnover > terms.max_turnover && !at.forced {
            let factor = terms.max_turnover / turnover;
            self.scale *= factor;
            for &i in &free {
                self.x[i] *= factor;
                self.whole[i] = false;
            }
        }
        self.free = free;
    }
}
