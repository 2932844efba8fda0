use quantrl_lob::{OrderRef, Side};
use quantrl_sim::tick::{
    Account, Action, Actions, Config, Execution, Feed, Latency, Model, OrderType, Plan, Refusal, Session,
    Status, Tif, Until,
};

use crate::files::{Lag, Lcg, T0, file, levels};
use crate::snapshots::act;
use crate::venue::Plain;
use crate::{MS, config, session, zero_feed};

fn limit(session: &mut Session<Plain>, side: Side, ticks: i64, lots: i64) -> OrderRef {
    let mut actions = Actions::default();
    actions.limit(0, side, ticks, lots, false);
    session.send(&actions).unwrap();
    session.view().unwrap().opened[0]
}

/// Position, cash and fees follow from the executions alone, at every step and on both sides.
#[test]
fn the_account_is_the_sum_of_its_executions() {
    let events = levels(31, 6_000, 2, Lag::Below(900_000));
    let file = file(&events, 2);
    let model = Model::LogNormal { base: 50_000, mu: 14.0, sigma: 1.0, cap: 90 * MS };
    let drawn = Latency { new: model.clone(), fill: model, ..Latency::constant(90_000, 70_000) };
    let mut session = session(&file, Config { latency: drawn, allow_reorder: true, ..config() });
    let mut random = Lcg(8);
    let mut in_flight = 0;
    let until = events[5_500].0.ts_exch;
    while session.now() < until {
        act(&mut session, &mut random);
        session.step(Until::Time(session.now() + 1 + random.below(9_000_000) as i64)).unwrap();
        let record = session.record().clone();
        let exchange = session.exchange_accounts().to_vec();
        let view = session.view().unwrap();
        for (instr, account) in (0u16..).zip(view.accounts) {
            let mut sum = Account::default();
            for fill in record.fills.iter().filter(|fill| fill.instr == instr) {
                let execution =
                    Execution { side: fill.side, ticks: fill.ticks, lots: fill.lots, fee: fill.fee };
                sum.apply(view.plan.worth(instr), &execution);
            }
            assert_eq!(*account, sum);
            let buys: i64 = signed(&record.fills, instr, |fill| i64::from(fill.lots));
            let cash: i64 = signed(&record.fills, instr, |fill| -i64::from(fill.lots) * fill.ticks);
            assert_eq!((account.position, account.cash), (buys, i128::from(cash)));
            assert!(exchange[usize::from(instr)].trades >= account.trades);
            in_flight += exchange[usize::from(instr)].trades - account.trades;
        }
    }
    assert!(in_flight > 10 && session.record().fills.len() > 100);
    session.step(Until::End).unwrap();
    let local = session.view().unwrap().accounts.to_vec();
    assert_eq!(local, session.exchange_accounts());
}

fn signed(
    fills: &[quantrl_sim::tick::Fill],
    instr: u16,
    value: impl Fn(&quantrl_sim::tick::Fill) -> i64,
) -> i64 {
    let sign = |side| if side == Side::Buy { 1 } else { -1 };
    fills.iter().filter(|fill| fill.instr == instr).map(|fill| sign(fill.side) * value(fill)).sum()
}

#[test]
fn a_request_that_is_lost_comes_back_after_its_time() {
    let events = levels(32, 500, 1, Lag::Const(0));
    let latency =
        Latency { new: Model::Const(-7 * MS), cancel: Model::Const(-3 * MS), ..Latency::constant(MS, MS) };
    let mut session = session(&file(&events, 1), Config { latency, ..config() });
    session.step(Until::Time(T0 + 20 * MS)).unwrap();
    let bid = session.view().unwrap().best(0, Side::Buy).unwrap().0;
    limit(&mut session, Side::Buy, bid, 1);
    session.step(Until::Report(i64::MAX)).unwrap();
    assert_eq!(session.now(), T0 + 27 * MS);
    let view = session.view().unwrap();
    assert_eq!((view.reports[0].refusal, view.reports[0].ts), (Refusal::Technical, T0 + 20 * MS));
    assert!(view.orders.is_empty());
    let log = &session.record().log;
    assert_eq!((log[0].status, log[1].status), (Status::PendingNew, Status::Rejected));
}

