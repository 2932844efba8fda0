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

    /// Target weights, cash first; all NaN where nothing is decided. exp is the pure-Rust one of `libm`: equal bits on
    /// every machine. O(K).
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
    let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for v in x.iter_mut() {
        *v = libm::exp(*v - most);
        sum += *v;
    }
    x.iter_mut().for_each(|v| *v /= sum);
}
