//! Hand cases of orders in estimated queues.

use quantrl_feed::{Books, Decimal, Instrument};
use quantrl_sim::tick::own::{FillRule, L2Queue, OwnConfig, QueueModel, ThroughRule};

use super::script::check;

fn level2(model: QueueModel, script: &str, expected: &str) {
    check::<L2Queue>(OwnConfig::l2_queue(model), 2, script, expected);
}

#[test]
fn the_careful_model_moves_by_trades_and_small_levels() {
    level2(
        QueueModel::RiskAverse,
        "level bid 100 10; new A buy 100 5; level bid 100 15; ahead A; level bid 100 11; ahead A
         level bid 100 6; ahead A; trade sell 100 2; ahead A; level bid 100 3; ahead A; level bid 100 0; ahead A",
        "A accepted 5; A ahead 10; A ahead 10; A ahead 6; A ahead 4; A ahead 3; A ahead 0",
    );
}

/// 15 to 12 with 10 ahead and 5 behind: c = 3, p = 25 / 125, q = 10 - 0.8 * 3.
#[test]
fn a_fall_is_shared_between_front_and_back() {
    level2(
        QueueModel::Power(2.0),
        "level bid 100 10; new A buy 100 5; level bid 100 15; level bid 100 12; ahead A",
        "A accepted 5; A ahead 7.6",
    );
    // p = 25 / 225; q = 10 - (8 / 9) * 3.
    level2(
        QueueModel::Power2(2.0),
        "level bid 100 10; new A buy 100 5; level bid 100 15; level bid 100 12; ahead A",
        "A accepted 5; A ahead 7.333333333333",
    );
    // p = 1 - (10 / 15)^2 = 5 / 9; q = 10 - (4 / 9) * 3.
    level2(
        QueueModel::Power3(2.0),
        "level bid 100 10; new A buy 100 5; level bid 100 15; level bid 100 12; ahead A",
        "A accepted 5; A ahead 8.666666666667",
    );
}

#[test]
fn the_back_cannot_lose_more_than_it_has() {
    // 15 to 3 with 10 ahead: c = 12, p = 0.2, q = 10 - 0.8 * 12.
    level2(
        QueueModel::Power(2.0),
        "level bid 100 10; new A buy 100 5; level bid 100 15; level bid 100 3; ahead A",
        "A accepted 5; A ahead 0.4",
    );
    // 10 to 1 with 3 ahead: c = 9, p = 49 / 58, so 7.6 of 7 lots behind: the front gives the rest and 1 is left.
    level2(
        QueueModel::Power(2.0),
        "level bid 100 3; new A buy 100 5; level bid 100 10; level bid 100 1; ahead A",
        "A accepted 5; A ahead 1",
    );
}

#[test]
fn no_more_lots_reach_an_order_than_traded() {
    // 10 ahead, 8 behind, all leave: p = 512 / 1512, q = 10 - (1 - p) * 18 = -1.9.
    let script =
        "level bid 100 10; new A buy 100 9; level bid 100 18; level bid 100 0; ahead A; trade sell 100 1";
    level2(QueueModel::Power(3.0), script, "A accepted 9; A ahead 0; A maker 1@100 left 8");
    let full = OwnConfig { fill: FillRule::Full, ..OwnConfig::l2_queue(QueueModel::Power(3.0)) };
    check::<L2Queue>(full, 2, script, "A accepted 9; A ahead 0; A maker 9@100 left 0");
}

#[test]
fn traded_lots_are_not_counted_twice() {
    level2(
        QueueModel::Power(2.0),
        "level bid 100 10; new A buy 100 5; level bid 100 15; trade sell 100 2; ahead A; level bid 100 13; ahead A
         level bid 100 12; ahead A",
        // 8 ahead of 13: c = 1, p = 25 / 89.
        "A accepted 5; A ahead 8; A ahead 8; A ahead 7.280898876404",
    );
}

#[test]
fn half_a_lot_reaches_the_order() {
    // 3 ahead and 3 behind of 6, one leaves: q = 2.5; 2 lots leave 0.5, the third is its own.
    level2(
        QueueModel::Power(1.0),
        "level bid 100 3; new A buy 100 5; level bid 100 6; level bid 100 5; ahead A; trade sell 100 2
         ahead A; trade sell 100 1; ahead A",
        "A accepted 5; A ahead 2.5; A ahead 0.5; A maker 1@100 left 4; A ahead 0",
    );
}

#[test]
fn trades_elsewhere_give_nothing() {
    level2(
        QueueModel::Log,
        "level bid 100 1; new A buy 100 5; trade sell 101 9; trade buy 100 9; trade buy 99 9; level ask 101 5; ahead A",
        "A accepted 5; A ahead 1",
    );
}

#[test]
fn a_trade_past_the_price_fills_all() {
    level2(
        QueueModel::Log,
        "level bid 100 9; new A buy 100 5; trade sell 99 1",
        "A accepted 5; A maker 5@100 left 0",
    );
    let config = OwnConfig { through: ThroughRule::Volume, ..OwnConfig::l2_queue(QueueModel::RiskAverse) };
    check::<L2Queue>(
        config,
        2,
        "level bid 100 9; new A buy 100 5; new B buy 101 1; trade sell 99 3; level ask 100 2; level ask 100 3; level ask 100 1",
        "A accepted 5; B accepted 1; B maker 1@101 left 0; A maker 2@100 left 3; A maker 2@100 left 1; A maker 1@100 left 0",
    );
}

