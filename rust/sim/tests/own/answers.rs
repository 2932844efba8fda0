//! Three markets in which a known engine answers wrongly.

use quantrl_sim::tick::own::{FillRule, Ghost, L2Queue, OwnConfig, QueueModel};

use super::script::{check, told};

const MODELS: [QueueModel; 6] = [
    QueueModel::RiskAverse,
    QueueModel::Power(2.0),
    QueueModel::Power2(2.0),
    QueueModel::Power3(2.0),
    QueueModel::Log,
    QueueModel::Log2,
];

#[test]
fn an_order_filled_by_exactly_its_lots_is_gone() {
    let expected = "A accepted 5; A maker 5@100 left 0; resting 0";
    for model in MODELS {
        for fill in [FillRule::Partial, FillRule::Full] {
            let config = OwnConfig { fill, ..OwnConfig::l2_queue(model) };
            let script =
                "level bid 100 10; new A buy 100 5; trade sell 100 15; trade sell 100 3; trade sell 99 3
                          level ask 99 1; resting";
            check::<L2Queue>(config, 2, script, expected);
        }
    }
    let script = "add 1 bid 100 10; new A buy 100 5; add 2 bid 100 5; exec 1 10; exec 2 5; add 3 bid 100 5
                  exec 3 5; add 4 ask 100 1; resting";
    check::<Ghost>(OwnConfig::ghost(), 3, script, expected);
}

#[test]
fn every_execution_moves_position_and_cash() {
    let level2 = "level ask 101 3; level ask 102 4; new A buy 0 7 market";
    let level3 = "add 1 ask 101 3; add 2 ask 102 4; new A buy 0 7 market";
    let expected = "A accepted 7; A taker 3@101 left 4; A taker 4@102 left 0";
    check::<L2Queue>(OwnConfig::l2_queue(QueueModel::Log), 2, level2, expected);
    check::<Ghost>(OwnConfig::ghost(), 3, level3, expected);
    let said = told::<Ghost>(OwnConfig::ghost(), 3, level3);
    let fills = said.iter().filter_map(|line| line.split_once("taker ")).map(|(_, rest)| {
        let (lots, rest) = rest.split_once('@').unwrap();
        let tick = rest.split(' ').next().unwrap();
        (lots.parse::<i64>().unwrap(), tick.parse::<i64>().unwrap())
    });
    let (mut position, mut cash, mut count) = (0, 0, 0);
    fills.for_each(|(lots, tick)| {
        position += lots;
        cash -= lots * tick;
        count += 1;
    });
    assert_eq!((position, cash, count), (7, -711, 2));
}

#[test]
fn five_lots_are_given_once() {
    let expected = "A accepted 4; B accepted 4; A maker 4@100 left 0; B maker 1@100 left 3";
    for model in MODELS {
        let script = "level bid 100 10; new A buy 100 4; new B buy 100 4; trade sell 100 15";
        check::<L2Queue>(OwnConfig::l2_queue(model), 2, script, expected);
    }
    let script = "add 1 bid 100 10; new A buy 100 4; new B buy 100 4; add 2 bid 100 9; exec 1 10; exec 2 5";
    check::<Ghost>(OwnConfig::ghost(), 3, script, expected);
}
