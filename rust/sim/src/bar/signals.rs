//! Entries and exits in, one account per instrument out: all the cash at an entry, none of the units after an exit.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::bar::books::{Books, Day};
use crate::bar::brokerage::OwnFeed;
use crate::bar::{BarConfig, Error, Market, Record, SizeAt, Sizing};

/// History of one instrument's account, and the decisions that it is the history of.
#[derive(Clone, Debug)]
pub struct SignalRun {
    /// As of any account of one instrument.
    pub record: Record,
    /// Bars after whose close something was decided: signals that a position or its absence makes pointless are none.
    pub rows: Vec<i64>,
    /// Target weight of each: 1 or 0.
    pub weights: Vec<f64>,
}

/// Prices and signals, row-major (bars, instruments).
#[derive(Clone, Copy)]
pub struct SignalMarket<'a> {
    /// Prices, and terms where there are any.
    pub market: Market<'a>,
    /// Buy, unless a position is held.
    pub entries: &'a [bool],
    /// Sell what is held. An entry and an exit on one bar cancel out.
    pub exits: &'a [bool],
}

/// Run every column on an account of its own. What cannot be filled of a signal is dropped, not carried over.
/// Equal bits for any number of threads. O(n) an instrument.
///
/// # Errors
/// Shapes that do not fit, a price that is not positive, a sizing other than `PostCost` at the fill; `Stopped`
/// once `stop` is set.
pub fn run_signals(
    config: &BarConfig,
    market: SignalMarket<'_>,
    full: bool,
    stop: &AtomicBool,
) -> Result<Vec<SignalRun>, Error> {
    let (n, cells) = (config.n(), market.market.close.len());
    if config.size_at != SizeAt::Fill || config.sizing != Sizing::PostCost {
        return Err(Error::Config("config: expected size_at fill and sizing post_cost".into()));
    }
    let lengths = [market.entries.len(), market.exits.len()];
    if lengths != [cells; 2] {
        return Err(Error::Data(format!(
            "signals: expected {cells} as there are closes, got {} entries and {} exits",
            lengths[0], lengths[1]
        )));
    }
    market.market.check(config)?;
    let column = |i| match stop.load(Ordering::Relaxed) {
        true => Err(Error::Stopped),
        false => run_column(config, market, i, full),
    };
    (0..n).into_par_iter().map(column).collect()
}

fn run_column(
    config: &BarConfig,
    market: SignalMarket<'_>,
    i: usize,
    full: bool,
) -> Result<SignalRun, Error> {
    let SignalMarket { market, entries, exits } = market;
    let (n, same_bar) = (config.n(), config.fill.same_bar());
    let lot = config.lot.get(i).copied().into_iter().collect();
    let config = BarConfig { costs: config.costs.pick(&[i as u32]), lot, ..config.clone() };
    let own = market.under.map(|(terms, feed)| (terms.of_one(i), OwnFeed::new(feed, i, n)));
    let feed = own.as_ref().map(|own| own.1.feed());
    let mut books = Books::new(&config, own.as_ref().map(|own| &own.0), full)?;
    let mut run = SignalRun { record: Record::default(), rows: Vec::new(), weights: Vec::new() };
    let mut pending: Option<(usize, [f64; 1])> = None;
    for t in 0..market.close.len() / n {
        let at = t * n + i;
        let signal = (entries[at] != exits[at]).then(|| f64::from(entries[at]));
        let mut decide = |books: &Books| {
            let held = books.units()[0] != 0.0;
            let decided = signal.filter(|weight| (*weight == 1.0) != held)?;
            run.rows.push(t as i64);
            run.weights.push(decided);
            Some((t, [decided]))
        };
        let due = if same_bar { decide(&books) } else { pending.take() };
        let day = Day {
            close: &market.close[at..=at],
            price: &market.price[at..=at],
            due: due.as_ref().map(|due| (due.0, &due.1[..])),
            told: feed.as_ref().map(|feed| (feed, t)),
        };
        let (out, carry) = books.bar(t, &day);
        if !same_bar {
            pending = decide(&books);
        }
        run.record.bars.push(out);
        if own.is_some() {
            run.record.carry.push(carry);
        }
        if full {
            run.record.log(&books, t, due.map(|due| due.0));
        }
    }
    run.record.pending.extend(pending.map(|due| due.1[0]));
    Ok(run)
}
