//! Agreement of two rankings.

/// Kendall's tau-b by Knight (1966): sort by one, count the exchanges a merge sort of the other needs.
/// NaN where either side is constant, holds NaN, or has fewer than two values. O(n log n).
pub fn tau_b(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len().min(y.len());
    if n < 2 || x.iter().chain(y).any(|v| v.is_nan()) {
        return f64::NAN;
    }
    let mut pairs: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    pairs.sort_unstable_by(|a, b| order(a.0, b.0).then(order(a.1, b.1)));
    let (ties_x, ties_both) = (tied(&pairs, |a, b| a.0 == b.0), tied(&pairs, |a, b| a == b));
    let mut seconds: Vec<f64> = pairs.iter().map(|p| p.1).collect();
    let exchanges = merge_sort(&mut seconds, &mut vec![0.0; n]);
    let ties_y = tied(&seconds, |a, b| a == b);
    let total = (n as u64) * (n as u64 - 1) / 2;
    let (free_x, free_y) = (total - ties_x, total - ties_y);
    if free_x == 0 || free_y == 0 {
        return f64::NAN;
    }
    let agreement = (total + ties_both) as f64 - (ties_x + ties_y) as f64 - 2.0 * exchanges as f64;
    (agreement / (free_x as f64).sqrt() / (free_y as f64).sqrt()).clamp(-1.0, 1.0)
}

fn order(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal)
}

fn tied<T>(sorted: &[T], same: impl Fn(&T, &T) -> bool) -> u64 {
    sorted.chunk_by(same).map(|run| (run.len() as u64) * (run.len() as u64 - 1) / 2).sum()
}

fn merge_sort(x: &mut [f64], spare: &mut [f64]) -> u64 {
    let middle = x.len() / 2;
    if middle == 0 {
        return 0;
    }
    let (left, right) = x.split_at_mut(middle);
    let mut exchanges = merge_sort(left, spare) + merge_sort(right, spare);
    let (mut i, mut j) = (0, 0);
    for slot in spare[..left.len() + right.len()].iter_mut() {
        if i < left.len() && (j == right.len() || left[i] <= right[j]) {
            *slot = left[i];
            i += 1;
        } else {
            *slot = right[j];
            j += 1;
            exchanges += (left.len() - i) as u64;
        }
    }
    x.copy_from_slice(&spare[..x.len()]);
    exchanges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brute(x: &[f64], y: &[f64]) -> f64 {
        let sign = |d: f64| f64::from(d > 0.0) - f64::from(d < 0.0);
        let (mut both, mut only_x, mut only_y) = (0.0f64, 0.0f64, 0.0f64);
        for i in 0..x.len() {
            for j in 0..i {
                let (a, b) = (sign(x[i] - x[j]), sign(y[i] - y[j]));
                both += a * b;
                only_x += a * a;
                only_y += b * b;
            }
        }
        both / (only_x * only_y).sqrt()
    }

    #[test]
    fn equals_all_pairs() {
        for seed in 1..40u64 {
            let draw = |i: u64, m: u64| ((i * seed * 2_654_435_761) >> 7) % m;
            let x: Vec<f64> = (0..30).map(|i| draw(i + 1, 12) as f64).collect();
            let y: Vec<f64> = (0..30).map(|i| draw(i + 77, 9) as f64).collect();
            let (fast, slow) = (tau_b(&x, &y), brute(&x, &y));
            assert!((fast - slow).abs() < 1e-14 || (fast.is_nan() && slow.is_nan()), "{seed}: {fast} {slow}");
        }
    }

    #[test]
    fn extremes_and_undefined() {
        assert_eq!(tau_b(&[1.0, 2.0, 3.0], &[2.0, 4.0, 9.0]), 1.0);
        assert_eq!(tau_b(&[1.0, 2.0, 3.0], &[9.0, 4.0, 2.0]), -1.0);
        assert!(tau_b(&[1.0, 1.0], &[1.0, 2.0]).is_nan());
        assert!(tau_b(&[1.0], &[1.0]).is_nan());
        assert!(tau_b(&[1.0, f64::NAN], &[1.0, 2.0]).is_nan());
    }
}
