//! Keeps the page quick under load: many frames are shown a few times a second.

use super::Store;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wire::Frame;

/// A message of so many frames is shown at once.
const FEW: usize = 24;

/// More are gathered for so long.
const GATHER_MS: u32 = 500;

/// Frames that wait.
#[derive(Default)]
pub(super) struct Calm {
    kept: Vec<Frame>,
    /// A moment is set at which they are shown.
    gathering: bool,
}

impl Calm {
    /// Drops what waits.
    pub(super) fn forget(&mut self) {
        self.kept.clear();
    }
}

impl Store {
    /// Gives what is to be shown at once, and keeps or leaves out the rest.
    pub(super) fn calm_down(&self, mut frames: Vec<Frame>) -> Vec<Frame> {
        // Attempts are shown on one page alone, and they are the largest.
        if self.open.with_untracked(Option::is_none) {
            frames.retain(|frame| !matches!(frame, Frame::Attempt { .. }));
        }
        let mut calm = self.calm.write_value();
        if !calm.gathering && frames.len() <= FEW {
            return frames;
        }
        calm.kept.append(&mut frames);
        if !calm.gathering {
            calm.gathering = true;
            let store = *self;
            leptos::task::spawn_local(async move {
                TimeoutFuture::new(GATHER_MS).await;
                let mut kept = Vec::new();
                store.calm.update_value(|calm| {
                    calm.gathering = false;
                    kept = std::mem::take(&mut calm.kept);
                });
                store.apply_now(kept);
            });
        }
        Vec::new()
    }
}
