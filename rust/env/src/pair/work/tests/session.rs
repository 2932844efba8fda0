use quantrl_lob::Side;
use quantrl_sim::tick::own::{Mode, Own, OwnConfig};
use quantrl_sim::tick::{Action, Actions, Config, Feed, Latency, OrderType, Plan, Session, Tif, Until};

use super::*;

/// A session of the tick engine on one leg's file, with the same latency of orders.
fn session(case: &Case, leg: usize) -> Session<Own> {
    let (file, wait) = (Arc::clone(&case.tape.sources[leg].file), 10 * MS);
    let config = Config { latency: Latency::constant(wait, wait), feed: Feed::Const(0), ..Config::default() };
    let plan = Plan::new(Arc::clone(&file), config).unwrap();
    let own = OwnConfig::l2_queue(WORK.queue);
    Session::starting(&plan, 0, T0 + 5_000, |books| Own::new(Mode::L2Queue, books, file.instruments(), own))
        .unwrap()
}

fn send(session: &mut Session<Own>, side: Side, post_only: bool, ticks: i64, lots: i64) {
    let tif = if post_only { Tif::Gtc } else { Tif::Ioc };
    let mut actions = Actions::default();
    actions.push(Action::New { instr: 0, side, kind: OrderType::Limit, tif, post_only, ticks, lots });
    session.send(&actions).unwrap();
}

/// Lots by received executions, and cash in quanta.
fn account(session: &mut Session<Own>) -> (i64, i64) {
    let own = session.view().unwrap().accounts[0];
    (own.position, own.cash as i64)
}

#[test]
fn orders_meet_what_they_meet_in_a_session() {
    // Executions of the quote by a trade that clears its queue, by cancels and a second trade, and by a bid that crosses it.
    let wide = [
        (-400, Level(ASK, 204, 0)),
        (200, Trade(!SELLER, 205, 52)),
        (400, Level(ASK, 205, 9)),
        (500, Trade(!SELLER, 205, 3)),
        (700, Level(BID, 205, 4)),
        (701, Level(BID, 205, 0)),
    ];
    let mut case = Case::of(&[(15, Level(ASK, 102, 3))], &wide);
    // A touch that moves is not followed before the second is over.
    case.work.requote_ns = 5_000 * MS;
    case.decide(1.0, true);
    let mut quote = session(&case, 1);
    send(&mut quote, Side::Sell, true, 205, 20);
    quote.step(Until::Time(T0 + 1_000 * MS)).unwrap();
    let (lots, cash) = account(&mut quote);
    assert!((-20..-5).contains(&lots), "{lots}");
    assert_eq!((case.held()[1], case.cash()[1]), (lots, cash));

    for always_events in [false, true] {
        let thin = [(-300, Level(ASK, 102, 4)), (5, Level(ASK, 103, 2)), (20, Level(ASK, 102, 40))];
        let mut case = Case::of(&thin, &[]);
        case.work.always_events = always_events;
        case.work.leg_ns = 5_000 * MS;
        case.decide(1.0, false);
        let mut take = session(&case, 0);
        send(&mut take, Side::Buy, false, 103, 10);
        take.step(Until::Time(T0 + 1_000 * MS)).unwrap();
        assert_eq!(account(&mut take), (6, -(4 * 102 + 2 * 103)));
        assert_eq!((case.held()[0], case.cash()[0]), account(&mut take));
    }
}
