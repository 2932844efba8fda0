//! Orders that get their size when they are decided: a fill can only take less of them.
//!
//! Sales are filled first. Where cash does not pay for every buy, all of them shrink by one scale, so nothing depends
//! on the order of instruments: with lots by the largest k / 2^32 whose whole lots are affordable, as `Venue` does in
//! integers, else by the root of the cash left over. On margin the parts that open positions shrink, by the gross.

use crate::bar::kernel::{CASH_NOISE, MAX_STEPS, ON_TARGET};
use crate::bar::lots::{cut, whole};
use crate::bar::{BarConfig, Costs};

/// Scales of whole lots are multiples of 1 / 2^32.
pub const SCALES: u64 = 1 << 32;
const MAX_HALVINGS: usize = 200;

/// Targets of one account in units, and the orders that lead to them.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Units to hold; NaN: keep what is held, or there was no price to size by.
    pub target: Vec<f64>,
    /// Lots to trade, or units where there are none.
    asked: Vec<f64>,
    /// The part of those that closes what is held, on margin.
    closing: Vec<f64>,
    filled: Vec<f64>,
}

impl Orders {
    /// For n names.
    pub fn new(n: usize) -> Self {
        Self { target: vec![f64::NAN; n], asked: vec![0.0; n], closing: vec![0.0; n], filled: vec![0.0; n] }
    }

    /// Fix the targets: w E / price in whole lots, cut toward zero. `last` is 0 before a name's first price.
    pub fn size(&mut self, config: &BarConfig, weights: &[f64], last: &[f64], equity: f64) {
        for (i, (target, &w)) in self.target.iter_mut().zip(weights).enumerate() {
            *target = match config.lot[i] {
                _ if w == 0.0 => 0.0,
                _ if last[i] == 0.0 => f64::NAN,
                0.0 => w * equity / last[i],
                lot => cut(w * equity / (last[i] * lot)) * lot,
            };
        }
    }

    /// What to trade at `price` from the units held with the cash there is; returns the scale of the buys.
    pub fn fill(&mut self, config: &BarConfig, price: &[f64], units: &[f64], cash: f64, equity: f64) -> f64 {
        self.ask(config, price, units, equity);
        self.pay(config, price, cash, equity)
    }

    /// Fill sales, then as much of every buy as cash pays for; returns the scale of the buys.
    pub fn pay(&mut self, config: &BarConfig, price: &[f64], cash: f64, equity: f64) -> f64 {
        let noise = CASH_NOISE * equity;
        let gain = |i: usize, sold: f64| value(config, price, i, sold) - order(config, price, i, -sold);
        let mut left = cash;
        for (i, (&asked, filled)) in self.asked.iter().zip(&mut self.filled).enumerate() {
            *filled = asked.min(0.0);
            left += if asked < 0.0 { gain(i, -asked) } else { 0.0 };
        }
        if left < -noise {
            // Fees would overdraw the account: only sales that bring in more than they cost are made.
            left = cash;
            for (i, filled) in self.filled.iter_mut().enumerate().filter(|(_, sold)| **sold < 0.0) {
                let gained = gain(i, -*filled);
                if gained < 0.0 {
                    *filled = 0.0;
                } else {
                    left += gained;
                }
            }
        }
        let scale = self.scale(config, price, left, noise);
        let buys =
            self.asked.iter().zip(&mut self.filled).enumerate().filter(|(_, (asked, _))| **asked > 0.0);
        for (i, (&asked, filled)) in buys {
            *filled = part(config, i, asked, scale);
        }
        scale
    }

    /// Fill what closes positions, then as much of what opens them as leaves the gross within `most` times the equity after
    /// costs; `held` is the value of each position. Returns the scale of the opening parts.
    pub fn lever(
        &mut self,
        config: &BarConfig,
        price: &[f64],
        units: &[f64],
        held: &[f64],
        equity: f64,
        most: f64,
    ) -> f64 {
        let noise = CASH_NOISE * equity;
        let still = held.iter().zip(&self.asked).filter(|(_, asked)| **asked == 0.0);
        let others: f64 = still.map(|(value, _)| value.abs()).sum();
        for (i, (&asked, closing)) in self.asked.iter().zip(&mut self.closing).enumerate() {
            let held = count(config, i, units[i]);
            *closing = if held * asked < 0.0 { asked.signum() * held.abs().min(asked.abs()) } else { 0.0 };
        }
        let parts = |orders: &mut Self, scale: f64| {
            for (i, filled) in orders.filled.iter_mut().enumerate() {
                let (asked, closing) = (orders.asked[i], orders.closing[i]);
                *filled = closing + part(config, i, asked - closing, scale);
            }
        };
        let over = |orders: &mut Self, scale: f64| {
            parts(orders, scale);
            let (mut gross, mut cost) = (others, 0.0);
            for i in (0..orders.asked.len()).filter(|&i| orders.asked[i] != 0.0) {
                let x = orders.value(config, price, i);
                gross += (held[i] + x).abs();
                cost += if x == 0.0 { 0.0 } else { config.costs.order(i, x) };
            }
            gross - most * (equity - cost)
        };
        let mut scale = 1.0;
        if over(self, 1.0) > noise {
            let lots = config.lot.iter().any(|&lot| lot > 0.0);
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..MAX_HALVINGS {
                let half = (high - low) / 2.0;
                let step = if lots { (half * SCALES as f64).floor() / SCALES as f64 } else { half };
                let middle = low + step;
                if middle <= low || middle >= high {
                    break;
                }
                if over(self, middle) <= if lots { noise } else { 0.0 } {
                    low = middle
                } else {
                    high = middle
                }
            }
            scale = if low > ON_TARGET { low } else { 0.0 };
            parts(self, scale);
        }
        scale
    }

