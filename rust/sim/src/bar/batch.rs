use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::bar::books::{Books, Day};
use crate::bar::brokerage::{Feed, Terms};
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

/// What all schedules share, row-major (bars, instruments).
#[derive(Clone, Copy)]
pub struct Market<'a> {
    /// Marks positions.
    pub close: &'a [f64],
    /// Fills orders: the open, the typical price, or the close again.
    pub price: &'a [f64],
    /// Terms of the accounts with what they are told beside prices; none: a cash account without any of it.
    pub under: Option<(&'a Terms, &'a Feed<'a>)>,
}

impl Market<'_> {
    /// Number of bars, of prices that are all positive or missing.
    pub(super) fn check(&self, config: &BarConfig) -> Result<usize, Error> {
        let n = config.n();
        if n == 0 || !self.close.len().is_multiple_of(n) || self.close.len() != self.price.len() {
            return Err(Error::Data(format!(
                "prices: expected rows of {n} instruments, got {} closes and {} fill prices",
                self.close.len(),
                self.price.len()
            )));
        }
        let bars = self.close.len() / n;
        if let Some((terms, feed)) = self.under {
            terms.check(config)?;
            feed.check(config, terms, bars)?;
        }
        for (name, prices) in [("close", self.close), ("price", self.price)] {
            for (t, row) in prices.chunks_exact(n).enumerate() {
                check_prices(name, row).map_err(|error| at_row(error, t))?;
            }
            if std::ptr::eq(self.close, self.price) {
                break;
            }
        }
        Ok(bars)
    }
}

/// Schedules whose accounts walk the bars together, so that a row of prices is read once for all of them.
const BLOCK: usize = 8;
/// Bars between two looks at whether to stop.
const POLL: usize = 32;
/// Numbers of an array that are read ahead: a second-level cache holds so many of the closes and of each schedule in a block.
const NEAR: usize = 1 << 13;

/// Bring numbers near in one go. Row by row, with work between, every row would be waited for.
fn touch(numbers: &[f64]) {
    const LINE: usize = 8;
    std::hint::black_box(numbers.iter().step_by(LINE).fold(0, |bits, number| bits | number.to_bits()));
}

/// Run every schedule on its own account. The arithmetic of one schedule is serial, so the result is the same for any number
/// of threads. O(n) a bar and step of the solver.
///
/// # Errors
/// Shapes that do not fit, a price that is not positive, weights the account cannot hold (with their row), terms or a feed out
/// of range; `Stopped` once `stop` is set.
pub fn run_schedules(
    config: &BarConfig,
    market: Market<'_>,
    schedules: &[Schedule<'_>],
    full: bool,
    stop: &AtomicBool,
) -> Result<Vec<Record>, Error> {
    let (bars, n) = (market.check(config)?, config.n());
    schedules.iter().try_for_each(|s| s.check(bars, n))?;
    let ahead = (NEAR / n).clamp(1, POLL);
    let walks = |block: &[Schedule<'_>]| {
        let mut walks = block
            .iter()
            .map(|schedule| Walk::new(config, market, schedule, bars, full))
            .collect::<Result<Vec<_>, Error>>()?;
        for t in 0..bars {
            if t % POLL == 0 && stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            if t % ahead == 0 {
                touch(&market.close[t * n..(t + ahead).min(bars) * n]);
                walks.iter().for_each(|walk| walk.decisions.touch(ahead));
            }
            walks.iter_mut().try_for_each(|walk| walk.bar(t)).map_err(|error| at_row(error, t))?;
        }
        Ok(walks.into_iter().map(Walk::end).collect::<Vec<_>>())
    };
    let made = schedules.par_chunks(BLOCK).map(walks).collect::<Result<Vec<_>, Error>>()?;
    Ok(made.into_iter().flatten().collect())
}

pub fn at_row(error: Error, row: usize) -> Error {
    match error {
        Error::Data(message) => Error::Data(format!("row {row}: {message}")),
        Error::Order(message) => Error::Order(format!("row {row}: {message}")),
        other => other,
    }
}

/// One schedule on its way through the bars.
struct Walk<'a> {
    books: Books,
    market: Market<'a>,
    decisions: Decisions<'a>,
    pending: Option<(usize, &'a [f64])>,
    record: Record,
    full: bool,
}

impl<'a> Walk<'a> {
    fn new(
        config: &BarConfig,
        market: Market<'a>,
        schedule: &Schedule<'a>,
        bars: usize,
        full: bool,
    ) -> Result<Self, Error> {
        let books = Books::new(config, market.under.map(|under| under.0), full)?;
        let mut record = Record { bars: Vec::with_capacity(bars), ..Record::default() };
        if full {
            record.units.reserve_exact(bars * config.n());
        }
        let decisions = Decisions { schedule: *schedule, n: config.n(), next: 0 };
        Ok(Self { books, market, decisions, pending: None, record, full })
    }

    #[inline]
    fn bar(&mut self, t: usize) -> Result<(), Error> {
        let (n, same_bar) = (self.books.config.n(), self.books.config.fill.same_bar());
        let decided = match self.decisions.at(t) {
            Some(weights) => self.books.check_weights(weights)?.then_some((t, weights)),
            None => None,
        };
        let due = if same_bar { decided } else { self.pending };
        let row = t * n..(t + 1) * n;
        let told = self.market.under.map(|under| (under.1, t));
        let day = Day { close: &self.market.close[row.clone()], price: &self.market.price[row], due, told };
        let (out, carry) = self.books.bar(t, &day);
        self.record.bars.push(out);
        if told.is_some() {
            self.record.carry.push(carry);
        }
        if self.full {
            self.record.log(&self.books, t, due.map(|due| due.0));
        }
        if let (false, Some((_, weights))) = (same_bar, decided) {
            self.books.size(weights, out.equity);
        }
        self.pending = decided;
        Ok(())
    }

    fn end(mut self) -> Record {
        if let (false, Some((_, weights))) = (self.books.config.fill.same_bar(), self.pending) {
            self.record.pending = weights.to_vec();
        }
        self.record
    }
}

struct Decisions<'a> {
    schedule: Schedule<'a>,
    n: usize,
    next: usize,
}

impl<'a> Decisions<'a> {
    /// Bring the next rows near, where there is one for every bar.
    fn touch(&self, rows: usize) {
        if self.schedule.rows.is_none() {
            let values = &self.schedule.values[self.next * self.n..];
            touch(&values[..values.len().min(rows * self.n)]);
        }
    }

    /// The row decided after the close of bar t.
    fn at(&mut self, t: usize) -> Option<&'a [f64]> {
        if self.schedule.rows.is_some_and(|rows| rows.get(self.next) != Some(&(t as i64))) {
            return None;
        }
        let row = &self.schedule.values[self.next * self.n..(self.next + 1) * self.n];
        self.next += 1;
        Some(row)
    }
}
