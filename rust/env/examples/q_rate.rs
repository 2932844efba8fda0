//! Time of one native evaluation of a value network: `cargo run --release -p quantrl-env --example q_rate [inputs] [hidden]`.

use std::time::Instant;

use quantrl_env::policy::{QPolicy, QScratch, Width};
use serde_json::json;
use sha2::{Digest, Sha256};

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let (inputs, hidden) = (sizes.first().copied().unwrap_or(55), sizes.get(1).copied().unwrap_or(256));
    let policy = |width| dueling(inputs, hidden).at(width);
    let mut scratch = QScratch::default();
    let obs: Vec<Vec<f32>> = (0..64).map(|k| (0..inputs).map(|i| number(k * 131 + i)).collect()).collect();
    for width in [Width::Baseline, Width::detect(), Width::Baseline, Width::detect()] {
        let net = policy(width);
        let mut best = f64::INFINITY;
        let mut chosen = 0;
        for _ in 0..200 {
            let started = Instant::now();
            for one in &obs {
                chosen += net.act(one, &mut scratch).expect("numbers within the clip");
            }
            best = best.min(started.elapsed().as_secs_f64() / obs.len() as f64);
        }
        println!(
            "{inputs} -> {hidden} -> {hidden} -> 3, {width:?}: {:.2} us a decision, least of 200 ({chosen})",
            1e6 * best
        );
    }
}

fn number(seed: usize) -> f32 {
    let mixed = (seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed >> 40) as f32 / (1u64 << 23) as f32) - 1.0
}

fn dueling(inputs: usize, hidden: usize) -> QPolicy {
    let shapes = [
        ("w0", vec![inputs, hidden]),
        ("b0", vec![hidden]),
        ("w1", vec![hidden, hidden]),
        ("b1", vec![hidden]),
        ("aw", vec![hidden, 3]),
        ("ab", vec![3]),
        ("vw", vec![hidden, 1]),
        ("vb", vec![1]),
    ];
    let raw: Vec<Vec<u8>> = shapes
        .iter()
        .map(|(_, shape)| (0..shape.iter().product()).flat_map(|i| (0.1 * number(i)).to_le_bytes()).collect())
        .collect();
    let views = shapes.iter().zip(&raw).map(|((name, shape), data)| {
        (*name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), data).unwrap())
    });
    let numbers = safetensors::serialize(views, None).unwrap();
    let sha: String = Sha256::digest(&numbers).iter().map(|byte| format!("{byte:02x}")).collect();
    let names: Vec<String> = (0..inputs).map(|i| format!("x{i}")).collect();
    let ops = json!([
        {"op": "linear", "weight": "w0", "bias": "b0"}, {"op": "relu"},
        {"op": "linear", "weight": "w1", "bias": "b1"}, {"op": "relu"},
        {"op": "dueling", "advantage_weight": "aw", "advantage_bias": "ab", "value_weight": "vw", "value_bias": "vb"},
        {"op": "masked_argmax"},
    ]);
    let spec = json!({
        "format": "quantrl-policy/1", "kind": "q", "sha256": sha, "combine": "single", "members": [{"ops": ops}],
        "layout": {"names": names, "legal": 3}, "clip": 5.0, "actions": [-1, 0, 1], "unit": 20.0,
        "pair": {"venue": "ou"}, "pair_id": "p", "clock": {"dt": 1.0}, "stock": null, "seed": 0, "algo": "ddqn",
        "meta": {},
    });
    QPolicy::parse(spec.to_string().into_bytes(), &numbers).expect("a policy that fits")
}
