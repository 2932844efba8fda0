//! How many independent series many correlated ones amount to.

/// Columns up to which every eigenvalue is computed; above, the second moment of the spectrum stands for it.
pub const MOST_BY_SPECTRUM: usize = 200;
const SWEEPS: usize = 64;
const ROUNDING: f64 = 1e-12;

/// From `returns`, row after row; NaN where no column varies. Columns that do not vary are left out.
///
/// The correlation matrix is moved towards the identity by the intensity of Ledoit and Wolf (2004), A well-conditioned
/// estimator for large-dimensional covariance matrices, J. Multivariate Analysis 88(2). With its eigenvalues over
/// their sum as shares p, the number is exp(-sum p ln p) up to [`MOST_BY_SPECTRUM`] columns and 1 / sum p^2, the
/// participation ratio, above. O(rows k^2), and O(k^3) for the eigenvalues.
pub fn effective_number(returns: &[f64], columns: usize) -> f64 {
    let series = standardised(returns, columns);
    let k = series.len();
    if k == 0 {
        return f64::NAN;
    }
    let mut matrix = correlation(&series);
    shrink(&mut matrix, &series);
    if k <= MOST_BY_SPECTRUM { by_entropy(&mut matrix, k) } else { by_participation(&matrix, k) }
}

fn total(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |sum, value| sum + value)
}

/// Columns that vary, each with mean 0 and mean square 1.
fn standardised(returns: &[f64], columns: usize) -> Vec<Vec<f64>> {
    let rows = returns.len() / columns;
    (0..columns)
        .filter_map(|at| {
            let column: Vec<f64> = returns.iter().skip(at).step_by(columns).copied().collect();
            let mean = total(column.iter().copied()) / rows as f64;
            let centred: Vec<f64> = column.iter().map(|x| x - mean).collect();
            let sd = (total(centred.iter().map(|x| x * x)) / rows as f64).sqrt();
            let largest = column.iter().fold(0.0f64, |most, x| most.max(x.abs()));
            (sd > ROUNDING * largest).then(|| centred.iter().map(|x| x / sd).collect())
        })
        .collect()
}

fn correlation(series: &[Vec<f64>]) -> Vec<f64> {
    let (k, rows) = (series.len(), series[0].len());
    let mut matrix = vec![0.0; k * k];
    for i in 0..k {
        matrix[i * k + i] = 1.0;
        for j in i + 1..k {
            let product = total(series[i].iter().zip(&series[j]).map(|(a, b)| a * b)) / rows as f64;
            matrix[i * k + j] = product;
            matrix[j * k + i] = product;
        }
    }
    matrix
}

/// |C - I|^2 is structure and noise; the share of the noise goes to I.
fn shrink(matrix: &mut [f64], series: &[Vec<f64>]) {
    let (k, rows) = (series.len(), series[0].len());
    let energy = total(matrix.iter().map(|c| c * c));
    let lengths = (0..rows).map(|t| total(series.iter().map(|s| s[t] * s[t])));
    let noise = (total(lengths.map(|l| l * l)) / rows as f64 - energy) / rows as f64;
    let distance = energy - k as f64;
    let share = if distance > 0.0 { (noise / distance).clamp(0.0, 1.0) } else { 1.0 };
    for (at, cell) in matrix.iter_mut().enumerate() {
        if at / k != at % k {
            *cell *= 1.0 - share;
        }
    }
}

fn by_participation(matrix: &[f64], k: usize) -> f64 {
    (k * k) as f64 / total(matrix.iter().map(|c| c * c))
}

fn by_entropy(matrix: &mut [f64], k: usize) -> f64 {
    diagonalise(matrix, k);
    let shares = (0..k).map(|i| (matrix[i * k + i] / k as f64).max(f64::MIN_POSITIVE));
    libm::exp(-total(shares.map(|p| p * libm::log(p))))
}

/// Cyclic Jacobi rotations until nothing is left beside the diagonal.
fn diagonalise(a: &mut [f64], k: usize) {
    for _ in 0..SWEEPS {
        let beside = total((0..k * k).filter(|at| at / k != at % k).map(|at| a[at] * a[at]));
        if beside <= ROUNDING * ROUNDING * k as f64 {
            return;
        }
        for p in 0..k {
            for q in p + 1..k {
                rotate(a, k, p, q);
            }
        }
    }
}

/// The plane rotation that makes cell (p, q) zero: Golub and Van Loan, Matrix Computations, section 8.5.
fn rotate(a: &mut [f64], k: usize, p: usize, q: usize) {
    let cell = a[p * k + q];
    if cell == 0.0 {
        return;
    }
    let theta = (a[q * k + q] - a[p * k + p]) / (2.0 * cell);
    let t = (1.0 / (theta.abs() + (theta * theta + 1.0).sqrt())).copysign(theta);
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for i in (0..k).filter(|&i| i != p && i != q) {
        let (x, y) = (a[i * k + p], a[i * k + q]);
        (a[i * k + p], a[i * k + q]) = (c * x - s * y, s * x + c * y);
        (a[p * k + i], a[q * k + i]) = (a[i * k + p], a[i * k + q]);
    }
    a[p * k + p] -= t * cell;
    a[q * k + q] += t * cell;
    (a[p * k + q], a[q * k + p]) = (0.0, 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(k: usize, rho: f64) -> Vec<f64> {
        (0..k * k).map(|at| if at / k == at % k { 1.0 } else { rho }).collect()
    }

    #[test]
    fn equal_correlations() {
        // One eigenvalue 1 + 39 * .3 = 12.7, the others .7.
        assert!((by_entropy(&mut equal(40, 0.3), 40) - 22.77).abs() < 5e-3);
        assert!((by_entropy(&mut equal(40, 0.0), 40) - 40.0).abs() < 1e-9);
        assert!((by_participation(&equal(40, 0.3), 40) - 1600.0 / (12.7 * 12.7 + 39.0 * 0.49)).abs() < 1e-9);
    }

    #[test]
    fn rotations_find_the_spectrum() {
        let mut a = vec![2.0, -1.0, 0.0, -1.0, 2.0, -1.0, 0.0, -1.0, 2.0];
        diagonalise(&mut a, 3);
        let mut found = [a[0], a[4], a[8]];
        found.sort_by(f64::total_cmp);
        let root = 2.0f64.sqrt();
        for (x, y) in found.iter().zip([2.0 - root, 2.0, 2.0 + root]) {
            assert!((x - y).abs() < 1e-12);
        }
    }

    #[test]
    fn what_does_not_vary_is_no_series() {
        let rows: Vec<f64> = [1.0, -1.0, 1.0, -1.0].iter().flat_map(|x| [*x, 0.25, 2.0 * x]).collect();
        // Two copies of one series and a constant: C is all ones, and without noise nothing is shrunk.
        assert!((effective_number(&rows, 3) - 1.0).abs() < 1e-9);
        assert!(effective_number(&[0.5; 12], 3).is_nan());
    }
}
