//! Thousands of signal accounts on one instrument, a few numbers each: what `run_signals` gives bar by bar, from trade to
//! trade.

mod cross;
mod family;
mod indicators;
mod range_tree;
mod walk;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

pub use family::{Family, Series, Signals};
pub use walk::Outcome;

use crate::bar::session::check_prices;
use crate::bar::sweep::family::Indicators;
use crate::bar::sweep::walk::Path;
use crate::bar::{BarConfig, Error, SizeAt, Sizing};

/// Members that one thread takes at a time.
const CHUNK: usize = 64;

/// Members of one family and how their signals are read.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    /// Which family.
    pub family: Family,
    /// Row-major (members, parameters).
    pub params: &'a [f64],
    /// Averages closer than this fraction are equal.
    pub tie: f64,
}

/// What a sweep keeps of every member.
#[derive(Clone, Debug)]
pub struct Swept {
    /// One each.
    pub outcomes: Vec<Outcome>,
    /// Row-major (members, blocks, 2): sum of returns and of their squares.
    pub sums: Vec<f64>,
}

/// Run every member on an account of its own: full size, long only, `config` for one instrument. Equal bits for any
/// number of threads. O(n) a member.
///
/// # Errors
/// A price that is missing or not positive, lengths that differ, parameters out of range (with their place); `Stopped` once
/// `stop` is set.
pub fn run(
    config: &BarConfig,
    series: Series<'_>,
    price: &[f64],
    members: Members<'_>,
    blocks: usize,
    stop: &AtomicBool,
) -> Result<Swept, Error> {
    if config.n() != 1 || config.size_at != SizeAt::Fill || config.sizing != Sizing::PostCost {
        return Err(Error::Config(
            "config: expected one instrument, size_at fill and sizing post_cost".into(),
        ));
    }
    let bars = series.close.len();
    check(series, &members)?;
    complete("price", price, bars)?;
    if !(1..=bars.min(usize::from(u16::MAX))).contains(&blocks) {
        return Err(Error::Config(format!("blocks: expected 1 to {bars}, got {blocks}")));
    }
    let Members { family, params, tie } = members;
    let (width, indicators) = (family.width(), Indicators::new(family, series, params, tie));
    let path = Path::new(config, series.close, price, blocks);
    let none = Outcome { total: 0.0, sharpe: f64::NAN, max_drawdown: 0.0, trades: 0 };
    let mut outcomes = vec![none; params.len() / width];
    let mut sums = vec![0.0; outcomes.len() * blocks * 2];
    let work = outcomes.par_chunks_mut(CHUNK).zip(sums.par_chunks_mut(CHUNK * blocks * 2));
    work.zip(params.par_chunks(CHUNK * width)).try_for_each(|((outcomes, sums), params)| {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        let mut signals = Signals::new(bars);
        let each = outcomes.iter_mut().zip(sums.chunks_exact_mut(blocks * 2));
        for ((outcome, sums), params) in each.zip(params.chunks_exact(width)) {
            indicators.signal(params, &mut signals);
            *outcome = path.walk(&signals, sums);
        }
        Ok(())
    })?;
    Ok(Swept { outcomes, sums })
}

/// Entries and exits of one member, bar by bar.
///
/// # Errors
/// As `run`.
pub fn signals(series: Series<'_>, members: Members<'_>) -> Result<[Vec<bool>; 2], Error> {
    check(series, &members)?;
    let Members { family, params, tie } = members;
    let mut signals = Signals::new(series.close.len());
    Indicators::new(family, series, params, tie).signal(&params[..family.width()], &mut signals);
    Ok(signals.each_bar(series.close.len()))
}

fn check(series: Series<'_>, members: &Members<'_>) -> Result<(), Error> {
    let (bars, width) = (series.close.len(), members.family.width());
    if !(members.tie.is_finite() && members.tie >= 0.0) {
        return Err(Error::Config(format!("tie_rtol: expected at least 0, got {}", members.tie)));
    }
    if members.params.is_empty() || !members.params.len().is_multiple_of(width) {
        return Err(Error::Config(format!(
            "params: expected rows of {width} parameters, got {} numbers",
            members.params.len()
        )));
    }
    complete("close", series.close, bars)?;
    if members.family == Family::Donchian {
        complete("high", series.high, bars)?;
        complete("low", series.low, bars)?;
    }
    for (k, params) in members.params.chunks_exact(width).enumerate() {
        let at_row = |error| match error {
            Error::Config(message) => Error::Config(format!("params: row {k}: {message}")),
            other => other,
        };
        members.family.check(params, bars).map_err(at_row)?;
    }
    Ok(())
}

fn complete(name: &str, prices: &[f64], bars: usize) -> Result<(), Error> {
    if prices.len() != bars || bars == 0 {
        return Err(Error::Data(format!("{name}: expected {bars} bars, at least one, got {}", prices.len())));
    }
    for (t, price) in prices.iter().enumerate() {
        if price.is_nan() {
            return Err(Error::Data(format!("{name}: row {t}: expected a price on every bar, got NaN")));
        }
        check_prices(name, std::slice::from_ref(price))
            .map_err(|error| crate::bar::batch::at_row(error, t))?;
    }
    Ok(())
}
