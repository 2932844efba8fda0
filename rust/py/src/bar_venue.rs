//! `rust/sim/bar/venue` for Python.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use quantrl_sim::bar;

use crate::bar::{BarConfig, to_py};
use crate::errors::{data_error, order_error};

type RawFills<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<u8>>,
);

fn integers<'a>(name: &str, array: &'a PyReadonlyArray1<'_, i64>) -> PyResult<&'a [i64]> {
    array.as_slice().map_err(|_| data_error(format!("{name}: expected a contiguous array")))
}

/// Fill legs of whole lots with the costs of `config`: lots, price in ticks, fee in cash units, reason.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
fn bar_venue_fill<'py>(
    py: Python<'py>,
    instrument: PyReadonlyArray1<'py, i64>,
    side: PyReadonlyArray1<'py, i64>,
    lots: PyReadonlyArray1<'py, i64>,
    prices: PyReadonlyArray1<'py, i64>,
    tick_values: PyReadonlyArray1<'py, i64>,
    cash: i64,
    config: &BarConfig,
) -> PyResult<RawFills<'py>> {
    let (instrument, side) = (integers("instrument", &instrument)?, integers("side", &side)?);
    let lots = integers("lots", &lots)?;
    for (name, column) in [("side", side), ("lots", lots)] {
        if column.len() != instrument.len() {
            return Err(data_error(format!(
                "{name}: expected {} entries, got {}",
                instrument.len(),
                column.len()
            )));
        }
    }
    let legs = (0..lots.len())
        .map(|k| {
            let side = match side[k] {
                1 => bar::Side::Buy,
                -1 => bar::Side::Sell,
                other => return Err(order_error(format!("legs[{k}]: expected side 1 or -1, got {other}"))),
            };
            let instrument = usize::try_from(instrument[k]).unwrap_or(usize::MAX);
            Ok(bar::Leg { instrument, side, lots: lots[k] })
        })
        .collect::<PyResult<Vec<_>>>()?;
    let venue = bar::Venue::new(&config.0.costs, integers("tick_values", &tick_values)?).map_err(to_py)?;
    let fills = venue.fill(&legs, integers("prices", &prices)?, cash).map_err(to_py)?;
    let column = |of: fn(&bar::LegFill) -> i64| fills.iter().map(of).collect::<Vec<i64>>().into_pyarray(py);
    let reasons: Vec<u8> = fills.iter().map(|fill| fill.reason as u8).collect();
    Ok((column(|f| f.lots), column(|f| f.price), column(|f| f.fee), reasons.into_pyarray(py)))
}

#[pyfunction]
fn bar_venue_reasons() -> Vec<&'static str> {
    bar::Reason::NAMES.to_vec()
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(bar_venue_fill, m)?)?;
    m.add_function(wrap_pyfunction!(bar_venue_reasons, m)?)
}
