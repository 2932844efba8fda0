use serde_json::{Value, json};

use crate::policy::file::sha256;
use crate::policy::{QPolicy, QScratch, Width};

type Named = Vec<(String, Vec<usize>, Vec<f32>)>;

/// Numbers in -1 to 1 that look random and are not.
fn number(seed: usize) -> f32 {
    let mixed = (seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed >> 40) as f32 / (1u64 << 23) as f32) - 1.0
}

fn tensor(name: &str, shape: &[usize], salt: usize) -> (String, Vec<usize>, Vec<f32>) {
    let n = shape.iter().product();
    (name.to_owned(), shape.to_vec(), (0..n).map(|i| number(i * 31 + salt)).collect())
}

fn bytes(tensors: &Named) -> Vec<u8> {
    let raw: Vec<Vec<u8>> =
        tensors.iter().map(|(_, _, data)| data.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&raw).map(|((name, shape, _), data)| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), data).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn spec(numbers: &[u8], inputs: usize, combine: &str, members: &[Value]) -> Value {
    let names: Vec<String> = (0..inputs).map(|i| format!("x{i}")).collect();
    json!({
        "format": "quantrl-policy/1", "kind": "q", "sha256": sha256(numbers), "combine": combine,
        "members": members, "layout": {"names": names, "legal": 3}, "clip": 5.0, "actions": [-1, 0, 1],
        "unit": 20.0, "pair": {"venue": "ou"}, "pair_id": "p", "clock": {"dt": 1.0}, "stock": null, "seed": 0,
        "algo": "ddqn", "meta": {},
    })
}

/// Seven inputs, 40 hidden, dueling heads with two rows of quantiles.
fn example(salt: usize, prefix: &str) -> (Named, Value) {
    let name = |part: &str| format!("{prefix}{part}");
    let tensors = vec![
        tensor(&name("w"), &[7, 40], salt),
        tensor(&name("b"), &[40], salt + 1),
        tensor(&name("aw"), &[40, 6], salt + 2),
        tensor(&name("ab"), &[6], salt + 3),
        tensor(&name("vw"), &[40, 2], salt + 4),
        tensor(&name("vb"), &[2], salt + 5),
    ];
    let ops = json!({"ops": [
        {"op": "linear", "weight": name("w"), "bias": name("b")},
        {"op": "relu"},
        {"op": "dueling", "advantage_weight": name("aw"), "advantage_bias": name("ab"),
         "value_weight": name("vw"), "value_bias": name("vb")},
        {"op": "quantile_mean", "quantiles": 2},
        {"op": "masked_argmax"},
    ]});
    (tensors, ops)
}

/// The definition in f64, without folding.
fn oracle(tensors: &Named, obs: &[f32]) -> Vec<f64> {
    let dense = |x: &[f64], w: &[f32], b: &[f32]| -> Vec<f64> {
        let n = b.len();
        (0..n)
            .map(|o| {
                f64::from(b[o]) + x.iter().enumerate().map(|(i, v)| v * f64::from(w[i * n + o])).sum::<f64>()
            })
            .collect()
    };
    let part = |i: usize| tensors[i].2.as_slice();
    let x: Vec<f64> = obs.iter().map(|&v| f64::from(v)).collect();
    let hidden: Vec<f64> = dense(&x, part(0), part(1)).iter().map(|v| v.max(0.0)).collect();
    let (advantage, value) = (dense(&hidden, part(2), part(3)), dense(&hidden, part(4), part(5)));
    let rows: Vec<Vec<f64>> = (0..2)
        .map(|row| {
            let own = &advantage[row * 3..row * 3 + 3];
            let mean = own.iter().sum::<f64>() / 3.0;
            own.iter().map(|a| a - mean + value[row]).collect()
        })
        .collect();
    (0..3).map(|a| 0.5 * (rows[0][a] + rows[1][a])).collect()
}

fn observation(k: usize) -> Vec<f32> {
    let mut obs: Vec<f32> = (0..4).map(|i| 4.0 * number(k * 17 + i)).collect();
    obs.extend([1.0, 1.0, 1.0]);
    obs
}

fn parse(tensors: &Named, combine: &str, members: &[Value]) -> QPolicy {
    let numbers = bytes(tensors);
    QPolicy::parse(spec(&numbers, 7, combine, members).to_string().into_bytes(), &numbers).unwrap()
}

