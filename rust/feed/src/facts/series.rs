//! Moments of a series with holes.

/// Mean and sums of powers 2 and 4 of what deviates from it, with their number; None below two values.
fn moments(values: impl Iterator<Item = f64> + Clone) -> Option<(f64, f64, f64, f64)> {
    let count = values.clone().count();
    if count < 2 {
        return None;
    }
    let mean = values.clone().sum::<f64>() / count as f64;
    let power = |exponent| values.clone().map(|value| f64::powi(value - mean, exponent)).sum::<f64>();
    Some((count as f64, mean, power(2), power(4)))
}

fn there(series: &[Option<f64>]) -> impl Iterator<Item = f64> + Clone + '_ {
    series.iter().copied().flatten()
}

/// Sum of squared deviations over their number.
pub fn variance(series: &[Option<f64>]) -> f64 {
    moments(there(series)).map_or(f64::NAN, |(count, _, squares, _)| squares / count)
}

/// Fourth moment over squared second moment, minus 3.
pub fn excess_kurtosis(series: &[Option<f64>]) -> f64 {
    let Some((count, _, squares, fourth)) = moments(there(series)) else { return f64::NAN };
    if squares > 0.0 { count * fourth / (squares * squares) - 3.0 } else { f64::NAN }
}

/// At lag 1: products of neighbours' deviations over the sum of squares; a hole has no neighbours.
pub fn autocorrelation(series: &[Option<f64>]) -> f64 {
    let Some((_, mean, squares, _)) = moments(there(series)) else { return f64::NAN };
    let products = series.windows(2).filter_map(|pair| Some((pair[0]? - mean) * (pair[1]? - mean)));
    if squares > 0.0 { products.sum::<f64>() / squares } else { f64::NAN }
}

/// Variance of sums of `n` in a row, over `n` times that of one. Blocks with a hole are left out.
pub fn variance_ratio(series: &[Option<f64>], n: usize) -> f64 {
    let sums: Vec<Option<f64>> = series.chunks_exact(n).map(|block| block.iter().copied().sum()).collect();
    let ratio = variance(&sums) / (n as f64 * variance(series));
    if ratio.is_finite() { ratio } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn by_hand() {
        let series = whole(&[1.0, -1.0, 1.0, -1.0]);
        assert_eq!(variance(&series), 1.0);
        assert_eq!(excess_kurtosis(&series), -2.0);
        assert_eq!(autocorrelation(&series), -0.75);
        assert_eq!(variance_ratio(&series, 2), 0.0);
        // Mean 1, deviations 1 -1 -1 1: the only pair of neighbours is the last.
        let holes = [Some(2.0), None, Some(0.0), None, Some(0.0), Some(2.0)];
        assert_eq!(autocorrelation(&holes), -0.25);
        assert_eq!(variance(&holes), 1.0);
        // Sums of two: 3, none, 9, of variance 9; one alone has variance 2.
        let gap = [Some(1.0), Some(2.0), None, Some(3.0), Some(4.0), Some(5.0)];
        assert_eq!(variance_ratio(&gap, 2), 9.0 / (2.0 * 2.0));
    }

    #[test]
    fn undefined_is_nan() {
        for series in [whole(&[]), whole(&[1.0]), whole(&[2.0, 2.0])] {
            assert!(excess_kurtosis(&series).is_nan() && autocorrelation(&series).is_nan());
            assert!(variance_ratio(&series, 1).is_nan());
        }
        assert!(variance(&whole(&[1.0])).is_nan());
    }
}
