use serde::Deserialize;

/// One operation: what it reads, its numbers, and the name of what it makes. Axes do not count the batch.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub enum Op {
    /// The observation, taken apart: prices (W, K, F), weights (K + 1) and s.
    Gather {
        /// Names of the three.
        out: [String; 3],
    },
    /// Cross-correlation of an image with a kernel (rows, columns, channels in, channels out).
    Conv2d {
        /// Image.
        x: String,
        /// Kernel.
        weight: String,
        /// (channels out).
        bias: Option<String>,
        /// Rows, columns.
        stride: [usize; 2],
        /// Zeros on either side of rows, columns.
        padding: [usize; 2],
        /// Image.
        out: String,
    },
    /// max(x, 0).
    Relu {
        /// Any.
        x: String,
        /// Same shape.
        out: String,
    },
    /// Hyperbolic tangent.
    Tanh {
        /// Any.
        x: String,
        /// Same shape.
        out: String,
    },
    /// Maximum over tiles of an image; what is left over at the ends is dropped.
    Maxpool2d {
        /// Image.
        x: String,
        /// Rows, columns of a tile.
        size: [usize; 2],
        /// Image.
        out: String,
    },
    /// Mean over the first axis.
    Mean {
        /// Two or three axes.
        x: String,
        /// One axis less.
        out: String,
    },
    /// Maximum over the first axis.
    Max {
        /// Two or three axes.
        x: String,
        /// One axis less.
        out: String,
    },
    /// The last axis times a matrix (in, out).
    Linear {
        /// Any.
        x: String,
        /// Matrix.
        weight: String,
        /// (out).
        bias: Option<String>,
        /// Last axis replaced.
        out: String,
    },
    /// Sum; the second may lack leading axes of the first.
    Add {
        /// Two.
        x: [String; 2],
        /// Shape of the first.
        out: String,
    },
    /// Values one after the other along an axis.
    Concat {
        /// Equal in all other axes.
        x: Vec<String>,
        /// Which.
        axis: usize,
        /// Longer along it.
        out: String,
    },
    /// A half-open range of an axis.
    Slice {
        /// Any.
        x: String,
        /// Which.
        axis: usize,
        /// First.
        start: usize,
        /// One past the last; by default the end.
        stop: Option<usize>,
        /// Shorter along it.
        out: String,
    },
    /// scale x + offset.
    Affine {
        /// Any.
        x: String,
        /// Factor.
        scale: f32,
        /// Summand.
        offset: f32,
        /// Same shape.
        out: String,
    },
    /// The same numbers under other axes; one of them may be -1, whatever is left.
    Reshape {
        /// Any.
        x: String,
        /// Axes.
        shape: Vec<i64>,
        /// New shape.
        out: String,
    },
}
