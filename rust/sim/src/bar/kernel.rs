//! The rebalance kernel: from values held and target weights to orders that the account can pay for.
//!
//! Orders are x_i(b) = w_i b - v_i for one budget b, so a target that does not fit is scaled as a whole and nothing
//! depends on the order of instruments. b + C(b) and the cash limit are convex, increasing and piecewise linear in b:
//! Newton's method from above cannot overshoot and ends after finitely many pieces.

use crate::bar::lanes::{LANES, Lanes, blocks, each_pair, keep, lane, total};
use crate::bar::{Costs, Sizing};

/// A position within this fraction of equity of its target is on target; no order is made of rounding noise.
pub const ON_TARGET: f64 = 1e-12;
/// An overdraft below this fraction of equity is rounding noise.
pub const CASH_NOISE: f64 = 1e-12;
const STEP_NOISE: f64 = 1e-15;
pub const MAX_STEPS: usize = 200;

/// What a rebalance decided; weights, values and free names are in the scratch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Budget b of the orders x_i = w_i b - v_i.
    pub budget: f64,
    /// Budget over the budget that was asked for; below 1 where cash bound.
    pub scale: f64,
    /// Total cost.
    pub cost: f64,
    /// Fees would overdraw the account or leave nothing to invest: nothing may be traded.
    pub unaffordable: bool,
}

/// Work space of one account: free targets and the values they replace.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// Block after block of names.
    pub names: Vec<Names>,
}

/// What a rebalance does to one block of names.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// Target weight where free, else 0.
    pub weight: Lanes,
    /// Value held where free, else 0.
    pub value: Lanes,
    /// Mask of the names that are rebalanced.
    pub free: Lanes,
}

impl Scratch {
    /// For n names.
    pub fn new(n: usize) -> Self {
        let zero = Names { weight: Lanes::ZERO, value: Lanes::ZERO, free: Lanes::ZERO };
        Self { names: vec![zero; blocks(n)] }
    }

    /// Whether a name is rebalanced.
    pub fn is_free(&self, i: usize) -> bool {
        self.of(i, |names| names.free).to_bits() != 0
    }

    /// Order of a name at budget b.
    pub fn order(&self, i: usize, b: f64) -> f64 {
        self.weight(i) * b - self.of(i, |names| names.value)
    }

    /// Target weight of a name where free, else 0.
    pub fn weight(&self, i: usize) -> f64 {
        self.of(i, |names| names.weight)
    }

    fn of(&self, i: usize, part: impl Fn(&Names) -> Lanes) -> f64 {
        lane(part(&self.names[i / LANES]), i % LANES)
    }
}

#[derive(Clone, Copy)]
struct Totals {
    cost: f64,
    slope: f64,
}

impl Totals {
    fn moved(self, step: f64) -> Self {
        Self { cost: self.cost + self.slope * step, ..self }
    }
}

/// Choose the free names: a target is given, the name has a price, and it is not already there. Returns the sum of
/// free weights and the value of everything else.
fn free_names(
    target: &[f64],
    price: &[f64],
    held: &[Lanes],
    equity: f64,
    scratch: &mut Scratch,
) -> (f64, f64) {
    debug_assert_eq!(scratch.names.len(), blocks(target.len()));
    let (size, noise) = (Lanes::splat(equity), Lanes::splat(ON_TARGET * equity));
    let (mut targets, mut kept) = (Lanes::ZERO, Lanes::ZERO);
    each_pair(target, price, scratch.names.iter_mut().zip(held), |(names, &v), w, p| {
        // A comparison with NaN is false, so a hold and a missing price are never free.
        let away = (w * size - v).abs().simd_gt(noise);
        let closes = Lanes::ZERO.simd_ge(w) & v.simd_ne(Lanes::ZERO);
        let free = (away | closes) & p.simd_gt(Lanes::ZERO);
        let (weight, value) = (keep(free, w), keep(free, v));
        targets += weight;
        kept += v - value;
        *names = Names { weight, value, free };
    });
    (total(targets), total(kept))
}

/// C(b) and its slope.
fn totals(costs: &Costs, scratch: &Scratch, b: f64) -> Totals {
    if !costs.proportional() {
        return totals_with_fees(costs, scratch, b);
    }
    let budget = Lanes::splat(b);
    let (mut cost, mut slope) = (Lanes::ZERO, Lanes::ZERO);
    for (names, rates) in scratch.names.iter().zip(&costs.rates) {
        let x = names.weight * budget - names.value;
        let rate = x.simd_ge(Lanes::ZERO).bitselect(rates.buy, rates.sell);
        cost += rate * x;
        slope += rate * names.weight;
    }
    Totals { cost: total(cost), slope: total(slope) }
}

/// Fees per order fall on the names of `free` alone, one by one.
fn totals_with_fees(costs: &Costs, scratch: &Scratch, b: f64) -> Totals {
    let mut sum = Totals { cost: 0.0, slope: 0.0 };
    for i in (0..costs.n()).filter(|&i| scratch.is_free(i)) {
        let x = scratch.order(i, b);
        sum.cost += costs.order(i, x);
        sum.slope += costs.slope(i, x) * scratch.weight(i);
    }
    sum
}

