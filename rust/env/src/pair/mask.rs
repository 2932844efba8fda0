//! Which targets are legal.

use crate::pair::layout::Layout;

/// Whether an action may be taken: all, or only flat while trading stands down or the loss limit is reached.
#[inline]
pub fn is_legal(layout: &Layout, action: usize, only_flat: bool) -> bool {
    !only_flat || action % layout.targets() == layout.targets() / 2
}

/// Write the legality bits of every action.
pub fn write(layout: &Layout, only_flat: bool, out: &mut [f32]) {
    for (action, bit) in out.iter_mut().enumerate() {
        *bit = f32::from(u8::from(is_legal(layout, action, only_flat)));
    }
}
