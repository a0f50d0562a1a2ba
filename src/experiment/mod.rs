//! Many runs at once. The only room that knows threads.

mod batch;

pub use batch::in_order;
