//! What a schedule of target weights earns on given price relatives: the account of an environment without one.

use quantrl_sim::bar::{Costs, Growth, Scratch, Sizing, Weights};

use crate::Error;
use crate::portfolio::{Reward, Statistics};

/// How far the weights of a row may sum from 1: files hold 32-bit numbers.
const SIMPLEX: f64 = 1e-5;

/// By which rules a schedule is replayed.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How wealth compounds.
    pub growth: Growth,
    /// Whether `Geometric` brings the 1e-7 of the released code with it, in the drift and in the logarithm.
    pub guarded: bool,
    /// What weights are fractions of.
    pub sizing: Sizing,
    /// One rate per name, without cash.
    pub costs: Costs,
    /// A of the reward.
    pub periods_per_year: f64,
    /// T of the reward.
    pub episode_len: usize,
}

/// A replay, one entry a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// Wealth after the trade, in units of the start.
    pub value: Vec<f64>,
    /// Share of wealth paid for the trade.
    pub cost: Vec<f64>,
    /// ln((p' + guard) / (p + guard)).
    pub log_return: Vec<f64>,
    /// p' / p - 1.
    pub simple_return: Vec<f64>,
    /// `avg_sharpe` over all rows so far and a leading 0: arXiv 2412.18563.
    pub reward: Vec<f64>,
    /// Weights before the trade, cash first, row after row.
    pub drifted: Vec<f64>,
}

/// Replay from cash: on each row the held weights earn `relatives`, then the account trades to `targets`. Both are
/// (rows, n + 1) with cash first. O(rows n).
///
/// # Errors
/// Shapes that do not fit, a relative that is not positive, weights off the simplex by more than 1e-5, or costs that
/// leave nothing: names the row.
pub fn replay(relatives: &[f64], targets: &[f64], rules: &Rules) -> Result<Replay, Error> {
    let n = rules.costs.n();
    check(relatives, targets, n + 1, rules)?;
    let (mut weights, mut scratch) = (Weights::cash(n), Scratch::new(n));
    let (ones, root) = (vec![1.0; n], rules.periods_per_year.sqrt());
    let guard = if rules.guarded { rules.growth.guard() } else { 0.0 };
    let mut stats = Statistics::new(Reward::AvgSharpe);
    let (mut value, mut out) = (1.0, Replay::default());
    for (row, (y, target)) in relatives.chunks_exact(n + 1).zip(targets.chunks_exact(n + 1)).enumerate() {
        let growth = drift(&mut weights, y, rules.growth);
        if !rules.guarded {
            to_one(&mut weights);
        }
        out.drifted.push(weights.in_cash());
        out.drifted.extend_from_slice(weights.held());
        let factor = weights.trade(&target[1..], &ones, &rules.costs, rules.sizing, &mut scratch).factor;
        // What is held now is the target as given, whose last digits the trade may have rounded.
        weights.set(target);
        let simple = growth * factor - 1.0;
        let after = value * growth * factor;
        if !(after.is_finite() && after > 0.0) {
            return Err(Error::Data(format!("targets: row {row}: costs leave a wealth of {after}")));
        }
        let log = libm::log((after + guard) / (value + guard));
        stats.push(Reward::AvgSharpe, simple, log);
        value = after;
        out.value.push(value);
        out.cost.push(1.0 - factor);
        out.log_return.push(log);
        out.simple_return.push(simple);
        out.reward.push(stats.settle(Reward::AvgSharpe, root, rules.episode_len, 1.0, false));
    }
    Ok(out)
}

/// The engine's cash earns nothing; here it may, as a file has a relative for it.
fn drift(weights: &mut Weights, y: &[f64], growth: Growth) -> f64 {
    if y[0] == 1.0 {
        return weights.drift(&y[1..], growth);
    }
    let relative: Vec<f64> = y[1..].iter().map(|one| one / y[0]).collect();
    y[0] * weights.drift(&relative, growth)
}

/// Take the guard of the drift out again.
fn to_one(weights: &mut Weights) {
    let mut all = vec![weights.in_cash()];
    all.extend_from_slice(weights.held());
    let sum: f64 = all.iter().sum();
    all.iter_mut().for_each(|w| *w /= sum);
    weights.set(&all);
}

fn check(relatives: &[f64], targets: &[f64], width: usize, rules: &Rules) -> Result<(), Error> {
    if relatives.len() != targets.len() || !relatives.len().is_multiple_of(width) {
        return Err(Error::Data(format!(
            "targets: expected rows of {width} weights, as many as relatives; got {} numbers and {}",
            targets.len(),
            relatives.len()
        )));
    }
    if rules.episode_len == 0 || !(rules.periods_per_year > 0.0 && rules.periods_per_year.is_finite()) {
        return Err(Error::Config(format!(
            "episode_len, periods_per_year: expected positive numbers, got {} and {}",
            rules.episode_len, rules.periods_per_year
        )));
    }
    if let Some(at) = relatives.iter().position(|y| !(*y > 0.0 && y.is_finite())) {
        let (row, column, got) = (at / width, at % width, relatives[at]);
        return Err(Error::Data(format!(
            "relatives: row {row}, column {column}: expected a positive number, got {got}"
        )));
    }
    targets.chunks_exact(width).enumerate().try_for_each(|(row, target)| on_simplex(row, target))
}

