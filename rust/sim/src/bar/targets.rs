use crate::bar::Error;
use crate::bar::lanes::{LANES, Lanes, each_block, keep, last_block, total};

/// Sum of target weights above which a row is refused when nothing else is held.
const MAX_WEIGHT: f64 = 1.0 + 1e-6;

/// Refuse target weights that a long-only cash account cannot hold. True if the row decides anything.
///
/// # Errors
/// An infinite or negative weight, or a complete row that sums to more than 1 + 1e-6.
pub fn check_weights(weights: &[f64]) -> Result<bool, Error> {
    let (mut sum, mut negative) = (Lanes::ZERO, Lanes::ZERO);
    let (whole, rest) = weights.as_chunks::<LANES>();
    for w in whole {
        sum += Lanes::new(*w);
        negative |= Lanes::ZERO.simd_gt(Lanes::new(*w));
    }
    let rest = last_block(rest, 0.0);
    // A sum that is a number has no hold and nothing infinite in it.
    if total(sum + rest) <= MAX_WEIGHT && !(negative | Lanes::ZERO.simd_gt(rest)).any() {
        return Ok(true);
    }
    let (mut sum, mut given, mut good) = (Lanes::ZERO, Lanes::ZERO, Lanes::ZERO);
    let (zero, one, most) = (Lanes::ZERO, Lanes::ONE, Lanes::splat(f64::MAX));
    each_block(weights, 0.., |_, w| {
        let target = !w.is_nan();
        sum += keep(target, w);
        given += keep(target, one);
        good += keep(w.simd_ge(zero) & most.simd_ge(w), one);
    });
    let (sum, given, good) = (total(sum), total(given) as usize, total(good) as usize);
    if good < given {
        let (i, w) =
            weights.iter().enumerate().find(|(_, w)| **w < 0.0 || w.is_infinite()).expect("one was found");
        let what = if w.is_infinite() { "is not finite" } else { "is negative in a cash account" };
        return Err(Error::Order(format!("weight {w} of instrument {i} {what}")));
    }
    if given == weights.len() && sum > MAX_WEIGHT {
        return Err(Error::Order(format!("weights sum to {}, more than 1", sum)));
    }
    Ok(given > 0)
}
