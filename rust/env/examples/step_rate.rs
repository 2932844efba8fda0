//! Env-steps a second of the engine alone: 1,024 environments of 10 names, random actions made before.
//! `cargo run --release -p quantrl-env --example step_rate [threads]`

use std::sync::Arc;
use std::time::Instant;

use quantrl_env::market::{Base, Columns, Market};
use quantrl_env::portfolio::{ActionMap, Layout, Mode, Norm, ObsKind, Reward, Settings};
use quantrl_env::{Outputs, PortfolioBatch};
use quantrl_rng::{Channel, Counter, Draws, Key};
use quantrl_sim::bar::{Costs, Growth, Sizing};

const ROWS: usize = 5_000;
const NAMES: usize = 10;
const ENVS: usize = 1_024;

fn market(draws: &mut Draws) -> Market {
    let cc: Vec<f64> = (0..ROWS * NAMES).map(|_| 1.0 + 0.01 * draws.normal()).collect();
    Market::new(Columns {
        n_all: NAMES,
        n_features: 1,
        features: vec![0.0; ROWS * NAMES],
        cc,
        can_buy: vec![1; ROWS * NAMES],
        can_sell: vec![1; ROWS * NAMES],
        first: vec![0; NAMES],
        ..Columns::default()
    })
    .expect("a market of finite prices")
}

fn settings() -> Settings {
    Settings {
        episode_len: 48,
        decision_every: 5,
        at_open: false,
        growth: Growth::Arithmetic,
        sizing: Sizing::PostCost,
        costs: Costs::of_rates(&[0.0025; NAMES], &[0.0025; NAMES]).expect("rates in range"),
        action: ActionMap::Tilt { temperature: 2.0 },
        base: Base::Equal,
        reward: Reward::MarkovSharpe,
        turnover_penalty: 0.0,
        gamma: 0.99,
        periods_per_year: 252.0,
        ruin_level: 1e-6,
        start_cash: false,
        norm: Norm::Log100,
        layout: Layout { kind: ObsKind::Index, features: 1, window: 50, assets: NAMES, ids: false },
        mode: Mode::Train,
    }
}

fn main() {
    let threads = std::env::args().nth(1).map_or(2, |arg| arg.parse().expect("a number of threads"));
    let at = Counter { block: 0, draw: 0, channel: Channel::Check, episode: 0 };
    let mut draws = Draws::new(Key { seed: 1, stream: 0 }, at);
    let market = Arc::new(market(&mut draws));
    let mut batch = PortfolioBatch::new(market, settings(), ENVS, 0, 0, (0, ROWS), threads, false, [0; 32])
        .expect("valid");
    let (size, width) = (batch.size(), batch.n_actions());
    let actions: Vec<f32> = (0..16 * ENVS * width).map(|_| 2.0 * draws.uniform() as f32 - 1.0).collect();
    let (mut obs, mut last_obs) = (vec![0.0; ENVS * size], vec![0.0; ENVS * size]);
    let (mut rewards, mut finished, mut totals) = (vec![0.0; ENVS], vec![0; ENVS], vec![0.0; 3 * ENVS]);
    let (mut terminated, mut truncated) = (vec![0; ENVS], vec![0; ENVS]);
    batch.reset_into(None, None, &mut obs);
    let steps = std::env::args().nth(2).map_or(4_000, |arg| arg.parse().expect("a number of steps"));
    let begun = Instant::now();
    for step in 0..steps {
        let out = Outputs {
            obs: &mut obs,
            rewards: &mut rewards,
            terminated: &mut terminated,
            truncated: &mut truncated,
            finished: &mut finished,
            last_obs: &mut last_obs,
            totals: &mut totals,
        };
        let from = step % 16 * ENVS * width;
        batch.step_into(&actions[from..from + ENVS * width], None, out).expect("finite actions");
    }
    let rate = (steps * ENVS) as f64 / begun.elapsed().as_secs_f64();
    println!("{:.2} M env-steps/s, {threads} threads", rate / 1e6);
}
