//! `rust/env/src/pair/work` for Python: how orders are worked between decisions.

use pyo3::prelude::*;
use quantrl_env::pair::work::{QUEUES, TimeOut, Work};

use crate::bar::choose;
use crate::errors::env_error;

/// How orders are worked between decisions; fields as in `quantrl.envs.PairConfig`.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct PairWork(pub(crate) Work);

#[pymethods]
impl PairWork {
    #[new]
    #[pyo3(signature = (*, leg_ns, chase_max, requote_ns, passive_ns, time_out, maker_fees, queue, always_events))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        leg_ns: i64,
        chase_max: u32,
        requote_ns: i64,
        passive_ns: i64,
        time_out: &str,
        maker_fees: [f64; 2],
        queue: &str,
        always_events: bool,
    ) -> PyResult<Self> {
        let time_out = choose("time_out", &TimeOut::TABLE, time_out)?;
        let queue = choose("queue", &QUEUES, queue)?;
        let work =
            Work { leg_ns, chase_max, requote_ns, passive_ns, time_out, maker_fees, queue, always_events };
        work.check().map_err(env_error)?;
        Ok(Self(work))
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PairWork>()
}
