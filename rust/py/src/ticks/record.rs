//! What sessions leave behind, as columns.

use numpy::{Element, IntoPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quantrl_lob::OrderRef;
use quantrl_sim::tick::{Account, Entry, Equity, Fill, OwnOrder, Plan, Report};

use crate::errors::data_error;

pub fn number(order: OrderRef) -> u64 {
    u64::from(order.generation()) << 32 | u64::from(order.slot())
}

/// Columns of one table.
struct Table<'py, 'a, R> {
    dict: Bound<'py, PyDict>,
    rows: &'a [R],
}

impl<'py, 'a, R> Table<'py, 'a, R> {
    fn new(py: Python<'py>, rows: &'a [R]) -> Self {
        Self { dict: PyDict::new(py), rows }
    }

    fn put<T: Element>(self, name: &str, get: impl Fn(&R) -> T) -> PyResult<Self> {
        let values: Vec<T> = self.rows.iter().map(get).collect();
        self.dict.set_item(name, values.into_pyarray(self.dict.py()))?;
        Ok(self)
    }
}

/// Billionths of a cash unit as currency.
fn currency(plan: &Plan, instr: u16, nano: i128) -> f64 {
    nano as f64 / 1e9 * plan.worth(instr).unit()
}

pub fn fills<'py>(py: Python<'py>, plan: &Plan, rows: &[Fill]) -> PyResult<Bound<'py, PyDict>> {
    let table = Table::new(py, rows)
        .put("ts_exch", |row| row.ts_exch)?
        .put("ts_local", |row| row.ts_local)?
        .put("ref", |row| number(row.order))?
        .put("instr", |row| row.instr)?
        .put("side", |row| row.side as u8)?
        .put("tick", |row| row.ticks)?
        .put("qty", |row| i64::from(row.lots))?
        .put("maker", |row| row.liquidity as u8 == 0)?
        .put("leaves", |row| i64::from(row.leaves))?
        .put("fee", |row| currency(plan, row.instr, row.fee))?
        .put("reason", |row| row.reason as u8)?;
    Ok(table.dict)
}

pub fn log<'py>(py: Python<'py>, rows: &[Entry]) -> PyResult<Bound<'py, PyDict>> {
    let table = Table::new(py, rows)
        .put("ts_local", |row| row.ts)?
        .put("ts_exch", |row| row.ts_exch)?
        .put("number", |row| row.number)?
        .put("ref", |row| number(row.order))?
        .put("instr", |row| row.instr)?
        .put("what", |row| row.what)?
        .put("side", |row| row.side as u8)?
        .put("status", |row| row.status as u8)?
        .put("tick", |row| row.ticks)?
        .put("qty", |row| i64::from(row.lots))?
        .put("leaves", |row| i64::from(row.leaves))?
        .put("reason", |row| row.refusal as u8)?;
    Ok(table.dict)
}

pub fn equity<'py>(py: Python<'py>, plan: &Plan, rows: &[Equity]) -> PyResult<Bound<'py, PyDict>> {
    let unit = |row: &Equity| plan.worth(row.instr).unit();
    let worth = |row: &Equity| {
        let account = Account { position: row.position, cash: row.cash, fee: row.fee, ..Account::default() };
        match row.ticks2 {
            i64::MIN => f64::NAN,
            ticks2 => account.equity(plan.worth(row.instr), ticks2),
        }
    };
    let table = Table::new(py, rows)
        .put("ts", |row| row.ts)?
        .put("instr", |row| row.instr)?
        .put("position", |row| row.position)?
        .put("cash", |row| row.cash as f64 * unit(row))?
        .put("fee", |row| currency(plan, row.instr, row.fee))?
        .put("mid_ticks", |row| if row.ticks2 == i64::MIN { f64::NAN } else { row.ticks2 as f64 / 2.0 })?
        .put("equity", worth)?;
    Ok(table.dict)
}

