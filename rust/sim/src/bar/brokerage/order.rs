//! Orders of a row of targets under every limit: what `kernel` does for a cash account without any, name by name.

use crate::bar::brokerage::{FeedRow, Kind, Terms};
use crate::bar::kernel::{CASH_NOISE, ON_TARGET};
use crate::bar::lots::{cut, whole};
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
    /// Units of each position, and their value at the fill point.
    pub units: &'a [f64],
    pub value: &'a [f64],
    /// Equity there, and the cash in it.
    pub equity: f64,
    pub cash: f64,
    /// A margin call: bands, smallest orders and turnover do not hold, costs need not be affordable.
    pub forced: bool,
    /// Names that were delisted.
    pub gone: &'a [bool],
}

/// Orders by value, and the budget they come from.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Signed value of each order; 0: none.
    pub x: Vec<f64>,
    /// Units held after it.
    pub after: Vec<f64>,
    /// Share of the budget asked for (of what opens positions, where sizes were fixed before), times the factor of the
    /// turnover limit.
    pub scale: f64,
    /// Value that each order is charged for: its own, with `FirstOrder` that of the target at equity.
    pub(super) charged: Vec<f64>,
    budget: f64,
    /// Cost whatever the budget is, with `FirstOrder`.
    flat_cost: Option<f64>,
    /// Largest sale, negative, and purchase of each name in units: by volume, 0 on a side that is blocked.
    pub(super) bounds: Vec<[f64; 2]>,
    pub(super) free: Vec<usize>,
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
        drops: &mut Vec<Dropped>,
    ) -> bool {
        self.clear(at);
        self.choose(config, terms, at, row, drops, |i| at.weights[i] * at.equity - at.value[i]);
        if self.free.is_empty() {
            // Nothing is asked of the account, whatever it holds.
            return true;
        }
        let (equity, noise) = (at.equity, CASH_NOISE * at.equity);
        let at_equity = self.totals(config, at, equity);
        let mut asked = equity;
        match config.sizing {
            Sizing::PreCost => {}
            Sizing::FirstOrder => {
                (asked, self.flat_cost) = (equity - at_equity.cost, Some(at_equity.cost));
            }
            Sizing::PostCost if at_equity.cost > 0.0 => {
                asked = self.root(config, at, equity, |b, t| (b + t.cost - equity, 1.0 + t.slope_cost));
            }
            Sizing::PostCost => {}
        }
        if asked <= noise {
            asked = 0.0;
        }
        let free_value = |part: fn(f64) -> f64| self.free.iter().map(|&i| part(at.value[i])).sum::<f64>();
        let held = at.value.iter().sum::<f64>() - free_value(|v| v);
        let held_gross = at.value.iter().map(|v| v.abs()).sum::<f64>() - free_value(f64::abs);
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
        self.fix(config, terms, at, drops);
        self.is_affordable(config, terms, at)
    }

    /// Names that were to be traded, rising.
    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// Cost of one order.
    pub fn cost(&self, config: &BarConfig, i: usize) -> f64 {
        if self.x[i] == 0.0 { 0.0 } else { config.costs.order(i, self.charged[i]) }
    }

    /// Slippage in that cost.
    pub fn slippage(&self, config: &BarConfig, i: usize) -> f64 {
        config.costs.slippage[i] * self.charged[i].abs()
    }

    pub(super) fn clear(&mut self, at: &Standing<'_>) {
        for column in [&mut self.x, &mut self.charged] {
            column.clear();
            column.resize(at.price.len(), 0.0);
        }
        self.after.clear();
        self.after.extend_from_slice(at.units);
        (self.budget, self.scale, self.flat_cost) = (at.equity, 1.0, None);
    }

    pub(super) fn is_affordable(&self, config: &BarConfig, terms: &Terms, at: &Standing<'_>) -> bool {
        let cost: f64 = (0..self.x.len()).map(|i| self.cost(config, i)).sum();
        let cash = at.equity - at.value.iter().sum::<f64>() - self.x.iter().sum::<f64>() - cost;
        let overdrawn = terms.kind == Kind::Cash && cash < -2.0 * CASH_NOISE * at.equity;
        at.forced || !(overdrawn || at.equity - cost <= 0.0)
    }

    /// The free names: those with a target, a price and nothing in the way, judged by the value of their `order` before any
    /// limit.
    pub(super) fn choose(
        &mut self,
        config: &BarConfig,
        terms: &Terms,
        at: &Standing<'_>,
        row: &FeedRow<'_>,
        drops: &mut Vec<Dropped>,
        order: impl Fn(usize) -> f64,
    ) {
        self.free.clear();
        self.bounds.clear();
        self.bounds.resize(at.weights.len(), [f64::NEG_INFINITY, f64::INFINITY]);
        for (i, (&w, &v)) in at.weights.iter().zip(at.value).enumerate() {
            if w.is_nan() || (w == 0.0 && v == 0.0) {
                continue;
            }
            let x = order(i);
            let closes = w == 0.0;
            let mut drop = |reason| drops.push(Dropped { instrument: i, reason });
            if at.gone[i] {
                drop(DropReason::Delisted);
            } else if at.price[i].is_nan() || x.is_nan() {
                drop(DropReason::NoPrice);
            } else if x.abs() <= ON_TARGET * at.equity && !closes {
            } else if row.blocks(i, x) {
                drop(DropReason::Blocked);
            } else if !at.forced && x.abs() <= terms.band[i] * at.equity {
            } else if !at.forced && x.abs() < terms.min_order && !closes {
                drop(DropReason::MinOrder);
            } else {
                if terms.participation.is_finite() {
                    let (most, lot) = (terms.participation * row.volume(i), config.lot_of(i));
                    let most = if lot > 0.0 { cut(most / lot) * lot } else { most };
                    self.bounds[i] = [-most, most];
                }
                // A budget below equity may turn a small order round.
                for (bound, side) in self.bounds[i].iter_mut().zip([-1.0, 1.0]) {
                    *bound = if row.blocks(i, side) { 0.0 } else { *bound };
                }
                self.free.push(i);
            }
        }
    }

    fn order(&self, at: &Standing<'_>, i: usize, b: f64) -> f64 {
        let [least, most] = self.bounds[i];
        (at.weights[i] * b - at.value[i]).clamp(least * at.price[i], most * at.price[i])
    }

    fn totals(&self, config: &BarConfig, at: &Standing<'_>, b: f64) -> Totals {
        let mut t = Totals::default();
        for &i in &self.free {
            let x = self.order(at, i, b);
            let bound = self.bounds[i].iter().any(|bound| x == bound * at.price[i]);
            let (after, w) = (at.value[i] + x, if bound { 0.0 } else { at.weights[i] });
            t.sum += after;
            t.gross += after.abs();
            t.slope_sum += w;
            t.slope_gross += if after >= 0.0 { w } else { -w };
            if x != 0.0 {
                t.cost += config.costs.order(i, x);
                t.slope_cost += config.costs.slope(i, x) * w;
            }
        }
        match self.flat_cost {
            Some(cost) => Totals { cost, slope_cost: 0.0, ..t },
            None => t,
        }
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

    /// Orders at the budget, cut by the turnover limit and to whole lots.
    fn fix(&mut self, config: &BarConfig, terms: &Terms, at: &Standing<'_>, drops: &mut Vec<Dropped>) {
        let free = std::mem::take(&mut self.free);
        for &i in &free {
            let wanted = at.weights[i] * self.budget - at.value[i];
            self.x[i] = self.order(at, i, self.budget);
            // No units are negative zero.
            self.after[i] = match self.x[i] {
                0.0 => at.units[i],
                x if x == wanted => at.weights[i] * self.budget / at.price[i] + 0.0,
                x => at.units[i] + x / at.price[i],
            };
            if self.x[i] != wanted {
                // One side alone is closed only where it is blocked.
                let [least, most] = self.bounds[i];
                let blocked = self.x[i] == 0.0 && (least == 0.0) != (most == 0.0);
                let reason = if blocked { DropReason::Blocked } else { DropReason::VolumeCap };
                drops.push(Dropped { instrument: i, reason });
            }
        }
        let turnover = self.x.iter().map(|x| x.abs()).sum::<f64>() / at.equity;
        if turnover > terms.max_turnover && !at.forced {
            let factor = terms.max_turnover / turnover;
            self.scale *= factor;
            for &i in &free {
                self.x[i] *= factor;
                self.after[i] = at.units[i] + self.x[i] / at.price[i];
            }
        }
        for &i in &free {
            if config.lot_of(i) > 0.0 {
                self.cut_to_lots(config.lot_of(i), at, i);
            }
            let target = if self.flat_cost.is_some() { self.order(at, i, at.equity) } else { self.x[i] };
            self.charged[i] = if self.x[i] == 0.0 { 0.0 } else { target };
        }
        self.free = free;
    }

    /// End at whole lots, toward zero: what is left over was not to be bought, or is sold too, unless that is beyond the cap
    /// or would turn the order round.
    fn cut_to_lots(&mut self, lot: f64, at: &Standing<'_>, i: usize) {
        let (price, side) = (at.price[i], self.x[i].signum());
        let fits = |after: f64| {
            let units = (after - at.units[i]) * side;
            let most = self.bounds[i][usize::from(side > 0.0)].abs();
            units * price > ON_TARGET * at.equity && units <= whole(most / lot) * lot
        };
        let nearest = cut(self.after[i] / lot);
        let ends = [nearest * lot, (nearest - side) * lot];
        let end = if self.x[i] == 0.0 { None } else { ends.into_iter().find(|&end| fits(end)) };
        self.after[i] = end.unwrap_or(at.units[i]);
        self.x[i] = if end.is_some() { (self.after[i] - at.units[i]) * price } else { 0.0 };
    }
}
