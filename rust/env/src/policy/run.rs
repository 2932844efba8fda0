use std::collections::HashMap;

use crate::policy::kernels::{Patches, affine_rows, max_pool, reduce};
use crate::policy::plan::{Kind, Plan, Step};
use crate::policy::weights::Tensor;

/// Values of a few observations at a time, one after the other in each.
pub struct Machine<'a> {
    plan: &'a Plan,
    weights: &'a HashMap<String, Tensor>,
    n: usize,
    values: Vec<Vec<f32>>,
    patches: Vec<f32>,
}

impl<'a> Machine<'a> {
    /// Room for `n` observations.
    pub fn new(plan: &'a Plan, weights: &'a HashMap<String, Tensor>, n: usize) -> Self {
        let values = plan.shapes.iter().map(|shape| vec![0.0; n * shape.iter().product::<usize>()]).collect();
        Self { plan, weights, n, values, patches: Vec::new() }
    }

    /// Observations it has room for.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Where observation `i` goes: prices, weights, s.
    pub fn reading(&mut self, i: usize) -> [&mut [f32]; 3] {
        let [prices, weights, stats] = &mut self.values[..3] else { unreachable!("gather defines three") };
        let n = self.n;
        [prices, weights, stats].map(|value| {
            let size = value.len() / n;
            &mut value[i * size..(i + 1) * size]
        })
    }

    /// Run every operation; the actions, one after the other.
    pub fn run(&mut self) -> &[f32] {
        for step in &self.plan.steps {
            let mut out = std::mem::take(&mut self.values[step.out]);
            self.step(step, &mut out);
            self.values[step.out] = out;
        }
        self.values.last().expect("a plan has values")
    }

    fn step(&mut self, step: &Step, out: &mut [f32]) {
        let first = step.inputs[0];
        let x = &self.values[first];
        let (size, made) = (x.len() / self.n, out.len() / self.n);
        let each = |f: &dyn Fn(f32) -> f32, out: &mut [f32]| {
            out.iter_mut().zip(x).for_each(|(out, &v)| *out = f(v));
        };
        let pairs = x.chunks_exact(size.max(1)).zip(out.chunks_exact_mut(made.max(1)));
        match &step.kind {
            Kind::Relu => out.iter_mut().zip(x).for_each(|(out, &v)| *out = v.max(0.0)),
            Kind::Tanh => each(&f32::tanh, out),
            Kind::Affine { scale, offset } => each(&|v| scale * v + offset, out),
            Kind::Reshape => out.copy_from_slice(x),
            Kind::Mean => pairs.for_each(|(x, out)| {
                reduce(x, 0.0, out, |a, b| a + b);
                let n = (x.len() / out.len()) as f32;
                out.iter_mut().for_each(|v| *v /= n);
            }),
            Kind::Max => pairs.for_each(|(x, out)| reduce(x, f32::NEG_INFINITY, out, f32::max)),
            Kind::MaxPool(tile) => {
                let (shape, across) = (&self.plan.shapes[first], self.plan.shapes[step.out][1]);
                pairs.for_each(|(x, out)| max_pool(x, shape, *tile, across, out));
            }
            Kind::Slice { axis, start } => {
                let shape = &self.plan.shapes[first];
                let inner: usize = shape[axis + 1..].iter().product();
                let (line, kept) = (shape[*axis] * inner, self.plan.shapes[step.out][*axis] * inner);
                let lines = x.chunks_exact(line).zip(out.chunks_exact_mut(kept));
                lines.for_each(|(x, out)| out.copy_from_slice(&x[start * inner..][..kept]));
            }
            Kind::Add => {
                let other = &self.values[step.inputs[1]];
                let width = other.len() / self.n;
                for (i, (x, out)) in pairs.enumerate() {
                    let other = &other[i * width..][..width];
                    for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
                        out.iter_mut().zip(x).zip(other).for_each(|((out, a), b)| *out = a + b);
                    }
                }
            }
            Kind::Concat { axis } => self.concat(step, *axis, out),
            Kind::Linear { weight, bias } => {
                let matrix = &self.weights[weight];
                let (k, n) = (matrix.shape[0], matrix.shape[1]);
                affine_rows(x, &matrix.data, self.bias(bias), k, n, out);
            }
            Kind::Conv { weight, bias, kernel, stride, padding } => {
                let (image, shape) = (&self.plan.shapes[first], &self.plan.shapes[step.out]);
                let geometry = Patches {
                    image: [image[0], image[1], image[2]],
                    out: [shape[0], shape[1]],
                    kernel: *kernel,
                    stride: *stride,
                    padding: *padding,
                };
                let mut patches = std::mem::take(&mut self.patches);
                for (image, out) in self.values[first].chunks_exact(size).zip(out.chunks_exact_mut(made)) {
                    geometry.collect(image, &mut patches);
                    let matrix = &self.weights[weight].data;
                    affine_rows(&patches, matrix, self.bias(bias), geometry.width(), shape[2], out);
                }
                self.patches = patches;
            }
        }
    }

    fn bias(&self, name: &Option<String>) -> Option<&[f32]> {
        name.as_ref().map(|name| self.weights[name].data.as_slice())
    }

    fn concat(&self, step: &Step, axis: usize, out: &mut [f32]) {
        let line = |slot: usize| self.plan.shapes[slot][axis..].iter().product::<usize>();
        let whole = line(step.out);
        let mut at = 0;
        for &input in &step.inputs {
            let width = line(input);
            let lines = self.values[input].chunks_exact(width).zip(out.chunks_exact_mut(whole));
            lines.for_each(|(x, out)| out[at..][..width].copy_from_slice(x));
            at += width;
        }
    }
}
