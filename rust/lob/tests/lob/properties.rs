//! Properties of any run of messages.

use std::collections::HashMap;

use crate::common::wild::{Wild, config};
use crate::common::{AnyEngine, Op, engines, gates};
use proptest::prelude::*;
use quantrl_lob::{
    Cancel, Config, Direct, Engine, Kind, Lots, Matcher, Modify, ModifyRule, Nanos, NewOrder, Reason, Report,
    Side, Ticks, Tif,
};

fn cases() -> ProptestConfig {
    let cases = if gates() { 10_000 } else { 60 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Messages that shrink: drop some, make numbers small.
fn messages() -> impl Strategy<Value = Vec<Op>> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let tif = prop_oneof![6 => Just(Tif::Gtc), 1 => Just(Tif::Ioc), 1 => Just(Tif::Fok), 1 => Just(Tif::Day)];
    let limit = (0..30_u64, side.clone(), 90..110_i64, 1..20_i64, tif, 0..3_u16, any::<bool>());
    let new = limit.prop_map(|(id, side, price, qty, tif, owner, post)| {
        let post_only = post && matches!(tif, Tif::Gtc | Tif::Day);
        Op::New(NewOrder { tif, owner, post_only, ..NewOrder::limit(id, 0, side, Ticks(price), Lots(qty)) })
    });
    let cancel = (0..30_u64).prop_map(|id| Op::Cancel(Cancel { id, seq: 0, ts: Nanos(0) }));
    let modify = (0..30_u64, side, 90..110_i64, 0..20_i64).prop_map(|(id, side, price, qty)| {
        Op::Modify(Modify { id, seq: 0, ts: Nanos(0), price: Ticks(price), qty: Lots(qty), side })
    });
    prop::collection::vec(prop_oneof![5 => new, 2 => cancel, 2 => modify], 1..120)
}

/// R07 from the reports alone: lots of each order, and what became of them.
#[derive(Default)]
struct Accounts {
    open: HashMap<u64, u64>,
    maker_lots: u64,
    taker_lots: u64,
}

impl Accounts {
    fn take(&mut self, report: &Report) {
        let lots = u64::from(report.qty);
        match report.kind {
            Kind::OrderAck => {
                assert_eq!(self.open.insert(report.id, lots), None, "acknowledged while live");
            }
            Kind::ModifyAck => {
                *self.open.get_mut(&report.id).expect("a live order") = lots;
            }
            Kind::Trade => {
                assert!(lots > 0 && report.maker != report.taker);
                self.fill(report.maker, lots);
                self.fill(report.taker, lots);
                self.maker_lots += lots;
                self.taker_lots += lots;
            }
            Kind::CancelAck | Kind::Expired => {
                assert_eq!(self.open.remove(&report.id), Some(lots), "cancelled = entered - filled");
            }
            _ => assert_ne!(report.reason, Reason::None),
        }
    }

    fn fill(&mut self, id: u64, lots: u64) {
        let open = self.open.get_mut(&id).expect("a live order");
        *open = open.checked_sub(lots).expect("not over-filled");
        if *open == 0 {
            self.open.remove(&id);
        }
    }
}

fn resting(engine: &Matcher) -> HashMap<u64, u64> {
    let book = engine.book();
    let queues = Side::BOTH.into_iter().flat_map(|side| book.depth(side)).flat_map(|level| book.queue(level));
    queues.map(|(_, order)| (order.id, order.qty.into())).collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn lots_are_conserved_and_the_book_is_sound(setting in 0..30_u64, ops in messages()) {
        let mut engine = Matcher::new(Config { base_tick: Ticks(0), ..config(setting) }) as Matcher;
        let (mut accounts, mut reports) = (Accounts::default(), Vec::new());
        for op in &ops {
            reports.clear();
            let before = engine.book().state_hash();
            AnyEngine::apply(&mut engine, op, &mut reports);
            reports.iter().for_each(|report| accounts.take(report));
            // R04, sums, links, no slab leak.
            engine.validate().unwrap();
            if reports.iter().all(|report| report.kind as u8 >= Kind::CancelReject as u8) {
                prop_assert_eq!(engine.book().state_hash(), before);
            }
        }
        prop_assert_eq!(&accounts.open, &resting(&engine));
        prop_assert_eq!(accounts.maker_lots, accounts.taker_lots);
    }

    #[test]
    fn trades_follow_price_then_time(setting in 0..30_u64, ops in messages()) {
        let mut engine = Matcher::new(Config { base_tick: Ticks(0), ..config(setting) }) as Matcher;
        for op in &ops {
            let mut queue = Vec::new();
            for side in Side::BOTH {
                let book = engine.book();
                queue.push(book.depth(side).flat_map(|level| {
                    book.queue(level).map(|(_, order)| (order.id, i64::from(level.tick)))
                }).collect::<Vec<_>>());
            }
            let mut reports = Vec::new();
            AnyEngine::apply(&mut engine, op, &mut reports);
            let trades: Vec<_> = reports.iter().filter(|report| report.kind == Kind::Trade).collect();
            let Some(first) = trades.first() else { continue };
            // Makers are a front part of the queue as it stood, less those that prevention took away.
            let gone = |id: u64| reports.iter().any(|r| r.id == id && r.reason == Reason::SelfTrade);
            let standing = &queue[first.side.opposite() as usize];
            let expected = standing.iter().filter(|(id, _)| !gone(*id)).take(trades.len());
            let got: Vec<_> = trades.iter().map(|trade| (trade.maker, trade.price)).collect();
            prop_assert_eq!(got, expected.copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_cancel_undoes_a_passive_order(setting in 0..30_u64, ops in messages(), far in 1..50_i64, buy in any::<bool>()) {
        let mut engine = Matcher::new(Config { base_tick: Ticks(0), ..config(setting) }) as Matcher;
        let mut reports = Vec::new();
        ops.iter().for_each(|op| AnyEngine::apply(&mut engine, op, &mut reports));
        let before = engine.book().state_hash();
        let (side, price) = if buy { (Side::Buy, 110 - 20 - far) } else { (Side::Sell, 90 + 20 + far) };
        let live = engine.book().order_count();
        engine.new_order(&NewOrder::limit(999, 0, side, Ticks(price), Lots(3)), &mut reports);
        prop_assert_eq!(engine.book().order_count(), live + 1);
        engine.cancel(&Cancel { id: 999, seq: 0, ts: Nanos(0) }, &mut reports);
        prop_assert_eq!(engine.book().state_hash(), before);
        engine.validate().unwrap();
    }

    #[test]
    fn every_engine_type_gives_the_same_bytes(seed in any::<u64>(), setting in 0..30_u64) {
        let config = config(setting);
        let ops: Vec<Op> = Wild::new(seed, &config, 12, 60).take(150).collect();
        let streams: Vec<(Vec<Report>, u64)> = engines(config).iter_mut().map(|engine| {
            let mut out = Vec::new();
            ops.iter().for_each(|op| engine.apply(op, &mut out));
            engine.validate();
            (out, engine.state_hash())
        }).collect();
        for stream in &streams {
            prop_assert_eq!(stream, &streams[0]);
        }
    }
}

/// R06: 5,000 makers at one price fill in order.
#[test]
fn five_thousand_makers_fill_in_order() {
    for side in Side::BOTH {
        for modified in [false, true] {
            let mut engine =
                Matcher::new(Config { modify: ModifyRule::AlwaysRequeue, ..Config::default() }) as Matcher;
            let mut out = Vec::new();
            let ids = (0..5_000_u64).map(|n| n * 7_919 % 5_003);
            for id in ids.clone() {
                engine.new_order(&NewOrder::limit(id, 0, side, Ticks(100), Lots(2)), &mut out);
            }
            assert_eq!(engine.depth_at(100, side), 10_000);
            out.clear();
            let other = side.opposite();
            if modified {
                let away = if other == Side::Buy { 50 } else { 150 };
                engine.new_order(&NewOrder::limit(9_999, 1, other, Ticks(away), Lots(1)), &mut out);
                let (price, qty) = (Ticks(100), Lots(9_999));
                engine.modify(&Modify { id: 9_999, seq: 2, ts: Nanos(0), price, qty, side: other }, &mut out);
            } else {
                engine.new_order(&NewOrder::limit(9_999, 1, other, Ticks(100), Lots(9_999)), &mut out);
            }
            let makers: Vec<u64> = out.iter().filter(|r| r.kind == Kind::Trade).map(|r| r.maker).collect();
            assert_eq!(makers, ids.collect::<Vec<_>>());
            assert_eq!(engine.depth_at(100, side), 1);
            assert!(engine.book().order_count() == 1 && engine.find(9_999).is_none());
            engine.validate().unwrap();
        }
    }
}

/// R28: a copy goes on as the original does, and a reserved engine as one that grows.
#[test]
fn copies_and_capacities_do_not_matter() {
    let config = config(7);
    let ops: Vec<Op> = Wild::new(11, &config, 30, 400).take(4_000).collect();
    let mut grows: Matcher = Matcher::new(config);
    let mut reserved = Matcher::<quantrl_lob::VecLadder<u32>, Direct>::new(config);
    reserved.reserve(quantrl_lob::Capacity { orders: 500, levels: 100, ids: 1_000 });
    let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
    for op in &ops[..2_000] {
        AnyEngine::apply(&mut grows, op, &mut a);
        AnyEngine::apply(&mut reserved, op, &mut b);
    }
    let mut copy = grows.clone();
    c.extend_from_slice(&a);
    for op in &ops[2_000..] {
        AnyEngine::apply(&mut grows, op, &mut a);
        AnyEngine::apply(&mut reserved, op, &mut b);
        AnyEngine::apply(&mut copy, op, &mut c);
    }
    assert!(a == b && a == c);
}
