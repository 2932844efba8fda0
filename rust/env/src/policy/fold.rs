//! From the operations of a value network to plain layers: heads that are linear are folded into the last one.

use serde::Deserialize;

use crate::policy::q::Tensors;
use crate::policy::weights::Tensor;

/// One operation on what the one before gave.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// x W + b, W (inputs, outputs).
    Linear {
        /// Matrix.
        weight: String,
        /// (outputs).
        bias: String,
    },
    /// max(x, 0).
    Relu,
    /// advantage - mean over actions + value, both linear; a row of actions per quantile.
    Dueling {
        /// (inputs, rows * actions).
        advantage_weight: String,
        /// (rows * actions).
        advantage_bias: String,
        /// (inputs, rows).
        value_weight: String,
        /// (rows).
        value_bias: String,
    },
    /// Mean over rows of actions.
    QuantileMean {
        /// Rows.
        quantiles: usize,
    },
    /// mean over rows of min(c + row, 0) + epsilon mean over rows, with c the stock of the observation.
    QuantileStock {
        /// Rows.
        quantiles: usize,
        /// Share of the plain mean, which alone tells actions apart where no row falls below 0.
        epsilon: f32,
    },
    /// The action of the largest value that is legal; the last operation.
    MaskedArgmax,
}

/// Field and message.
pub type Refusal = (String, String);

/// How the numbers of the last layer become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Head {
    /// They are.
    Values,
    /// By [`Op::QuantileStock`].
    Stock {
        /// Rows.
        quantiles: usize,
        /// Share of the plain mean.
        epsilon: f32,
    },
}

impl Head {
    /// Append the values of `actions` to `out`, from numbers of the last layer and a stock.
    pub fn rate(self, found: &[f32], actions: usize, stock: f32, out: &mut Vec<f32>) {
        let Self::Stock { quantiles, epsilon } = self else {
            return out.extend_from_slice(found);
        };
        for action in 0..actions {
            let (mut short, mut whole) = (0.0f64, 0.0f64);
            for &row in found.iter().skip(action).step_by(actions) {
                short += f64::from((stock + row).min(0.0));
                whole += f64::from(row);
            }
            out.push(((short + f64::from(epsilon) * whole) / quantiles as f64) as f32);
        }
    }
}

/// Whether so many numbers are rows of actions, at least one.
fn are_rows(numbers: usize, quantiles: usize, actions: usize) -> bool {
    quantiles > 0 && quantiles.checked_mul(actions) == Some(numbers)
}

/// A layer in f64, input-major.
#[derive(Clone, Debug)]
pub struct Dense {
    /// (inputs, outputs).
    pub weights: Vec<f64>,
    /// (outputs).
    pub bias: Vec<f64>,
    /// ReLU after it.
    pub relu: bool,
}