#[test]
fn steps_end_where_they_say() {
    let events = levels(33, 2_000, 1, Lag::Below(900_000));
    let file = file(&events, 1);
    for config in [config(), zero_feed(), Config { feed: Feed::Const(333_333), ..config() }] {
        let zero = config.feed == Feed::Const(0);
        let mut session = session(&file, config);
        assert_eq!(session.now(), T0);
        let mut before = 0;
        for n in [1, 1, 5, 40] {
            assert!(session.step(Until::Events(n)).unwrap());
            let received = session.view().unwrap().received;
            assert!(received >= before + n as usize && (!zero || session.now() >= events[before].0.ts_exch));
            before = received;
        }
        let mut mids = 0;
        while mids < 30 {
            let was = session.view().unwrap().mid2(0);
            assert!(session.step(Until::MidChange(0)).unwrap());
            assert_ne!(session.view().unwrap().mid2(0), was);
            mids += 1;
        }
        let at = session.now();
        assert!(session.step(Until::Report(at + 5)).unwrap());
        assert_eq!(session.now(), at + 5);
        assert!(session.step(Until::Time(at)).unwrap_err().to_string().starts_with("until"));
        assert!(!session.step(Until::End).unwrap());
        assert_eq!(session.now(), session.plan().end());
        assert!(!session.step(Until::Time(i64::MAX)).unwrap());
    }
}

#[test]
fn orders_no_venue_would_be_sent_are_refused_whole() {
    let events = levels(34, 500, 1, Lag::Const(0));
    let mut session = session(&file(&events, 1), Config { max_own_orders: 3, ..config() });
    session.step(Until::Time(T0 + 20 * MS)).unwrap();
    let hash = session.hash();
    let new = |ticks, lots| {
        let (side, kind, tif) = (Side::Buy, OrderType::Limit, Tif::Gtc);
        Action::New { instr: 0, side, kind, tif, post_only: false, ticks, lots }
    };
    let unknown = OrderRef::new(0, 2);
    for (actions, text) in [
        (vec![new(10_990, 1), new(10_990, 0)], "action 1: qty"),
        (vec![new(i64::MIN, 1)], "action 0: tick"),
        (vec![new(10_990, 1); 4], "action 3: orders"),
        (vec![Action::Cancel { order: unknown }], "action 0: ref"),
        (vec![Action::Amend { order: unknown, ticks: 1, lots: 1 }], "action 0: ref"),
        (vec![Action::CancelAll { instr: Some(1) }], "action 0: instr"),
    ] {
        let error = session.send(&actions).unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
        assert_eq!(session.hash(), hash);
    }
    session.send(&[new(10_000, 1); 3]).unwrap();
    let order = session.view().unwrap().opened[1];
    session.step(Until::Time(T0 + 22 * MS)).unwrap();
    session.send(&[Action::CancelAll { instr: None }]).unwrap();
    assert_eq!(session.view().unwrap().orders.get(order).unwrap().status, Status::PendingCancel);
    session.send(&[Action::CancelAll { instr: None }]).unwrap();
    session.step(Until::Time(T0 + 24 * MS)).unwrap();
    assert!(session.view().unwrap().orders.is_empty());
    assert!(session.send(&[Action::Cancel { order }]).is_err());
    assert_eq!(session.record().log.len(), 12);
}

#[test]
fn a_feed_without_receive_times_needs_a_model() {
    let file_of = |lag| file(&levels(35, 100, 1, lag), 1);
    let plan = |file, feed| Plan::new(file, Config { feed, ..config() });
    let error = plan(file_of(Lag::Unknown), Feed::File).unwrap_err().to_string();
    assert!(error.contains("100 events without"), "{error}");
    let modelled = plan(file_of(Lag::Unknown), Feed::FileOr(5)).unwrap();
    assert_eq!(modelled.end(), modelled.file().header().last_ts + 5);
    let mut mixed = levels(35, 100, 1, Lag::Below(3_000_000));
    mixed.iter_mut().step_by(3).for_each(|(_, latency)| *latency = quantrl_feed::UNKNOWN);
    let mixed = plan(file(&mixed, 1), Feed::FileOr(1_000_000)).unwrap();
    let times: Vec<i64> = (0..100).map(|nth| mixed.received(&mixed.nth(nth).unwrap())).collect();
    assert!(times.is_sorted() && !mixed.in_file_order());
    assert!(plan(file_of(Lag::Const(0)), Feed::Const(-1)).is_err());
}
