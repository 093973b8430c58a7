//! The live stream: every change of state gets its number in [`feed`] where it is committed, and [`stream`]
//! hands it to who watches.

pub mod feed;
pub mod room;
pub mod stream;