    /// A split multiplies what is to be held.
    pub fn split(&mut self, i: usize, by: f64) {
        if let Some(target) = self.target.get_mut(i) {
            *target *= by;
        }
    }

    /// Make an order no larger than these sales and purchases in units; true if it was.
    pub fn clip(&mut self, config: &BarConfig, i: usize, bounds: [f64; 2], units: f64) -> bool {
        let [least, most] = bounds.map(|bound| count(config, i, bound));
        if (least..=most).contains(&self.asked[i]) {
            return false;
        }
        self.asked[i] = self.asked[i].clamp(least, most);
        self.target[i] = units + self.asked[i] * unit(config, i);
        true
    }

    /// Ask again for this share of what was filled, in whole lots.
    pub fn ask_share(&mut self, config: &BarConfig, share: f64, units: &[f64]) {
        for (i, &units) in units.iter().enumerate() {
            let asked = self.filled[i] * share;
            self.asked[i] = if config.lot[i] > 0.0 { cut(asked) } else { asked };
            self.target[i] = units + self.asked[i] * unit(config, i);
        }
    }

    /// Signed value of an order before it is filled.
    pub fn asked_value(&self, config: &BarConfig, price: &[f64], i: usize) -> f64 {
        value(config, price, i, self.asked[i])
    }

    /// Units held after the fill.
    pub fn held(&self, config: &BarConfig, i: usize, units: f64) -> f64 {
        let lot = config.lot[i];
        match self.filled[i] {
            0.0 => units,
            filled if lot > 0.0 => (count(config, i, units) + filled) * lot,
            filled if filled == self.asked[i] => self.target[i],
            filled => units + filled,
        }
    }

    /// Signed value traded at `price`.
    pub fn value(&self, config: &BarConfig, price: &[f64], i: usize) -> f64 {
        value(config, price, i, self.filled[i])
    }

    /// An order was made and some of it filled.
    pub fn is_filled(&self, i: usize) -> bool {
        self.filled[i] != 0.0
    }

    /// An order was made and nothing of it could be paid for.
    pub fn is_unaffordable(&self, i: usize) -> bool {
        self.asked[i] != 0.0 && self.filled[i] == 0.0
    }

    /// What the targets ask for at these prices.
    pub fn ask(&mut self, config: &BarConfig, price: &[f64], units: &[f64], equity: f64) {
        for (i, asked) in self.asked.iter_mut().enumerate() {
            let (target, lot) = (self.target[i], config.lot[i]);
            let wanted = count(config, i, target) - count(config, i, units[i]);
            // An odd part of a lot, left by a split, is only sold with all the rest.
            let wanted = if lot > 0.0 && target != 0.0 { cut(wanted) } else { wanted };
            let on_target = lot == 0.0 && target != 0.0 && (wanted * price[i]).abs() <= ON_TARGET * equity;
            *asked = if wanted.is_nan() || price[i].is_nan() || on_target { 0.0 } else { wanted };
        }
    }

    /// The largest scale of the buys that costs at most `left`, but for rounding noise.
    fn scale(&self, config: &BarConfig, price: &[f64], left: f64, noise: f64) -> f64 {
        let affordable = |scale: f64| self.spent(config, price, scale).0 <= left + noise;
        if affordable(1.0) {
            return 1.0;
        }
        if config.lot.iter().all(|&lot| lot == 0.0) {
            let root = self.root(config, price, left);
            return if affordable(root) { root } else { 0.0 };
        }
        let (mut low, mut high) = (0, SCALES);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if affordable(middle as f64 / SCALES as f64) { low = middle } else { high = middle }
        }
        low as f64 / SCALES as f64
    }

    /// The scale that costs `left`, by Newton's method from above: the cost is convex and piecewise linear in it.
    fn root(&self, config: &BarConfig, price: &[f64], left: f64) -> f64 {
        let mut scale = 1.0;
        for _ in 0..MAX_STEPS {
            let (spent, slope) = self.spent(config, price, scale);
            let next = (scale - (spent - left) / slope).max(0.0);
            if spent <= left || next >= scale {
                break;
            }
            scale = next;
        }
        scale
    }

    /// Cost of the buys at a scale, with its slope.
    fn spent(&self, config: &BarConfig, price: &[f64], scale: f64) -> (f64, f64) {
        let (mut spent, mut slope) = (0.0, 0.0);
        for (i, &asked) in self.asked.iter().enumerate().filter(|(_, asked)| **asked > 0.0) {
            let x = value(config, price, i, part(config, i, asked, scale));
            if x > 0.0 {
                spent += x + config.costs.order(i, x);
                slope += value(config, price, i, asked) * (1.0 + config.costs.slope(i, x));
            }
        }
        (spent, slope)
    }
}

fn part(config: &BarConfig, i: usize, asked: f64, scale: f64) -> f64 {
    let part = asked * scale;
    if config.lot[i] > 0.0 { part.trunc() } else { part }
}

fn unit(config: &BarConfig, i: usize) -> f64 {
    if config.lot[i] > 0.0 { config.lot[i] } else { 1.0 }
}

/// Units in lots; a count that rounding kept from being whole is whole.
fn count(config: &BarConfig, i: usize, units: f64) -> f64 {
    let lot = config.lot[i];
    if lot > 0.0 { whole(units / lot) } else { units }
}

fn value(config: &BarConfig, price: &[f64], i: usize, count: f64) -> f64 {
    count * unit(config, i) * price[i]
}

fn order(config: &BarConfig, price: &[f64], i: usize, count: f64) -> f64 {
    Costs::order(&config.costs, i, value(config, price, i, count))
}
