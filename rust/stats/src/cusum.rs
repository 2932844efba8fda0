//! Page (1954): a one-sided cumulative sum that rises with losses and forgets at zero.

/// Largest step, in daily target volatilities.
pub const CLIP: f64 = 4.0;

/// max(0, sum - clip(x / sigma, +-4)): an agent at its best stays near 0, one that decays climbs. O(1).
pub fn step(sum: f64, x: f64, sigma: f64) -> f64 {
    (sum - (x / sigma).clamp(-CLIP, CLIP)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn climbs_on_losses_and_stops_at_zero() {
        assert_eq!(step(1.0, -0.02, 0.01), 3.0);
        assert_eq!(step(1.0, 0.02, 0.01), 0.0);
        assert_eq!(step(0.0, -1.0, 0.01), 4.0);
    }
}
