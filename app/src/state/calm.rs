//! Keeps the page quick under load: many frames are shown a few times a second, and a hidden page shows none until it
//! is looked at again.

use super::Store;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wire::Frame;

/// A message of so many frames is shown at once.
const FEW: usize = 24;

/// More are gathered for so long.
const GATHER_MS: u32 = 400;

/// Lists that could not be fetched are asked for again after so long.
const AGAIN_MS: u32 = 3000;

/// Frames that wait, and why.
#[derive(Default)]
pub(super) struct Calm {
    kept: Vec<Frame>,
    /// A moment is set at which they are shown.
    gathering: bool,
    /// The lists are on their way; what comes meanwhile is newer than they are.
    fetching: bool,
    /// The page was hidden and left something out.
    missed: bool,
}

impl Store {
    /// Gives what is to be shown at once, and keeps or leaves out the rest.
    pub(super) fn calm_down(&self, mut frames: Vec<Frame>) -> Vec<Frame> {
        // Attempts are shown on one page alone, and they are the largest.
        if self.open.with_untracked(Option::is_none) {
            frames.retain(|frame| !matches!(frame, Frame::Attempt { .. }));
        }
        let fetching = self.calm.with_value(|calm| calm.fetching);
        if document().hidden() && !fetching {
            let all = frames.len();
            // The tab's title still says how all is.
            frames.retain(|frame| {
                matches!(frame, Frame::Endpoint { .. } | Frame::Config { .. } | Frame::Stats { .. })
            });
            if frames.len() < all {
                self.calm.update_value(|calm| calm.missed = true);
            }
            return frames;
        }
        let mut calm = self.calm.write_value();
        if !calm.fetching && !calm.gathering && frames.len() <= FEW {
            return frames;
        }
        calm.kept.append(&mut frames);
        if !calm.fetching && !calm.gathering {
            calm.gathering = true;
            let store = *self;
            leptos::task::spawn_local(async move {
                TimeoutFuture::new(GATHER_MS).await;
                store.calm.update_value(|calm| calm.gathering = false);
                store.show_kept();
            });
        }
        Vec::new()
    }

    /// Shows what was kept, unless newer lists are on their way.
    fn show_kept(&self) {
        let mut calm = self.calm.write_value();
        if calm.fetching {
            return;
        }
        let kept = std::mem::take(&mut calm.kept);
        drop(calm);
        self.apply_now(kept);
    }

    /// Fetches what was left out, once the page is looked at again.
    pub(crate) fn look_again(&self) {
        let store = *self;
        if document().hidden() || !store.calm.with_value(|calm| calm.missed && !calm.fetching) {
            return;
        }
        store.calm.update_value(|calm| (calm.missed, calm.fetching) = (false, true));
        leptos::task::spawn_local(async move {
            // What came before the lists is in them.
            while store.fetch().await.is_err() {
                TimeoutFuture::new(AGAIN_MS).await;
                store.calm.update_value(|calm| calm.kept.clear());
                if document().hidden() {
                    // Nobody waits for them any more.
                    store.calm.update_value(|calm| calm.missed = true);
                    break;
                }
            }
            store.calm.update_value(|calm| calm.fetching = false);
            store.show_kept();
        });
    }
}
