const LANES: usize = 8;

/// `M` sums of `f(x)` in one pass: eight lanes folded left to right, so the order never depends on the machine.
pub(crate) fn sums<const M: usize>(x: &[f64], f: impl Fn(f64) -> [f64; M]) -> [f64; M] {
    let mut lanes = [[0.0; LANES]; M];
    let (blocks, rest) = x.as_chunks::<LANES>();
    for block in blocks {
        for (lane, &value) in block.iter().enumerate() {
            let terms = f(value);
            for (sum, term) in lanes.iter_mut().zip(terms) {
                sum[lane] += term;
            }
        }
    }
    let mut totals = lanes.map(|sum| sum.into_iter().fold(0.0, |a, b| a + b));
    for &value in rest {
        for (total, term) in totals.iter_mut().zip(f(value)) {
            *total += term;
        }
    }
    totals
}

/// One sum, in the order of [`sums`].
pub(crate) fn sum(x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    sums(x, |value| [f(value)])[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_broken_blocks() {
        for n in [0usize, 1, 7, 8, 9, 40] {
            let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
            assert_eq!(sum(&x, |v| v), (n * n.saturating_sub(1) / 2) as f64);
        }
        assert_eq!(sums(&[1.0, 2.0], |v| [v, v * v]), [3.0, 5.0]);
    }
}
