use rayon::prelude::*;

use crate::bar::account::{Account, check_weights};
use crate::bar::lanes::values;
use crate::bar::session::check_prices;
use crate::bar::{BarConfig, Error, Record};

/// Target weights of one account. Row `k` of `values` is decided after the close of bar `rows[k]`, or of bar `k`
/// where `rows` is `None`.
#[derive(Clone, Copy, Debug)]
pub struct Schedule<'a> {
    /// Increasing bars, or every bar.
    pub rows: Option<&'a [i64]>,
    /// Row-major (rows, instruments).
    pub values: &'a [f64],
}

impl<'a> Schedule<'a> {
    pub(super) fn check(&self, bars: usize, n: usize) -> Result<(), Error> {
        let rows = self.rows.map_or(bars, <[i64]>::len);
        if self.values.len() != rows * n {
            return Err(Error::Data(format!(
                "weights: expected ({rows}, {n}) values, got {}",
                self.values.len()
            )));
        }
        let rows = self.rows.unwrap_or_default();
        if let Some(k) = (1..rows.len()).find(|&k| rows[k] <= rows[k - 1]) {
            return Err(Error::Data(format!("rows: not increasing at entry {k} (bar {})", rows[k])));
        }
        if let Some(bad) = rows.iter().find(|&&r| r < 0 || r as u64 >= bars as u64) {
            return Err(Error::Data(format!("rows: bar {bad} is outside the {bars} bars of the panel")));
        }
        Ok(())
    }
}

/// Prices all schedules share, row-major (bars, instruments).
#[derive(Clone, Copy)]
struct Market<'a> {
    close: &'a [f64],
    price: &'a [f64],
    bars: usize,
}

/// Run every schedule on its own account. `price` is where decisions are filled: the open, the typical price, or the
/// close again. The arithmetic of one schedule is serial, so the result is the same for any number of threads.
///
/// # Errors
/// Shapes that do not fit, a price that is not positive, weights a cash account cannot hold (with their row).
pub fn run_schedules(
    config: &BarConfig,
    close: &[f64],
    price: &[f64],
    schedules: &[Schedule<'_>],
    full: bool,
) -> Result<Vec<Record>, Error> {
    let n = config.n();
    if n == 0 || !close.len().is_multiple_of(n) || close.len() != price.len() {
        return Err(Error::Data(format!(
            "prices: expected rows of {n} instruments, got {} closes and {} fill prices",
            close.len(),
            price.len()
        )));
    }
    let market = Market { close, price, bars: close.len() / n };
    for (name, prices) in [("close", close), ("price", price)] {
        for (t, row) in prices.chunks_exact(n).enumerate() {
            check_prices(name, row).map_err(|error| at_row(error, t))?;
        }
        if std::ptr::eq(close, price) {
            break;
        }
    }
    schedules.iter().try_for_each(|s| s.check(market.bars, n))?;
    schedules.par_iter().map(|s| run_one(config, market, s, full)).collect()
}

pub fn at_row(error: Error, row: usize) -> Error {
    match error {
        Error::Data(message) => Error::Data(format!("row {row}: {message}")),
        Error::Order(message) => Error::Order(format!("row {row}: {message}")),
        other => other,
    }
}

fn run_one(
    config: &BarConfig,
    market: Market<'_>,
    schedule: &Schedule<'_>,
    full: bool,
) -> Result<Record, Error> {
    let n = config.n();
    let mut account = Account::new(config, full);
    let mut record = Record { bars: Vec::with_capacity(market.bars), ..Record::default() };
    if full {
        record.units.reserve_exact(market.bars * n);
    }
    let mut decisions = Decisions::new(schedule, n);
    let mut pending: Option<(usize, &[f64])> = None;
    for t in 0..market.bars {
        let decided = decisions.at(t, check_weights).map_err(|error| at_row(error, t))?;
        let due = if config.fill.same_bar() { decided } else { pending };
        let row = t * n..(t + 1) * n;
        let out = account.bar(config, &market.close[row.clone()], &market.price[row], due.map(|d| d.1));
        record.bars.push(out);
        if full {
            log(&mut record, &account, n, t, due.map_or(t, |d| d.0));
        }
        if let (false, Some((_, weights))) = (config.fill.same_bar(), decided) {
            account.size(config, weights, out.equity);
        }
        pending = decided;
    }
    if let (false, Some((_, weights))) = (config.fill.same_bar(), pending) {
        record.pending = weights.to_vec();
    }
    Ok(record)
}

pub fn log(record: &mut Record, account: &Account, n: usize, bar: usize, decided: usize) {
    record.units.extend_from_slice(&values(&account.units)[..n]);
    record.fills.extend(account.fills.iter().map(|fill| (bar, decided, *fill)));
    record.drops.extend(account.drops.iter().map(|drop| (bar, decided, drop.instrument, drop.reason)));
}

pub struct Decisions<'a> {
    schedule: &'a Schedule<'a>,
    n: usize,
    next: usize,
}

impl<'a> Decisions<'a> {
    pub fn new(schedule: &'a Schedule<'a>, n: usize) -> Self {
        Self { schedule, n, next: 0 }
    }

    /// The row decided after the close of bar t, if it decides anything; `check` refuses what the account cannot hold.
    pub fn at(
        &mut self,
        t: usize,
        check: impl Fn(&[f64]) -> Result<bool, Error>,
    ) -> Result<Option<(usize, &'a [f64])>, Error> {
        if self.schedule.rows.is_some_and(|rows| rows.get(self.next) != Some(&(t as i64))) {
            return Ok(None);
        }
        let row = &self.schedule.values[self.next * self.n..(self.next + 1) * self.n];
        self.next += 1;
        Ok(check(row)?.then_some((t, row)))
    }
}
