/// What a p-value speaks against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// The value is at most 0.
    AtMostZero,
    /// The value is 0.
    Zero,
}

/// Differences below this are rounding; they count against the value.
const ROUNDING: f64 = 1e-12;

/// (1 + replicates that, centred on `value`, reach it) / (1 + replicates): the bootstrap shifted to the null, after
/// Hall and Wilson (1991), Two guidelines for bootstrap hypothesis testing, Biometrics 47. Replicates that are NaN are
/// left out; NaN where `value` is, or none is left. O(draws).
pub fn centred_p_value(draws: &[f64], value: f64, null: Null) -> f64 {
    let reaches = |draw: f64| match null {
        Null::AtMostZero => draw - value >= value - ROUNDING,
        Null::Zero => (draw - value).abs() >= value.abs() - ROUNDING,
    };
    let defined = draws.iter().filter(|draw| !draw.is_nan());
    let (all, hits) =
        defined.fold((0usize, 0usize), |(all, hits), &draw| (all + 1, hits + usize::from(reaches(draw))));
    if value.is_nan() || all == 0 { f64::NAN } else { (1 + hits) as f64 / (1 + all) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let draws = [0.5, 1.5, 2.5, -0.5, f64::NAN];
        // Centred on 1: -0.5, 0.5, 1.5, -1.5.
        assert_eq!(centred_p_value(&draws, 1.0, Null::AtMostZero), 2.0 / 5.0);
        assert_eq!(centred_p_value(&draws, 1.0, Null::Zero), 3.0 / 5.0);
        assert_eq!(centred_p_value(&draws, -1.0, Null::AtMostZero), 1.0);
    }

    #[test]
    fn nothing_to_tell() {
        assert_eq!(centred_p_value(&[1e-17, -1e-17], 1e-16, Null::AtMostZero), 1.0);
        assert!(centred_p_value(&[f64::NAN], 1.0, Null::Zero).is_nan());
        assert!(centred_p_value(&[1.0], f64::NAN, Null::Zero).is_nan());
    }
}
