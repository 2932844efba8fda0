//! Pools of known skill and the rules run on them.

use numpy::{IntoPyArray, PyArrayMethods, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_stats::labrun::{Claims, Draw, Measures, Path, Protocol, claims, drawn_pools, run_pools, table};
use quantrl_stats::pools::{Flip, Kind, Pool};

mod rules;

use super::arrays::{cells, check_finite};
use crate::errors::{config_error, data_error};
use crate::with_threads;
use rules::{Asked, parse};

const MIN_DAYS: usize = 64;
const MAX_DAYS: usize = 100_000;
const MAX_AGENTS: usize = 4096;
const MAX_DRAWS: usize = 100_000;
const MAX_CELLS: usize = 400_000_000;

type Cells<'py> = PyReadonlyArray3<'py, f64>;
type Flags<'py> = PyReadonlyArray3<'py, u8>;
type Column = fn(&Claims) -> f64;
type Outcomes = Vec<Vec<(Measures, Path)>>;

fn draw(kind: &str, seed: u64, first: u64, count: usize, days: usize) -> PyResult<Draw> {
    let names = || Kind::TABLE.map(|(name, _)| name).join(", ");
    let kind = Kind::named(kind)
        .ok_or_else(|| config_error(format!("pool: expected one of {}, got {kind:?}", names())))?;
    if !(MIN_DAYS..=MAX_DAYS).contains(&days) {
        return Err(config_error(format!("days: expected {MIN_DAYS} to {MAX_DAYS}, got {days}")));
    }
    if count == 0 || count.saturating_mul(days * kind.agents()) > MAX_CELLS {
        let most = MAX_CELLS / (days * kind.agents());
        return Err(config_error(format!("seeds: expected 1 to {most} of {days} days, got {count}")));
    }
    Ok(Draw { kind, seed, first, count, days })
}

/// Arrays (count, days, agents) of pools `first` .. `first + count`.
#[pyfunction]
fn lab_pools(
    py: Python<'_>,
    kind: &str,
    seed: u64,
    first: u64,
    count: usize,
    days: usize,
    threads: usize,
) -> PyResult<Py<PyDict>> {
    let draw = draw(kind, seed, first, count, days)?;
    let pools = py.detach(|| with_threads(threads, || drawn_pools(&draw)))?;
    let shape = [count, days, draw.kind.agents()];
    let out = PyDict::new(py);
    let join = |of: fn(&Pool) -> &[f64]| pools.iter().flat_map(of).copied().collect::<Vec<f64>>();
    let flags = |of: fn(&Pool) -> &[u8]| pools.iter().flat_map(of).copied().collect::<Vec<u8>>();
    out.set_item("returns", join(|p| &p.returns).into_pyarray(py).reshape(shape)?)?;
    out.set_item("truth", join(|p| &p.truth).into_pyarray(py).reshape(shape)?)?;
    out.set_item("acted", flags(|p| &p.acted).into_pyarray(py).reshape(shape)?)?;
    out.set_item("born", flags(|p| &p.born).into_pyarray(py).reshape(shape)?)?;
    Ok(out.unbind())
}

/// Rules on drawn pools; one dict of arrays per rule.
#[pyfunction]
#[pyo3(signature = (kind, rules, *, seed, first, count, days, delay = 1, threads = 1))]
#[allow(clippy::too_many_arguments)]
fn lab_table(
    py: Python<'_>,
    kind: &str,
    rules: Vec<Asked>,
    seed: u64,
    first: u64,
    count: usize,
    days: usize,
    delay: usize,
    threads: usize,
) -> PyResult<Vec<Py<PyDict>>> {
    let draw = draw(kind, seed, first, count, days)?;
    let rules = parse(&rules, draw.kind.agents())?;
    let protocol = Protocol { delay, ..Protocol::new(draw.kind.flip()) };
    let made = py.detach(|| with_threads(threads, || table(&draw, &rules, &protocol)))?;
    columns(py, made, rules.len(), None)
}

/// Rules on given pools; one dict of arrays per rule.
#[pyfunction]
#[pyo3(signature = (returns, acted, truth, born, rules, *, delay = 1, flip = None, weights = false, threads = 1))]
#[allow(clippy::too_many_arguments)]
fn lab_run(
    py: Python<'_>,
    returns: Cells<'_>,
    acted: Flags<'_>,
    truth: Cells<'_>,
    born: Flags<'_>,
    rules: Vec<Asked>,
    delay: usize,
    flip: Option<(usize, usize, usize)>,
    weights: bool,
    threads: usize,
) -> PyResult<Vec<Py<PyDict>>> {
    let pools = given(&returns, &acted, &truth, &born)?;
    let agents = pools[0].agents;
    let rules = parse(&rules, agents)?;
    let flip = flip.map(|(day, first, count)| Flip { day, first, count });
    if flip.is_some_and(|flip| flip.first.saturating_add(flip.count) > agents) {
        return Err(config_error(format!("flip: expected agents below {agents}, got {flip:?}")));
    }
    let protocol = Protocol { delay, flip, keep_weights: weights };
    let made = py.detach(|| with_threads(threads, || run_pools(&pools, &rules, &protocol)))?;
    columns(py, made, rules.len(), weights.then_some(agents))
}

fn given(returns: &Cells<'_>, acted: &Flags<'_>, truth: &Cells<'_>, born: &Flags<'_>) -> PyResult<Vec<Pool>> {
    let shape = returns.shape();
    let (days, agents) = (shape[1], shape[2]);
    for (name, other) in [("acted", acted.shape()), ("truth", truth.shape()), ("born", born.shape())] {
        if other != shape {
            return Err(data_error(format!("{name}: expected shape {shape:?} as returns, got {other:?}")));
        }
    }
    if shape[0] == 0 || days < MIN_DAYS || !(1..=MAX_AGENTS).contains(&agents) {
        return Err(data_error(format!(
            "returns: expected at least 1 pool, {MIN_DAYS} days and 1 to {MAX_AGENTS} agents, got shape {shape:?}"
        )));
    }
    let (returns, truth) = (cells("returns", returns)?, cells("truth", truth)?);
    let (acted, born) = (cells("acted", acted)?, cells("born", born)?);
    check_finite("returns", returns, agents)?;
    check_finite("truth", truth, agents)?;
    if let Some(at) = acted.iter().chain(born).position(|flag| *flag > 1) {
        return Err(data_error(format!("acted, born: expected 0 or 1, cell {at} is neither")));
    }
    if let Some(at) = acted.iter().zip(returns).position(|(acted, r)| *acted == 0 && *r != 0.0) {
        let row = at / agents;
        return Err(data_error(format!(
            "returns: expected 0 where an agent did not act, row {row}, column {} is {}",
            at % agents,
            returns[at]
        )));
    }
    let block = days * agents;
    let pool = |i: usize| Pool {
        days,
        agents,
        returns: returns[i * block..][..block].to_vec(),
        acted: acted[i * block..][..block].to_vec(),
        truth: truth[i * block..][..block].to_vec(),
        born: born[i * block..][..block].to_vec(),
    };
    Ok((0..shape[0]).map(pool).collect())
}

/// Arrays by pool, one dict per rule; with `agents` also the weights (count, days, agents).
fn columns(py: Python<'_>, made: Outcomes, rules: usize, agents: Option<usize>) -> PyResult<Vec<Py<PyDict>>> {
    let count = made.len();
    let mut by_rule: Vec<Vec<(Measures, Path)>> = (0..rules).map(|_| Vec::with_capacity(count)).collect();
    for pool in made {
        pool.into_iter().zip(&mut by_rule).for_each(|(one, list)| list.push(one));
    }
    by_rule.into_iter().map(|list| rule_columns(py, &list, agents)).collect()
}

fn rule_columns(py: Python<'_>, list: &[(Measures, Path)], agents: Option<usize>) -> PyResult<Py<PyDict>> {
    let out = PyDict::new(py);
    let column =
        |of: fn(&Measures) -> f64| list.iter().map(|(m, _)| of(m)).collect::<Vec<_>>().into_pyarray(py);
    out.set_item("sharpe", column(|m| m.sharpe))?;
    out.set_item("precision", column(|m| m.precision))?;
    out.set_item("tau", column(|m| m.tau))?;
    out.set_item("turnover", column(|m| m.turnover))?;
    out.set_item("drawdown", column(|m| m.drawdown))?;
    let count = list.len();
    let wide = |of: fn(&(Measures, Path)) -> &[f64]| list.iter().flat_map(of).copied().collect::<Vec<_>>();
    let detection = wide(|(m, _)| &m.detection);
    let flipped = detection.len() / count;
    out.set_item("detection", detection.into_pyarray(py).reshape([count, flipped])?)?;
    let daily = wide(|(_, path)| &path.daily);
    let days = daily.len() / count;
    out.set_item("daily", daily.into_pyarray(py).reshape([count, days])?)?;
    if let Some(agents) = agents {
        let weights = wide(|(_, path)| &path.weights);
        out.set_item("weights", weights.into_pyarray(py).reshape([count, days, agents])?)?;
    }
    Ok(out.unbind())
}

/// Tests on drawn pools, each agent against cash; arrays by pool.
#[pyfunction]
#[pyo3(signature = (kind, *, seed, first, count, days, draws, threads = 1))]
#[allow(clippy::too_many_arguments)]
fn lab_claims(
    py: Python<'_>,
    kind: &str,
    seed: u64,
    first: u64,
    count: usize,
    days: usize,
    draws: usize,
    threads: usize,
) -> PyResult<Py<PyDict>> {
    let draw = draw(kind, seed, first, count, days)?;
    check_draws(draws)?;
    let made = py.detach(|| with_threads(threads, || claims(&draw, draws)))?;
    let out = PyDict::new(py);
    let columns: [(&str, Column); 5] = [
        ("spa", |c| c.spa),
        ("white", |c| c.white),
        ("named", |c| c.named),
        ("evidence", |c| c.evidence),
        ("best", |c| c.best),
    ];
    for (name, of) in columns {
        out.set_item(name, made.iter().map(of).collect::<Vec<f64>>().into_pyarray(py))?;
    }
    Ok(out.unbind())
}

fn check_draws(draws: usize) -> PyResult<()> {
    if (1..=MAX_DRAWS).contains(&draws) {
        Ok(())
    } else {
        Err(config_error(format!("draws: expected 1 to {MAX_DRAWS}, got {draws}")))
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(lab_pools, m)?)?;
    m.add_function(wrap_pyfunction!(lab_table, m)?)?;
    m.add_function(wrap_pyfunction!(lab_claims, m)?)?;
    m.add_function(wrap_pyfunction!(lab_run, m)?)
}
