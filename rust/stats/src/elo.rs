//! Elo-MMR: performances in a contest and ratings, zeros of sums of hyperbolic tangents.
//!
//! Ebtekar and Liu (2021), Elo-MMR: A rating system for massive multiplayer competitions, WWW.

const LOWEST: f64 = -6000.0;
const HIGHEST: f64 = 9000.0;
const TOLERANCE: f64 = 1e-4;
const MOST_STEPS: usize = 200;
/// pi / sqrt(3): deviation of the standard logistic law.
const LOGISTIC: f64 = 1.813_799_364_234_217_8;

/// The level at which each would have been as likely to do better as to do worse than it did: the zero of
/// sum_j b_j (c_ij - e_ij tanh(b_j (p_i - mean_j) / 2)) in -6000..9000, b = pi / sqrt(3 variance), every agent against
/// itself included. Larger results are better, equal ones tie with strength e = `tie`. O(n^2) a step, few steps.
pub fn performances(mean: &[f64], variance: &[f64], result: &[f64], tie: f64) -> Vec<f64> {
    let back: Vec<f64> = variance.iter().map(|v| LOGISTIC / v.sqrt()).collect();
    let rivals: Vec<(f64, f64)> = mean.iter().copied().zip(back).collect();
    let performance = |(&own, &start): (&f64, &f64)| {
        root(start, |p| {
            let (mut value, mut slope) = (0.0, 0.0);
            for (&(mean, b), &other) in rivals.iter().zip(result) {
                let t = tanh(b / 2.0 * (p - mean));
                let outcome = f64::from(own > other) - f64::from(own < other);
                let strength = if outcome == 0.0 { tie } else { 1.0 };
                value += b * (outcome - strength * t);
                slope -= b * strength * (b / 2.0) * (1.0 - t * t);
            }
            (value, slope)
        })
    };
    result.iter().zip(mean).map(performance).collect()
}

/// One normal factor of a rating, and where the search for the mode starts.
#[derive(Clone, Copy, Debug)]
pub struct Factor {
    /// Where to start.
    pub start: f64,
    /// Mean of the normal factor.
    pub mean: f64,
    /// Its precision.
    pub precision: f64,
}

/// Mode of each posterior: the zero of (x - mean) precision + sum b tanh(a (x - mode)), its modes and weights b in rows of
/// `room`. O(room) a step, few steps.
pub fn modes(factors: &[Factor], modes: &[f64], backs: &[f64], room: usize, a: f64) -> Vec<f64> {
    let row = |i: usize| modes[i * room..][..room].iter().zip(&backs[i * room..][..room]);
    let mode = |(i, factor): (usize, &Factor)| {
        root(factor.start, |x| {
            let mut value = -(x - factor.mean) * factor.precision;
            let mut slope = -factor.precision;
            for (mode, b) in row(i) {
                let t = tanh(a * (x - mode));
                value -= b * t;
                slope -= a * b * (1.0 - t * t);
            }
            (value, slope)
        })
    };
    factors.iter().enumerate().map(mode).collect()
}

/// Zero in -6000..9000 of a decreasing function given with its slope, by Newton steps that are halvings where they help
/// too little. It ends with a step below 1e-4, on a scale of hundreds: what a Newton step so small leaves is its square.
fn root(start: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let (mut low, mut high) = (LOWEST, HIGHEST);
    let (mut x, mut last) = (start.clamp(LOWEST, HIGHEST), HIGHEST - LOWEST);
    for _ in 0..MOST_STEPS {
        let (value, slope) = f(x);
        if value > 0.0 {
            low = x;
        } else if value < 0.0 {
            high = x;
        } else {
            return x;
        }
        let newton = -value / slope.min(-1e-100);
        let inside = (low..=high).contains(&(x + newton)) && newton.abs() < 0.5 * last;
        let step = if inside { newton } else { (low + high) / 2.0 - x };
        x += step;
        last = step.abs();
        if last <= TOLERANCE {
            break;
        }
    }
    x
}

/// By one exponential: the error is that of rounding in units of 1, which is what sums of it need.
fn tanh(y: f64) -> f64 {
    let t = 1.0 - 2.0 / (libm::exp(2.0 * y.abs()) + 1.0);
    t.copysign(y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tangents() {
        for y in [-30.0, -2.0, -0.1, -1e-9, 0.0, 1e-9, 0.3, 5.0, 800.0] {
            assert!((tanh(y) - libm::tanh(y)).abs() < 3e-16, "{y}");
        }
    }

    #[test]
    fn two_equals_meet_around_their_mean() {
        let found = performances(&[1500.0; 2], &[1e4; 2], &[2.0, 1.0], 2.0);
        assert!((found[0] + found[1] - 3000.0).abs() < 1e-6 && found[0] > 1500.0);
        assert_eq!(performances(&[1500.0; 2], &[1e4; 2], &[1.0, 1.0], 2.0), [1500.0; 2]);
    }

    #[test]
    fn a_rating_lies_between_prior_and_performances() {
        let factor = Factor { start: 1500.0, mean: 1500.0, precision: 1e-4 };
        let found = modes(&[factor; 2], &[1700.0, 1800.0, 0.0, 0.0], &[0.01, 0.01, 0.0, 0.0], 2, 0.005);
        assert!(found[0] > 1500.0 && found[0] < 1800.0);
        assert_eq!(found[1], 1500.0);
    }
}
