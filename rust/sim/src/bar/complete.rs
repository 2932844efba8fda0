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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bar::account::{Account, BarOut};
    use crate::bar::lanes::values;
    use crate::bar::{BarConfig, Fill, Sizing};

    fn bits(out: &BarOut) -> [u64; 7] {
        [out.equity, out.cash, out.cost, out.traded, out.gross, out.scale, out.fill_equity].map(f64::to_bits)
    }

    /// An account that keeps a log takes the general path.
    #[test]
    fn it_is_the_general_path_to_the_last_bit() {
        let mut state = 3u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        for n in 1..=13 {
            let slippage: Vec<f64> = (0..n).map(|_| next() * 1e-3).collect();
            let costs = Costs::new(0.001, 0.002, &slippage, 0.0, 0.0).unwrap();
            let config = BarConfig::new(Fill::Close, Sizing::PreCost, costs, 1e6).unwrap();
            let (mut one, mut other) = (Account::new(&config, false), Account::new(&config, true));
            for t in 0..60 {
                let price: Vec<f64> = (0..n)
                    .map(|_| if t % 7 == 3 && next() < 0.3 { f64::NAN } else { 1.0 + next() })
                    .collect();
                let mut row: Vec<f64> = (0..n).map(|_| next()).collect();
                // Every fifth row binds, every sixth holds or closes something.
                let sum = row.iter().sum::<f64>() / if t % 5 == 4 { 1.0 } else { 0.97 };
                row.iter_mut().for_each(|w| *w /= sum);
                if t % 6 == 5 {
                    row[t % n] = if t % 4 == 0 { f64::NAN } else { 0.0 };
                }
                let (fast, slow) = (
                    one.bar(&config, &price, &price, Some(&row)),
                    other.bar(&config, &price, &price, Some(&row)),
                );
                assert_eq!(bits(&fast), bits(&slow), "{n} names, bar {t}");
                let held = |account: &Account| {
                    values(&account.units)[..n].iter().map(|u| u.to_bits()).collect::<Vec<_>>()
                };
                assert_eq!(held(&one), held(&other), "{n} names, bar {t}");
            }
        }
    }

    #[test]
    fn a_name_that_is_not_free_is_left_to_the_general_path() {
        let costs = Costs::new(0.001, 0.001, &[0.0; 5], 0.0, 0.0).unwrap();
        let complete = |target: [f64; 5], price: [f64; 5]| {
            let (held, last, mut units) = (vec![Lanes::ZERO; 2], vec![Lanes::ONE; 2], vec![Lanes::ZERO; 2]);
            rebalance_complete(&target, &price, &held, &last, 100.0, &costs, &mut units)
        };
        let done = complete([0.1; 5], [1.0; 5]).unwrap();
        assert!((done.traded - 50.0).abs() < 1e-12 && (done.cost - 0.05).abs() < 1e-15);
        for k in [0, 4] {
            for bad in [f64::NAN, 0.0] {
                let mut target = [0.1; 5];
                target[k] = bad;
                assert_eq!(complete(target, [1.0; 5]), None);
            }
            let mut price = [1.0; 5];
            price[k] = f64::NAN;
            assert_eq!(complete([0.1; 5], price), None);
        }
        assert_eq!(complete([0.2; 5], [1.0; 5]), None, "cash binds");
    }
}
