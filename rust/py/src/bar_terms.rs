//! Terms of an account for Python, and what it is told beside prices.

use numpy::ndarray::Dimension;
use numpy::{Element, PyReadonlyArray, PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_sim::bar::brokerage;

use crate::bar::{BarConfig, choose, to_py};
use crate::errors::{config_error, data_error};
use crate::stats::arrays::cells;

/// What a broker charges, allows and limits; no `max_gross`: a cash account.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct BarTerms(pub brokerage::Terms);

#[pymethods]
impl BarTerms {
    #[new]
    #[pyo3(signature = (config, *, max_gross, maintenance, on_call, lend, borrow, short_fee, band, min_order, participation, max_turnover))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        config: &BarConfig,
        max_gross: Option<f64>,
        maintenance: f64,
        on_call: &str,
        lend: f64,
        borrow: f64,
        short_fee: PyReadonlyArray1<'_, f64>,
        band: PyReadonlyArray1<'_, f64>,
        min_order: f64,
        participation: f64,
        max_turnover: f64,
    ) -> PyResult<Self> {
        let on_call = choose("on_call", &brokerage::OnCall::TABLE, on_call)?;
        let kind = max_gross.map_or(brokerage::Kind::Cash, |max_gross| brokerage::Kind::Margin {
            max_gross,
            maintenance,
            on_call,
        });
        let terms = brokerage::Terms {
            kind,
            lend,
            borrow,
            short_fee: cells("short_fee", &short_fee)?.to_vec(),
            band: cells("band", &band)?.to_vec(),
            min_order,
            participation,
            max_turnover,
        };
        terms.check(&config.0).map_err(to_py)?;
        Ok(Self(terms))
    }
}

/// What an account under terms is told beside prices, as Python has it: a mapping of names to arrays.
pub struct Told<'py, D: Dimension>(Vec<(String, Column<'py, D>)>);

enum Column<'py, D: Dimension> {
    Numbers(PyReadonlyArray<'py, f64, D>),
    Flags(PyReadonlyArray<'py, bool, D>),
}

impl<'py, D: Dimension> Told<'py, D> {
    /// Every array that is there; each must have `shape`.
    pub fn new(told: Option<&Bound<'py, PyDict>>, shape: &[usize]) -> PyResult<Self> {
        let mut columns = Vec::new();
        for (name, array) in told.into_iter().flatten() {
            let name: String = name.extract()?;
            if array.is_none() {
                continue;
            }
            let column = match name.as_str() {
                "split" | "dividend" | "delisted" | "volume" | "slippage" | "short_fee" => {
                    Column::Numbers(readonly(&name, &array, shape)?)
                }
                "can_buy" | "can_sell" => Column::Flags(readonly(&name, &array, shape)?),
                _ => return Err(config_error(format!("told: {name:?} is not known"))),
            };
            columns.push((name, column));
        }
        Ok(Self(columns))
    }

    /// As the engine takes it, with the years since the bar before.
    pub fn feed<'a>(&'a self, years: &'a [f64]) -> PyResult<brokerage::Feed<'a>> {
        let mut feed = brokerage::Feed { years, ..brokerage::Feed::default() };
        for (name, column) in &self.0 {
            match column {
                Column::Numbers(array) => {
                    let slot = match name.as_str() {
                        "split" => &mut feed.split,
                        "dividend" => &mut feed.dividend,
                        "delisted" => &mut feed.delisted,
                        "volume" => &mut feed.volume,
                        "slippage" => &mut feed.slippage,
                        _ => &mut feed.short_fee,
                    };
                    *slot = Some(cells(name, array)?);
                }
                Column::Flags(array) => {
                    let slot = if name == "can_buy" { &mut feed.can_buy } else { &mut feed.can_sell };
                    *slot = Some(cells(name, array)?);
                }
            }
        }
        Ok(feed)
    }
}

fn readonly<'py, T: Element, D: Dimension>(
    name: &str,
    array: &Bound<'py, PyAny>,
    shape: &[usize],
) -> PyResult<PyReadonlyArray<'py, T, D>> {
    let array: PyReadonlyArray<'py, T, D> = array
        .extract()
        .map_err(|_| data_error(format!("{name}: expected an array of another dtype or dimension")))?;
    if array.shape() == shape {
        return Ok(array);
    }
    Err(data_error(format!("{name}: expected shape {shape:?}, got {:?}", array.shape())))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<BarTerms>()
}
