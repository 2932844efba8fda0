//! The report stream of the public challenge as text, hashed, over our own flow.

use crate::common;

use crate::common::flow::{SCENARIOS, generate};
use crate::common::oracle::Oracle;
use quantrl_lob::{Config, Kind, Matcher, ModifyRule, Report};
use sha2::{Digest, Sha256};

fn line(report: &Report) -> String {
    let &Report { kind, side, seq, id, price, qty, maker, taker, .. } = report;
    let (code, side) = (kind as u8, side as u8);
    match kind {
        Kind::OrderAck | Kind::ModifyAck => format!("{code},{seq},{side},{id},{price},{qty}"),
        Kind::Trade => format!("{code},{seq},{price},{qty},{maker},{taker}"),
        Kind::CancelAck => format!("{code},{seq},{side},{id},{price}"),
        Kind::CancelReject | Kind::ModifyReject => format!("{code},{seq},{id}"),
        _ => unreachable!("not among the kinds of the challenge"),
    }
}

/// Lines sorted stably by (seq, kind), joined by line feeds without a last one; SHA-256 in hex.
fn text_hash(reports: &[Report]) -> String {
    let mut sorted: Vec<&Report> = reports.iter().collect();
    sorted.sort_by_key(|report| (report.seq, report.kind as u8));
    let text = sorted.into_iter().map(line).collect::<Vec<_>>().join("\n");
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of 5,000 orders of seed 23 for each scenario. A change is a change of rules, format or flow.
const GOLDEN: [&str; 5] = [
    "9d856758ec6092428594be8c484153c62b2a97f6c32a3d7a496bc3ee392886e1",
    "b13919cb7ef3146c9509727670135b00569a52164821379534fa3112d54cb473",
    "075e4a6492858543d5ddad0f6610c0ecfcd05857cef07351f5505b5c4551c40d",
    "e585964686124d1ffe7e263d3a3a6106cc2eb1709c1473bd474a2071a07cd97d",
    "5d50bfc613968a1b2b511b85e3faab2dd9b04574eec961abb4779b8637a65e89",
];

#[test]
fn own_flow_has_the_known_text() {
    for (scenario, golden) in GOLDEN.into_iter().enumerate() {
        let config = Config { modify: ModifyRule::AlwaysRequeue, ..Config::default() };
        let (mut engine, mut oracle) = (Matcher::new(config) as Matcher, Oracle::new(config));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for op in generate(scenario, 23, 5_000) {
            common::apply(&mut engine, &op, &mut ours);
            theirs.extend(oracle.apply(&op));
        }
        assert_eq!(text_hash(&ours), text_hash(&theirs));
        assert_eq!(text_hash(&ours), golden, "{}", SCENARIOS[scenario].name);
    }
}

#[test]
fn text_is_as_published() {
    use quantrl_lob::{Reason, Side};
    let order = |kind, side, seq| Report::order(kind, side, seq, 7, 100, 5);
    let reports = [
        order(Kind::ModifyAck, Side::Sell, 3),
        Report::trade(Side::Buy, 3, 99, 4, 1, 7),
        order(Kind::OrderAck, Side::Buy, 1),
        order(Kind::CancelAck, Side::Buy, 2).because(Reason::Remainder),
        order(Kind::CancelReject, Side::Buy, 4).because(Reason::UnknownId),
        order(Kind::ModifyReject, Side::Buy, 5).because(Reason::UnknownId),
    ];
    let text = "0,1,0,7,100,5\n2,2,0,7,100\n1,3,99,4,1,7\n3,3,1,7,100,5\n4,4,7\n5,5,7";
    let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text_hash(&reports), hash);
}
