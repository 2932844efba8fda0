//! Sessions on the venues a strategy is run on: orders in known queues, level sums with estimated ones.

use std::sync::Arc;

use quantrl_feed::convert::Options;
use quantrl_feed::flow::{Opening, Span, Zi, simulate};
use quantrl_feed::map::Bytes;
use quantrl_feed::{Books, EventFile, Target};
use quantrl_lob::Side;
use quantrl_sim::tick::own::{Ghost, L2Queue, OwnConfig, QueueModel};
use quantrl_sim::tick::{Actions, Config, Error, Feed, Plan, Session, Until, Venue};

use crate::files::{Lag, Lcg, T0, file, instrument, levels};
use crate::{MS, config, gates};

fn orders() -> Arc<EventFile> {
    let key = quantrl_rng::Key { seed: 5, stream: 0 };
    let opening = Opening { bid: 10_000, levels: 20, orders: 3, lots: 5 };
    let span = Span { start: T0, messages: if gates() { 200_000 } else { 20_000 } };
    let mut flow = Zi::new(key, 0, [0.5, 10.0, 0.3], 2, 200).unwrap();
    let options = Options { checkpoint_every: 1 << 12, ..Options::default() };
    let named = quantrl_feed::Instrument { base_tick: 0, ..instrument("ZI") };
    let report = simulate(&mut flow, named, opening, span, Target::Memory, &options).unwrap();
    Arc::new(EventFile::of_bytes("zi.qev".into(), Bytes::Read(report.bytes), true).unwrap())
}

/// Open, change and end orders about the touch, by numbers that depend on the step alone.
fn act<V: Venue>(session: &mut Session<V>, step: u64) {
    let random = &mut Lcg(step);
    let mut actions = Actions::default();
    let view = session.view().unwrap();
    for side in Side::BOTH {
        let Some((ticks, _)) = view.best(0, side) else { continue };
        let ahead = (random.below(4) as i64 - 1) * if side == Side::Buy { -1 } else { 1 };
        actions.limit(0, side, ticks + ahead, 1 + random.below(9) as i64, random.below(3) == 0);
    }
    let many = view.orders.iter().count() as u64;
    for (own, nth) in view.orders.iter().zip(0..) {
        let place = random.below(8);
        if place == 0 || many > 30 && nth < 3 {
            actions.cancel(own.order);
        } else if place == 1 {
            let ticks = view.plan.worth(0).ticks(own.tick);
            let lots = 1 + random.below(6) as i64;
            actions.push(quantrl_sim::tick::Action::Amend { order: own.order, ticks, lots });
        }
    }
    session.send(&actions).unwrap();
}

fn unbroken_equals<V: Venue + Clone>(
    file: &Arc<EventFile>,
    config: Config,
    venue: impl Fn(Books) -> Result<V, Error>,
) {
    let plan = Plan::new(Arc::clone(file), config).unwrap();
    let header = file.header();
    let steps = 100;
    let dt = (header.last_ts - header.first_ts) / steps as i64;
    let mut whole = Session::new(&plan, 0, &venue).unwrap();
    let mut saved = Vec::new();
    for step in 0..steps {
        act(&mut whole, step);
        if step % 5 == 2 {
            saved.push((step, whole.snapshot(), whole.clone()));
        }
        whole.step(Until::Time(whole.now() + dt)).unwrap();
    }
    assert!(whole.record().fills.len() > 40, "{}", whole.record().fills.len());
    assert!(whole.record().fills.iter().any(|fill| fill.leaves > 0));
    for (from, bytes, fork) in saved {
        let restored = Session::restore(&plan, &bytes, &venue).unwrap();
        for mut session in [restored, fork] {
            for step in from..steps {
                if step > from {
                    act(&mut session, step);
                }
                // In uneven parts.
                let end = session.now() + dt;
                session.step(Until::Time(session.now() + dt / 3)).unwrap();
                session.step(Until::Time(end.max(session.now()))).unwrap();
            }
            assert_eq!(session.record().fills, whole.record().fills, "from step {from}");
            assert_eq!(session.record().log, whole.record().log, "from step {from}");
            assert_eq!(session.exchange_accounts(), whole.exchange_accounts());
        }
    }
}

fn settings() -> Config {
    Config { equity_every: 0, feed: Feed::Const(80_000), ..config() }
}

#[test]
fn known_queues_survive_a_restart() {
    let file = orders();
    unbroken_equals(&file, settings(), |books| Ghost::new(books, OwnConfig::ghost()));
}

#[test]
fn estimated_queues_survive_a_restart() {
    let events = levels(41, 20_000, 1, Lag::Below(900_000));
    let file = file(&events, 1);
    let own = OwnConfig::l2_queue(QueueModel::Power(3.0));
    let venue = |books| L2Queue::new(books, file.instruments(), own);
    unbroken_equals(&file, settings(), venue);
    unbroken_equals(&file, Config { feed: Feed::File, ..settings() }, venue);
}

/// The memory of taken lots is not lost before its time, however long the next event takes to come.
#[test]
fn taken_lots_are_missed_until_they_come_back() {
    let mut events = levels(42, 400, 1, Lag::Const(0));
    let last = events.last().unwrap().0.ts_exch;
    let late = quantrl_feed::Event { ts_exch: last + 3_600_000 * MS, ..events[399].0 };
    events.push((late, 0));
    let file = file(&events, 1);
    let plan = Plan::new(Arc::clone(&file), Config { latency: Default::default(), ..settings() }).unwrap();
    let own = OwnConfig::l2_queue(QueueModel::RiskAverse);
    let mut session = Session::new(&plan, 0, |books| L2Queue::new(books, file.instruments(), own)).unwrap();
    session.step(Until::Time(last + MS)).unwrap();
    let mut taken = Vec::new();
    let best = session.view().unwrap().best(0, Side::Sell).unwrap();
    for wait in [0, MS, 2_000 * MS] {
        session.step(Until::Time(session.now() + wait)).unwrap();
        let mut actions = Actions::default();
        actions.push(quantrl_sim::tick::Action::New {
            instr: 0,
            side: Side::Buy,
            kind: quantrl_sim::tick::OrderType::Limit,
            tif: quantrl_sim::tick::Tif::Ioc,
            post_only: false,
            ticks: best.0,
            lots: i64::from(u32::MAX),
        });
        let before = session.exchange_accounts()[0].volume;
        session.send(&actions).unwrap();
        session.step(Until::Time(session.now())).unwrap();
        taken.push(session.exchange_accounts()[0].volume - before);
    }
    assert_eq!((taken[0], taken[2]), (best.1, best.1));
    assert!(taken[1] * 100 <= best.1, "{taken:?} of {best:?}");
}
