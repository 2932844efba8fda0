//! All measures of all columns at once.

use rayon::prelude::*;

use crate::drawdown::Curve;
use crate::moments::Moments;
use crate::quantile::Tails;
use crate::ratios::{Annual, cagr, calmar, omega, sharpe, sortino, volatility};
use crate::reason::{Measured, Reason};
use crate::sharpe::{Evidence, Variance};

/// Names of the measures, in the order of the rows of a table.
pub const MEASURES: [&str; 17] = [
    "total",
    "cagr",
    "vol",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "ulcer",
    "max_duration",
    "var",
    "cvar",
    "tail_ratio",
    "skew",
    "kurtosis",
    "omega",
    "psr",
    "min_track_record",
];

const TAIL: f64 = 0.05;
const CONFIDENCE: f64 = 0.95;
const STRIP: usize = 16;
const SERIAL_BELOW: usize = 1 << 16;

/// A (measures, columns) table, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Values, NaN where undefined.
    pub values: Vec<f64>,
    /// Codes of [`Reason`].
    pub reasons: Vec<u8>,
}

/// Every measure of one finite series, in the order of [`MEASURES`]. O(n).
pub fn measures(returns: &[f64], annual: &Annual) -> [Measured; MEASURES.len()] {
    let Some(moments) = Moments::of(returns) else {
        return [Measured::none(Reason::TooShort); MEASURES.len()];
    };
    let curve = Curve::of(returns);
    let growth = cagr(&curve, moments.n, annual);
    let [var, cvar, tail_ratio] = tails(returns);
    let [skew, kurtosis] = shape(&moments);
    let [psr, min_track_record] = certainty(&moments, annual);
    [
        total(&curve),
        growth,
        volatility(&moments, annual),
        sharpe(&moments, annual),
        sortino(returns, &moments, annual),
        calmar(&curve, growth),
        Measured::ok(curve.max_drawdown),
        Measured::ok(curve.ulcer),
        Measured::ok(curve.longest as f64),
        var,
        cvar,
        tail_ratio,
        skew,
        kurtosis,
        omega(returns, annual),
        psr,
        min_track_record,
    ]
}

fn total(curve: &Curve) -> Measured {
    let value = curve.growth - 1.0;
    if curve.ruined { Measured::ruined(value) } else { Measured::ok(value) }
}

fn tails(returns: &[f64]) -> [Measured; 3] {
    match Tails::of(&mut returns.to_vec(), TAIL) {
        None => [Measured::none(Reason::TooShort); 3],
        Some(Tails { low, high, shortfall }) => {
            let ratio = Measured::ratio(high.abs(), low.abs(), Reason::NoDownside);
            [Measured::ok(low), Measured::ok(shortfall), ratio]
        }
    }
}

fn shape(moments: &Moments) -> [Measured; 2] {
    match (moments.n, moments.is_constant()) {
        (..2, _) => [Measured::none(Reason::TooShort); 2],
        (_, true) => [Measured::none(Reason::ZeroVariance); 2],
        _ => [Measured::ok(moments.skew), Measured::ok(moments.kurtosis)],
    }
}

fn certainty(moments: &Moments, annual: &Annual) -> [Measured; 2] {
    match Evidence::of(moments, annual.risk_free) {
        Err(reason) => [Measured::none(reason); 2],
        Ok(evidence) => [evidence.psr(0.0, Variance::Estimate), evidence.min_track_record(0.0, CONFIDENCE)],
    }
}

/// Table of a (n, k) array stored row by row. O(n k); columns in parallel, equal bits for any number of threads.
pub fn table(returns: &[f64], k: usize, annual: &Annual) -> Table {
    let strips: Vec<usize> = (0..k).step_by(STRIP).collect();
    let work = |&first: &usize| strip(returns, k, first, annual);
    let columns: Vec<[Measured; MEASURES.len()]> = if returns.len() < SERIAL_BELOW {
        strips.iter().flat_map(work).collect()
    } else {
        strips.par_iter().flat_map_iter(work).collect()
    };
    let cells = || (0..MEASURES.len()).flat_map(|m| columns.iter().map(move |column| column[m]));
    Table { values: cells().map(|c| c.value).collect(), reasons: cells().map(|c| c.reason as u8).collect() }
}

/// A strip of columns is gathered together, because a cache line holds several of them.
fn strip(returns: &[f64], k: usize, first: usize, annual: &Annual) -> Vec<[Measured; MEASURES.len()]> {
    let width = STRIP.min(k - first);
    let n = returns.len() / k;
    let mut columns = vec![0.0; n * width];
    for (t, row) in returns.chunks_exact(k).enumerate() {
        for (j, &value) in row[first..first + width].iter().enumerate() {
            columns[j * n + t] = value;
        }
    }
    (0..width).map(|j| measures(&columns[j * n..][..n], annual)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: [f64; 10] = [0.01, -0.02, 0.015, 0.0, -0.005, 0.03, -0.01, 0.002, 0.007, -0.012];
    const DAILY: Annual = Annual { periods: 252.0, risk_free: 0.0 };

    fn cell(returns: &[f64], name: &str) -> Measured {
        measures(returns, &DAILY)[MEASURES.iter().position(|m| *m == name).unwrap()]
    }

    #[test]
    fn golden() {
        for (name, value) in [
            ("total", 0.0161624171),
            ("cagr", 0.4978586674),
            ("vol", 0.2317472761),
            ("sharpe", 1.8485654163),
            ("sortino", 3.2994088341),
            ("max_drawdown", -0.02),
            ("ulcer", 0.0094755008),
            ("skew", 0.4156459649),
            ("kurtosis", 2.5983937366),
            ("var", -0.0164),
            ("cvar", -0.02),
            ("tail_ratio", 1.4176829268),
            ("omega", 1.3617021277),
        ] {
            assert!((cell(&GOLDEN, name).value - value).abs() < 5e-11, "{name}");
        }
        assert!((cell(&GOLDEN, "psr").value - 0.6394934).abs() < 5e-8);
        assert!((cell(&GOLDEN, "min_track_record").value - 191.943629).abs() < 5e-7);
    }

    #[test]
    fn reasons() {
        let flat = [0.01; 20];
        for (returns, name, reason) in [
            (&[][..], "total", Reason::TooShort),
            (&[0.1][..], "vol", Reason::TooShort),
            (&[0.1, 0.2][..], "psr", Reason::TooShort),
            (&flat[..], "skew", Reason::ZeroVariance),
            (&flat[..], "psr", Reason::ZeroVariance),
            (&[0.0; 5][..], "tail_ratio", Reason::NoDownside),
            (&[-0.01, -0.02, -0.01][..], "min_track_record", Reason::BelowBenchmark),
            (&[0.1, -1.0][..], "total", Reason::Ruined),
            (&[1e200, 1e200][..], "total", Reason::Overflow),
        ] {
            assert_eq!(cell(returns, name).reason, reason, "{name} of {returns:?}");
        }
    }

    #[test]
    fn table_is_its_columns() {
        let (n, k) = (700, 101);
        let cells: Vec<f64> = (0..n * k).map(|i| ((i * 2654435761) % 1000) as f64 * 1e-4 - 0.05).collect();
        let whole = table(&cells, k, &DAILY);
        for j in [0, 7, 8, 100] {
            let column: Vec<f64> = cells.iter().skip(j).step_by(k).copied().collect();
            for (m, cell) in measures(&column, &DAILY).iter().enumerate() {
                assert_eq!(cell.value.to_bits(), whole.values[m * k + j].to_bits());
            }
        }
    }
}