pub fn orders<'py>(py: Python<'py>, plan: &Plan, rows: &[OwnOrder]) -> PyResult<Bound<'py, PyDict>> {
    let table = Table::new(py, rows)
        .put("ref", |row| number(row.order))?
        .put("instr", |row| row.instr)?
        .put("side", |row| row.side as u8)?
        .put("status", |row| row.status as u8)?
        .put("tick", |row| plan.worth(row.instr).ticks(row.tick))?
        .put("leaves", |row| i64::from(row.leaves))?
        .put("filled", |row| row.filled.cast_signed())?;
    Ok(table.dict)
}

pub fn reports<'py>(
    py: Python<'py>,
    plan: &Plan,
    rows: &[Report],
    fees: &[i128],
) -> PyResult<Bound<'py, PyDict>> {
    let table = Table::new(py, rows)
        .put("ts_exch", |row| row.ts)?
        .put("number", |row| row.number)?
        .put("ref", |row| number(row.order))?
        .put("instr", |row| row.instr)?
        .put("side", |row| row.side as u8)?
        .put("outcome", |row| row.outcome as u8)?
        .put("tick", |row| plan.worth(row.instr).ticks(row.tick))?
        .put("qty", |row| i64::from(row.lots))?
        .put("maker", |row| row.liquidity as u8 == 0)?
        .put("leaves", |row| i64::from(row.leaves))?
        .put("reason", |row| row.refusal as u8)?;
    table.dict.set_item("fee_nano", fee_nano(fees)?.into_pyarray(py))?;
    Ok(table.dict)
}

/// Fees as they cross.
fn fee_nano(fees: &[i128]) -> PyResult<Vec<i64>> {
    let whole = |(row, &fee): (usize, &i128)| {
        i64::try_from(fee)
            .map_err(|_| data_error(format!("reports: row {row}: fee_nano: expected 64 bits, got {fee}")))
    };
    fees.iter().enumerate().map(whole).collect()
}

/// An account in currency and in whole units.
pub fn account<'py>(
    py: Python<'py>,
    plan: &Plan,
    instr: u16,
    account: &Account,
    ticks2: Option<i64>,
) -> PyResult<Bound<'py, PyDict>> {
    let worth = plan.worth(instr);
    let dict = PyDict::new(py);
    dict.set_item("position", account.position)?;
    dict.set_item("cash", account.cash as f64 * worth.unit())?;
    dict.set_item("fee", currency(plan, instr, account.fee))?;
    dict.set_item("turnover", account.turnover as f64 * worth.unit())?;
    dict.set_item("volume", account.volume)?;
    dict.set_item("trades", account.trades)?;
    dict.set_item("equity", ticks2.map(|ticks2| account.equity(worth, ticks2)))?;
    dict.set_item("cash_units", account.cash)?;
    dict.set_item("fee_nano", account.fee)?;
    Ok(dict)
}

/// Names by number of what crosses as a number; 0 of `status`, `outcome` and `op` is nothing.
#[pyfunction]
pub fn tick_tables(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let outcomes = ["", "accepted", "filled", "amended", "cancelled", "rejected", "request_rejected"];
    let dict = PyDict::new(py);
    dict.set_item("side", ["buy", "sell"])?;
    dict.set_item("outcome", outcomes)?;
    let statuses = [
        "",
        "pending_new",
        "working",
        "pending_amend",
        "pending_cancel",
        "filled",
        "cancelled",
        "expired",
        "rejected",
    ];
    dict.set_item("status", statuses)?;
    let reasons =
        ["none", "would_take", "fok_unfilled", "remainder", "not_live", "self_trade", "technical", "closed"];
    dict.set_item("reason", reasons)?;
    let mut what = vec!["", "new", "amend", "cancel"];
    what.resize(16, "");
    what.extend(outcomes);
    dict.set_item("what", what)?;
    dict.set_item("account", quantrl_sim::tick::batch::ACCOUNT)?;
    Ok(dict)
}
