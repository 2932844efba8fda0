use crate::Error;
use crate::market::{Base, Market};

/// From an action of K + 1 numbers, cash first, to target weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ActionMap {
    /// w ~ exp(log base + tau a), a clipped to [-1, 1]: action 0 is the base portfolio.
    Tilt {
        /// tau.
        temperature: f64,
    },
    /// softmax of a clipped to [0, 1]: arXiv 2412.18563 as released.
    Softmax01,
    /// The action is the target; a row of NaN holds.
    Identity,
}

/// How far an `identity` action may be off the simplex.
const TOLERANCE: f64 = 1e-6;

impl ActionMap {
    /// Whether every action of a batch is acceptable, in one pass without branches; `false` asks for `check`.
    pub fn passes(self, actions: &[f32]) -> bool {
        const EXPONENT: u32 = 0x7f80_0000;
        self != ActionMap::Identity
            && !actions.iter().fold(false, |bad, a| bad | (a.to_bits() & EXPONENT == EXPONENT))
    }

    /// Refuse an action before anything has changed.
    ///
    /// # Errors
    /// NaN or infinity; under `identity` a negative weight or a sum other than 1.
    pub fn check(self, action: &[f32]) -> Result<(), Error> {
        if self == ActionMap::Identity {
            return check_target(action);
        }
        match action.iter().position(|a| !a.is_finite()) {
            None => Ok(()),
            Some(i) => Err(Error::Order(format!("action {i}: expected a finite number, got {}", action[i]))),
        }
    }

    /// Target weights, cash first; all NaN where nothing is decided. Equal bits on every machine. O(K).
    pub fn target(
        self,
        action: &[f32],
        base: &Base,
        market: &Market,
        row: usize,
        ids: &[u32],
        target: &mut [f64],
    ) {
        if matches!(self, ActionMap::Tilt { .. }) {
            log_base(base, market, row, ids, target);
        }
        self.apply(action, target);
    }

    /// The same where `target` holds the logarithms of the base.
    pub fn apply(self, action: &[f32], target: &mut [f64]) {
        match self {
            ActionMap::Identity => {
                let sum: f64 = action.iter().map(|&a| f64::from(a)).sum();
                target.iter_mut().zip(action).for_each(|(w, &a)| *w = f64::from(a) / sum);
                return;
            }
            ActionMap::Softmax01 => {
                target.iter_mut().zip(action).for_each(|(w, &a)| *w = f64::from(a.clamp(0.0, 1.0)));
            }
            ActionMap::Tilt { temperature } => {
                for (w, &a) in target.iter_mut().zip(action) {
                    *w += temperature * f64::from(a.clamp(-1.0, 1.0));
                }
            }
        }
        softmax(target);
    }
}

fn check_target(action: &[f32]) -> Result<(), Error> {
    if action.iter().all(|a| a.is_nan()) {
        return Ok(());
    }
    if let Some(i) = action.iter().position(|a| !(a.is_finite() && *a >= 0.0)) {
        return Err(Error::Order(format!("weight {i}: expected a number of at least 0, got {}", action[i])));
    }
    let sum: f64 = action.iter().map(|&a| f64::from(a)).sum();
    if (sum - 1.0).abs() > TOLERANCE {
        return Err(Error::Order(format!("weights: expected a sum of 1, got {sum}")));
    }
    Ok(())
}

fn log_base(base: &Base, market: &Market, row: usize, ids: &[u32], out: &mut [f64]) {
    match base {
        Base::Equal => out.fill(0.0),
        Base::Fixed(logs) => {
            out[0] = logs[0];
            ids.iter().zip(&mut out[1..]).for_each(|(&id, w)| *w = logs[1 + id as usize]);
        }
        Base::Rows(rows) => {
            let at = row * market.n_all();
            ids.iter().zip(&mut out[1..]).for_each(|(&id, w)| *w = rows[at + id as usize]);
            out[0] = out[1..].iter().sum::<f64>() / ids.len() as f64;
        }
    }
}

fn softmax(x: &mut [f64]) {
    // None of them is NaN: one comparison, where `f64::max` makes three.
    let most = x.iter().fold(f64::NEG_INFINITY, |most, &v| if v > most { v } else { most });
    let mut sum = 0.0;
    let (whole, rest) = x.as_chunks_mut();
    for lanes in whole {
        sum += exponentials(lanes, most);
    }
    if !rest.is_empty() {
        let mut lanes = std::array::from_fn(|i| rest.get(i).copied().unwrap_or(f64::NEG_INFINITY));
        sum += exponentials(&mut lanes, most);
        rest.iter_mut().zip(lanes).for_each(|(v, lane)| *v = lane);
    }
    let scale = 1.0 / sum;
    x.iter_mut().for_each(|v| *v *= scale);
}

/// exp(x - most) in place; returns their sum. Lanes of minus infinity count as e^-700, which is nothing.
fn exponentials(lanes: &mut [f64; LANES], most: f64) -> f64 {
    lanes.iter_mut().for_each(|v| *v -= most);
    exp_below_0(lanes);
    let [a, b, c, d] = *lanes;
    (a + c) + (b + d)
}

const LANES: usize = 4;

/// exp(x) for x <= 0, to 1 in 1e15, from additions and multiplications alone: equal bits on every machine, and no branch,
/// so that several are done at once. x = n ln 2 + r, |r| <= ln 2 / 2, and the Taylor series of r to degree 12.
fn exp_below_0(x: &mut [f64; LANES]) {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    // Adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const INVERSE_FACTORIALS: [f64; 11] = [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
    ];
    let mut shifted = [0.0; LANES];
    let mut r = [0.0; LANES];
    let mut series = [0.0; LANES];
    for i in 0..LANES {
        let kept = if x[i] > -700.0 { x[i] } else { -700.0 };
        shifted[i] = kept * std::f64::consts::LOG2_E + ROUND;
        let n = shifted[i] - ROUND;
        r[i] = (kept - n * LN2_HIGH) - n * LN2_LOW;
    }
    for c in INVERSE_FACTORIALS {
        for i in 0..LANES {
            series[i] = series[i] * r[i] + c;
        }
    }
    for i in 0..LANES {
        let power = f64::from_bits((shifted[i].to_bits().wrapping_add(1023)) << 52);
        x[i] = (1.0 + (r[i] + r[i] * r[i] * series[i])) * power;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exp() {
        for i in 0..=70_000 {
            let x = -f64::from(i) * 0.01;
            let mut lanes = [x; LANES];
            lanes[3] = 0.0;
            exp_below_0(&mut lanes);
            assert!((lanes[0] / libm::exp(x) - 1.0).abs() < 1e-15, "{x}: {}", lanes[0]);
            assert_eq!(lanes[3], 1.0);
        }
    }
}
