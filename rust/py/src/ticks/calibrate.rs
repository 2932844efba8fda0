use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use quantrl_sim::tick::own::QueueModel;
use quantrl_sim::tick::own::calibrate::{HORIZONS, calibrate};

use super::session::watched;
use crate::events::EventFile;

fn exponent(model: QueueModel) -> Option<f64> {
    match model {
        QueueModel::Power(n) | QueueModel::Power2(n) | QueueModel::Power3(n) => Some(n),
        _ => None,
    }
}

/// Queue models judged on a file of orders. `told` is called with the events passed.
#[pyfunction]
pub fn calibrate_queue<'py>(
    py: Python<'py>,
    file: &EventFile,
    instr: u16,
    every_ns: i64,
    told: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let shared = std::sync::Arc::clone(file.shared());
    let found = watched(py, told.as_ref(), |watch| calibrate(&shared, instr, every_ns, watch))?;
    let dict = PyDict::new(py);
    dict.set_item("horizons_ns", HORIZONS)?;
    dict.set_item("table", PyBytes::new(py, &found.fitted.to_bytes()))?;
    dict.set_item("cancels", found.cancels)?;
    dict.set_item("orders", found.orders)?;
    dict.set_item("filled", found.filled)?;
    let scores = found.scores.iter().map(|score| {
        let model = (score.model.name(), exponent(score.model));
        (model, score.brier, score.filled, score.median_error)
    });
    dict.set_item("scores", scores.collect::<Vec<_>>())?;
    Ok(dict)
}
