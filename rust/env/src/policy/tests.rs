use serde_json::{Value, json};

use crate::Error;
use crate::policy::file::sha256;
use crate::policy::kernels::Patches;
use crate::policy::{MarketTable, Policy};

/// Safetensors bytes of named f32 tensors.
fn numbers(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, _, data)| data.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape, _), data)| {
        (*name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), data).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

/// One score per asset: twice its newest price plus half its weight; cash scores its weight.
fn example() -> (Value, Vec<u8>) {
    let weights = numbers(&[("score", &[2, 1], &[2.0, 0.5]), ("kernel", &[1, 1, 1, 1], &[1.0])]);
    let spec = json!({
        "format": "quantrl-policy/1", "sha256": sha256(&weights), "norm": "log100",
        "layout": {"kind": "index", "n_features": 1, "window": 2, "n_assets": 2, "has_ids": false},
        "action": {"map": "tilt", "low": -1.0, "high": 1.0}, "temperature": 2.0, "base": "equal", "window": 2,
        "features": ["close"], "decision_every": 5, "episode_len": 48, "market_id": "m", "seed": 0, "algo": "ppo",
        "net": "asset_conv", "head": "score", "meta": {},
        "ops": [
            {"op": "gather", "out": ["image", "weights", "stats"]},
            {"op": "conv2d", "x": "image", "weight": "kernel", "bias": null, "stride": [1, 1], "padding": [0, 0],
             "out": "same"},
            {"op": "slice", "x": "same", "axis": 0, "start": 0, "stop": 1, "out": "oldest"},
            {"op": "reshape", "x": "oldest", "shape": [-1, 1], "out": "prices"},
            {"op": "slice", "x": "weights", "axis": 0, "start": 1, "out": "risky"},
            {"op": "reshape", "x": "risky", "shape": [-1, 1], "out": "own"},
            {"op": "concat", "x": ["prices", "own"], "axis": 1, "out": "both"},
            {"op": "linear", "x": "both", "weight": "score", "bias": null, "out": "scores"},
            {"op": "reshape", "x": "scores", "shape": [-1], "out": "flat"},
            {"op": "slice", "x": "weights", "axis": 0, "start": 0, "stop": 1, "out": "cash"},
            {"op": "concat", "x": ["cash", "flat"], "axis": 0, "out": "action"},
        ],
    });
    (spec, weights)
}

fn parse(spec: &Value, weights: &[u8]) -> Result<Policy, Error> {
    Policy::parse(spec.to_string().into_bytes(), weights)
}

fn message(spec: &Value, weights: &[u8]) -> String {
    match parse(spec, weights) {
        Err(Error::Data(message)) => message,
        other => panic!("expected a data error, got {other:?}"),
    }
}

#[test]
fn acts_on_rows_of_a_market_and_clips() {
    let (spec, weights) = example();
    let policy = parse(&spec, &weights).unwrap();
    let prices = vec![0.001, 0.5, 0.0, 0.4];
    let table = MarketTable::new(prices, [2, 2, 1], &policy.spec().layout).unwrap();
    let obs = [1.0, 0.2, 0.5, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0];
    let action = policy.act(&obs, Some(&table)).unwrap();
    // 2 * 100 * 0.001 + 0.5 * 0.5; the second is 20.15 and clipped.
    let expected = [0.2, 0.45, 1.0];
    assert!(action.iter().zip(expected).all(|(a, e)| (a - e).abs() < 1e-6), "{action:?}");
}

#[test]
fn a_window_may_have_any_number_of_assets() {
    let (spec, weights) = example();
    let policy = parse(&spec, &weights).unwrap();
    let action =
        policy.act_window(&[0.001, 0.002, 0.0, 0.0, 0.0, 0.0], &[0.1, 0.3, 0.3, 0.3], &[0.0; 5]).unwrap();
    let expected = [0.1, 0.35, 0.55, 0.15];
    assert!(action.iter().zip(expected).all(|(a, e)| (a - e).abs() < 1e-6), "{action:?}");
}

