//! Where the pair is between two decisions, given where it is at both.

use quantrl_rng::{Channel, Key};

use crate::pair::config::{Settings, Theta};
use crate::pair::world::{State, World, books, draws};

/// Share of Delta each leg's order takes: uniform on [0.5, 1.5) of the mean latency, a draw for each leg.
fn arrivals(decision: u64, settings: &Settings, key: Key, theta: &Theta) -> [f64; 2] {
    [Channel::PairLatency1, Channel::PairLatency2].map(|channel| {
        let ms = theta.latency_ms * (0.5 + draws(key, channel, decision).uniform());
        (ms / settings.dt_ms).min(1.0)
    })
}

/// The state at the arrival of each leg's order.
pub fn at_arrivals(now: &World, next: &World, settings: &Settings, key: Key, theta: &Theta) -> [State; 2] {
    let at = arrivals(now.decision, settings, key, theta);
    let order = if at[0] <= at[1] { [0, 1] } else { [1, 0] };
    let mut noise = draws(key, Channel::PairBridge, now.decision);
    let (mut states, mut from, mut since) = ([now.state; 2], now.state, 0.0);
    for leg in order {
        let (spread, common) = (noise.normal(), noise.normal());
        from = State {
            y: reverting(settings, from.y, next.state.y, (at[leg] - since, 1.0 - at[leg]), spread),
            common: walking(from.common, next.state.common, (at[leg] - since, 1.0 - at[leg]), common),
        };
        (states[leg], since) = (from, at[leg]);
    }
    states
}

/// A point of an Ornstein-Uhlenbeck bridge, `spans` of Delta after the one end and before the other.
fn reverting(settings: &Settings, from: f64, to: f64, spans: (f64, f64), noise: f64) -> f64 {
    let variance = |span: f64| {
        let whole = settings.step_sd * settings.step_sd;
        match settings.kappa_dt > 0.0 {
            true => {
                whole * libm::expm1(-2.0 * settings.kappa_dt * span) / libm::expm1(-2.0 * settings.kappa_dt)
            }
            false => whole * span,
        }
    };
    let decay = |span: f64| libm::exp(-settings.kappa_dt * span);
    let (before, after, left) = (variance(spans.0), variance(spans.1), decay(spans.1));
    let total = left * left * before + after;
    if total == 0.0 {
        return from;
    }
    let gain = before * left / total;
    let mean = decay(spans.0) * from;
    mean + gain * (to - left * mean) + (before * after / total).max(0.0).sqrt() * noise
}

/// A point of a Brownian bridge.
fn walking(from: f64, to: f64, spans: (f64, f64), noise: f64) -> f64 {
    let total = spans.0 + spans.1;
    if total == 0.0 {
        return from;
    }
    let sd = books::COMMON_SD * (spans.0 * spans.1 / total).sqrt();
    from + spans.0 / total * (to - from) + sd * noise
}
