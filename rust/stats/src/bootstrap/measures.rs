use rayon::prelude::*;

use super::blocks::StationaryBootstrap;
use super::prefix::PrefixSums;
use crate::ratios::Annual;

/// (draws, k) replicates of three measures, row after row; NaN where a replicate has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Draws {
    /// Sharpe ratio, annualised.
    pub sharpe: Vec<f64>,
    /// Volatility, annualised.
    pub vol: Vec<f64>,
    /// Compound annual growth; NaN for a column with a return of -1 or less.
    pub cagr: Vec<f64>,
}

/// Replicates of a (n, k) array stored row by row; all columns of a replicate share their rows, so differences of
/// columns are paired. O(draws k n / mean_block). `threads` = 0 takes the global pool; the bits never depend on it.
pub fn bootstrap_measures(
    returns: &[f64],
    k: usize,
    annual: &Annual,
    plan: &StationaryBootstrap,
    draws: usize,
    threads: usize,
) -> Draws {
    let prefix = PrefixSums::new(returns, k);
    let blank = || vec![f64::NAN; draws * k];
    let mut out = Draws { sharpe: blank(), vol: blank(), cagr: blank() };
    let replicate = |totals: &mut Vec<f64>, index: usize, row: Row<'_>| {
        totals.resize(3 * k, 0.0);
        prefix.totals(plan.blocks(index as u64), totals);
        measure(&prefix, totals, plan.n as f64, annual, row);
    };
    let rows = (out.sharpe.chunks_exact_mut(k), out.vol.chunks_exact_mut(k), out.cagr.chunks_exact_mut(k));
    if threads == 1 {
        let mut totals = Vec::new();
        for (i, ((sharpe, vol), cagr)) in rows.0.zip(rows.1).zip(rows.2).enumerate() {
            replicate(&mut totals, i, Row { sharpe, vol, cagr });
        }
        return out;
    }
    let all: Vec<Row<'_>> =
        rows.0.zip(rows.1).zip(rows.2).map(|((sharpe, vol), cagr)| Row { sharpe, vol, cagr }).collect();
    let work = || {
        all.into_par_iter().enumerate().for_each_init(Vec::new, |totals, (i, row)| replicate(totals, i, row));
    };
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) if threads > 0 => pool.install(work),
        _ => work(),
    }
    out
}

struct Row<'a> {
    sharpe: &'a mut [f64],
    vol: &'a mut [f64],
    cagr: &'a mut [f64],
}

fn measure(prefix: &PrefixSums, totals: &[f64], n: f64, annual: &Annual, row: Row<'_>) {
    let k = prefix.means.len();
    let (sums, rest) = totals.split_at(k);
    let (squares, logs) = rest.split_at(k);
    let root = annual.periods.sqrt();
    for j in 0..k {
        let variance = (squares[j] - sums[j] * sums[j] / n) / (n - 1.0);
        let sd = variance.max(0.0).sqrt();
        row.vol[j] = sd * root;
        if variance > prefix.floors[j] {
            row.sharpe[j] = (prefix.means[j] + sums[j] / n - annual.risk_free) / sd * root;
        }
        if !prefix.ruined[j] {
            row.cagr[j] = libm::expm1(logs[j] * annual.periods / n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moments::Moments;
    use quantrl_rng::Key;

    const DAILY: Annual = Annual { periods: 252.0, risk_free: 0.0 };

    fn sample() -> (Vec<f64>, StationaryBootstrap) {
        let returns = (0..300).map(|i| ((i * 7919) % 101) as f64 * 1e-3 - 0.04).collect();
        (returns, StationaryBootstrap { n: 100, mean_block: 6.0, key: Key { seed: 5, stream: 1 } })
    }

    #[test]
    fn equals_gathered_rows() {
        let (returns, plan) = sample();
        let draws = bootstrap_measures(&returns, 3, &DAILY, &plan, 50, 1);
        for replicate in 0..50 {
            for j in 0..3 {
                let rows =
                    plan.blocks(replicate).flat_map(|b| (0..b.length).map(move |i| (b.start + i) % 100));
                let gathered: Vec<f64> = rows.map(|t| returns[t * 3 + j]).collect();
                let moments = Moments::of(&gathered).unwrap();
                let at = replicate as usize * 3 + j;
                assert!((draws.sharpe[at] - moments.mean / moments.sd * 252f64.sqrt()).abs() < 1e-12);
                let growth: f64 = gathered.iter().map(|r| r.ln_1p()).sum();
                assert!((draws.cagr[at] / (growth * 2.52).exp_m1() - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn equal_bits_on_any_threads() {
        let (returns, plan) = sample();
        let bits = |threads| {
            let draws = bootstrap_measures(&returns, 3, &DAILY, &plan, 200, threads);
            [draws.sharpe, draws.vol, draws.cagr].concat().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        };
        let one = bits(1);
        assert!(one == bits(2) && one == bits(8) && one == bits(0));
    }

    #[test]
    fn undefined_replicates_are_nan() {
        let returns: Vec<f64> = (0..40).flat_map(|i| [0.01, if i == 7 { -1.0 } else { 0.1 }]).collect();
        let plan = StationaryBootstrap { n: 40, mean_block: 2.0, key: Key { seed: 0, stream: 0 } };
        let draws = bootstrap_measures(&returns, 2, &DAILY, &plan, 20, 1);
        assert!(draws.sharpe.iter().step_by(2).all(|v| v.is_nan()));
        assert!(draws.cagr.iter().skip(1).step_by(2).all(|v| v.is_nan()));
        assert!(draws.cagr.iter().step_by(2).all(|v| v.is_finite()));
    }
}
