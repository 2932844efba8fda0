//! Positions of agents, agreement of rankings, decay of an agent.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use quantrl_rng::Key;
use quantrl_stats::elo::{self, Factor};
use quantrl_stats::{RankDraws as Draws, cusum, kendall};

use super::arrays::{cells, check_finite, check_positive, column_of, finite_column, matrix};
use crate::errors::{config_error, data_error};

const MAX_NORMALS: usize = 100_000_000;

type Column<'py> = Bound<'py, PyArray1<f64>>;

#[pyclass(frozen, module = "quantrl._core")]
struct RankDraws {
    draws: Draws,
}

impl RankDraws {
    fn posterior<'a>(
        &self,
        mean: &'a PyReadonlyArray1<'_, f64>,
        sd: &'a PyReadonlyArray1<'_, f64>,
    ) -> PyResult<(&'a [f64], &'a [f64])> {
        let mean = column_of("mean", mean, self.draws.agents())?;
        let sd = column_of("sd", sd, self.draws.agents())?;
        for (row, (m, s)) in mean.iter().zip(sd).enumerate() {
            let fits = m.is_nan() || (m.is_finite() && *s >= 0.0 && s.is_finite());
            if !fits {
                return Err(data_error(format!(
                    "row {row}: expected a finite mean and sd >= 0, got {m} and {s}"
                )));
            }
        }
        Ok((mean, sd))
    }
}

#[pymethods]
impl RankDraws {
    #[new]
    fn new(py: Python<'_>, seed: u64, stream: u64, draws: usize, n_agents: usize) -> PyResult<Self> {
        if draws == 0 || n_agents == 0 || draws.saturating_mul(n_agents) > MAX_NORMALS {
            return Err(config_error(format!(
                "draws, n_agents: expected at least 1 each and a product of at most {MAX_NORMALS}, got {draws} and {n_agents}"
            )));
        }
        Ok(Self { draws: py.detach(|| Draws::new(Key { seed, stream }, draws, n_agents)) })
    }

    fn top_k<'py>(
        &self,
        py: Python<'py>,
        mean: PyReadonlyArray1<'py, f64>,
        sd: PyReadonlyArray1<'py, f64>,
        k: usize,
    ) -> PyResult<Column<'py>> {
        let (mean, sd) = self.posterior(&mean, &sd)?;
        Ok(py.detach(|| self.draws.top_k(mean, sd, k)).into_pyarray(py))
    }

    fn positions<'py>(
        &self,
        py: Python<'py>,
        mean: PyReadonlyArray1<'py, f64>,
        sd: PyReadonlyArray1<'py, f64>,
    ) -> PyResult<(Column<'py>, Column<'py>, Column<'py>)> {
        let (mean, sd) = self.posterior(&mean, &sd)?;
        let places = py.detach(|| self.draws.positions(mean, sd));
        Ok((places.low.into_pyarray(py), places.median.into_pyarray(py), places.high.into_pyarray(py)))
    }
}

#[pyfunction]
fn kendall_tau(py: Python<'_>, x: PyReadonlyArray1<'_, f64>, y: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
    let x = cells("x", &x)?;
    let y = column_of("y", &y, x.len())?;
    Ok(py.detach(|| kendall::tau_b(x, y)))
}

#[pyfunction]
fn cusum_step<'py>(
    py: Python<'py>,
    sums: PyReadonlyArray1<'py, f64>,
    x: PyReadonlyArray1<'py, f64>,
    sigma: f64,
) -> PyResult<Column<'py>> {
    check_positive("sigma", sigma)?;
    let sums = finite_column("sums", &sums)?;
    let x = column_of("x", &x, sums.len())?;
    check_finite("x", x, 1)?;
    let stepped: Vec<f64> = sums.iter().zip(x).map(|(&sum, &x)| cusum::step(sum, x, sigma)).collect();
    Ok(stepped.into_pyarray(py))
}

/// Posterior means and standard deviations of scores with variances.
#[pyfunction]
fn shrink<'py>(
    py: Python<'py>,
    scores: PyReadonlyArray1<'py, f64>,
    variances: PyReadonlyArray1<'py, f64>,
) -> PyResult<(Column<'py>, Column<'py>)> {
    let scores = finite_column("scores", &scores)?;
    let variances = column_of("variances", &variances, scores.len())?;
    check_finite("variances", variances, 1)?;
    let (mean, sd) = quantrl_stats::normal_score::shrink(scores, variances);
    Ok((mean.into_pyarray(py), sd.into_pyarray(py)))
}

/// Performances of who took part in a contest.
#[pyfunction]
fn elo_performances<'py>(
    py: Python<'py>,
    mean: PyReadonlyArray1<'py, f64>,
    variance: PyReadonlyArray1<'py, f64>,
    result: PyReadonlyArray1<'py, f64>,
    tie: f64,
) -> PyResult<Column<'py>> {
    let mean = finite_column("mean", &mean)?;
    let (variance, result) =
        (column_of("variance", &variance, mean.len())?, column_of("result", &result, mean.len())?);
    Ok(elo::performances(mean, variance, result, tie).into_pyarray(py))
}

/// Modes of ratings: (k,) starts, means and precisions of normal factors, (k, room) remembered performances.
#[pyfunction]
fn elo_modes<'py>(
    py: Python<'py>,
    normal: [PyReadonlyArray1<'py, f64>; 3],
    modes: PyReadonlyArray2<'py, f64>,
    backs: PyReadonlyArray2<'py, f64>,
    a: f64,
) -> PyResult<Column<'py>> {
    let start = finite_column("start", &normal[0])?;
    let means = column_of("mean", &normal[1], start.len())?;
    let precisions = column_of("precision", &normal[2], start.len())?;
    let (modes, backs) = (matrix("modes", &modes)?, matrix("backs", &backs)?);
    let room = modes.columns;
    if modes.cells.len() != start.len() * room || backs.cells.len() != modes.cells.len() {
        return Err(data_error(format!("modes, backs: expected {} rows of {room}", start.len())));
    }
    let factors: Vec<Factor> = start
        .iter()
        .zip(means)
        .zip(precisions)
        .map(|((&start, &mean), &precision)| Factor { start, mean, precision })
        .collect();
    Ok(elo::modes(&factors, modes.cells, backs.cells, room, a).into_pyarray(py))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<RankDraws>()?;
    m.add_function(wrap_pyfunction!(kendall_tau, m)?)?;
    m.add_function(wrap_pyfunction!(cusum_step, m)?)?;
    m.add_function(wrap_pyfunction!(shrink, m)?)?;
    m.add_function(wrap_pyfunction!(elo_performances, m)?)?;
    m.add_function(wrap_pyfunction!(elo_modes, m)?)
}