#[test]
fn lots_given_to_better_prices_do_not_reach_worse_ones() {
    let config = OwnConfig { through: ThroughRule::Volume, ..OwnConfig::l2_queue(QueueModel::RiskAverse) };
    check::<L2Queue>(
        config,
        2,
        "level bid 99 2; new A buy 99 5; new B buy 100 3; trade sell 99 7; ahead A",
        "A accepted 5; B accepted 3; B maker 3@100 left 0; A maker 2@99 left 3; A ahead 0",
    );
}

#[test]
fn an_unknown_aggressor_reaches_whoever_can_rest_there() {
    level2(
        QueueModel::Log,
        "new A buy 100 5; new B sell 102 5; trade ? 101 9; trade ? 100 2; trade ? 103 1",
        "A accepted 5; B accepted 5; A maker 2@100 left 3; B maker 5@102 left 0",
    );
}

#[test]
fn an_opposite_best_at_the_price_fills_all() {
    for ask in [100, 99] {
        level2(
            QueueModel::Log,
            &format!("level bid 98 9; new A buy 100 5; level ask 101 9; level ask {ask} 1"),
            "A accepted 5; A maker 5@100 left 0",
        );
    }
}

#[test]
fn full_fills_ask_for_one_lot() {
    let config = OwnConfig { fill: FillRule::Full, ..OwnConfig::l2_queue(QueueModel::Power(2.0)) };
    check::<L2Queue>(
        config,
        2,
        "level bid 100 10; new A buy 100 5; trade sell 100 10; ahead A; trade sell 100 1",
        "A accepted 5; A ahead 0; A maker 5@100 left 0",
    );
}

#[test]
fn takers_leave_a_mark_on_the_levels() {
    level2(
        QueueModel::Log,
        "level ask 101 3; level ask 102 4; new A buy 102 9; ahead A; new B buy 102 1 ioc; level ask 101 0
         level ask 101 2; resting",
        "A accepted 9; A taker 3@101 left 6; A taker 4@102 left 2; A ahead 0
         B accepted 1; B cancelled 1 Remainder; A maker 2@102 left 0; resting 0",
    );
    // A bid at 102 removes both asks from the book and from memory.
    level2(
        QueueModel::Log,
        "level ask 101 3; new A buy 101 3; level bid 102 1; level bid 102 0; level ask 101 3; new B buy 101 3",
        "A accepted 3; A taker 3@101 left 0; B accepted 3; B taker 3@101 left 0",
    );
}

#[test]
fn own_orders_that_meet_wait_for_strangers_ahead() {
    level2(
        QueueModel::RiskAverse,
        "level ask 102 2; new A sell 102 5; level ask 102 9; new B buy 103 7; resting",
        "A accepted 5; B accepted 7; B taker 2@102 left 5; B cancelled 5 SelfTrade; resting 1",
    );
}

#[test]
fn a_cleared_book_keeps_the_estimate() {
    level2(
        QueueModel::Power(2.0),
        "level bid 100 10; new A buy 100 5; clear; ahead A; level bid 100 7; ahead A",
        "A accepted 5; A ahead 10; A ahead 7",
    );
}

#[test]
fn best_prices_alone_show_one_queue() {
    let level1 = |script: &str, expected: &str| {
        check::<L2Queue>(OwnConfig::l2_queue(QueueModel::RiskAverse), 1, script, expected);
    };
    level1(
        "bbo bid 100 10; new A buy 99 5; ahead A; trade sell 99 50; bbo bid 99 8; ahead A; bbo bid 99 6; ahead A
         trade sell 99 7",
        "A accepted 5; A ahead inf; A ahead 8; A ahead 6; A maker 1@99 left 4",
    );
    level1(
        "bbo bid 100 10; new A buy 101 5; ahead A; new B buy 100 5; ahead B; bbo bid 101 3; ahead A; ahead B
         bbo bid 100 4; ahead A; ahead B; bbo bid 98 7; ahead B; bbo ask 100 1",
        "A accepted 5; A ahead 0; B accepted 5; B ahead 10; A ahead 0; B ahead 10; A ahead 0; B ahead 4; B ahead 0
         A maker 5@101 left 0; B maker 5@100 left 0",
    );
    level1(
        "bbo bid 100 10; new A buy 100 5; bbo bid 0 0; ahead A; bbo ask 103 2; new B buy 103 1; new C buy 103 2
         bbo ask 104 2; bbo ask 103 2; new D buy 103 3 ioc",
        "A accepted 5; A ahead 0; B accepted 1; B taker 1@103 left 0
         C accepted 2; C taker 1@103 left 1; C maker 1@103 left 0
         D accepted 3; D taker 1@103 left 2; D cancelled 2 Remainder",
    );
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let one = [Instrument::new("X", Decimal::ONE, Decimal::ONE)];
    let refused = |level, instruments: &[Instrument], config| {
        L2Queue::new(Books::new(level, &[1]), instruments, config).unwrap_err().to_string()
    };
    let log = OwnConfig::l2_queue(QueueModel::Log);
    assert_eq!(refused(3, &one, log), "mode: expected a file of level 1 or 2 for l2_queue, got level 3");
    assert_eq!(refused(2, &[], log), "instruments: expected 1, got 0");
    assert_eq!(
        refused(2, &one, OwnConfig::ghost()),
        "queue: expected a queue model, as the file shows no queues, got none"
    );
    for n in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for model in [QueueModel::Power(n), QueueModel::Power2(n), QueueModel::Power3(n)] {
            let expected = format!("queue: expected {}(n) with n above 0, got {n}", model.name());
            assert_eq!(refused(2, &one, OwnConfig::l2_queue(model)), expected);
        }
    }
}