/// One layer from so many inputs within a clip to three actions.
pub fn plain(inputs: usize, clip: f32) -> QPolicy {
    let tensors = vec![tensor("w", &[inputs, 3], 2), tensor("b", &[3], 3)];
    let member = json!({"ops": [{"op": "linear", "weight": "w", "bias": "b"}, {"op": "masked_argmax"}]});
    let numbers = bytes(&tensors);
    let mut spec = spec(&numbers, inputs, "single", &[member]);
    spec["clip"] = json!(clip);
    QPolicy::parse(spec.to_string().into_bytes(), &numbers).unwrap()
}

#[test]
fn folded_heads_are_the_definition() {
    let (tensors, member) = example(5, "");
    let policy = parse(&tensors, "single", &[member]);
    let mut scratch = QScratch::default();
    for k in 0..200 {
        let obs = observation(k);
        policy.values(&obs, &mut scratch).unwrap();
        for (got, want) in scratch.values.iter().zip(oracle(&tensors, &obs)) {
            assert!((f64::from(*got) - want).abs() < 1e-5 * want.abs().max(1.0), "{k}: {got} {want}");
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_width_of_instructions() {
    let (tensors, member) = example(9, "");
    let wide = parse(&tensors, "single", std::slice::from_ref(&member)).at(Width::detect());
    let narrow = parse(&tensors, "single", &[member]).at(Width::Baseline);
    let (mut a, mut b) = (QScratch::default(), QScratch::default());
    for k in 0..500 {
        let obs = observation(k);
        wide.values(&obs, &mut a).unwrap();
        narrow.values(&obs, &mut b).unwrap();
        assert!(a.values.iter().zip(&b.values).all(|(x, y)| x.to_bits() == y.to_bits()), "{k}");
    }
}

#[test]
fn members_are_combined_and_masks_obeyed() {
    let (one, first) = example(1, "0/");
    let (two, second) = example(77, "1/");
    let all: Named = one.iter().chain(&two).cloned().collect();
    let mut obs = observation(3);
    let (a, b) = (oracle(&one, &obs), oracle(&two, &obs));
    let mut scratch = QScratch::default();
    for (combine, of) in [("mean", (|x, y| 0.5 * (x + y)) as fn(f64, f64) -> f64), ("min", f64::min)] {
        let policy = parse(&all, combine, &[first.clone(), second.clone()]);
        let want: Vec<f64> = a.iter().zip(&b).map(|(&x, &y)| of(x, y)).collect();
        policy.values(&obs, &mut scratch).unwrap();
        assert!(scratch.values.iter().zip(&want).all(|(&g, w)| (f64::from(g) - w).abs() < 1e-4), "{combine}");
    }
    let policy = parse(&one, "single", &[first]);
    let best = policy.act(&obs, &mut scratch).unwrap();
    obs[4 + best] = 0.0;
    assert_ne!(policy.act(&obs, &mut scratch).unwrap(), best);
}

#[test]
fn ties_go_to_the_lowest_action() {
    let tensors: Named =
        vec![("w".to_owned(), vec![7, 3], vec![0.0; 21]), ("b".to_owned(), vec![3], vec![1.0, 2.0, 2.0])];
    let member = json!({"ops": [{"op": "linear", "weight": "w", "bias": "b"}, {"op": "masked_argmax"}]});
    let policy = parse(&tensors, "single", &[member]);
    let mut scratch = QScratch::default();
    assert_eq!(policy.act(&observation(0), &mut scratch).unwrap(), 1);
    let mut far = observation(0);
    far[0] = 5.1;
    assert!(policy.act(&far, &mut scratch).is_err());
    far[0] = f32::NAN;
    assert!(policy.act(&far, &mut scratch).is_err());
}

#[test]
fn what_does_not_fit_is_refused_by_its_field() {
    let (tensors, member) = example(5, "");
    let numbers = bytes(&tensors);
    let good = spec(&numbers, 7, "single", std::slice::from_ref(&member));
    let refusal = |spec: &Value, numbers: &[u8]| {
        QPolicy::parse(spec.to_string().into_bytes(), numbers).unwrap_err().to_string()
    };
    let mut flipped = numbers.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert!(refusal(&good, &flipped).contains("sha256"));
    for (field, value) in [
        ("format", json!("quantrl-policy/2")),
        ("kind", json!("pg")),
        ("combine", json!("mean")),
        ("combine", json!("median")),
        ("members", json!([])),
        ("actions", json!([1, 0, -1])),
        ("actions", json!([-1, 1])),
        ("clip", json!(0.0)),
        ("unit", json!(-1.0)),
        ("stock", json!({"unit": 1.0, "start": 0.3})),
        ("pair", json!({})),
        ("surprise", json!(1)),
    ] {
        let mut other = good.clone();
        other[field] = value;
        let said = refusal(&other, &numbers);
        assert!(said.contains(field) || said.contains("median"), "{field}: {said}");
    }
    for (at, op) in [
        (0, json!({"op": "linear", "weight": "aw", "bias": "ab"})),
        (0, json!({"op": "linear", "weight": "nothing", "bias": "b"})),
        (0, json!({"op": "relu"})),
        (1, json!({"op": "tanh"})),
        (3, json!({"op": "quantile_mean", "quantiles": 3})),
        (3, json!({"op": "masked_argmax"})),
        (4, json!({"op": "relu"})),
    ] {
        let mut other = good.clone();
        other["members"][0]["ops"][at] = op.clone();
        assert!(refusal(&other, &numbers).contains("ops") || op["op"] == "tanh", "{op}");
    }
}

#[test]
fn quantiles_are_rated_by_the_stock_of_the_observation() {
    // Two rows of three actions that do not depend on the observation: -2 0 -1 and 4 0 2.
    let rows = vec![-2.0, 0.0, -1.0, 4.0, 0.0, 2.0];
    let tensors: Named = vec![("w".to_owned(), vec![7, 6], vec![0.0; 42]), ("b".to_owned(), vec![6], rows)];
    let numbers = bytes(&tensors);
    let member = json!({"ops": [{"op": "linear", "weight": "w", "bias": "b"},
        {"op": "quantile_stock", "quantiles": 2, "epsilon": 0.01}, {"op": "masked_argmax"}]});
    let mut good = spec(&numbers, 7, "single", std::slice::from_ref(&member));
    good["layout"]["names"][3] = json!("stock");
    good["stock"] = json!({"unit": 2.0, "start": 0.5});
    let read = |spec: &Value| QPolicy::parse(spec.to_string().into_bytes(), &numbers);
    let policy = read(&good).unwrap();
    let mut scratch = QScratch::default();
    let mut obs = vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    // c = 0: half of -2, 0, -1 and a hundredth of the means 1, 0, 0.5. Nothing is risked.
    policy.values(&obs, &mut scratch).unwrap();
    let near = |got: &[f32], want: [f32; 3]| got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-7);
    assert!(near(&scratch.values, [-0.99, 0.0, -0.495]), "{:?}", scratch.values);
    assert_eq!(policy.act(&obs, &mut scratch).unwrap(), 1);
    // c = 2: no row falls below 0, the mean decides.
    obs[3] = 1.0;
    policy.values(&obs, &mut scratch).unwrap();
    assert!(near(&scratch.values, [0.01, 0.0, 0.005]), "{:?}", scratch.values);
    // c = 1: only the first can lose more than there is.
    obs[3] = 0.5;
    assert_eq!(policy.act(&obs, &mut scratch).unwrap(), 2);

    for (field, value) in [
        ("stock", json!(null)),
        ("stock", json!({"unit": 0.0, "start": 0.5})),
        ("layout", spec(&numbers, 7, "single", &[])["layout"].clone()),
    ] {
        let mut other = good.clone();
        other[field] = value;
        assert!(read(&other).unwrap_err().to_string().contains("stock"), "{field}");
    }
    let mut other = good.clone();
    other["members"][0]["ops"][1]["quantiles"] = json!(3);
    assert!(read(&other).unwrap_err().to_string().contains("ops[1]"));
    for (field, value) in [
        ("quantiles", json!(0)),
        ("quantiles", json!(u64::MAX)),
        ("epsilon", json!(-1.0)),
        ("epsilon", json!(1e300)),
    ] {
        let mut other = good.clone();
        other["members"][0]["ops"][1][field] = value;
        let said = read(&other).unwrap_err().to_string();
        assert!(said.contains("ops[1]"), "{said}");
    }
    for quantiles in [0, u64::MAX] {
        let mut other = good.clone();
        other["members"][0]["ops"][1] = json!({"op": "quantile_mean", "quantiles": quantiles});
        let said = read(&other).unwrap_err().to_string();
        assert!(said.contains("ops[1]"), "{said}");
    }
}
