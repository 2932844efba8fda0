//! Accounts with everything a broker adds: margin and shorts, interest, corporate actions, price limits, bands, limits on
//! orders. A cash account without any of it is `Account`, which is faster.

mod account;
mod feed;
mod order;
mod session;
mod terms;

use rayon::prelude::*;

pub use account::Carry;
pub use feed::{Feed, FeedRow};
pub use session::BrokerSession;
pub use terms::{Kind, OnCall, Terms};

use crate::bar::batch::{Decisions, at_row};
use crate::bar::brokerage::account::{Brokerage, Tape};
use crate::bar::session::check_prices;
use crate::bar::{BarConfig, Error, Record, Schedule};

/// Prices and what comes with them, row-major (bars, instruments).
#[derive(Clone, Copy, Debug)]
pub struct Market<'a> {
    /// Marks positions.
    pub close: &'a [f64],
    /// Fills orders.
    pub price: &'a [f64],
    /// Actions, volume, price limits, time.
    pub feed: Feed<'a>,
}

/// Run every schedule on an account of its own; as `run_schedules`, under `terms`.
///
/// # Errors
/// As there; terms out of range; a feed that does not fit the prices.
pub fn run(
    config: &BarConfig,
    terms: &Terms,
    market: Market<'_>,
    schedules: &[Schedule<'_>],
    full: bool,
) -> Result<Vec<Record>, Error> {
    terms.check(config)?;
    let n = config.n();
    if n == 0 || !market.close.len().is_multiple_of(n) || market.close.len() != market.price.len() {
        return Err(Error::Data(format!(
            "prices: expected rows of {n} instruments, got {} closes and {} fill prices",
            market.close.len(),
            market.price.len()
        )));
    }
    let bars = market.close.len() / n;
    market.feed.check(bars, n, terms.participation.is_finite())?;
    for (name, prices) in [("close", market.close), ("price", market.price)] {
        for (t, row) in prices.chunks_exact(n).enumerate() {
            check_prices(name, row).map_err(|error| at_row(error, t))?;
        }
    }
    schedules.iter().try_for_each(|schedule| schedule.check(bars, n))?;
    schedules.par_iter().map(|schedule| run_one(config, terms, market, schedule, full)).collect()
}

fn run_one(
    config: &BarConfig,
    terms: &Terms,
    market: Market<'_>,
    schedule: &Schedule<'_>,
    full: bool,
) -> Result<Record, Error> {
    let (n, mut account) = (config.n(), Brokerage::new(config));
    let mut record = Record::default();
    let mut decisions = Decisions::new(schedule, n);
    let mut pending = None;
    for t in 0..market.close.len() / n {
        let decided =
            decisions.at(t, |weights| terms.check_weights(weights)).map_err(|error| at_row(error, t))?;
        let due = if config.fill.same_bar() { decided } else { pending };
        let row = t * n..(t + 1) * n;
        let tape = Tape { close: &market.close[row.clone()], price: &market.price[row], due };
        let (out, carry) = account.bar(config, terms, t, tape, &market.feed.row(t, n));
        record.bars.push(out);
        record.carry.push(carry);
        if full {
            record.units.extend_from_slice(&account.units);
            record.fills.extend(account.fills.iter().map(|fill| (t, account.decided, *fill)));
            let due = due.map_or(account.decided, |due| due.0);
            record.drops.extend(account.drops.iter().map(|drop| (t, due, drop.instrument, drop.reason)));
        }
        pending = decided;
    }
    if let (false, Some((_, weights))) = (config.fill.same_bar(), pending) {
        record.pending = weights.to_vec();
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bar::{Costs, DropReason, Fill, Sizing};

    fn account(kind: Kind, n: usize) -> (BarConfig, Terms) {
        let costs = Costs::new(0.0, 0.0, &vec![0.0; n], 0.0, 0.0).unwrap();
        let config = BarConfig::new(Fill::Close, Sizing::PostCost, costs, 1_000.0).unwrap();
        let terms = Terms {
            kind,
            lend: 0.0,
            borrow: 0.0,
            short_fee: vec![0.0; n],
            band: vec![0.0; n],
            min_order: 0.0,
            participation: f64::INFINITY,
            max_turnover: f64::INFINITY,
        };
        (config, terms)
    }

    fn feed(years: &[f64]) -> Feed<'_> {
        Feed {
            years,
            split: None,
            dividend: None,
            delisted: None,
            volume: None,
            can_buy: None,
            can_sell: None,
        }
    }

    const MARGIN: Kind = Kind::Margin { max_gross: 2.0, maintenance: 0.4, on_call: OnCall::Halt };

    #[test]
    fn a_call_closes_and_halts() {
        let (config, terms) = account(MARGIN, 1);
        let close = [10.0, 7.0, 7.2, 7.2];
        let market = Market { close: &close, price: &close, feed: feed(&[0.0; 4]) };
        let weights = [2.0, f64::NAN, 1.0, 1.0];
        let schedule = Schedule { rows: None, values: &weights };
        let made = run(&config, &terms, market, &[schedule], true).unwrap().remove(0);
        assert_eq!(made.units, [200.0, 200.0, 0.0, 0.0]);
        let why: Vec<_> = made.drops.iter().map(|drop| (drop.0, drop.3)).collect();
        assert_eq!(why, [(2, DropReason::MarginCall), (3, DropReason::Halted)]);
    }

    #[test]
    fn shorts_pay_fees_and_dividends() {
        let (config, mut terms) = account(MARGIN, 1);
        terms.short_fee = vec![0.365];
        let close = [10.0, 10.0];
        let days = Feed { dividend: Some(&[0.0, 0.25]), ..feed(&[0.0, 1.0 / 365.0]) };
        let weights = [-1.0, f64::NAN];
        let schedule = Schedule { rows: None, values: &weights };
        let market = Market { close: &close, price: &close, feed: days };
        let made = run(&config, &terms, market, &[schedule], false).unwrap().remove(0);
        assert!((made.bars[1].equity - (1_000.0 - 1.0 - 25.0)).abs() < 1e-9);
        assert_eq!(made.carry[1].dividends, -25.0);
    }

    #[test]
    fn terms_and_feeds_out_of_range_are_refused() {
        let (config, terms) = account(MARGIN, 2);
        assert!(terms.check(&config).is_ok());
        for bad in [
            Terms { band: vec![0.0], ..terms.clone() },
            Terms { lend: -0.1, ..terms.clone() },
            Terms { max_turnover: 0.0, ..terms.clone() },
            Terms {
                kind: Kind::Margin { max_gross: 3.0, maintenance: 0.4, on_call: OnCall::Halt },
                ..terms.clone()
            },
        ] {
            assert!(bad.check(&config).is_err());
        }
        assert!(terms.check_weights(&[-1.5, 0.6]).is_err());
        assert_eq!(terms.check_weights(&[-1.5, f64::NAN]), Ok(true));
        assert_eq!(terms.check_weights(&[f64::NAN; 2]), Ok(false));
        assert!(feed(&[0.0]).check(2, 1, false).is_err());
        assert!(feed(&[0.0, 0.1]).check(2, 1, true).is_err());
        assert!(Feed { split: Some(&[0.0, 1.0]), ..feed(&[0.0; 2]) }.check(2, 1, false).is_err());
    }
}