impl Dense {
    /// Layers from `inputs` numbers to `actions` values; tensors that were used are taken out.
    ///
    /// # Errors
    /// An unknown tensor, a shape that does not fit, operations in an order without meaning.
    pub fn of(
        ops: &[Op],
        tensors: &mut Tensors,
        inputs: usize,
        actions: usize,
    ) -> Result<(Vec<Self>, Head), Refusal> {
        let mut layers: Vec<Self> = Vec::new();
        let mut head = Head::Values;
        let mut wide = inputs;
        for (i, op) in ops.iter().enumerate() {
            let refuse = |message: String| (format!("ops[{i}]"), message);
            if head != Head::Values && *op != Op::MaskedArgmax {
                return Err(refuse("expected nothing but masked_argmax after quantile_stock".to_owned()));
            }
            match op {
                Op::Linear { weight, bias } => {
                    layers.push(Self::linear(tensors, weight, bias, wide).map_err(refuse)?);
                }
                Op::Relu => match layers.last_mut() {
                    Some(last) if !last.relu => last.relu = true,
                    _ => return Err(refuse("relu: expected a linear layer before it".to_owned())),
                },
                Op::Dueling { advantage_weight, advantage_bias, value_weight, value_bias } => {
                    let advantage =
                        Self::linear(tensors, advantage_weight, advantage_bias, wide).map_err(refuse)?;
                    let value = Self::linear(tensors, value_weight, value_bias, wide).map_err(refuse)?;
                    layers.push(advantage.dueling(&value, actions).map_err(refuse)?);
                }
                Op::QuantileMean { quantiles } => match layers.pop() {
                    Some(last) if !last.relu => layers.push(last.mean(*quantiles, actions).map_err(refuse)?),
                    _ => return Err(refuse("quantile_mean: expected a linear head before it".to_owned())),
                },
                Op::QuantileStock { quantiles, epsilon } => {
                    let linear = layers.last().is_some_and(|last| !last.relu);
                    if !linear || !are_rows(wide, *quantiles, actions) {
                        return Err(refuse(format!(
                            "quantile_stock: expected a linear head of {quantiles} rows of {actions} before it, got {wide}"
                        )));
                    }
                    if !(epsilon.is_finite() && *epsilon >= 0.0) {
                        return Err(refuse(format!(
                            "quantile_stock: epsilon: expected at least 0 and finite, got {epsilon}"
                        )));
                    }
                    head = Head::Stock { quantiles: *quantiles, epsilon: *epsilon };
                }
                Op::MaskedArgmax if i + 1 == ops.len() => {}
                Op::MaskedArgmax => return Err(refuse("masked_argmax: expected at the end".to_owned())),
            }
            wide = layers.last().map_or(inputs, |layer| layer.bias.len());
        }
        let ends = matches!(ops.last(), Some(Op::MaskedArgmax));
        if ends && !layers.is_empty() && (wide == actions || head != Head::Values) {
            Ok((layers, head))
        } else {
            Err((
                "ops".to_owned(),
                format!("expected {actions} values and masked_argmax at the end, got {wide}"),
            ))
        }
    }

    fn linear(tensors: &mut Tensors, weight: &str, bias: &str, inputs: usize) -> Result<Self, String> {
        let mut take = |name: &str| tensors.remove(name).ok_or_else(|| format!("no tensor {name:?} left"));
        let (Tensor { shape, data }, offsets) = (take(weight)?, take(bias)?);
        let outputs = offsets.data.len();
        if outputs == 0 || shape != [inputs, outputs] || offsets.shape != [outputs] {
            let expected =
                format!("expected {weight:?} of shape [{inputs}, outputs] and {bias:?} of shape [outputs]");
            return Err(format!("{expected}, got {shape:?} and {:?}", offsets.shape));
        }
        let wide = |data: &[f32]| data.iter().map(|&v| f64::from(v)).collect();
        Ok(Self { weights: wide(&data), bias: wide(&offsets.data), relu: false })
    }

    fn dueling(self, value: &Self, actions: usize) -> Result<Self, String> {
        let rows = value.bias.len();
        if self.bias.len() != rows * actions {
            return Err(format!("expected {rows} rows of {actions} advantages, got {}", self.bias.len()));
        }
        let join = |advantages: &[f64], values: &[f64]| -> Vec<f64> {
            let each = advantages.chunks_exact(actions).zip(values);
            each.flat_map(|(row, v)| {
                let mean = row.iter().sum::<f64>() / actions as f64;
                row.iter().map(move |a| a - mean + v)
            })
            .collect()
        };
        Ok(Self {
            weights: join(&self.weights, &value.weights),
            bias: join(&self.bias, &value.bias),
            relu: false,
        })
    }

    fn mean(self, quantiles: usize, actions: usize) -> Result<Self, String> {
        if !are_rows(self.bias.len(), quantiles, actions) {
            return Err(format!("expected {quantiles} rows of {actions}, got {} numbers", self.bias.len()));
        }
        let mean = |numbers: &[f64]| -> Vec<f64> {
            let each = numbers.chunks_exact(quantiles * actions);
            each.flat_map(|rows| {
                (0..actions)
                    .map(move |a| rows.iter().skip(a).step_by(actions).sum::<f64>() / quantiles as f64)
            })
            .collect()
        };
        Ok(Self { weights: mean(&self.weights), bias: mean(&self.bias), relu: false })
    }
}