/// Root of an increasing convex function (value, slope) at or below `b`, and C there. C is linear over the last step, so
/// it need not be summed again.
fn newton_from_above(
    mut b: f64,
    mut charge: Totals,
    charge_at: impl Fn(f64) -> Totals,
    f: impl Fn(f64, Totals) -> (f64, f64),
) -> (f64, Totals) {
    for _ in 0..MAX_STEPS {
        let (value, slope) = f(b, charge);
        let next = b - value / slope;
        if value <= 0.0 || next.is_nan() || next >= b {
            break;
        }
        let last = b - next <= STEP_NOISE * b.abs();
        charge = if last { charge.moved(next - b) } else { charge_at(next.max(0.0)) };
        b = next.max(0.0);
        if last || b == 0.0 {
            break;
        }
    }
    (b, charge)
}

/// Rebalance to `target` weights at `price`. `held` are the values at those prices (at the last price where there is
/// none), `equity` their sum with cash. O(n) per Newton step; two or three steps are usual.
pub fn rebalance(
    target: &[f64],
    price: &[f64],
    held: &[Lanes],
    equity: f64,
    costs: &Costs,
    sizing: Sizing,
    scratch: &mut Scratch,
) -> Outcome {
    let (targets, kept) = free_names(target, price, held, equity, scratch);
    let at_equity = totals(costs, scratch, equity);
    let fixed = Totals { cost: at_equity.cost, slope: 0.0 };
    let charge_at = |b: f64| if sizing == Sizing::FirstOrder { fixed } else { totals(costs, scratch, b) };
    let (asked, mut paid) = match sizing {
        Sizing::PreCost => (equity, at_equity),
        Sizing::FirstOrder => (equity - at_equity.cost, fixed),
        Sizing::PostCost => newton_from_above(equity, at_equity, charge_at, |b, charge| {
            (b + charge.cost - equity, 1.0 + charge.slope)
        }),
    };
    let noise = CASH_NOISE * equity;
    let overdraft =
        |b: f64, charge: Totals| (kept + targets * b + charge.cost - equity, targets + charge.slope);
    let mut budget = asked;
    if budget < 0.0 {
        (budget, paid) = (0.0, charge_at(0.0));
    }
    if overdraft(budget, paid).0 > noise {
        (budget, paid) = newton_from_above(budget, paid, charge_at, overdraft);
    }
    let nothing_left = budget <= noise && targets > 0.0;
    if nothing_left || overdraft(budget, paid).0 > noise {
        return Outcome { budget: 0.0, scale: 0.0, cost: 0.0, unaffordable: true };
    }
    let scale = if asked > 0.0 { budget / asked } else { 0.0 };
    Outcome { budget, scale, cost: paid.cost, unaffordable: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bar::lanes::padded;

    fn run(w: &[f64], v: &[f64], cash: f64, costs: &Costs, sizing: Sizing) -> (Outcome, f64, f64) {
        let price = vec![1.0; w.len()];
        let equity = cash + v.iter().sum::<f64>();
        let mut scratch = Scratch::new(w.len());
        let out = rebalance(w, &price, &padded(v, 0.0), equity, costs, sizing, &mut scratch);
        let orders = || (0..w.len()).map(|i| scratch.order(i, out.budget));
        let traded: f64 = orders().map(f64::abs).sum();
        if out.unaffordable {
            return (out, cash, 0.0);
        }
        (out, cash - orders().sum::<f64>() - out.cost, traded)
    }

    #[test]
    fn fully_invested_from_cash_is_the_same_for_both_sizings() {
        let costs = Costs::new(0.001, 0.001, &[0.0; 2], 0.0, 0.0).unwrap();
        for sizing in [Sizing::PreCost, Sizing::PostCost] {
            let (out, cash, _) = run(&[0.5, 0.5], &[0.0, 0.0], 1_000.0, &costs, sizing);
            assert!((out.budget - 1_000.0 / 1.001).abs() < 1e-9);
            assert!(cash.abs() < 1e-9);
        }
    }

    #[test]
    fn post_cost_from_cash_is_never_bound() {
        let costs = Costs::new(0.01, 0.02, &[0.003; 2], 0.0, 0.0).unwrap();
        assert_eq!(run(&[0.5, 0.5], &[0.0, 0.0], 1_000.0, &costs, Sizing::PostCost).0.scale, 1.0);
        assert!(run(&[0.5, 0.5], &[0.0, 0.0], 1_000.0, &costs, Sizing::PreCost).0.scale < 1.0);
    }

    #[test]
    fn first_order_charges_the_cost_at_equity() {
        let costs = Costs::new(0.001, 0.001, &[0.0; 2], 0.0, 0.0).unwrap();
        let (out, cash, _) = run(&[0.5, 0.5], &[0.0, 0.0], 1_000.0, &costs, Sizing::FirstOrder);
        assert_eq!((out.budget, out.cost), (999.0, 1.0));
        assert!(cash.abs() < 1e-9);
    }

    #[test]
    fn a_sale_that_cannot_pay_its_fee_is_not_made() {
        let costs = Costs::new(0.0, 0.0, &[0.0], 5.0, 0.0).unwrap();
        let (out, cash, _) = run(&[0.0], &[3.0], 0.0, &costs, Sizing::PostCost);
        assert!(out.unaffordable);
        assert_eq!(cash, 0.0);
    }

    #[test]
    fn on_target_is_no_order() {
        let costs = Costs::new(0.001, 0.001, &[0.0; 2], 1.0, 0.0).unwrap();
        let (out, _, traded) = run(&[0.5, 0.5], &[500.0, 500.0 + 1e-11], 0.0, &costs, Sizing::PreCost);
        assert_eq!((traded, out.cost), (0.0, 0.0));
    }
}
