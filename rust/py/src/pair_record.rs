//! `rust/env/src/pair/record` for Python: a backtest in one call, every decision and fill as columns.

use numpy::ndarray::{Array1, Array2};
use numpy::{Element, IntoPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_env::Error;
use quantrl_env::pair::baseline::Rule;
use quantrl_env::pair::record::{Decision, Fill, Record};

use crate::errors::{config_error, env_error};
use crate::pair_env::PairBatch;
use crate::q_policy::NativeQ;

/// Lead a policy, or a rule by name and numbers, through every environment: the whole part of a tape, or so many decisions.
#[pyfunction]
#[pyo3(signature = (batch, *, decisions=None, policy=None, rule=None))]
fn pair_record<'py>(
    py: Python<'py>,
    batch: &Bound<'py, PairBatch>,
    decisions: Option<usize>,
    policy: Option<&Bound<'py, NativeQ>>,
    rule: Option<(String, Vec<f64>)>,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let batch = batch.get();
    let Some(n) = decisions.or_else(|| batch.with(|b| b.whole())) else {
        return Err(config_error("decisions: expected a number of them, as a simulated pair has no end"));
    };
    let policy = policy.map(|policy| policy.get().policy());
    let rule = rule.map(|(name, numbers)| Rule::of(&name, &numbers)).transpose().map_err(env_error)?;
    let records = py.detach(|| {
        batch.with(|b| match (policy, rule) {
            (Some(policy), None) => b.record_policy(policy, n),
            (None, Some(rule)) => Ok(b.record_rule(rule, n)),
            _ => Err(Error::Config("policy, rule: expected one of them".into())),
        })
    });
    records.map_err(env_error)?.into_iter().map(|record| columns(py, &record)).collect()
}

/// (T,) and (T, 2) of decisions, (F,) of fills; money in half quanta.
fn columns<'py>(py: Python<'py>, record: &Record) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let rows = &record.decisions;
    let one = |of: fn(&Decision) -> i64| rows.iter().map(of);
    for (name, of) in [
        ("ts_ns", (|row| row.ts) as fn(&Decision) -> i64),
        ("end_ns", |row| row.end),
        ("action", |row| row.action as i64),
        ("wealth", |row| row.wealth),
        ("cost", |row| row.cost),
    ] {
        put(py, &dict, name, one(of))?;
    }
    let two = |of: fn(&Decision) -> [i64; 2]| {
        let cells: Vec<i64> = rows.iter().flat_map(of).collect();
        Array2::from_shape_vec((rows.len(), 2), cells).expect("two legs a row").into_pyarray(py)
    };
    dict.set_item("lots", two(|row| row.lots))?;
    dict.set_item("bid", two(|row| row.quotes.map(|quote| quote.bid)))?;
    dict.set_item("ask", two(|row| row.quotes.map(|quote| quote.ask)))?;
    for (name, of) in [
        ("fill_decision", (|fill| fill.decision as i64) as fn(&Fill) -> i64),
        ("fill_leg", |fill| fill.leg as i64),
        ("fill_lots", |fill| fill.lots),
        ("fill_value", |fill| fill.value),
        ("fill_paid", |fill| fill.paid),
    ] {
        put(py, &dict, name, record.fills.iter().map(of))?;
    }
    put(py, &dict, "fill_closing", record.fills.iter().map(|fill| fill.closing))?;
    dict.set_item("legged", record.legged)?;
    dict.set_item("legged_ns", record.apart_ns)?;
    dict.set_item("illegal", record.illegal)?;
    Ok(dict)
}

fn put<'py, T: Element>(
    py: Python<'py>,
    dict: &Bound<'py, PyDict>,
    name: &str,
    cells: impl Iterator<Item = T>,
) -> PyResult<()> {
    dict.set_item(name, Array1::from_iter(cells).into_pyarray(py))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(pair_record, m)?)
}
