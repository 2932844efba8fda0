//! Hand cases of orders in known queues.

use quantrl_feed::Books;
use quantrl_sim::tick::own::{FillRule, Ghost, OwnConfig, QueueModel, Remainder, ThroughRule};

use super::script::check;

fn ghost(script: &str, expected: &str) {
    check::<Ghost>(OwnConfig::ghost(), 3, script, expected);
}

#[test]
fn executions_ahead_give_nothing() {
    ghost(
        "add 1 bid 100 10; new A buy 100 5; ahead A; exec 1 4; ahead A; exec 1 6; ahead A; resting",
        "A accepted 5; A ahead 10; A ahead 6; A ahead 0; resting 1",
    );
}

#[test]
fn executions_behind_fill_in_parts() {
    ghost(
        "add 1 bid 100 10; new A buy 100 5; add 2 bid 100 9; exec 1 10; exec 2 3; exec 2 6; add 3 bid 100 1
         exec 3 1",
        "A accepted 5; A maker 3@100 left 2; A maker 2@100 left 0",
    );
}

#[test]
fn later_orders_never_raise_what_is_ahead() {
    ghost(
        "add 1 bid 100 10; new A buy 100 5; add 2 bid 100 7; ahead A; reduce 2 3; ahead A; delete 2; ahead A",
        "A accepted 5; A ahead 10; A ahead 10; A ahead 10",
    );
}

#[test]
fn cancels_ahead_lower_it() {
    ghost(
        "add 1 bid 100 10; add 2 bid 100 4; new A buy 100 5; reduce 1 3; ahead A; delete 2; ahead A; delete 1
         ahead A; resting",
        "A accepted 5; A ahead 11; A ahead 7; A ahead 0; resting 1",
    );
}

#[test]
fn requeued_orders_go_behind() {
    ghost(
        "add 1 bid 100 10; add 2 bid 100 4; new A buy 100 5; amend 1 100 10; ahead A; exec 1 2",
        "A accepted 5; A ahead 4; A maker 2@100 left 3",
    );
    ghost(
        "add 1 bid 100 10; new A buy 100 5; replace 1 3 100 8; ahead A; exec 3 2",
        "A accepted 5; A ahead 0; A maker 2@100 left 3",
    );
}

#[test]
fn amendments_that_keep_their_place_stay_ahead() {
    ghost(
        "add 1 bid 100 10; new A buy 100 5; keep 1 100 6; ahead A; keep 1 100 8; ahead A; exec 1 8",
        "A accepted 5; A ahead 6; A ahead 8",
    );
    ghost("add 1 bid 100 10; new A buy 100 5; keep 1 99 6; ahead A", "A accepted 5; A ahead 0");
}

#[test]
fn orders_that_leave_the_price_are_not_ahead() {
    ghost(
        "add 1 bid 100 10; new A buy 100 5; amend 1 99 10; ahead A; amend 1 100 10; ahead A; exec 1 1",
        "A accepted 5; A ahead 0; A ahead 0; A maker 1@100 left 4",
    );
}

#[test]
fn an_execution_behind_waiting_lots_is_counted() {
    ghost(
        "add 1 bid 100 10; new A buy 100 5; add 2 bid 100 9; jumped; exec 2 3; ahead A; jumped
         exec 1 10; exec 2 1; jumped",
        "A accepted 5; jumped 0; A maker 3@100 left 2; A ahead 10; jumped 1; A maker 1@100 left 1; jumped 1",
    );
}

#[test]
fn a_worse_price_fills_by_its_lots() {
    ghost(
        "add 1 bid 99 10; add 2 bid 100 1; new A buy 100 5; exec 1 3; exec 1 7",
        "A accepted 5; A maker 3@100 left 2; A maker 2@100 left 0",
    );
}

#[test]
fn a_worse_price_fills_whole_if_asked() {
    let config = OwnConfig { through: ThroughRule::Full, ..OwnConfig::ghost() };
    check::<Ghost>(
        config,
        3,
        "add 1 bid 99 10; new A buy 100 5; exec 1 1",
        "A accepted 5; A maker 5@100 left 0",
    );
}

