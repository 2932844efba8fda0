//! Every engine type against the oracle, message by message.

use crate::common::flow::{SCENARIOS, generate};
use crate::common::oracle::Oracle;
use crate::common::wild::{Wild, config};
use crate::common::{AnyEngine, Op, engines, gates};
use quantrl_lob::{Config, Matcher, ModifyRule, Report};

/// Equal reports after every message, equal state every `every`.
fn agree(engine: &mut dyn AnyEngine, config: Config, ops: &[Op], every: usize, label: &str) {
    let mut oracle = Oracle::new(config);
    let mut got = Vec::new();
    for (i, op) in ops.iter().enumerate() {
        got.clear();
        engine.apply(op, &mut got);
        assert_eq!(oracle.apply(op), got, "{label}, message {i}: {op:?}");
        if i % every == 0 {
            assert_eq!(oracle.state_hash(), engine.state_hash(), "{label}, message {i}");
        }
    }
    assert_eq!(oracle.state_hash(), engine.state_hash(), "{label}");
    engine.validate();
}

#[test]
fn five_flows_equal_the_oracle() {
    let (seeds, orders) = if gates() { (20, 50_500) } else { (2, 2_000) };
    for seed in 0..seeds {
        for (scenario, named) in SCENARIOS.iter().enumerate() {
            let ops = generate(scenario, seed, orders);
            assert!(!gates() || ops.len() >= 100_000, "{}", ops.len());
            let modify = [ModifyRule::AlwaysRequeue, ModifyRule::KeepOnDecrease][seed as usize % 2];
            let config = Config { modify, ..Config::default() };
            let which = (seed as usize + scenario) % 6;
            let engine = &mut engines(config)[which];
            agree(
                engine.as_mut(),
                config,
                &ops,
                1_000,
                &format!("{} seed {seed} engine {which}", named.name),
            );
        }
    }
}

#[test]
fn every_kind_of_message_equals_the_oracle() {
    let (seeds, messages) = if gates() { (60, 100_000) } else { (30, 1_500) };
    for seed in 0..seeds {
        let config = config(seed);
        let (spread, ids) = [(6, 40), (20, 200), (60, 2_000)][seed as usize / 30 % 3];
        let ops: Vec<Op> = Wild::new(seed, &config, spread, ids).take(messages).collect();
        for (which, engine) in engines(config).iter_mut().enumerate() {
            if gates() || which == seed as usize % 6 {
                agree(engine.as_mut(), config, &ops, 100, &format!("wild seed {seed} engine {which}"));
            }
        }
    }
}

/// 10^7 messages: equal states every 1,000.
#[test]
fn long_runs_keep_the_oracle_s_state() {
    let orders = if gates() { 1_010_000 } else { 5_000 };
    let mut messages = 0;
    for (scenario, named) in SCENARIOS.iter().enumerate() {
        let ops = generate(scenario, 100, orders);
        messages += ops.len();
        let config = Config { modify: ModifyRule::AlwaysRequeue, ..Config::default() };
        let (mut engine, mut oracle) = (Matcher::new(config) as Matcher, Oracle::new(config));
        let mut out: Vec<Report> = Vec::new();
        for (i, op) in ops.iter().enumerate() {
            out.clear();
            AnyEngine::apply(&mut engine, op, &mut out);
            oracle.apply(op);
            if i % 1_000 == 0 {
                assert_eq!(oracle.state_hash(), engine.book().state_hash(), "{}, message {i}", named.name);
            }
        }
        assert_eq!(oracle.state_hash(), engine.book().state_hash(), "{}", named.name);
    }
    assert!(!gates() || messages >= 10_000_000, "{messages}");
}
