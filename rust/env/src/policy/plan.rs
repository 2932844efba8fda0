use std::collections::{HashMap, HashSet};

use crate::Error;
use crate::policy::build::Build;
use crate::policy::file::refuse;
use crate::policy::op::Op;
use crate::policy::weights::Tensor;

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
        let Some((Op::Gather { out }, rest)) = ops.split_first() else {
            return Err(refuse("ops[0]", "expected gather"));
        };
        let mut build = Build::new(weights);
        build.inputs(out, inputs).map_err(|message| refuse("ops[0]", message))?;
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