#[test]
fn a_better_price_gives_nothing() {
    ghost("add 1 bid 101 10; new A buy 100 5; exec 1 10; resting", "A accepted 5; resting 1");
}

#[test]
fn the_other_side_gives_nothing() {
    ghost("add 1 ask 101 10; new A buy 100 5; exec 1 10; resting", "A accepted 5; resting 1");
}

#[test]
fn opposite_orders_at_the_price_fill() {
    ghost(
        "add 1 bid 100 10; new A buy 100 5; add 2 ask 101 9; add 3 ask 100 2; add 4 ask 99 9",
        "A accepted 5; A maker 2@100 left 3; A maker 3@100 left 0",
    );
}

#[test]
fn opposite_orders_fill_whole_if_asked() {
    let config = OwnConfig { through: ThroughRule::Full, ..OwnConfig::ghost() };
    check::<Ghost>(config, 3, "new A buy 100 5; add 3 ask 100 2", "A accepted 5; A maker 5@100 left 0");
}

#[test]
fn opposite_orders_that_move_to_the_price_fill() {
    ghost(
        "add 1 ask 102 4; add 2 ask 103 1; new A buy 100 9; amend 1 101 4; amend 1 100 4; replace 2 3 100 3",
        "A accepted 9; A maker 4@100 left 5; A maker 3@100 left 2",
    );
}

#[test]
fn an_opposite_order_that_was_there_gives_only_new_lots() {
    ghost(
        "new A buy 100 9; add 1 ask 100 4; amend 1 99 4; amend 1 98 6; keep 1 98 1; amend 1 101 9; amend 1 100 1",
        "A accepted 9; A maker 4@100 left 5; A maker 2@100 left 3; A maker 1@100 left 2",
    );
}

#[test]
fn one_event_is_shared_by_price_then_acceptance() {
    ghost(
        "new A buy 99 4; new B buy 100 2; new C buy 99 3; new D buy 101 1; add 1 ask 99 8; resting",
        "A accepted 4; B accepted 2; C accepted 3; D accepted 1
         D maker 1@101 left 0; B maker 2@100 left 0; A maker 4@99 left 0; C maker 1@99 left 2; resting 1",
    );
    ghost(
        "add 1 bid 98 9; new A buy 99 4; new B buy 100 2; exec 1 5",
        "A accepted 4; B accepted 2; B maker 2@100 left 0; A maker 3@99 left 1",
    );
}

#[test]
fn own_orders_at_one_price_stand_apart() {
    ghost(
        "new A buy 100 2; add 1 bid 100 5; new B buy 100 2; add 2 bid 100 5; exec 1 1; exec 1 4; exec 2 5",
        "A accepted 2; B accepted 2; A maker 1@100 left 1; A maker 1@100 left 0; B maker 2@100 left 0",
    );
}

#[test]
fn executions_are_no_larger_than_the_order() {
    ghost("new A buy 100 9; add 1 bid 100 2; exec 1 7", "A accepted 9; A maker 2@100 left 7");
}

#[test]
fn hidden_prints_count_as_behind() {
    ghost(
        "add 1 bid 100 10; new A buy 100 5; print bid 100 2; print bid 101 9; print bid 99 9; print ask 100 9
         print ? 100 1; ahead A",
        "A accepted 5; A maker 2@100 left 3; A maker 1@100 left 2; A ahead 10",
    );
}

#[test]
fn full_fills_take_all_at_the_first_lot() {
    let config = OwnConfig { fill: FillRule::Full, ..OwnConfig::ghost() };
    check::<Ghost>(
        config,
        3,
        "add 1 bid 100 10; new A buy 100 5; new B buy 100 4; add 2 bid 100 1; exec 1 10; exec 2 1",
        "A accepted 5; B accepted 4; A maker 5@100 left 0; B maker 4@100 left 0",
    );
}