fn on_simplex(row: usize, target: &[f64]) -> Result<(), Error> {
    let sum: f64 = target.iter().sum();
    if target.iter().all(|w| *w >= -SIMPLEX) && (sum - 1.0).abs() <= SIMPLEX {
        return Ok(());
    }
    let least = target.iter().copied().fold(f64::INFINITY, f64::min);
    Err(Error::Order(format!(
        "targets: row {row}: expected weights of at least 0 with sum 1 (within {SIMPLEX}), got sum {sum}, least {least}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four bars, 25 bp, from cash: specification of the portfolio environment, 7.1.
    const RELATIVES: [f64; 12] = [1.0, 1.01, 0.99, 1.0, 0.98, 1.02, 1.0, 1.03, 1.0, 1.0, 0.97, 1.01];
    const TARGETS: [f64; 12] = [0.2, 0.5, 0.3, 0.1, 0.3, 0.6, 0.0, 0.5, 0.5, 1.0, 0.0, 0.0];

    fn rules(growth: Growth, sizing: Sizing) -> Rules {
        let costs = Costs::of_rates(&[0.0025; 2], &[0.0025; 2]).unwrap();
        Rules { growth, guarded: true, sizing, costs, periods_per_year: 252.0, episode_len: 4 }
    }

    fn last(growth: Growth, sizing: Sizing) -> f64 {
        *replay(&RELATIVES, &TARGETS, &rules(growth, sizing)).unwrap().value.last().unwrap()
    }

    #[test]
    fn golden_values() {
        let expect =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        expect(last(Growth::Geometric, Sizing::FirstOrder), 0.988_085_201_262_7);
        expect(last(Growth::Arithmetic, Sizing::FirstOrder), 0.988_528_700_898_8);
        expect(last(Growth::Arithmetic, Sizing::PostCost), 0.988_533_553_908_4);
    }

    #[test]
    fn golden_rewards_of_the_released_rules() {
        let found =
            replay(&RELATIVES, &TARGETS, &rules(Growth::Geometric, Sizing::FirstOrder)).unwrap().reward;
        let expected = [-3.968_230_540_459, -4.400_150_908_510, 0.153_729_496_079, -1.392_877_114_516];
        for (one, wanted) in found.iter().zip(expected) {
            assert!((one - wanted).abs() < 1e-9, "{one} {wanted}");
        }
    }

    #[test]
    fn rows_add_up() {
        let made = replay(&RELATIVES, &TARGETS, &rules(Growth::Arithmetic, Sizing::PostCost)).unwrap();
        let product: f64 = made.simple_return.iter().map(|r| 1.0 + r).product();
        assert!((product - made.value[3]).abs() < 1e-15);
        assert!((made.log_return.iter().sum::<f64>() - made.value[3].ln()).abs() < 1e-14);
        // The first trade buys four fifths from cash, and mu solves mu = 1 - k 0.8 mu.
        assert!((made.cost[0] - (1.0 - 1.0 / 1.002)).abs() < 1e-15);
        for row in made.drifted.chunks_exact(3) {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        }
    }

    #[test]
    fn cash_earns_its_relative() {
        let made = replay(
            &[1.01; 6],
            &[1.0, 0.0, 0.0, 0.5, 0.5, 0.0],
            &rules(Growth::Geometric, Sizing::FirstOrder),
        )
        .unwrap();
        assert!((made.value[1] - 1.01 * 1.01 * (1.0 - 0.0025 * 0.5)).abs() < 1e-14, "{}", made.value[1]);
    }

    #[test]
    fn without_guards_drifted_weights_sum_to_one() {
        let with = rules(Growth::Geometric, Sizing::FirstOrder);
        let without = Rules { guarded: false, ..with.clone() };
        let sum = |rules: &Rules| {
            replay(&RELATIVES, &TARGETS, rules).unwrap().drifted[3..6].iter().sum::<f64>() - 1.0
        };
        assert!(sum(&without).abs() < 1e-15);
        assert!((sum(&with) + 1e-7).abs() < 1e-8);
    }

    #[test]
    fn refusals_name_the_row() {
        let rules = rules(Growth::Geometric, Sizing::FirstOrder);
        let mut wrong = TARGETS;
        wrong[4] = 0.4;
        assert!(matches!(replay(&RELATIVES, &wrong, &rules), Err(Error::Order(m)) if m.contains("row 1")));
        let mut dead = RELATIVES;
        dead[7] = f64::NAN;
        assert!(
            matches!(replay(&dead, &TARGETS, &rules), Err(Error::Data(m)) if m.contains("row 2, column 1"))
        );
        assert!(matches!(replay(&RELATIVES[..9], &TARGETS, &rules), Err(Error::Data(_))));
        let zero = Rules { episode_len: 0, ..rules };
        assert!(matches!(replay(&RELATIVES, &TARGETS, &zero), Err(Error::Config(_))));
    }
}
