use super::*;

#[test]
fn both_legs_are_filled_at_once() {
    let mut case = Case::of(&[], &[]);
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
    assert_eq!(case.cash(), [-1_020, 4_000]);
    // Half a spread of 2 for ten lots, and of 4 for twenty, in half quanta.
    assert_eq!((case.account.cost, case.account.traded, case.legged), (20 + 80, 2 * 5_020, (0, 0)));
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
}

#[test]
fn a_position_is_closed() {
    let mut case = Case::of(&[], &[]);
    case.decide(1.0, false).decide(0.0, false).expect([0, 0], Stand::Idle);
    assert_eq!(case.cash(), [-20, -80]);
}

#[test]
fn a_position_is_turned() {
    let mut case = Case::of(&[], &[]);
    case.decide(-1.0, false).decide(1.0, false).expect([10, -20], Stand::Idle);
}

#[test]
fn one_leg_is_rejected_and_chased() {
    // Bids of the second leg are gone when the order arrives and back before it is chased.
    let mut gone = side(5, BID, 194..=200, 0);
    gone.extend(side(300, BID, 194..=200, 50));
    let mut case = Case::of(&[], &gone);
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
    // Known apart at 20.005 ms, chased half a second later, together another 20.005 ms on.
    assert_eq!(case.legged, (1, 500 * MS + 20 * MS + 5_000));
    assert_eq!(case.cash(), [-1_020, 4_000]);
}

#[test]
fn one_leg_stands_alone_until_it_is_chased() {
    let mut case = Case::of(&[], &side(5, BID, 194..=200, 0));
    case.work.leg_ns = 1_500 * MS;
    case.decide(1.0, false).expect([10, 0], Stand::OneLeg);
    assert_eq!(case.broker.phase, Phase::Working);
}

#[test]
fn one_leg_is_filled_in_part_and_the_rest_is_chased() {
    // Within a tick of the touch there are 12 lots of the second leg; chased a tick wider there are more.
    let thin = [(5, Level(BID, 200, 5)), (5, Level(BID, 199, 7))];
    let mut case = Case::of(&[], &thin);
    case.work.leg_ns = 300 * MS;
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
    // Taken lots come back within a second: after 310 ms 3 of 5 and 4 of 7 are missing, rounded up by a lot.
    let first = 5 * 200 + 7 * 199;
    let gone = |lots: i64| (lots * (1_000 - 320) + 999) / 1_000;
    let (top, next) = (5 - gone(5), 7 - gone(7));
    assert_eq!(case.cash()[1], first + top * 200 + next * 199 + (8 - top - next) * 198);
}

#[test]
fn both_legs_filled_in_equal_part_wait_for_the_next_decision() {
    let thin = |tick: i32, away: i32, lots| {
        let mut all = vec![(5, Level(away > 0, tick, lots))];
        all.extend((1..7).map(|n| (5, Level(away > 0, tick + n * away, 0))));
        all.push((900, Level(away > 0, tick, 50)));
        all
    };
    let mut case = Case::of(&thin(102, 1, 4), &thin(200, -1, 8));
    case.decide(1.0, false).expect([4, -8], Stand::Idle);
    assert_eq!((case.account.target, case.account.is_legged(), case.legged.0), (1.0, true, 0));
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
}

#[test]
fn legs_filled_in_unequal_part_come_together() {
    let thin = |tick: i32, away: i32, lots| {
        let mut all = vec![(5, Level(away > 0, tick, lots))];
        all.extend((1..7).map(|n| (5, Level(away > 0, tick + n * away, 0))));
        all.push((400, Level(away > 0, tick, 50)));
        all
    };
    let mut case = Case::of(&thin(102, 1, 6), &thin(200, -1, 4));
    case.work.leg_ns = 2_000 * MS;
    case.decide(1.0, false).expect([6, -4], Stand::Partial);
    case.work.leg_ns = 500 * MS;
    // Only what goes with six of ten is sent after them; the rest of both is asked for at the next decision.
    case.decide(1.0, false).expect([6, -12], Stand::Idle);
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
}

#[test]
fn a_chase_succeeds_at_the_third_try_each_a_tick_wider() {
    // A bid of one lot keeps the touch at 200; under it nothing down to 196.
    let mut hollow = vec![(5, Level(BID, 200, 1))];
    hollow.extend(side(5, BID, 197..=199, 0));
    let mut case = Case::of(&[], &hollow);
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
    // A tick of slip reaches 199; tries reach 198, 197 and, the third, 196.
    assert_eq!(case.broker.tries, 3);
    assert_eq!(case.cash()[1], 200 + 19 * 196);
}

#[test]
fn a_failed_chase_takes_back_what_was_filled() {
    let mut hollow = vec![(5, Level(BID, 200, 1))];
    hollow.extend(side(5, BID, 180..=199, 0));
    let mut case = Case::of(&[], &hollow);
    case.work.chase_max = 2;
    case.decide(1.0, false);
    // One lot of twenty stays, and half a lot of ten goes with it.
    case.expect([1, -1], Stand::Idle);
    assert_eq!((case.account.wanted, case.account.is_legged()), ([1, -1], false));
    assert!((case.account.target - case.account.position()).abs() < 1e-15);
    assert_eq!(case.cash(), [-1_020 + 900, 200]);
}

