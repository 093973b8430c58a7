//! What happens while a page's data is on its way: the answer may be older than the frames that came before it. They
//! are kept, and applied once more to what it brings.

use super::Store;
use leptos::prelude::*;
use wire::Frame;

/// More is not kept: then everything is fetched once more.
const MOST_KEPT: usize = 2000;

/// The frames that came since the first of the fetches under way began.
#[derive(Default)]
pub(super) struct Meanwhile {
    under_way: u32,
    kept: Vec<Frame>,
    too_many: bool,
}

/// One fetch; over when it is done, and when nobody waits for it any longer.
struct UnderWay(Store);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.meanwhile.try_update_value(|meanwhile| meanwhile.under_way -= 1);
    }
}

impl Store {
    /// Fetches what is to be shown; who shows it calls [`Store::catch_up`] after that.
    pub async fn fetching<T>(self, fetch: impl Future<Output = T>) -> T {
        self.meanwhile.update_value(|meanwhile| {
            if meanwhile.under_way == 0 {
                *meanwhile = Meanwhile::default();
            }
            meanwhile.under_way += 1;
        });
        let _under_way = UnderWay(self);
        fetch.await
    }

    /// Applies once more what came while the data now on display was fetched.
    pub fn catch_up(&self) {
        let mut frames = Vec::new();
        let mut too_many = false;
        self.meanwhile.update_value(|meanwhile| {
            too_many = meanwhile.too_many;
            // Others that are on their way need them too.
            frames = match meanwhile.under_way {
                0 => std::mem::take(&mut meanwhile.kept),
                _ => meanwhile.kept.clone(),
            };
        });
        if too_many {
            self.fetch_soon();
        } else if !frames.is_empty() {
            self.apply_now(frames);
        }
    }

    /// Keeps what bears on lists while some are on their way.
    pub(super) fn keep(&self, frames: &[Frame]) {
        self.meanwhile.update_value(|meanwhile| {
            if meanwhile.under_way == 0 || meanwhile.too_many {
                return;
            }
            let lasting = |frame: &&Frame| !matches!(frame, Frame::Stats { .. } | Frame::Config { .. });
            meanwhile.kept.extend(frames.iter().filter(lasting).cloned());
            if meanwhile.kept.len() > MOST_KEPT {
                meanwhile.kept = Vec::new();
                meanwhile.too_many = true;
            }
        });
    }

    #[cfg_attr(
        not(feature = "hydrate"),
        expect(clippy::unused_self, reason = "only the browser fetches anew")
    )]
    fn fetch_soon(&self) {
        #[cfg(feature = "hydrate")]
        self.send_for(super::Errand::All);
    }
}
