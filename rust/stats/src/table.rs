//! All measures of all columns at once.

use rayon::prelude::*;

use crate::drawdown::{Curve, Underwater};
use crate::moments::Moments;
use crate::quantile::Tails;
use crate::ratios::{Annual, Sides, cagr, calmar, omega, sharpe, sortino, volatility};
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
const STRIP: usize = 32;
const SERIAL_BELOW: usize = 1 << 16;

/// A (measures, columns) table, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Values, NaN where undefined.
    pub values: Vec<f64>,
    /// Codes of [`Reason`].
    pub reasons: Vec<u8>,
}

/// Which passes along a series some measures need, beyond the curve and the first two moments.
#[derive(Clone, Copy, Debug)]
struct Needed {
    shape: bool,
    sides: bool,
    tails: bool,
    underwater: bool,
}

impl Needed {
    fn by(rows: &[usize]) -> Self {
        let any = |names: &[&str]| rows.iter().any(|&row| names.contains(&MEASURES[row]));
        Self {
            shape: any(&["skew", "kurtosis", "psr", "min_track_record"]),
            sides: any(&["sortino", "omega"]),
            tails: any(&["var", "cvar", "tail_ratio"]),
            underwater: any(&["ulcer", "max_duration"]),
        }
    }
}

/// Every measure of one finite series, in the order of [`MEASURES`]. O(n).
pub fn measures(returns: &[f64], annual: &Annual) -> [Measured; MEASURES.len()] {
    let all = Needed { shape: true, sides: true, tails: true, underwater: true };
    measures_of(returns, &Curve::of(returns), annual, all)
}

/// The same, where those that need a pass that is not wanted have no meaning.
fn measures_of(
    returns: &[f64],
    curve: &Curve,
    annual: &Annual,
    needed: Needed,
) -> [Measured; MEASURES.len()] {
    let nothing = Measured::none(Reason::TooShort);
    let moments = if needed.shape { Moments::of(returns) } else { Moments::first_two(returns) };
    let Some(moments) = moments else {
        return [nothing; MEASURES.len()];
    };
    let growth = cagr(curve, moments.n, annual);
    let [var, cvar, tail_ratio] = if needed.tails { tails(returns) } else { [nothing; 3] };
    let [skew, kurtosis] = shape(&moments);
    let [psr, min_track_record] = if needed.shape { certainty(&moments, annual) } else { [nothing; 2] };
    let [sortino, omega] = if needed.sides {
        let sides = Sides::of(returns, annual);
        [sortino(&sides, &moments, annual), omega(&sides)]
    } else {
        [nothing; 2]
    };
    let [ulcer, longest] = if needed.underwater {
        let below = Underwater::of(returns);
        [Measured::ok(below.ulcer), Measured::ok(below.longest as f64)]
    } else {
        [nothing; 2]
    };
    [
        total(curve),
        growth,
        volatility(&moments, annual),
        sharpe(&moments, annual),
        sortino,
        calmar(curve, growth),
        Measured::ok(curve.max_drawdown),
        ulcer,
        longest,
        var,
        cvar,
        tail_ratio,
        skew,
        kurtosis,
        omega,
        psr,
        min_track_record,
    ]
}

fn total(curve: &Curve) -> Measured {
    let value = curve.growth - 1.0;
    if curve.ruined { Measured::ruined(value) } else { Measured::ok(value) }
}

fn tails(returns: &[f64]) -> [Measured; 3] {
    match Tails::of(returns, TAIL) {
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

/// Some measures, `rows` of [`MEASURES`], of each column of a (n, k) array stored row by row. O(n k); columns in parallel,
/// equal bits for any number of threads and whatever else is asked for.
pub fn table(returns: &[f64], k: usize, annual: &Annual, rows: &[usize]) -> Table {
    let strips: Vec<usize> = (0..k).step_by(STRIP).collect();
    let needed = Needed::by(rows);
    let work = |&first: &usize| strip(returns, k, first, annual, needed);
    let columns: Vec<[Measured; MEASURES.len()]> = if returns.len() < SERIAL_BELOW {
        strips.iter().flat_map(work).collect()
    } else {
        strips.par_iter().flat_map_iter(work).collect()
    };
    let cells = || rows.iter().flat_map(|&m| columns.iter().map(move |column| column[m]));
    Table { values: cells().map(|c| c.value).collect(), reasons: cells().map(|c| c.reason as u8).collect() }
}

fn strip(
    returns: &[f64],
    k: usize,
    first: usize,
    annual: &Annual,
    needed: Needed,
) -> Vec<[Measured; MEASURES.len()]> {
    let (n, width) = (returns.len() / k, STRIP.min(k - first));
    let columns = gathered(returns, k, first, width);
    let series: Vec<&[f64]> = (0..width).map(|j| &columns[j * n..][..n]).collect();
    let (fours, rest) = series.as_chunks::<4>();
    let curves =
        fours.iter().flat_map(|four| Curve::of_each(*four)).chain(rest.iter().map(|one| Curve::of(one)));
    series.iter().zip(curves).map(|(one, curve)| measures_of(one, &curve, annual, needed)).collect()
}

/// Columns one after the other, in tiles, so that a cache line is read and written as a whole.
fn gathered(returns: &[f64], k: usize, first: usize, width: usize) -> Vec<f64> {
    const TILE: usize = 8;
    let n = returns.len() / k;
    let mut columns = vec![0.0; n * width];
    for top in (0..n).step_by(TILE) {
        let height = TILE.min(n - top);
        for left in (0..width).step_by(TILE) {
            let across = TILE.min(width - left);
            let mut tile = [[0.0; TILE]; TILE];
            for i in 0..height {
                let row = &returns[(top + i) * k + first + left..][..across];
                for (line, &value) in tile.iter_mut().zip(row) {
                    line[i] = value;
                }
            }
            for (j, line) in tile.iter().enumerate().take(across) {
                columns[(left + j) * n + top..][..height].copy_from_slice(&line[..height]);
            }
        }
    }
    columns
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
        let rows: Vec<usize> = (0..MEASURES.len()).collect();
        let whole = table(&cells, k, &DAILY, &rows);
        for j in [0, 7, 8, 100] {
            let column: Vec<f64> = cells.iter().skip(j).step_by(k).copied().collect();
            for (m, cell) in measures(&column, &DAILY).iter().enumerate() {
                assert_eq!(cell.value.to_bits(), whole.values[m * k + j].to_bits());
                let alone = table(&cells, k, &DAILY, &[m]);
                assert_eq!(
                    (cell.value.to_bits(), cell.reason as u8),
                    (alone.values[j].to_bits(), alone.reasons[j])
                );
            }
        }
    }
}
