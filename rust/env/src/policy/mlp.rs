//! A network of linear layers with ReLU between them, laid out for one observation at a time.

use crate::policy::simd::{LANES, Width, layer};

/// A linear layer, packed: blocks of [`LANES`] outputs, a row per input in each.
#[derive(Clone, Debug)]
struct Layer {
    weights: Vec<f32>,
    bias: Vec<f32>,
    outputs: usize,
    relu: bool,
}

/// Layers one after the other.
#[derive(Clone, Debug, Default)]
pub struct Mlp {
    layers: Vec<Layer>,
}

/// Where the numbers between layers go; one per thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    live: Vec<(u32, f32)>,
    out: Vec<f32>,
}

impl Mlp {
    /// One more layer of input-major `weights` (inputs, outputs).
    pub fn push(&mut self, weights: &[f32], bias: &[f32], relu: bool) {
        let outputs = bias.len();
        let blocks = outputs.div_ceil(LANES);
        let mut packed = Vec::with_capacity(blocks * weights.len() / outputs * LANES);
        for block in 0..blocks {
            for row in weights.chunks_exact(outputs) {
                let own = &row[block * LANES..outputs.min((block + 1) * LANES)];
                packed.extend_from_slice(own);
                packed.resize(packed.len() + LANES - own.len(), 0.0);
            }
        }
        let mut padded = bias.to_vec();
        padded.resize(blocks * LANES, 0.0);
        self.layers.push(Layer { weights: packed, bias: padded, outputs, relu });
    }

    /// Outputs of one observation. O(weights); inputs that are 0, half of them behind a ReLU, cost nothing.
    pub fn run<'s>(&self, width: Width, obs: &[f32], scratch: &'s mut Scratch) -> &'s [f32] {
        collect(obs, &mut scratch.live);
        let mut outputs = 0;
        for found in &self.layers {
            scratch.out.resize(found.bias.len(), 0.0);
            layer(width, &scratch.live, &found.weights, &found.bias, found.relu, &mut scratch.out);
            outputs = found.outputs;
            collect(&scratch.out[..outputs], &mut scratch.live);
        }
        &scratch.out[..outputs]
    }
}

/// Numbers that are not 0 with their places, without a branch on each.
fn collect(values: &[f32], live: &mut Vec<(u32, f32)>) {
    live.resize(values.len(), (0, 0.0));
    let mut n = 0;
    for (at, &value) in values.iter().enumerate() {
        live[n] = (at as u32, value);
        n += usize::from(value != 0.0);
    }
    live.truncate(n);
}
