use super::*;
use crate::pair::trader::{Moment, Trader, Way};
use crate::pair::world::Scale;

/// Twenty lots of the second leg to a ratio of 1.
const SCALE: Scale = Scale { ticks: 1.0, lots: 20.0 * 202.0, reward_unit: 1.0 };
const LONG: usize = 2;

/// How a decision is made.
#[derive(Default)]
struct How {
    row: usize,
    closes: bool,
    only_flat: bool,
}

fn decide(case: &mut Case, trader: &mut Trader, action: usize, beta: f64, how: &How) {
    let (rows, row) = (&case.tape.rows, how.row);
    let key = Key { seed: 1, stream: 0 };
    let passage = Passage::new(&case.tape, row, &case.settings, &case.theta, case.ppb[0], key, 0);
    let moment = Moment {
        scale: &SCALE,
        way: Way::Tape { passage, row, maker_ppb: [0; 2], fill: 1.0 },
        units: [10, (20.0 * beta) as i64],
        beta,
        slip_ticks: 1,
        closes: how.closes,
        seen: &rows[row].quotes,
        next: &rows[row + 1].quotes,
    };
    trader.decide(&case.settings, &moment, action, how.only_flat, &mut case.floors);
}

#[test]
fn an_illegal_action_does_not_follow_the_ratio() {
    for work in [None, Some(WORK)] {
        let mut case = Case::of(&[], &[]);
        (case.settings.work, case.settings.rehedges) = (work, true);
        let mut trader = Trader::new(&case.settings);
        decide(&mut case, &mut trader, LONG, 1.0, &How::default());
        assert_eq!(trader.account.wanted, [10, -20]);
        decide(&mut case, &mut trader, LONG, 1.2, &How { row: 1, only_flat: true, ..How::default() });
        assert_eq!((trader.account.wanted, trader.account.legs[1].lots, trader.illegal), ([10, -20], -20, 1));
        decide(&mut case, &mut trader, LONG, 1.2, &How { row: 2, ..How::default() });
        assert_eq!((trader.account.wanted, trader.account.legs[1].lots, trader.illegal), ([10, -24], -24, 1));
    }
}

#[test]
fn a_session_closes_flat_whatever_is_on_its_way() {
    for work in [None, Some(WORK)] {
        let mut case = Case::of(&[], &[]);
        (case.settings.work, case.theta.latency_ms) = (work, 700.0);
        case.ppb[0] = [1_000_000; 2];
        let mut trader = Trader::new(&case.settings);
        // Filled by 1.4 s, after the decision that closes.
        decide(&mut case, &mut trader, LONG, 1.0, &How::default());
        assert!(trader.account.is_flat() && trader.account.is_legged());
        decide(&mut case, &mut trader, LONG, 1.0, &How { row: 1, closes: true, ..How::default() });
        assert!(trader.account.is_flat() && !trader.is_apart && !trader.account.is_legged());
        assert_eq!(trader.unforced.unwrap().legs.map(|leg| (leg.lots, leg.paid)), [(10, 2), (-20, 8)]);
        assert_eq!(trader.account.legs.map(|leg| leg.cash + leg.paid), [-2 * 20, -2 * 80]);
        assert_eq!(trader.account.legs.map(|leg| leg.paid), [2 + 2, 8 + 8]);
        assert_eq!(trader.wealth, -2 * 100 - 20);
        assert!(trader.desk.orders.iter().all(|order| order.lots == 0) && !trader.broker.is_busy());
    }
}

#[test]
fn a_session_closes_flat_beyond_the_levels_of_a_book() {
    // Seven levels of three lots take 15 of 20; the rest goes at the touch.
    let thin: Vec<_> = (194..=200).map(|tick| (500, Level(ASK, tick + 10, 3))).collect();
    let gone = (204..204 + 6).map(|tick| (500, Level(ASK, tick, 0)));
    let events: Vec<_> = gone.chain(thin).chain([(500, Level(ASK, 211, 0))]).collect();
    let mut case = Case::of(&[], &events);
    case.settings.work = None;
    let mut trader = Trader::new(&case.settings);
    decide(&mut case, &mut trader, LONG, 1.0, &How::default());
    assert_eq!(trader.account.legs[1].lots, -20);
    decide(&mut case, &mut trader, LONG, 1.0, &How { row: 1, closes: true, ..How::default() });
    assert!(trader.account.is_flat());
}
