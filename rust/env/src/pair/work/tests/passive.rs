use super::*;

/// The second leg has the wider relative spread: 4 / 202 against 2 / 101.
const QUOTED: usize = 1;

#[test]
fn the_leg_with_the_wider_relative_spread_is_quoted() {
    let mut case = Case::of(&[], &[(-400, Level(ASK, 204, 0))]);
    case.decide(1.0, true).expect([0, 0], Stand::Sent);
    assert_eq!((case.broker.quoted, case.broker.lines[1].limit, case.broker.lines[1].lots), (1, 205, -20));
    // Equal shares of the mid: the first.
    let mut case = Case::of(&[], &[]);
    case.decide(1.0, true);
    assert_eq!((case.broker.quoted, case.broker.lines[0].limit, case.broker.lines[0].lots), (0, 100, 10));
}

/// A case whose second leg is quoted at 205, behind 50 lots.
fn wide(one: &[(i64, Now)], two: &[(i64, Now)]) -> Case {
    let mut events = vec![(-400, Level(ASK, 204, 0))];
    events.extend_from_slice(two);
    Case::of(one, &events)
}

#[test]
fn an_execution_is_hedged_at_once() {
    // A buyer takes the 50 lots ahead and the 20 of the order.
    let mut case = wide(&[], &[(300, Trade(!SELLER, 205, 70))]);
    case.decide(1.0, true).expect([10, -20], Stand::Idle);
    assert_eq!(case.cash(), [-1_020, 4_100]);
    // The quote earned 20 x 2.5 of spread, the hedge paid 10 x 1; in half quanta.
    assert_eq!(case.account.cost, -100 + 20);
    // Known at 310 ms, hedged 20.005 ms later.
    assert_eq!(case.legged, (1, 20 * MS + 5_000));
}

#[test]
fn a_part_is_hedged_in_proportion() {
    let mut case = wide(&[], &[(300, Trade(!SELLER, 205, 56)), (600, Trade(!SELLER, 205, 2))]);
    case.decide(1.0, true).expect([4, -8], Stand::Partial);
    assert_eq!(case.cash(), [-4 * 102, 8 * 205]);
    assert_eq!(case.broker.lines[QUOTED].open, [12, 12]);
}

#[test]
fn lots_ahead_trade_first() {
    let mut case = wide(&[], &[(300, Trade(!SELLER, 205, 50))]);
    case.decide(1.0, true).expect([0, 0], Stand::Sent);
}

#[test]
fn the_quote_follows_the_touch() {
    // A better ask comes at 400 ms.
    let mut case = wide(&[], &[(400, Level(ASK, 204, 7))]);
    case.decide(1.0, true).expect([0, 0], Stand::Sent);
    let line = &case.broker.lines[QUOTED];
    // Seen at once, cancelled by 410.005 ms, known at 420.005 ms, and there again 10.005 ms later.
    assert_eq!((line.limit, line.arrive - T0), (204, 430 * MS + 10_000));
}

#[test]
fn the_quote_does_not_move_before_its_time() {
    let mut case = wide(&[], &[(30, Level(ASK, 204, 7))]);
    case.decide(1.0, true);
    assert_eq!(case.broker.lines[QUOTED].arrive - T0, (100 + 30) * MS + 10_000);
}

#[test]
fn a_quote_that_would_take_is_sent_again() {
    // The bid is at 206 when the order for 205 arrives, and the ask above it.
    let up = [(5, Level(ASK, 205, 0)), (5, Level(ASK, 206, 0)), (5, Level(BID, 206, 5))];
    let mut case = wide(&[], &up);
    case.decide(1.0, true).expect([0, 0], Stand::Sent);
    let line = &case.broker.lines[QUOTED];
    assert_eq!((line.limit, line.arrive - T0), (207, 110 * MS + 5_000));
}

#[test]
fn time_over_the_rest_is_taken() {
    let mut case = wide(&[], &[(300, Trade(!SELLER, 205, 58))]);
    case.decide(1.0, true).decide(1.0, true).expect([4, -8], Stand::Partial);
    case.decide(1.0, true).expect([10, -20], Stand::Idle);
    // 8 lots at 205, then 12 at the bid; the hedge all at the ask.
    assert_eq!(case.cash(), [-1_020, 8 * 205 + 12 * 200]);
}

#[test]
fn time_over_the_rest_is_given_up() {
    let mut case = wide(&[], &[(300, Trade(!SELLER, 205, 58))]);
    case.work.time_out = TimeOut::GiveUp;
    case.decide(1.0, true).decide(1.0, true).decide(1.0, true).expect([4, -8], Stand::Idle);
    assert_eq!((case.account.target, case.account.wanted), (0.4, [4, -8]));
    // The next decision asks anew.
    case.decide(1.0, true).expect([4, -8], Stand::Sent);
    assert_eq!(case.broker.lines[QUOTED].lots, -12);
}

