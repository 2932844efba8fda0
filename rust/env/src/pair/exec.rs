//! Aggressive orders: both legs at once, immediate or cancelled, at the opposite touch and a few ticks beyond.

use crate::pair::account::Account;
use crate::pair::world::Quote;

/// Share of itself that a hedge ratio may move by.
const REHEDGE_SHARE: f64 = 0.1;
/// Levels of a book.
pub const LEVELS: i64 = 5;

/// How orders meet a book.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Fees, parts per billion, by leg.
    pub ppb: [i64; 2],
    /// Filled at mid.
    pub at_mid: bool,
    /// Ticks beyond the touch that was seen.
    pub slip_ticks: i64,
}

/// Ask for `target`: lots of a whole position are frozen here, at the mids and the hedge ratio of the decision. Whether it
/// is another target than before.
pub fn aim(account: &mut Account, target: f64, units: [i64; 2], beta: f64) -> bool {
    if target == account.target {
        return false;
    }
    account.target = target;
    account.units = units;
    account.beta = beta;
    account.wanted = [lots(target, units[0]), -lots(target, units[1])];
    true
}

fn lots(target: f64, unit: i64) -> i64 {
    libm::round(target * unit as f64) as i64
}

/// Where the hedge ratio has moved by more than a tenth and by more than a lot of the second leg, that leg's lots are frozen
/// anew (3.3). Whether they were; `lots` is a whole position of the second leg at a ratio of 1.
pub fn rehedge(account: &mut Account, unit: i64, beta: f64, lots_of_one: f64) -> bool {
    let moved = (beta - account.beta).abs();
    if account.target == 0.0 || moved <= REHEDGE_SHARE * account.beta || moved * lots_of_one <= 1.0 {
        return false;
    }
    account.units[1] = unit;
    account.beta = beta;
    account.wanted[1] = -lots(account.target, unit);
    true
}

/// Send what is missing on one leg: `seen` is the quote of the decision, `met` the one at arrival.
pub fn send(account: &mut Account, leg: usize, seen: &Quote, met: &Quote, terms: &Terms) {
    let missing = account.wanted[leg] - account.legs[leg].lots;
    if missing == 0 {
        return;
    }
    let mid2 = met.mid2();
    if terms.at_mid {
        account.trade(leg, missing, mid2, mid2, terms.ppb[leg]);
        return;
    }
    let (buy, mut open) = (missing > 0, missing.abs());
    let limit = if buy { seen.ask + terms.slip_ticks } else { seen.bid - terms.slip_ticks };
    for level in 0..LEVELS {
        let price = if buy { met.ask + level } else { met.bid - level };
        if open == 0 || (if buy { price > limit } else { price < limit }) {
            break;
        }
        let lots = open.min(met.depth);
        account.trade(leg, if buy { lots } else { -lots }, 2 * price, mid2, terms.ppb[leg]);
        open -= lots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { ppb: [0; 2], at_mid: false, slip_ticks: 2 };
    const QUOTE: Quote = Quote { bid: 95, ask: 105, depth: 10 };

    fn aimed(target: f64) -> Account {
        let mut account = Account::default();
        aim(&mut account, target, [25, 50], 1.0);
        account
    }

    #[test]
    fn walks_the_levels_up_to_the_limit() {
        let mut account = aimed(1.0);
        send(&mut account, 0, &QUOTE, &QUOTE, &TERMS);
        // 10 at 105, 10 at 106, 5 at 107.
        assert_eq!((account.legs[0].lots, account.legs[0].cash), (25, -2 * (1050 + 1060 + 535)));
        send(&mut account, 1, &QUOTE, &QUOTE, &TERMS);
        // 10 each at 95, 94, 93; 92 is below the limit.
        assert_eq!((account.legs[1].lots, account.legs[1].cash), (-30, 2 * (950 + 940 + 930)));
        assert!(account.is_legged());
        assert!((account.imbalance() - 0.4).abs() < 1e-15);
    }

    #[test]
    fn a_book_that_ran_away_fills_nothing() {
        let mut account = aimed(-1.0);
        let met = Quote { bid: 92, ask: 102, depth: 100 };
        send(&mut account, 0, &QUOTE, &met, &TERMS);
        assert_eq!(account.legs[0].lots, 0);
    }

    #[test]
    fn the_same_target_keeps_its_lots() {
        let mut account = aimed(0.5);
        assert!(!aim(&mut account, 0.5, [1_000, 1_000], 1.2));
        assert_eq!(account.wanted, [13, -25]);
    }

    #[test]
    fn the_second_leg_follows_a_ratio_that_left_its_band() {
        let mut account = aimed(0.5);
        // By a tenth at most, or by a lot at most: it stays.
        assert!(!rehedge(&mut account, 54, 1.09, 50.0));
        assert!(!rehedge(&mut account, 3, 1.2, 4.0));
        assert!(rehedge(&mut account, 60, 1.2, 50.0));
        assert_eq!((account.wanted, account.units, account.beta), ([13, -30], [25, 60], 1.2));
        aim(&mut account, 0.0, [25, 60], 1.2);
        assert!(!rehedge(&mut account, 90, 1.8, 50.0));
    }

    #[test]
    fn swapped_legs_and_sign_earn_the_same() {
        let quotes = [QUOTE, Quote { bid: 300, ask: 304, depth: 40 }];
        let later = [Quote { bid: 97, ask: 107, depth: 10 }, Quote { bid: 290, ask: 294, depth: 40 }];
        let wealth = |target: f64, order: [usize; 2]| {
            let mut account = Account::default();
            aim(&mut account, target, order.map(|i| [20, 7][i]), 1.0);
            for leg in 0..2 {
                send(&mut account, leg, &quotes[order[leg]], &quotes[order[leg]], &TERMS);
            }
            account.wealth(&order.map(|i| later[i]))
        };
        assert_eq!(wealth(1.0, [0, 1]), wealth(-1.0, [1, 0]));
        assert_ne!(wealth(1.0, [0, 1]), 0);
    }
}