#[test]
fn a_halted_leg_leaves_the_position_flat() {
    let mut case = Case::of(&[], &side(5, BID, 190..=200, 0));
    case.decide(1.0, false).expect([0, 0], Stand::Idle);
    assert_eq!((case.account.target, case.broker.phase), (0.0, Phase::Idle));
    assert_eq!(case.cash(), [-20, 0]);
}

#[test]
fn what_can_neither_be_chased_nor_taken_back_is_legged_and_tried_again() {
    // Both legs lose the sides that are needed; the bids of the second come back in the third second.
    let mut two = side(5, BID, 190..=200, 0);
    two.extend(side(2_500, BID, 194..=200, 50));
    let mut case = Case::of(&side(300, BID, 90..=100, 0), &two);
    case.decide(1.0, false).expect([10, 0], Stand::Legged);
    case.decide(1.0, false).expect([10, 0], Stand::Legged);
    case.decide(1.0, false).expect([10, 0], Stand::Legged);
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
    assert_eq!(case.legged.0, 1);
}

#[test]
fn a_legged_position_follows_another_target() {
    let mut one = side(300, BID, 90..=100, 0);
    one.extend(side(1_500, BID, 94..=100, 50));
    let mut case = Case::of(&one, &side(5, BID, 190..=200, 0));
    case.decide(1.0, false).expect([10, 0], Stand::Legged);
    case.decide(0.0, false);
    assert_eq!(case.held()[1], 0);
    case.decide(0.0, false).expect([0, 0], Stand::Idle);
}

#[test]
fn a_new_target_waits_for_orders_on_their_way_and_trades_the_difference() {
    let mut case = Case::of(&[], &[]);
    case.theta.latency_ms = 700.0;
    case.decide(1.0, false).expect([0, 0], Stand::Sent);
    // Known at 1.4 s; what is missing of the new target is sent then and is known 1.4 s later.
    case.decide(-1.0, false).expect([10, -20], Stand::Sent);
    case.decide(-1.0, false).expect([-10, 20], Stand::Idle);
    assert_eq!(case.cash(), [-1_020 + 2_000, 4_000 - 8_160]);
}

#[test]
fn a_target_withdrawn_in_time_is_traded_back() {
    let mut case = Case::of(&[], &[]);
    case.theta.latency_ms = 700.0;
    case.decide(1.0, false);
    case.decide(0.0, false).decide(0.0, false).expect([0, 0], Stand::Idle);
    assert_eq!(case.cash(), [-20, -80]);
}

#[test]
fn the_legs_arrive_apart() {
    let mut case = Case::of(&[], &[]);
    case.settings.latency_sigma = 1.0;
    case.theta.latency_ms = 100.0;
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
    assert_eq!(case.legged.0, 1);
    assert!(case.legged.1 > 0 && case.legged.1 < 500 * MS, "{}", case.legged.1);
}

#[test]
fn a_ratio_that_left_its_band_moves_the_second_leg_alone() {
    let mut case = Case::of(&[], &[]);
    case.decide(1.0, false);
    let is_new = exec::rehedge(&mut case.account, 24, 1.2, 20.0);
    assert!(is_new);
    case.go(is_new, false).expect([10, -24], Stand::Idle);
    assert_eq!((case.cash(), case.legged.0), ([-1_020, 4_800], 0));
}

#[test]
fn orders_behind_the_fifth_level_meet_the_events() {
    // Seven levels of three lots: five hold 15 of 20.
    let thin: Vec<_> = (194..=200).map(|tick| (-400, Level(BID, tick, 3))).collect();
    let mut answers = [false, true].map(|always| {
        let mut case = Case::of(&[], &thin);
        case.work.always_events = always;
        case.settings.slip_ticks = 9;
        let is_new = exec::aim(&mut case.account, 1.0, [10, 20], 1.0);
        let key = Key { seed: 1, stream: 0 };
        let passage = Passage::new(&case.tape, 0, &case.settings, &case.theta, [0; 2], key, 0);
        let mut hall = Hall {
            passage: &passage,
            row: 0,
            work: &case.work,
            slip_ticks: 9,
            maker_ppb: [0; 2],
            fill: 1.0,
            floors: &mut case.floors,
            seen: passage.seen(),
        };
        case.broker.decide(&mut case.account, &mut hall, is_new, false);
        case
    });
    for case in &mut answers {
        case.expect([10, -20], Stand::Idle);
        assert_eq!(case.cash()[1], 3 * (195 + 196 + 197 + 198 + 199 + 200) + 2 * 194);
    }
    assert_eq!(answers[0].broker, answers[1].broker);
    assert_eq!(answers[0].account, answers[1].account);
}

#[test]
fn fees_are_told_apart_from_prices() {
    let mut case = Case::of(&[], &[]);
    case.ppb[0] = [1_000_000, 2_000_000];
    case.decide(1.0, false).expect([10, -20], Stand::Idle);
    let [one, two] = case.account.legs;
    // A thousandth of 2 x 1,020 and two of 2 x 4,000.
    assert_eq!([one.paid, two.paid], [2, 16]);
    assert_eq!([one.cash + one.paid, two.cash + two.paid], [-2 * 1_020, 2 * 4_000]);
    assert_eq!(case.account.cost, 20 + 80 + 2 + 16);
}
