use quantrl_lob::{OrderRef, Side};

use super::*;
use crate::tick::{Liquidity, OrderType, Outcome, Refusal, Tif};

fn request(order: OrderRef, number: u64, op: Op) -> Request {
    Request {
        number,
        order,
        instr: 0,
        op,
        side: Side::Buy,
        kind: OrderType::Limit,
        tif: Tif::Gtc,
        post_only: false,
        tick: 100,
        lots: 10,
    }
}

fn report(order: OrderRef, outcome: Outcome, refusal: Refusal, lots: u32, leaves: u32) -> Report {
    Report {
        ts: 0,
        number: 0,
        order,
        instr: 0,
        side: Side::Buy,
        outcome,
        refusal,
        liquidity: Liquidity::Maker,
        tick: 100,
        lots,
        leaves,
    }
}

/// `n`, `a`, `c` send a new order, an amend, a cancel; others are reports: outcome, then refusal, and what was asked.
fn statuses(script: &str) -> Vec<Status> {
    use Outcome::{Accepted, Amended, Cancelled, Filled, Rejected, RequestRejected};
    let mut orders = Orders::new(4);
    let order = orders.next_ref().unwrap();
    let mut out = Vec::new();
    let mut leaves = 10;
    for word in script.split(' ') {
        let op = match word {
            "n" => Some(Op::New),
            "a" => Some(Op::Amend),
            "c" => Some(Op::Cancel),
            _ => None,
        };
        if let Some(op) = op {
            orders.sent(&request(order, 0, op));
            out.push(orders.get(order).unwrap().status);
            continue;
        }
        let (outcome, refusal, op, lots) = match word {
            "ack" => (Accepted, Refusal::None, Op::New, 10),
            "rej" => (Rejected, Refusal::WouldTake, Op::New, 0),
            "ioc" => (Cancelled, Refusal::Remainder, Op::New, 0),
            "fok" => (Cancelled, Refusal::FokUnfilled, Op::New, 0),
            "stp" => (Cancelled, Refusal::SelfTrade, Op::New, 0),
            "amended" => (Amended, Refusal::None, Op::Amend, 10),
            "notamended" => (RequestRejected, Refusal::WouldTake, Op::Amend, 0),
            "cancelled" => (Cancelled, Refusal::None, Op::Cancel, 0),
            "late" => (RequestRejected, Refusal::NotLive, Op::Cancel, 0),
            "fill4" => (Filled, Refusal::None, Op::New, 4),
            "fillall" => (Filled, Refusal::None, Op::New, leaves),
            other => panic!("{other}"),
        };
        leaves = match outcome {
            Filled => leaves - lots,
            Amended => 10,
            _ => leaves,
        };
        let nth = orders.reported(order);
        orders.get_mut(order).unwrap().in_flight += 1;
        out.push(orders.receive(&report(order, outcome, refusal, lots, leaves), op, nth));
    }
    out
}

#[test]
fn the_table() {
    use Status::{Cancelled, Expired, Filled, PendingAmend, PendingCancel, PendingNew, Rejected, Working};
    for (script, expected) in [
        ("n ack", vec![PendingNew, Working]),
        ("n rej", vec![PendingNew, Rejected]),
        ("n fill4", vec![PendingNew, Working]),
        ("n ioc", vec![PendingNew, Expired]),
        ("n fok", vec![PendingNew, Expired]),
        ("n ack stp", vec![PendingNew, Working, Cancelled]),
        ("n fillall", vec![PendingNew, Filled]),
        ("n c ack cancelled", vec![PendingNew, PendingNew, PendingCancel, Cancelled]),
        ("n ack c fill4 cancelled", vec![PendingNew, Working, PendingCancel, PendingCancel, Cancelled]),
        ("n ack c fillall late", vec![PendingNew, Working, PendingCancel, Filled, Filled]),
        ("n ack a amended", vec![PendingNew, Working, PendingAmend, Working]),
        ("n ack a notamended", vec![PendingNew, Working, PendingAmend, Working]),
        ("n ack a fill4 amended", vec![PendingNew, Working, PendingAmend, PendingAmend, Working]),
        (
            "n ack a c amended late",
            vec![PendingNew, Working, PendingAmend, PendingCancel, PendingCancel, Working],
        ),
        (
            "n ack a a amended amended",
            vec![PendingNew, Working, PendingAmend, PendingAmend, PendingAmend, Working],
        ),
        ("n a rej notamended", vec![PendingNew, PendingNew, Rejected, Rejected]),
    ] {
        assert_eq!(statuses(script), expected, "{script}");
    }
}

#[test]
fn executions_count_in_any_order() {
    let mut orders = Orders::new(1);
    let order = orders.next_ref().unwrap();
    orders.sent(&request(order, 0, Op::New));
    let nth: Vec<u32> = (0..3).map(|_| orders.reported(order)).collect();
    orders.arrived(order);
    let fill = |lots, leaves| report(order, Outcome::Filled, Refusal::None, lots, leaves);
    let ack = report(order, Outcome::Accepted, Refusal::None, 10, 10);
    assert_eq!(orders.receive(&fill(6, 0), Op::New, nth[2]), Status::Filled);
    assert_eq!(orders.receive(&ack, Op::New, nth[0]), Status::Filled);
    assert_eq!((orders.get(order).unwrap().leaves, orders.next_ref()), (0, None));
    assert_eq!(orders.live(order), None);
    assert_eq!(orders.receive(&fill(4, 6), Op::New, nth[1]), Status::Filled);
    assert_eq!((orders.get(order), orders.len()), (None, 0));
    assert_eq!(orders.next_ref(), Some(OrderRef::new(1, 0)));
}

#[test]
fn saved_and_loaded() {
    let mut orders = Orders::new(3);
    for number in 0..2 {
        let order = orders.next_ref().unwrap();
        orders.sent(&request(order, number, Op::New));
    }
    let mut bytes = Vec::new();
    orders.save(&mut bytes);
    let loaded = Orders::load(&mut &bytes[..], 3).unwrap();
    assert!(loaded.iter().eq(orders.iter()));
    assert_eq!(loaded.next_ref(), orders.next_ref());
    assert!(Orders::load(&mut &bytes[..], 4).is_err());
    assert!(Orders::load(&mut &bytes[..bytes.len() - 1], 3).is_err());
}