#[test]
fn takers_walk_the_levels() {
    ghost(
        "add 1 ask 101 3; add 2 ask 102 4; add 3 ask 104 9; new A buy 102 9; ahead A; add 4 bid 102 2; exec 4 2",
        "A accepted 9; A taker 3@101 left 6; A taker 4@102 left 2; A ahead 0; A maker 2@102 left 0",
    );
}

#[test]
fn a_remainder_fills_at_the_limit_if_asked() {
    let config = OwnConfig { remainder: Remainder::Fill, ..OwnConfig::ghost() };
    check::<Ghost>(
        config,
        3,
        "add 1 ask 101 3; new A buy 102 9; new B buy 100 9; resting",
        "A accepted 9; A taker 3@101 left 6; A taker 6@102 left 0; B accepted 9; resting 1",
    );
}

#[test]
fn post_only_never_takes() {
    ghost(
        "add 1 ask 101 3; new A buy 101 1 post; new B buy 100 1 post; chg B 101 1; chg B 99 1; ahead B; resting",
        "A rejected WouldTake; B accepted 1; B refused WouldTake; B amended 1@99; B ahead 0; resting 1",
    );
}

#[test]
fn immediate_orders_never_rest() {
    ghost(
        "add 1 ask 101 3; new A buy 101 5 ioc; new B buy 100 5 ioc; resting",
        "A accepted 5; A taker 3@101 left 2; A cancelled 2 Remainder
         B accepted 5; B cancelled 5 Remainder; resting 0",
    );
    ghost(
        "add 1 ask 101 3; new A buy 0 5 market; new B sell 0 1 market; resting",
        "A accepted 5; A taker 3@101 left 2; A cancelled 2 Remainder; B accepted 1; B cancelled 1 Remainder; resting 0",
    );
}

#[test]
fn fill_or_kill_is_all_or_nothing() {
    ghost(
        "add 1 ask 101 3; add 2 ask 102 3; new A buy 102 7 fok; new B buy 101 4 fok; new C buy 102 6 fok",
        "A accepted 7; A cancelled 7 FokUnfilled; B accepted 4; B cancelled 4 FokUnfilled
         C accepted 6; C taker 3@101 left 3; C taker 3@102 left 0",
    );
    ghost(
        "add 1 ask 101 3; new A sell 102 5; add 2 ask 102 3; new B buy 102 4 fok; new C buy 102 3 fok",
        "A accepted 5; B accepted 4; B cancelled 4 FokUnfilled; C accepted 3; C taker 3@101 left 0",
    );
}

#[test]
fn the_newest_of_two_own_orders_that_meet_is_cancelled() {
    ghost(
        "add 1 ask 101 3; add 2 ask 102 2; new A sell 102 5; add 3 ask 102 9; new B buy 103 7; resting",
        "A accepted 5; B accepted 7; B taker 3@101 left 4; B taker 2@102 left 2; B cancelled 2 SelfTrade; resting 1",
    );
    ghost(
        "new A sell 102 5; add 1 ask 103 9; new B buy 103 1; new C buy 102 1 post; new D buy 101 1; chg D 102 1; resting",
        "A accepted 5; B accepted 1; B cancelled 1 SelfTrade; C rejected WouldTake
         D accepted 1; D amended 1@102; D cancelled 1 SelfTrade; resting 1",
    );
}

#[test]
fn amending_down_keeps_the_place() {
    ghost(
        "new A buy 100 5; add 1 bid 100 4; chg A 100 2; ahead A; chg A 100 3; ahead A; chg A 99 3; ahead A",
        "A accepted 5; A amended 2@100; A ahead 0; A amended 3@100; A ahead 4; A amended 3@99; A ahead 0",
    );
}

#[test]
fn amending_across_takes() {
    ghost(
        "add 1 ask 102 2; new A buy 100 5; chg A 102 6; ahead A; add 2 bid 102 9; exec 2 9",
        "A accepted 5; A amended 6@102; A taker 2@102 left 4; A ahead 0; A maker 4@102 left 0",
    );
}

