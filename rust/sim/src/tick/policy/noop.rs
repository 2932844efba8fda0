use super::{NextWake, Policy};
use crate::tick::action::Actions;
use crate::tick::view::LocalView;

/// Does nothing and is never woken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noop;

impl Policy for Noop {
    fn first(&mut self, _: i64) -> NextWake {
        NextWake::NEVER
    }

    fn wake(&mut self, _: &LocalView<'_>, _: &mut Actions) -> NextWake {
        NextWake::NEVER
    }
}
