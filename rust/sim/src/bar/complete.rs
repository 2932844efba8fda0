//! A trade in every name at once, for what is most often asked of large books: a complete row of targets before costs, no
//! missing price, money enough. It is `kernel::rebalance` without the masks, to the last bit, in one walk.

use crate::bar::Costs;
use crate::bar::kernel::{CASH_NOISE, ON_TARGET};
use crate::bar::lanes::{LANES, Lanes, keep, last_block, total};

/// Sums of the trade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complete {
    /// Sum of |value| traded.
    pub traded: f64,
    /// Bought less sold.
    pub bought: f64,
    /// Value of all positions afterwards.
    pub invested: f64,
    /// Total cost.
    pub cost: f64,
}

#[derive(Clone, Copy)]
struct Sums {
    targets: Lanes,
    cost: Lanes,
    traded: Lanes,
    bought: Lanes,
}

/// Rebalance to `target` weights of `equity` at `price`, where the rates are proportional. `held` are the values of the
/// names, `last` the prices they have; `units` takes what is held afterwards. None, and `units` without meaning, where some
/// name is not free or cash would bind. O(n).
pub fn rebalance_complete(
    target: &[f64],
    price: &[f64],
    held: &[Lanes],
    last: &[Lanes],
    equity: f64,
    costs: &Costs,
    units: &mut [Lanes],
) -> Option<Complete> {
    let ((targets, rest), (prices, rest_prices)) = (target.as_chunks::<LANES>(), price.as_chunks::<LANES>());
    let (size, noise) = (Lanes::splat(equity), Lanes::splat(ON_TARGET * equity));
    let zero = Lanes::ZERO;
    let mut sums = Sums { targets: zero, cost: zero, traded: zero, bought: zero };
    let mut invested = zero;
    let rows = targets.iter().zip(prices).zip(held).zip(last).zip(&costs.rates);
    for (((((w, p), &v), &mark), rates), units) in rows.zip(units.iter_mut()) {
        let w = Lanes::new(*w);
        let wanted = w * size;
        let x = wanted - v;
        // A comparison with NaN is false, so a hold and a missing price are never free.
        if !(x.abs().simd_gt(noise) & Lanes::new(*p).simd_gt(zero)).all() {
            return None;
        }
        sums.targets += w;
        sums.cost += x.simd_ge(zero).bitselect(rates.buy, rates.sell) * x;
        sums.traded += x.abs();
        sums.bought += x;
        invested += wanted;
        *units = wanted / mark;
    }
    if !rest.is_empty() {
        let (k, real) = (targets.len(), last_block(&[1.0; LANES][..rest.len()], 0.0).simd_gt(zero));
        let (w, p) = (last_block(rest, 0.0), last_block(rest_prices, 1.0));
        let wanted = w * size;
        let x = wanted - keep(real, held[k]);
        if !(x.abs().simd_gt(noise) & p.simd_gt(zero) | !real).all() {
            return None;
        }
        sums.targets += w;
        sums.cost += x.simd_ge(zero).bitselect(costs.rates[k].buy, costs.rates[k].sell) * x;
        sums.traded += x.abs();
        sums.bought += x;
        invested += wanted;
        units[k] = keep(real, wanted / real.bitselect(last[k], Lanes::ONE));
    }
    let cost = total(sums.cost);
    let overdraft = total(sums.targets) * equity + cost - equity;
    (overdraft <= CASH_NOISE * equity && equity > 0.0).then(|| Complete {
        traded: total(sums.traded),
        bought: total(sums.bought),
        invested: total(invested),
        cost,
    })
}
