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
        _ => body::<1>(inputs, weights, bias, relu, out),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn layer_avx2(inputs: &[(u32, f32)], weights: &[f32], bias: &[f32], relu: bool, out: &mut [f32]) {
    // Two blocks are eight sums under way: as many as the latency of an addition asks for.
    body::<2>(inputs, weights, bias, relu, out);
}

type Row = [f32; LANES];

/// `TOGETHER` blocks at a time, what is left over one by one.
#[inline(always)]
fn body<const TOGETHER: usize>(
    inputs: &[(u32, f32)],
    weights: &[f32],
    bias: &[f32],
    relu: bool,
    out: &mut [f32],
) {
    let (weights, bias, out) = (weights.as_chunks().0, bias.as_chunks().0, out.as_chunks_mut::<LANES>().0);
    let rows = weights.len() / out.len();
    let whole = out.len() / TOGETHER * TOGETHER;
    for first in (0..whole).step_by(TOGETHER) {
        blocks::<TOGETHER>(inputs, &weights[first * rows..], rows, &bias[first..], relu, &mut out[first..]);
    }
    for first in whole..out.len() {
        blocks::<1>(inputs, &weights[first * rows..], rows, &bias[first..], relu, &mut out[first..]);
    }
}

#[inline(always)]
fn blocks<const N: usize>(
    inputs: &[(u32, f32)],
    weights: &[Row],
    rows: usize,
    bias: &[Row],
    relu: bool,
    out: &mut [Row],
) {
    let own: [&[Row]; N] = std::array::from_fn(|block| &weights[block * rows..][..rows]);
    let mut sums: [Row; N] = std::array::from_fn(|block| bias[block]);
    for &(index, x) in inputs {
        for (sums, rows) in sums.iter_mut().zip(own) {
            let row = &rows[index as usize];
            for lane in 0..LANES {
                sums[lane] += x * row[lane];
            }
        }
    }
    for (out, sums) in out.iter_mut().zip(sums) {
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = if relu && !(sum > 0.0) { 0.0 } else { sum };
        }
    }
}
