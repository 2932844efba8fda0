//! One bar of an account known by its weights: what the prices do, and what is then held.

/// How the weights of a bar become its growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// w.y: what a portfolio earns.
    Arithmetic,
    /// exp(sum w ln y): a weighted geometric mean, which no portfolio earns; for replays of arXiv 2412.18563.
    Geometric,
}

impl Growth {
    /// Every growth with the name a config uses.
    pub const TABLE: [(&'static str, Growth); 2] =
        [("arithmetic", Growth::Arithmetic), ("geometric", Growth::Geometric)];
}

/// Drift `weights` by the price relatives of a bar, in place, and return the factor wealth grows by. `guard` is added
/// to the denominator of the drift (1e-7 in the released code, else 0). O(n).
pub fn drift(weights: &mut [f64], relatives: &[f64], growth: Growth, guard: f64) -> f64 {
    let mut total = 0.0;
    let mut logs = 0.0;
    for (w, &y) in weights.iter_mut().zip(relatives) {
        if growth == Growth::Geometric {
            logs += *w * libm::log(y);
        }
        *w *= y;
        total += *w;
    }
    weights.iter_mut().for_each(|w| *w /= total + guard);
    if growth == Growth::Geometric { libm::exp(logs) } else { total }
}

/// What one instrument costs to trade, as fractions of the value bought and sold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates<'a> {
    /// Buying.
    pub buy: &'a [f64],
    /// Selling.
    pub sell: &'a [f64],
}

/// mu = 1 - sum k_i |w_i - w'_i| over the risky names (index 1 on; cash is index 0): the cost of moving from drifted
/// to target weights as if trading were free. arXiv 2412.18563 charges this. O(n).
pub fn first_order_factor(drifted: &[f64], target: &[f64], rates: Rates<'_>) -> f64 {
    let mut cost = 0.0;
    for (i, (&held, &wanted)) in drifted.iter().zip(target).enumerate().skip(1) {
        let x = wanted - held;
        cost += if x >= 0.0 { rates.buy[i - 1] * x } else { -rates.sell[i - 1] * x };
    }
    1.0 - cost
}

/// mu that solves mu = 1 - sum k_i |mu w'_i - w_i|: the share of wealth left after moving to weights that are fractions
/// of what is left (the engine's post_cost sizing). Fixed-point from 1, at most 40 rounds. O(n) a round.
pub fn post_cost_factor(drifted: &[f64], target: &[f64], rates: Rates<'_>) -> f64 {
    let mut mu = 1.0;
    for _ in 0..40 {
        let mut cost = 0.0;
        for (i, (&held, &wanted)) in drifted.iter().zip(target).enumerate().skip(1) {
            let x = mu * wanted - held;
            cost += if x >= 0.0 { rates.buy[i - 1] * x } else { -rates.sell[i - 1] * x };
        }
        let next = 1.0 - cost;
        if (next - mu).abs() < 1e-15 {
            return next;
        }
        mu = next;
    }
    mu
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Specification 7.1: four bars filled at the next close, 25 bp, from cash.
    const RELATIVES: [[f64; 3]; 4] =
        [[1.0, 1.01, 0.99], [1.0, 0.98, 1.02], [1.0, 1.03, 1.0], [1.0, 0.97, 1.01]];
    const TARGETS: [[f64; 3]; 4] = [[0.2, 0.5, 0.3], [0.1, 0.3, 0.6], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]];

    fn wealth(growth: Growth, guard: f64, factor: impl Fn(&[f64], &[f64], Rates<'_>) -> f64) -> f64 {
        let rates = Rates { buy: &[0.0025; 2], sell: &[0.0025; 2] };
        let (mut weights, mut value) = (vec![1.0, 0.0, 0.0], 1.0);
        for (relatives, target) in RELATIVES.iter().zip(&TARGETS) {
            value *= drift(&mut weights, relatives, growth, guard);
            value *= factor(&weights, target, rates);
            weights.copy_from_slice(target);
        }
        value
    }

    #[test]
    fn golden_values() {
        let released = wealth(Growth::Geometric, 1e-7, first_order_factor);
        let first_order = wealth(Growth::Arithmetic, 0.0, first_order_factor);
        let post_cost = wealth(Growth::Arithmetic, 0.0, post_cost_factor);
        assert!((released - 0.988_085_201_262_7).abs() < 1e-12, "{released}");
        assert!((first_order - 0.988_528_700_898_8).abs() < 1e-12, "{first_order}");
        assert!((post_cost - 0.988_533_553_908_4).abs() < 1e-12, "{post_cost}");
    }
}
