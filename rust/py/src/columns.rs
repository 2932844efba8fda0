//! Columns of whole numbers in, caller-owned arrays out.

use numpy::{Element, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray3, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::errors::{config_error, data_error};

/// Prices and lots of both sides, (2, levels, 2).
pub type DepthOut<'py> = Bound<'py, PyArray3<i64>>;

/// A contiguous column of `len` entries.
pub fn column<'a, T: Element>(
    name: &str,
    array: &'a PyReadonlyArray1<'_, T>,
    len: usize,
) -> PyResult<&'a [T]> {
    let slice = array.as_slice().map_err(|_| data_error(format!("{name}: expected a contiguous array")))?;
    match slice.len() == len {
        true => Ok(slice),
        false => Err(data_error(format!("{name}: expected {len} entries, got {}", slice.len()))),
    }
}

/// A contiguous column of `len` entries, where one is given.
pub fn optional<'a, T: Element>(
    name: &str,
    array: &'a Option<PyReadonlyArray1<'_, T>>,
    len: usize,
) -> PyResult<Option<&'a [T]>> {
    array.as_ref().map(|array| column(name, array, len)).transpose()
}

/// A writable (2, levels, 2) array.
pub fn writable<'py>(out: &DepthOut<'py>) -> PyResult<PyReadwriteArray3<'py, i64>> {
    let shape = out.shape();
    if shape[0] != 2 || shape[2] != 2 || !out.is_c_contiguous() {
        return Err(config_error(format!(
            "out: expected a C-contiguous array of shape (2, levels, 2), got {shape:?}"
        )));
    }
    out.try_readwrite().map_err(|_| config_error("out: expected a writable array"))
}

/// Fill one side's half with price and lots, best first; what is missing is 0, 0.
pub fn fill_side(half: &mut [i64], levels: impl Iterator<Item = (i64, u64)>) {
    let mut rows = half.as_chunks_mut::<2>().0.iter_mut();
    for ((tick, lots), row) in levels.zip(rows.by_ref()) {
        *row = [tick, lots_of(lots)];
    }
    rows.for_each(|row| *row = [0, 0]);
}

/// Lots as i64; sums of stored lots are far below its end, hostile level feeds saturate.
pub fn lots_of(lots: u64) -> i64 {
    i64::try_from(lots).unwrap_or(i64::MAX)
}