#[test]
fn an_execution_while_cancelling_counts() {
    // The new target is known at 1 s, its cancel arrives at 1,010.005 ms; before that a buyer takes 55.
    let mut case = wide(&[], &[(1_005, Trade(!SELLER, 205, 56))]);
    case.decide(1.0, true).expect([0, 0], Stand::Sent);
    case.decide(0.0, false).expect([0, 0], Stand::Idle);
    // Six lots sold at 205 and bought back at 205: no hedge was needed for a target of nothing.
    assert_eq!((case.cash(), case.account.traded), ([0, 0], 2 * 2 * 6 * 205));
}

#[test]
fn another_style_crosses_what_is_quoted() {
    let mut case = wide(&[], &[]);
    case.decide(1.0, true).expect([0, 0], Stand::Sent);
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
    assert_eq!(case.cash(), [-1_020, 4_000]);
}

#[test]
fn a_hedge_that_fails_is_chased_and_the_quote_ends() {
    // Asks of the first leg are gone when the hedge arrives and back at 500 ms.
    let mut one = side(305, ASK, 102..=108, 0);
    one.extend(side(500, ASK, 102..=108, 50));
    let mut case = wide(&one, &[(300, Trade(!SELLER, 205, 58))]);
    case.decide(1.0, true).expect([4, -8], Stand::Idle);
    assert_eq!(case.broker.tries, 1);
    assert!(!case.broker.is_busy());
}

#[test]
fn a_hedge_that_cannot_be_had_takes_the_execution_back() {
    let mut case = wide(&side(305, ASK, 102..=120, 0), &[(300, Trade(!SELLER, 205, 58))]);
    case.decide(1.0, true);
    assert_eq!(case.held(), [0, 0]);
    assert_eq!((case.cash(), case.stand()), ([0, 0], Stand::Idle));
}

#[test]
fn executions_that_do_not_happen_leave_nothing() {
    let mut case = wide(&[], &[(300, Trade(!SELLER, 205, 70))]);
    case.theta.fill = 0.0;
    case.decide(1.0, true).expect([0, 0], Stand::Sent);
    // The order is over; another one stands in its place.
    let line = &case.broker.lines[QUOTED];
    assert_eq!((line.lots, line.arrive - T0), (-20, 320 * MS + 5_000));
    assert_eq!(case.account.traded, 0);
}

#[test]
fn queue_and_age_are_shown_as_they_are_known() {
    let mut case = wide(&[], &[(400, Level(ASK, 205, 30)), (600, Level(ASK, 205, 80))]);
    case.decide(1.0, true);
    // At most 30 lots are ahead of 20, a second of two and a half is over.
    assert_eq!(case.broker.shown, [0.0, 30.0 / 50.0, 0.4]);
    case.decide(0.0, false);
    assert_eq!(case.broker.shown, [0.0; 3]);
}

#[test]
fn a_resting_order_is_put_back_where_it_stood() {
    let mut case = wide(&[], &[(300, Trade(!SELLER, 205, 56)), (1_500, Trade(!SELLER, 205, 4))]);
    case.decide(1.0, true).expect([3, -6], Stand::Partial);
    let mut floors = Floors::default();
    case.broker.resume(&mut floors, &case.tape, &WORK, T0 + 1_000 * MS).unwrap();
    case.floors = floors;
    case.decide(1.0, true).expect([5, -10], Stand::Partial);
    let mut other = case.broker;
    other.lines[QUOTED].open[0] += 1;
    let refused = other.resume(&mut Floors::default(), &case.tape, &WORK, T0 + 2_000 * MS);
    assert!(refused.unwrap_err().to_string().contains("open lots"));
}

#[test]
fn what_was_had_after_its_time_is_not_given_up() {
    for time_out in [TimeOut::Cross, TimeOut::GiveUp] {
        // The cancel of an order whose time is over arrives at 2,510.005 ms; before that a buyer takes all of it.
        let mut case = wide(&[], &[(2_505, Trade(!SELLER, 205, 70))]);
        case.work.time_out = time_out;
        case.decide(0.33, true).decide(0.33, true).expect([0, 0], Stand::Sent);
        case.decide(0.33, true).expect([3, -7], Stand::Idle);
        assert_eq!((case.account.target, case.account.wanted), (0.33, [3, -7]));
    }
}

#[test]
fn fees_of_executions_are_those_of_makers() {
    let mut case = wide(&[], &[(300, Trade(!SELLER, 205, 70))]);
    case.ppb = [[1_000_000; 2], [500_000; 2]];
    case.decide(1.0, true).expect([10, -20], Stand::Idle);
    // A thousandth of 2 x 1,020 for the hedge, half of one of 2 x 4,100 for the quote, rounded half up.
    assert_eq!(case.account.legs.map(|leg| leg.paid), [2, 4]);
}