#[test]
fn rows_outside_the_market_are_refused_and_no_market_is_a_setting() {
    let (spec, weights) = example();
    let policy = parse(&spec, &weights).unwrap();
    let table = MarketTable::new(vec![0.0; 4], [2, 2, 1], &policy.spec().layout).unwrap();
    for t in [0.0, 1.5, 2.0, -1.0, f32::NAN, 1e30] {
        let obs = [t, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert!(matches!(policy.act(&obs, Some(&table)), Err(Error::Data(_))), "{t}");
    }
    assert!(matches!(policy.act(&[1.0; 9], None), Err(Error::Config(_))));
    assert!(MarketTable::new(vec![0.0; 6], [2, 3, 1], &policy.spec().layout).is_err());
}

#[test]
fn a_changed_file_is_refused_by_its_field() {
    let (spec, weights) = example();
    let mut flipped = weights.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert!(message(&spec, &flipped).starts_with("sha256"));
    for (field, value) in [
        ("format", json!("quantrl-policy/2")),
        ("norm", json!("zscore")),
        ("window", json!(3)),
        ("features", json!(["close", "high"])),
        ("temperature", json!(0.0)),
        ("seed", json!(-1)),
        ("meta", json!(null)),
        ("layout", json!({"kind": "index", "n_features": 1, "window": 2, "n_assets": 2})),
        ("action", json!({"map": "tilt", "low": 1.0, "high": 1.0})),
        ("surprise", json!(1)),
    ] {
        let mut other = spec.clone();
        other[field] = value;
        let message = message(&other, &weights);
        assert!(message.contains(field) || message.starts_with("has_ids"), "{field}: {message}");
    }
}

#[test]
fn operations_that_do_not_fit_are_refused_by_number() {
    let (spec, weights) = example();
    for (at, op) in [
        (0, json!({"op": "relu", "x": "image", "out": "image"})),
        (1, json!({"op": "exec", "x": "image", "out": "same"})),
        (1, json!({"op": "relu", "x": "nothing", "out": "same"})),
        (2, json!({"op": "slice", "x": "same", "axis": 0, "start": 2, "out": "oldest"})),
        (2, json!({"op": "slice", "x": "same", "axis": 7, "start": 0, "out": "oldest"})),
        (3, json!({"op": "reshape", "x": "oldest", "shape": [-1, 3], "out": "prices"})),
        (3, json!({"op": "reshape", "x": "oldest", "shape": [-5], "out": "prices"})),
        (3, json!({"op": "reshape", "x": "oldest", "shape": [0, -1], "out": "prices"})),
        (4, json!({"op": "relu", "x": "weights", "out": "image"})),
        (7, json!({"op": "linear", "x": "both", "weight": "kernel", "bias": null, "out": "scores"})),
        (8, json!({"op": "maxpool2d", "x": "same", "size": [0, 1], "out": "flat"})),
        (10, json!({"op": "concat", "x": [], "axis": 0, "out": "action"})),
    ] {
        let mut other = spec.clone();
        other["ops"][at] = op.clone();
        assert!(message(&other, &weights).starts_with(&format!("ops[{at}]")), "{op}");
    }
}

#[test]
fn a_few_operations_cannot_ask_for_all_memory() {
    let (mut spec, weights) = example();
    let ops = spec["ops"].as_array_mut().unwrap();
    ops.push(json!({"op": "concat", "x": ["action", "action"], "axis": 0, "out": "d0"}));
    for i in 0..40 {
        let name = format!("d{i}");
        ops.push(json!({"op": "concat", "x": [name, name], "axis": 0, "out": format!("d{}", i + 1)}));
    }
    assert!(message(&spec, &weights).contains("numbers"));
}

#[test]
fn tensors_nobody_uses_are_refused() {
    let (mut spec, _) = example();
    let weights = numbers(&[
        ("score", &[2, 1], &[2.0, 0.5]),
        ("kernel", &[1, 1, 1, 1], &[1.0]),
        ("market", &[2, 2], &[0.0; 4]),
    ]);
    spec["sha256"] = json!(sha256(&weights));
    assert!(message(&spec, &weights).contains("market"));
}

#[test]
fn patches_are_those_of_the_definition() {
    let geometry = Patches { image: [3, 4, 2], out: [2, 2], kernel: [3, 2], stride: [2, 3], padding: [1, 1] };
    let image: Vec<f32> = (1..=24).map(|v| v as f32).collect();
    let mut patches = Vec::new();
    geometry.collect(&image, &mut patches);
    let mut at = patches.iter();
    for (oy, ox) in [(0i32, 0i32), (0, 1), (1, 0), (1, 1)] {
        for ky in 0..3 {
            for kx in 0..2 {
                for channel in 0..2 {
                    let (row, column) = (2 * oy + ky - 1, 3 * ox + kx - 1);
                    let inside = (0..3).contains(&row) && (0..4).contains(&column);
                    let expected =
                        if inside { image[((row * 4 + column) * 2 + channel) as usize] } else { 0.0 };
                    assert_eq!(*at.next().unwrap(), expected);
                }
            }
        }
    }
}

#[test]
fn a_header_of_128_bytes_is_no_pickle() {
    let folder = std::env::temp_dir().join(format!("quantrl-policy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(super::file::SPEC), "{}").unwrap();
    let mut bytes = vec![0x80, 0, 0, 0, 0, 0, 0, 0, b'{'];
    std::fs::write(folder.join(super::file::WEIGHTS), &bytes).unwrap();
    assert!(super::file::read(&folder).is_ok());
    bytes[8] = b'c';
    std::fs::write(folder.join(super::file::WEIGHTS), &bytes).unwrap();
    let refused = super::file::read(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(refused, Err(Error::Data(message)) if message.contains("a pickle")));
}
