//! One layer on one observation: a body compiled twice, for the baseline and for AVX2, whose bits are the same.

/// Outputs summed side by side.
pub const LANES: usize = 32;

/// How wide the kernel runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// What every x86-64 of the build has, or another processor's own.
    Baseline,
    /// Eight numbers an instruction.
    Avx2,
}

impl Width {
    /// The widest this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        Self::Baseline
    }
}

/// out = bias + sum over `inputs` (index, number) of number * weights\[index\], in that order: multiply, then add.
///
/// `weights` holds blocks of [`LANES`] outputs, each with a row of them per input; `bias` and `out` are as long as all
/// blocks together. With `relu` what is not above 0 becomes 0.
pub fn layer(
    width: Width,
    inputs: &[(u32, f32)],
    weights: &[f32],
    bias: &[f32],
    relu: bool,
    out: &mut [f32],
) {
    match width {
        #[cfg(target_arch = "x86_64")]
        Width::Avx2 => {
            #[allow(unsafe_code)]
            // SAFETY: `detect` gives this width only where the processor has AVX2.
            unsafe {
                layer_avx2(inputs, weights, bias, relu, out);
            }
        }
        _ => body(inputs, weights, bias, relu, out),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn layer_avx2(inputs: &[(u32, f32)], weights: &[f32], bias: &[f32], relu: bool, out: &mut [f32]) {
    body(inputs, weights, bias, relu, out);
}

#[inline(always)]
fn body(inputs: &[(u32, f32)], weights: &[f32], bias: &[f32], relu: bool, out: &mut [f32]) {
    let block = weights.len() / (out.len() / LANES);
    let blocks =
        weights.chunks_exact(block).zip(bias.as_chunks::<LANES>().0).zip(out.as_chunks_mut::<LANES>().0);
    for ((weights, bias), out) in blocks {
        let rows = weights.as_chunks::<LANES>().0;
        let mut sums = *bias;
        for &(index, x) in inputs {
            let row = &rows[index as usize];
            for lane in 0..LANES {
                sums[lane] += x * row[lane];
            }
        }
        for lane in 0..LANES {
            let sum = sums[lane];
            out[lane] = if relu && !(sum > 0.0) { 0.0 } else { sum };
        }
    }
}
