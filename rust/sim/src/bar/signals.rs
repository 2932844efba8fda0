//! Entries and exits in, one account per instrument out: all the cash at an entry, none of the units after an exit.

use rayon::prelude::*;

use crate::bar::account::Account;
use crate::bar::batch::{at_row, log};
use crate::bar::lanes::get;
use crate::bar::session::check_prices;
use crate::bar::{BarConfig, Error, Record, SizeAt, Sizing};

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
#[derive(Clone, Copy, Debug)]
pub struct SignalMarket<'a> {
    /// Marks positions.
    pub close: &'a [f64],
    /// Fills orders.
    pub price: &'a [f64],
    /// Buy, unless a position is held.
    pub entries: &'a [bool],
    /// Sell what is held. An entry and an exit on one bar cancel out.
    pub exits: &'a [bool],
}

/// Run every column on an account of its own. A signal without a price on its fill bar is dropped, not carried over.
/// Equal bits for any number of threads. O(n) an instrument.
///
/// # Errors
/// Shapes that do not fit, a price that is not positive, a sizing other than `PostCost` at the fill.
pub fn run_signals(
    config: &BarConfig,
    market: SignalMarket<'_>,
    full: bool,
) -> Result<Vec<SignalRun>, Error> {
    let (n, cells) = (config.n(), market.close.len());
    if config.size_at != SizeAt::Fill || config.sizing != Sizing::PostCost {
        return Err(Error::Config("config: expected size_at fill and sizing post_cost".into()));
    }
    let lengths = [market.price.len(), market.entries.len(), market.exits.len()];
    if n == 0 || !cells.is_multiple_of(n) || lengths != [cells; 3] {
        return Err(Error::Data(format!(
            "signals: expected rows of {n} instruments as in {cells} closes, got {} fill prices, {} entries and {} exits",
            lengths[0], lengths[1], lengths[2]
        )));
    }
    for (name, prices) in [("close", market.close), ("price", market.price)] {
        for (t, row) in prices.chunks_exact(n).enumerate() {
            check_prices(name, row).map_err(|error| at_row(error, t))?;
        }
    }
    Ok((0..n).into_par_iter().map(|i| run_column(config, market, i, full)).collect())
}

fn run_column(config: &BarConfig, market: SignalMarket<'_>, i: usize, full: bool) -> SignalRun {
    let n = config.n();
    let config = BarConfig { costs: config.costs.pick(&[i as u32]), ..config.clone() };
    let mut account = Account::new(&config, full);
    let mut run = SignalRun { record: Record::default(), rows: Vec::new(), weights: Vec::new() };
    let mut pending: Option<(usize, f64)> = None;
    for t in 0..market.close.len() / n {
        let at = t * n + i;
        let signal = (market.entries[at] != market.exits[at]).then(|| f64::from(market.entries[at]));
        let mut decide = |account: &Account| {
            let held = get(&account.units, 0) != 0.0;
            let decided = signal.filter(|weight| (*weight == 1.0) != held)?;
            run.rows.push(t as i64);
            run.weights.push(decided);
            Some((t, decided))
        };
        let due = if config.fill.same_bar() { decide(&account) } else { pending.take() };
        let weight = due.map(|due| [due.1]);
        let [close, price] = [market.close[at], market.price[at]];
        let out = account.bar(&config, &[close], &[price], weight.as_ref().map(<[f64; 1]>::as_slice));
        if !config.fill.same_bar() {
            pending = decide(&account);
        }
        run.record.bars.push(out);
        if full {
            log(&mut run.record, &account, 1, t, due.map_or(t, |due| due.0));
        }
    }
    run.record.pending.extend(pending.map(|due| due.1));
    run
}
