//! Accounts with everything a broker adds: margin and shorts, interest, corporate actions, price limits, bands, limits on
//! orders. A cash account without any of it is `Account`, which is faster.

mod account;
mod feed;
mod order;
mod sized;
mod terms;

pub(super) use account::{Brokerage, Tape};
pub use account::{Carry, CarryOf};
pub use feed::{Feed, FeedRow, OwnFeed};
pub use terms::{Kind, OnCall, Terms};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bar::{BarConfig, Costs, DropReason, Fill, Market, Record, Schedule, Sizing, run_schedules};

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
        Feed { years, ..Feed::default() }
    }

    fn run(config: &BarConfig, terms: &Terms, close: &[f64], feed: &Feed<'_>, weights: &[f64]) -> Record {
        let schedule = Schedule { rows: None, values: weights };
        let market = Market { close, price: close, under: Some((terms, feed)) };
        run_schedules(config, market, &[schedule], true, &false.into()).unwrap().remove(0)
    }

    const MARGIN: Kind = Kind::Margin { max_gross: 2.0, maintenance: 0.4, on_call: OnCall::Halt };

    #[test]
    fn a_call_closes_and_halts() {
        let (config, terms) = account(MARGIN, 1);
        let close = [10.0, 7.0, 7.2, 7.2];
        let made = run(&config, &terms, &close, &feed(&[0.0; 4]), &[2.0, f64::NAN, 1.0, 1.0]);
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
        let made = run(&config, &terms, &close, &days, &[-1.0, f64::NAN]);
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
        let (config, terms) = account(MARGIN, 1);
        let years = [0.0, 0.1];
        let check = |feed: &Feed<'_>| feed.check(&config, &terms, 2);
        assert!(check(&feed(&years)).is_ok());
        assert!(check(&feed(&years[..1])).is_err());
        assert!(check(&Feed { split: Some(&[0.0, 1.0]), ..feed(&years) }).is_err());
        assert!(check(&Feed { slippage: Some(&[0.0, f64::NAN]), ..feed(&years) }).is_err());
        assert!(check(&Feed { slippage: Some(&[0.0, 0.5]), ..feed(&years) }).is_err());
        let capped = Terms { participation: 0.1, ..terms.clone() };
        assert!(feed(&years).check(&config, &capped, 2).is_err());
    }
}
