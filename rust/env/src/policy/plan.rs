use std::collections::{HashMap, HashSet};

use crate::Error;
use crate::policy::file::refuse;
use crate::policy::op::Op;
use crate::policy::weights::Tensor;

/// Numbers all values of one observation, and the patches of one convolution, may take.
const MOST_NUMBERS: usize = 1 << 26;

/// Where a value lies and what axes it has.
pub type Slot = usize;

/// What a step does; weights by name.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Kernel (rows, columns), stride, padding.
    Conv {
        weight: String,
        bias: Option<String>,
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [usize; 2],
    },
    Relu,
    Tanh,
    MaxPool([usize; 2]),
    Mean,
    Max,
    Linear {
        weight: String,
        bias: Option<String>,
    },
    Add,
    Concat {
        axis: usize,
    },
    Slice {
        axis: usize,
        start: usize,
    },
    Affine {
        scale: f32,
        offset: f32,
    },
    Reshape,
}

/// One operation with its values resolved.
#[derive(Clone, Debug)]
pub struct Step {
    pub kind: Kind,
    pub inputs: Vec<Slot>,
    pub out: Slot,
}

/// Operations for one number of assets, every shape known.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Prices, weights and s are the first three.
    pub shapes: Vec<Vec<usize>>,
    pub steps: Vec<Step>,
    /// Numbers in all values of one observation.
    pub numbers: usize,
}

impl Plan {
    /// Check operations against the shapes of a reading and the weights.
    ///
    /// # Errors
    /// An unknown name, a shape that does not fit, too many numbers: names the operation.
    pub fn of(ops: &[Op], inputs: [Vec<usize>; 3], weights: &HashMap<String, Tensor>) -> Result<Self, Error> {
        let n_actions = inputs[1][0];
        let mut build = Build { weights, names: HashMap::new(), shapes: Vec::new(), steps: Vec::new() };
        let Some((Op::Gather { out }, rest)) = ops.split_first() else {
            return Err(refuse("ops[0]", "expected gather"));
        };
        for (name, shape) in out.iter().zip(inputs) {
            if shape.contains(&0) {
                // There is nothing to name; the place is kept.
                build.shapes.push(shape);
            } else {
                build.define(name, shape).map_err(|message| refuse("ops[0]", message))?;
            }
        }
        for (i, op) in rest.iter().enumerate() {
            build.add(op).map_err(|message| refuse(format!("ops[{}]", i + 1), message))?;
        }
        build.finish(n_actions)
    }
}

/// Names of the weights operations use.
pub fn used(ops: &[Op]) -> HashSet<&str> {
    let names = ops.iter().flat_map(|op| match op {
        Op::Conv2d { weight, bias, .. } | Op::Linear { weight, bias, .. } => [Some(weight), bias.as_ref()],
        _ => [None, None],
    });
    names.flatten().map(String::as_str).collect()
}

struct Build<'a> {
    weights: &'a HashMap<String, Tensor>,
    names: HashMap<String, Slot>,
    shapes: Vec<Vec<usize>>,
    steps: Vec<Step>,
}

