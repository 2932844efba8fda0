use std::collections::HashMap;

use safetensors::{Dtype, SafeTensors};

use crate::Error;
use crate::policy::file::{WEIGHTS, refuse};

/// Numbers of a policy by name.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Axes.
    pub shape: Vec<usize>,
    /// Row-major.
    pub data: Vec<f32>,
}

/// Every tensor of a file.
///
/// # Errors
/// Not safetensors; a tensor that is not f32 or not finite.
pub fn parse(bytes: &[u8]) -> Result<HashMap<String, Tensor>, Error> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| refuse(WEIGHTS, error))?;
    file.iter()
        .map(|(name, view)| {
            if view.dtype() != Dtype::F32 {
                return Err(refuse(name, format!("expected F32, got {:?}", view.dtype())));
            }
            let numbers = view.data().chunks_exact(4);
            let data: Vec<f32> = numbers.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            match data.iter().position(|v| !v.is_finite()) {
                Some(at) => {
                    Err(refuse(name, format!("expected finite numbers, number {at} is {}", data[at])))
                }
                None => Ok((name.to_owned(), Tensor { shape: view.shape().to_vec(), data })),
            }
        })
        .collect()
}