#[test]
fn requests_for_orders_that_are_gone_are_refused() {
    ghost(
        "new A buy 100 5; cxl A; cxl A; chg A 100 3; new B buy 100 1; add 1 ask 100 1; cxl B; new C buy 99 0
         new D buy 99 1; chg D 99 0; resting",
        "A accepted 5; A cancelled 5 None; A refused NotLive; A refused NotLive
         B accepted 1; B maker 1@100 left 0; B refused NotLive; C rejected Technical
         D accepted 1; D refused Technical; resting 1",
    );
}

#[test]
fn taken_lots_are_missed_until_they_come_back() {
    ghost(
        "add 1 ask 101 10; new A buy 101 8 ioc; new B buy 101 8 ioc; wait 500000000; new C buy 101 9 ioc
         wait 1000000000; new D buy 101 11 ioc",
        "A accepted 8; A taker 8@101 left 0; B accepted 8; B taker 2@101 left 6; B cancelled 6 Remainder
         C accepted 9; C taker 5@101 left 4; C cancelled 4 Remainder
         D accepted 11; D taker 10@101 left 1; D cancelled 1 Remainder",
    );
}

#[test]
fn an_emptied_level_forgets_what_was_taken() {
    ghost(
        "add 1 ask 101 10; add 2 ask 101 1; new A buy 101 11 ioc; delete 1; new B buy 101 1 ioc; delete 2
         add 3 ask 101 5; new C buy 101 5 ioc",
        "A accepted 11; A taker 11@101 left 0; B accepted 1; B cancelled 1 Remainder; C accepted 5; C taker 5@101 left 0",
    );
    for (leave, slot) in [("exec 1 5", 1), ("amend 1 105 5", 2), ("replace 1 4 105 5", 1), ("clear", 1)] {
        ghost(
            &format!(
                "add 1 ask 101 5; new A buy 101 5 ioc; {leave}; add {slot} ask 101 5; new B buy 101 5 ioc"
            ),
            "A accepted 5; A taker 5@101 left 0; B accepted 5; B taker 5@101 left 0",
        );
    }
}

#[test]
fn lots_that_came_to_an_own_order_cannot_be_taken_again() {
    ghost(
        "new A buy 100 3; add 1 ask 100 5; new B buy 100 5 ioc",
        "A accepted 3; A maker 3@100 left 0; B accepted 5; B taker 2@100 left 3; B cancelled 3 Remainder",
    );
}

#[test]
fn without_memory_the_same_lots_are_taken_again() {
    let config = OwnConfig { recovery_ns: None, ..OwnConfig::ghost() };
    check::<Ghost>(
        config,
        3,
        "add 1 ask 101 10; new A buy 101 8 ioc; new B buy 101 8 ioc",
        "A accepted 8; A taker 8@101 left 0; B accepted 8; B taker 8@101 left 0",
    );
}

#[test]
fn a_cleared_book_leaves_own_orders_first() {
    ghost(
        "add 1 bid 100 10; new A buy 100 5; clear; ahead A; add 1 bid 100 10; ahead A; exec 1 5",
        "A accepted 5; A ahead 0; A ahead 0; A maker 5@100 left 0",
    );
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let refused = |books, config| Ghost::new(books, config).unwrap_err().to_string();
    let zero = OwnConfig { recovery_ns: Some(0), ..OwnConfig::ghost() };
    assert_eq!(refused(Books::new(3, &[1]), zero), "recovery_ns: expected above 0, or None, got 0");
    assert_eq!(
        refused(Books::new(2, &[1]), OwnConfig::ghost()),
        "mode: expected a file of level 3 for ghost, got level sums"
    );
    assert_eq!(
        refused(Books::new(3, &[1]), OwnConfig::l2_queue(QueueModel::Power(2.0))),
        "queue: expected none on a file of level 3, where queues are known, got power(2)"
    );
}
