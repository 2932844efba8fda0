use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

/// out (rows, n) = x (rows, k) times matrix (k, n), plus a bias per column.
pub fn affine_rows(x: &[f32], matrix: &[f32], bias: Option<&[f32]>, k: usize, n: usize, out: &mut [f32]) {
    let rows = x.len() / k;
    match bias {
        Some(bias) => out.chunks_exact_mut(n).for_each(|row| row.copy_from_slice(bias)),
        None => out.fill(0.0),
    }
    if n == 1 {
        let dot = |row: &[f32]| row.iter().zip(matrix).map(|(a, b)| a * b).sum::<f32>();
        out.iter_mut().zip(x.chunks_exact(k)).for_each(|(out, row)| *out += dot(row));
        return;
    }
    let view =
        |rows, columns, data| ArrayView2::from_shape((rows, columns), data).expect("the plan checked sizes");
    let mut out = ArrayViewMut2::from_shape((rows, n), out).expect("the plan checked sizes");
    general_mat_mul(1.0, &view(rows, k, x), &view(k, n, matrix), 1.0, &mut out);
}

/// A convolution's geometry over one image (rows, columns, channels).
#[derive(Clone, Copy)]
pub struct Patches {
    /// Of the image.
    pub image: [usize; 3],
    /// Of the result.
    pub out: [usize; 2],
    /// Rows, columns of a window.
    pub kernel: [usize; 2],
    /// Between windows.
    pub stride: [usize; 2],
    /// Zeros on either side.
    pub padding: [usize; 2],
}

impl Patches {
    /// Numbers in one window.
    pub fn width(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.image[2]
    }

    /// Write every window as a row of numbers (im2col).
    pub fn collect(&self, image: &[f32], into: &mut Vec<f32>) {
        into.clear();
        into.resize(self.out[0] * self.out[1] * self.width(), 0.0);
        let line = self.kernel[1] * self.image[2];
        for (at, patch) in into.chunks_exact_mut(self.width()).enumerate() {
            let (top, left) = (at / self.out[1] * self.stride[0], at % self.out[1] * self.stride[1]);
            for (i, line) in patch.chunks_exact_mut(line).enumerate() {
                let row = (top + i).wrapping_sub(self.padding[0]);
                if row < self.image[0] {
                    self.line(image, row, left, line);
                }
            }
        }
    }

    fn line(&self, image: &[f32], row: usize, left: usize, line: &mut [f32]) {
        let [_, columns, channels] = self.image;
        let first = self.padding[1].saturating_sub(left);
        let start = left + first - self.padding[1];
        let n = self.kernel[1].saturating_sub(first).min(columns.saturating_sub(start)) * channels;
        let from = (row * columns + start) * channels;
        line[first * channels..][..n].copy_from_slice(&image[from..][..n]);
    }
}

/// Maximum over tiles of an image (rows, columns, channels).
pub fn max_pool(image: &[f32], shape: &[usize], size: [usize; 2], out_columns: usize, out: &mut [f32]) {
    let (columns, channels) = (shape[1], shape[2]);
    for (at, cell) in out.chunks_exact_mut(channels).enumerate() {
        let (top, left) = (at / out_columns * size[0], at % out_columns * size[1]);
        cell.fill(f32::NEG_INFINITY);
        for row in top..top + size[0] {
            for column in left..left + size[1] {
                let from = &image[(row * columns + column) * channels..][..channels];
                cell.iter_mut().zip(from).for_each(|(m, &v)| *m = m.max(v));
            }
        }
    }
}

/// Fold the first axis of x (n, m) into out (m).
pub fn reduce(x: &[f32], start: f32, out: &mut [f32], join: impl Fn(f32, f32) -> f32) {
    out.fill(start);
    for row in x.chunks_exact(out.len()) {
        out.iter_mut().zip(row).for_each(|(total, &v)| *total = join(*total, v));
    }
}
