//! What real markets show and simulated ones are held against, measured on an event file (Cont 2001, Empirical
//! properties of asset returns, Quantitative Finance 1(2)).

mod series;
mod walk;

use crate::error::Error;
use crate::file::EventFile;
use walk::Walk;

/// Measures of one instrument. NaN where there is nothing to measure: no time with both sides, no two trades, fewer
/// than two returns, or returns that do not vary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StylisedFacts {
    /// From the file's first event to its last.
    pub seconds: f64,
    /// Orders that came to rest.
    pub adds: u64,
    /// Orders that left without a trade.
    pub cancels: u64,
    /// Groups of events with an execution or trade.
    pub trades: u64,
    /// Best ask minus best bid in ticks, weighted by time.
    pub spread_ticks: f64,
    /// Share of time with a spread of one tick.
    pub one_tick_share: f64,
    /// Mean lots at the best bid and the best ask, weighted by time.
    pub touch_lots: f64,
    /// Standard deviation of the mid's change over an interval, in ticks.
    pub volatility_ticks: f64,
    /// Fourth moment of these changes over their squared variance, minus 3: above 0 the tails are fat.
    pub excess_kurtosis: f64,
    /// Of one change with the next: near 0 where prices are efficient, below 0 where the mid bounces.
    pub change_autocorrelation: f64,
    /// Of their sizes: above 0 where volatility clusters.
    pub size_autocorrelation: f64,
    /// Variance over ten intervals, divided by ten times that over one (Lo and MacKinlay 1988).
    pub variance_ratio: f64,
    /// Of the sides of takers, one trade with the next: above 0 where orders are split (Bouchaud et al. 2004).
    pub sign_autocorrelation: f64,
}

/// Most intervals a file may span.
const MAX_INTERVALS: i128 = 1 << 22;

/// Measure an instrument; the mid is looked at every `interval_ns` from the file's first event on.
///
/// # Errors
/// No such instrument, an interval out of range, an event the book refuses, or told to stop. O(events + intervals).
pub fn stylised_facts(file: &EventFile, instr: u16, interval_ns: i64) -> Result<StylisedFacts, Error> {
    let count = file.instruments().len();
    if usize::from(instr) >= count {
        return Err(Error::config("instrument", format_args!("below {count}"), instr));
    }
    let span = i128::from(file.header().last_ts) - i128::from(file.header().first_ts);
    if interval_ns < 1 || span / i128::from(interval_ns) >= MAX_INTERVALS {
        let least = (span / MAX_INTERVALS + 1).max(1);
        return Err(Error::config("interval_ns", format_args!("at least {least}"), interval_ns));
    }
    let mut walk = Walk::new(file, instr, interval_ns);
    walk.run()?;
    let [changes, signs] = [walk.changes(), walk.signs.iter().map(|&sign| Some(f64::from(sign))).collect()];
    let sizes: Vec<_> = changes.iter().map(|change| change.map(f64::abs)).collect();
    let per_time = |sum: f64| if walk.both_ns > 0.0 { sum / walk.both_ns } else { f64::NAN };
    Ok(StylisedFacts {
        seconds: span as f64 / 1e9,
        adds: walk.adds,
        cancels: walk.cancels,
        trades: walk.trades,
        spread_ticks: per_time(walk.spread),
        one_tick_share: per_time(walk.one_tick),
        touch_lots: per_time(walk.lots),
        volatility_ticks: series::variance(&changes).sqrt(),
        excess_kurtosis: series::excess_kurtosis(&changes),
        change_autocorrelation: series::autocorrelation(&changes),
        size_autocorrelation: series::autocorrelation(&sizes),
        variance_ratio: series::variance_ratio(&changes, 10),
        sign_autocorrelation: series::autocorrelation(&signs),
    })
}