impl Build<'_> {
    fn define(&mut self, name: &str, shape: Vec<usize>) -> Result<Slot, String> {
        let numbers = shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis));
        if shape.len() > 3 || numbers.is_none_or(|n| n > MOST_NUMBERS) {
            return Err(format!("out: expected at most 3 axes and {MOST_NUMBERS} numbers, got {shape:?}"));
        }
        if self.names.insert(name.to_owned(), self.shapes.len()).is_some() {
            return Err(format!("out: {name:?} exists already"));
        }
        self.shapes.push(shape);
        Ok(self.shapes.len() - 1)
    }

    fn slot(&self, name: &str) -> Result<Slot, String> {
        self.names.get(name).copied().ok_or_else(|| format!("x: no value {name:?} before"))
    }

    fn step(&mut self, kind: Kind, inputs: Vec<Slot>, out: &str, shape: Vec<usize>) -> Result<(), String> {
        let out = self.define(out, shape)?;
        self.steps.push(Step { kind, inputs, out });
        Ok(())
    }

    /// A weight with this many axes.
    fn weight(&self, name: &str, axes: usize) -> Result<&[usize], String> {
        let tensor = self.weights.get(name).ok_or_else(|| format!("weight: no tensor {name:?}"))?;
        match &tensor.shape {
            shape if shape.len() == axes && !shape.contains(&0) => Ok(shape),
            shape => Err(format!("weight: expected {axes} axes in {name:?}, got {shape:?}")),
        }
    }

    fn bias(&self, name: Option<&String>, n: usize) -> Result<(), String> {
        match name.map(|name| self.weight(name, 1)).transpose()? {
            Some(shape) if shape != [n] => Err(format!("bias: expected {n} numbers, got {shape:?}")),
            _ => Ok(()),
        }
    }

    fn add(&mut self, op: &Op) -> Result<(), String> {
        match op {
            Op::Gather { .. } => Err("op: gather comes first, once".to_owned()),
            Op::Conv2d { x, weight, bias, stride, padding, out } => {
                self.conv(x, weight, bias.as_ref(), *stride, *padding, out)
            }
            Op::Linear { x, weight, bias, out } => self.linear(x, weight, bias.as_ref(), out),
            Op::Relu { x, out } => self.same(Kind::Relu, x, out),
            Op::Tanh { x, out } => self.same(Kind::Tanh, x, out),
            Op::Affine { x, scale, offset, out } => {
                self.same(Kind::Affine { scale: *scale, offset: *offset }, x, out)
            }
            Op::Maxpool2d { x, size, out } => self.pool(x, *size, out),
            Op::Mean { x, out } => self.reduce(Kind::Mean, x, out),
            Op::Max { x, out } => self.reduce(Kind::Max, x, out),
            Op::Add { x, out } => self.sum(x, out),
            Op::Concat { x, axis, out } => self.concat(x, *axis, out),
            Op::Slice { x, axis, start, stop, out } => self.slice(x, *axis, *start, *stop, out),
            Op::Reshape { x, shape, out } => self.reshape(x, shape, out),
        }
    }

    fn same(&mut self, kind: Kind, x: &str, out: &str) -> Result<(), String> {
        let slot = self.slot(x)?;
        self.step(kind, vec![slot], out, self.shapes[slot].clone())
    }

    fn image(&self, x: &str) -> Result<(Slot, [usize; 3]), String> {
        let slot = self.slot(x)?;
        let shape = &self.shapes[slot];
        match shape.as_slice() {
            &[rows, columns, channels] => Ok((slot, [rows, columns, channels])),
            _ => Err(format!("x: expected an image of 3 axes, got {shape:?}")),
        }
    }

    fn conv(
        &mut self,
        x: &str,
        weight: &str,
        bias: Option<&String>,
        stride: [usize; 2],
        padding: [usize; 2],
        out: &str,
    ) -> Result<(), String> {
        let (slot, [rows, columns, channels]) = self.image(x)?;
        let kernel = self.weight(weight, 4)?;
        let (size, given, width) = ([kernel[0], kernel[1]], kernel[2], kernel[3]);
        if given != channels {
            return Err(format!("weight: expected {channels} channels, got {given}"));
        }
        self.bias(bias, width)?;
        let height = windows(rows, size[0], stride[0], padding[0])?;
        let across = windows(columns, size[1], stride[1], padding[1])?;
        let patches = [height, across, size[0], size[1], channels];
        if patches.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis)).is_none_or(|n| n > MOST_NUMBERS) {
            return Err(format!(
                "weight: expected patches of at most {MOST_NUMBERS} numbers, got {patches:?}"
            ));
        }
        let (weight, bias) = (weight.to_owned(), bias.cloned());
        let kind = Kind::Conv { weight, bias, kernel: size, stride, padding };
        self.step(kind, vec![slot], out, vec![height, across, width])
    }

    fn linear(&mut self, x: &str, weight: &str, bias: Option<&String>, out: &str) -> Result<(), String> {
        let slot = self.slot(x)?;
        let mut shape = self.shapes[slot].clone();
        let matrix = self.weight(weight, 2)?;
        let last = shape.len() - 1;
        if matrix[0] != shape[last] {
            return Err(format!("weight: expected {} rows, got {}", shape[last], matrix[0]));
        }
        shape[last] = matrix[1];
        self.bias(bias, matrix[1])?;
        self.step(Kind::Linear { weight: weight.to_owned(), bias: bias.cloned() }, vec![slot], out, shape)
    }

    fn pool(&mut self, x: &str, size: [usize; 2], out: &str) -> Result<(), String> {
        let (slot, [rows, columns, channels]) = self.image(x)?;
        let shape =
            vec![windows(rows, size[0], size[0], 0)?, windows(columns, size[1], size[1], 0)?, channels];
        self.step(Kind::MaxPool(size), vec![slot], out, shape)
    }

    fn reduce(&mut self, kind: Kind, x: &str, out: &str) -> Result<(), String> {
        let slot = self.slot(x)?;
        match self.shapes[slot].split_first() {
            Some((_, rest)) if !rest.is_empty() => self.step(kind, vec![slot], out, rest.to_vec()),
            _ => Err(format!("x: expected 2 or 3 axes, got {:?}", self.shapes[slot])),
        }
    }

    fn sum(&mut self, x: &[String; 2], out: &str) -> Result<(), String> {
        let (first, second) = (self.slot(&x[0])?, self.slot(&x[1])?);
        let (shape, other) = (self.shapes[first].clone(), &self.shapes[second]);
        if !shape.ends_with(other) {
            return Err(format!("x: expected the last axes of {shape:?}, got {other:?}"));
        }
        self.step(Kind::Add, vec![first, second], out, shape)
    }

    fn concat(&mut self, x: &[String], axis: usize, out: &str) -> Result<(), String> {
        let slots = x.iter().map(|name| self.slot(name)).collect::<Result<Vec<_>, _>>()?;
        let first = slots.first().ok_or("x: expected at least one value")?;
        let mut shape = self.shapes[*first].clone();
        if axis >= shape.len() {
            return Err(format!("axis: expected below {}, got {axis}", shape.len()));
        }
        shape[axis] = 0;
        for &slot in &slots {
            let other = &self.shapes[slot];
            let fits =
                other.len() == shape.len() && (0..shape.len()).all(|i| i == axis || other[i] == shape[i]);
            if !fits {
                return Err(format!("x: expected {shape:?} but for axis {axis}, got {other:?}"));
            }
            // Each is at most MOST_NUMBERS, and a file of 4 MiB names fewer than 2^32 of them.
            shape[axis] += other[axis];
        }
        self.step(Kind::Concat { axis }, slots, out, shape)
    }

    fn slice(
        &mut self,
        x: &str,
        axis: usize,
        start: usize,
        stop: Option<usize>,
        out: &str,
    ) -> Result<(), String> {
        let slot = self.slot(x)?;
        let mut shape = self.shapes[slot].clone();
        let length =
            *shape.get(axis).ok_or_else(|| format!("axis: expected below {}, got {axis}", shape.len()))?;
        let stop = stop.unwrap_or(length);
        if start >= stop || stop > length {
            return Err(format!("start: expected a range within {length}, got {start} to {stop}"));
        }
        shape[axis] = stop - start;
        self.step(Kind::Slice { axis, start }, vec![slot], out, shape)
    }

    fn reshape(&mut self, x: &str, shape: &[i64], out: &str) -> Result<(), String> {
        let slot = self.slot(x)?;
        let numbers: usize = self.shapes[slot].iter().product();
        let refuse = || format!("shape: expected {numbers} numbers, got {shape:?}");
        let fixed = shape.iter().filter(|&&axis| axis != -1);
        let known = fixed
            .map(|&axis| usize::try_from(axis).ok())
            .try_fold(1usize, |n, axis| n.checked_mul(axis?))
            .filter(|&n| n > 0 && numbers.is_multiple_of(n))
            .ok_or_else(refuse)?;
        let free = shape.iter().filter(|&&axis| axis == -1).count();
        if shape.is_empty() || free > 1 || (free == 0 && known != numbers) {
            return Err(refuse());
        }
        let axes = shape.iter().map(|&axis| usize::try_from(axis).unwrap_or(numbers / known)).collect();
        self.step(Kind::Reshape, vec![slot], out, axes)
    }

    fn finish(self, n_actions: usize) -> Result<Plan, Error> {
        let last = self.shapes.last().filter(|_| !self.steps.is_empty());
        if last.is_none_or(|shape| shape.as_slice() != [n_actions]) {
            return Err(refuse("ops", format!("expected {n_actions} actions at the end, got {last:?}")));
        }
        let numbers: usize = self.shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
        if numbers > MOST_NUMBERS {
            return Err(refuse("ops", format!("expected at most {MOST_NUMBERS} numbers, got {numbers}")));
        }
        Ok(Plan { shapes: self.shapes, steps: self.steps, numbers })
    }
}

/// How many windows fit.
fn windows(length: usize, size: usize, stride: usize, padding: usize) -> Result<usize, String> {
    let fits = size > 0 && stride > 0 && padding < size && length + 2 * padding >= size;
    if fits {
        Ok((length + 2 * padding - size) / stride + 1)
    } else {
        Err(format!("size: window {size}, stride {stride}, padding {padding} do not fit {length}"))
    }
}
