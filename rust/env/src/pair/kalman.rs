//! The hedge ratio as a state that wanders: a Kalman filter on (alpha, beta).

use crate::Error;
use crate::pair::state::{Words, put_reals};

/// Share of kappa Delta s^2 that alpha may wander in one decision (3.3): a faster one swallows the spread itself.
const MOST_ALPHA: f64 = 1e-3;

/// Variances, log units squared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// Q = diag(q_alpha, q_beta): by how much both wander in one decision.
    pub q: [f64; 2],
    /// R: of the spread around zero.
    pub r: f64,
}

impl Noise {
    /// # Errors
    /// A variance that is negative or not finite, an R of 0, or an alpha that follows the spread.
    pub fn check(&self, kappa_dt: f64, s: f64) -> Result<(), Error> {
        let fail = |message: String| Err(Error::Config(message));
        for (name, value) in [("q_alpha", self.q[0]), ("q_beta", self.q[1])] {
            if !(value >= 0.0 && value.is_finite()) {
                return fail(format!("{name}: expected at least 0, got {value}"));
            }
        }
        if !(self.r > 0.0 && self.r.is_finite()) {
            return fail(format!("noise: expected a positive number, got {}", self.r));
        }
        let most = MOST_ALPHA * kappa_dt * s * s;
        if self.q[0] > most {
            return fail(format!(
                "q_alpha: expected at most {most:e} = 1e-3 kappa dt s^2, or alpha follows the spread itself, got {:e}",
                self.q[0]
            ));
        }
        Ok(())
    }
}

/// Covariance of (alpha, beta) given all rows so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filter {
    noise: Noise,
    /// Variance of alpha, covariance, variance of beta.
    p: [f64; 3],
}

impl Filter {
    /// As uncertain as coefficients that were right W decisions ago: P = W Q.
    pub fn new(noise: Noise, window: usize) -> Self {
        let [alpha, beta] = noise.q.map(|q| window as f64 * q);
        Self { noise, p: [alpha, 0.0, beta] }
    }

    /// One row: predict, x = y - alpha - beta u by the coefficients as they were, then update them; returns x.
    pub fn push(&mut self, alpha: &mut f64, beta: &mut f64, y: f64, u: f64) -> f64 {
        let [q_alpha, q_beta] = self.noise.q;
        let [aa, ab, bb] = [self.p[0] + q_alpha, self.p[1], self.p[2] + q_beta];
        let x = y - *alpha - *beta * u;
        // H = (1, u): P H', then S = H P H' + R.
        let (pa, pb) = (aa + ab * u, ab + bb * u);
        let total = pa + u * pb + self.noise.r;
        let (gain_a, gain_b) = (pa / total, pb / total);
        *alpha += gain_a * x;
        *beta += gain_b * x;
        self.p = [aa - gain_a * pa, ab - gain_a * pb, bb - gain_b * pb];
        x
    }

    /// Standard error of beta.
    pub fn beta_error(&self) -> f64 {
        self.p[2].max(0.0).sqrt()
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        put_reals(out, self.p);
    }

    pub(super) fn load(words: &mut Words<'_>, noise: Noise) -> Self {
        Self { noise, p: std::array::from_fn(|_| words.real()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_by_hand() {
        // P = Q W = diag(2, 4), after prediction diag(3, 6); u = 2: P H' = (3, 12), S = 3 + 24 + 3 = 30, K = (.1, .4).
        let mut filter = Filter::new(Noise { q: [1.0, 2.0], r: 3.0 }, 2);
        let (mut alpha, mut beta) = (0.5, 1.0);
        let x = filter.push(&mut alpha, &mut beta, 7.5, 2.0);
        assert_eq!(x, 5.0);
        assert!((alpha - 1.0).abs() < 1e-15 && (beta - 3.0).abs() < 1e-15);
        let expected = [3.0 - 0.3, -1.2, 6.0 - 4.8];
        assert!(filter.p.iter().zip(expected).all(|(p, e)| (p - e).abs() < 1e-14));
    }

    #[test]
    fn an_alpha_that_follows_the_spread_is_refused() {
        let most = 1e-3 * 0.02 * 4e-6;
        let noise = |alpha| Noise { q: [alpha, 1e-9], r: 4e-6 };
        assert!(noise(most).check(0.02, 2e-3).is_ok());
        let said = noise(1.01 * most).check(0.02, 2e-3).unwrap_err().to_string();
        assert!(said.contains("q_alpha"), "{said}");
        assert!(Noise { q: [0.0, -1.0], r: 1.0 }.check(0.02, 2e-3).is_err());
        assert!(Noise { q: [0.0, 1.0], r: 0.0 }.check(0.02, 2e-3).is_err());
    }
}
