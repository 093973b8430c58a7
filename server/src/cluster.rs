//! Many gateways on one PostgreSQL: who is there, what each may do of what they share, and how they hear of each other.
//!
//! A gateway has a lease in the database, renewed every second; one that could not renew it sends nothing more, and the
//! others end it and take over what it had. What it had is known by its name on the rows (`claim_id`), so that whatever it
//! still brings afterwards is refused. With SQLite there is one gateway, which may do everything.

mod beat;
mod hear;
mod look;
mod moment;
mod share;

pub use beat::{join, leave, run as beat};
pub use hear::{listen, run as hear};
pub use look::run as look;
pub use share::Share;

use crate::config::EndpointConfig;
use crate::store::{Node, WRITERS, Writing};
use moment::Moment;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use tokio::sync::Notify;

/// A gateway that does not renew its lease for so long is taken for gone.
pub const LEASE: Duration = Duration::from_secs(5);
/// What the others do in the last moments of a lease is not to overlap with what its owner still begins.
const MARGIN: Duration = Duration::from_millis(500);

/// This gateway among the others.
#[derive(Debug)]
pub struct Cluster {
    /// `None` on SQLite.
    view: Option<RwLock<View>>,
    /// Whether this gateway delivers, or only takes in.
    works: bool,
    /// The number that each writer's commit had last, whether it was made or not: whose answer is lost may have been.
    told: [AtomicI64; WRITERS],
    /// How often what waits may have become another number than this gateway knows.
    doubts: AtomicU64,
    /// What this gateway keeps in memory may have changed unheard.
    to_look: Notify,
    /// Something was told that others are to hear.
    to_hint: Notify,
    /// Others have something to tell.
    to_hear: Notify,
}

/// What was seen with the last beat.
#[derive(Debug)]
struct View {
    node: Arc<str>,
    /// Until when this gateway may begin anything.
    until: Moment,
    /// Whether everybody knows of it.
    is_settled: bool,
    /// The gateways that deliver, this one among them if it does.
    workers: Vec<Arc<str>>,
    others: Vec<Arc<str>>,
    is_watched_elsewhere: bool,
    leads: bool,
}

impl Cluster {
    /// One gateway on a database of its own.
    pub fn alone() -> Self {
        Self::new(None, true)
    }

    /// One of many, that begins as `node`.
    pub fn many(node: &str, works: bool) -> Self {
        let view = View {
            node: node.into(),
            until: Moment::now(),
            is_settled: false,
            workers: Vec::new(),
            others: Vec::new(),
            is_watched_elsewhere: false,
            leads: false,
        };
        Self::new(Some(RwLock::new(view)), works)
    }

    fn new(view: Option<RwLock<View>>, works: bool) -> Self {
        Self {
            view,
            works,
            told: Default::default(),
            doubts: AtomicU64::new(0),
            to_look: Notify::new(),
            to_hint: Notify::new(),
            to_hear: Notify::new(),
        }
    }

    /// By what this gateway's claims are known; `None` where there are none.
    pub fn node(&self) -> Option<Arc<str>> {
        Some(Arc::clone(&self.view()?.node))
    }

    /// Whether this gateway delivers and asks the agent, or only takes in.
    pub const fn works(&self) -> bool {
        self.works
    }

    /// Whether there are other gateways.
    pub fn has_others(&self) -> bool {
        self.view().is_some_and(|view| !view.others.is_empty())
    }

    /// Whether its lease is in force: if not, others may be doing what this one would.
    pub fn may_begin(&self) -> bool {
        self.view().is_none_or(|view| !view.until.is_over())
    }

    /// Whether this is the one that does what only one does.
    pub fn leads(&self) -> bool {
        self.view().is_none_or(|view| view.leads && !view.until.is_over())
    }

    /// What this gateway may do of what an endpoint may get.
    pub fn share(&self, config: &EndpointConfig) -> Share {
        self.share_of(
            &config.name,
            Share { concurrency: config.concurrency, rate: config.rate_limit, rank: 0 },
        )
    }

    /// The same of places that have no rate.
    pub fn places(&self, name: &str, places: u32) -> u32 {
        self.share_of(name, Share { concurrency: places, rate: None, rank: 0 }).concurrency
    }

    fn share_of(&self, name: &str, whole: Share) -> Share {
        let Some(view) = self.view() else { return whole };
        let others = view.workers.iter().any(|worker| *worker != view.node);
        // The others go by their old shares until they know of this gateway.
        if !self.works || (others && !view.is_settled) {
            return Share::default();
        }
        whole.of(name, &view.node, &view.workers)
    }

    /// What the next commit of this writer is to say of itself.
    pub fn writing(&self, writer: usize) -> Option<Writing> {
        let view = self.view()?;
        let number = (!view.others.is_empty()).then(|| self.told[writer].fetch_add(1, Ordering::Relaxed) + 1);
        let (node, in_full) = (Arc::clone(&view.node), view.is_watched_elsewhere);
        let teller = teller(&node, writer);
        Some(Writing { node, teller, works: self.works, number, in_full })
    }

    /// Such a commit was made.
    pub fn written(&self, writing: &Writing) {
        if writing.number.is_some() {
            self.to_hint.notify_one();
        }
    }

    /// A commit failed and may have been made, or what waits was counted while commits were told.
    pub fn doubt(&self) {
        self.doubts.fetch_add(1, Ordering::Relaxed);
    }

    /// What this gateway keeps in memory may have changed unheard: it is read anew, until all could be.
    pub fn look(&self) {
        self.to_look.notify_one();
    }

    fn doubts(&self) -> u64 {
        self.doubts.load(Ordering::Relaxed)
    }

    fn view(&self) -> Option<RwLockReadGuard<'_, View>> {
        Some(self.view.as_ref()?.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn view_mut(&self) -> Option<RwLockWriteGuard<'_, View>> {
        Some(self.view.as_ref()?.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over what a beat saw, which began at `began`. Says whether others came or went, or are known by all now.
    fn saw(&self, nodes: &[Node], began: Moment) -> bool {
        let Some(mut view) = self.view_mut() else { return false };
        let of = |wanted: &dyn Fn(&Node) -> bool| -> Vec<Arc<str>> {
            nodes.iter().filter(|node| wanted(node)).map(|node| node.id.as_str().into()).collect()
        };
        let me = Arc::clone(&view.node);
        let workers = of(&|node| node.works);
        let others = of(&|node| *node.id != *me);
        let is_settled = nodes.iter().any(|node| *node.id == *me && node.is_settled);
        let changed = view.workers != workers || view.others != others || view.is_settled != is_settled;
        view.is_watched_elsewhere = nodes.iter().any(|node| node.watched && *node.id != *me);
        (view.workers, view.others, view.is_settled) = (workers, others, is_settled);
        view.until = began.after(LEASE.saturating_sub(MARGIN));
        changed
    }

    /// The others ended this gateway: it begins nothing more.
    fn end(&self) {
        self.set_leads(false);
        if let Some(mut view) = self.view_mut() {
            view.until = Moment::now();
        }
    }

    /// Begins anew under another name, once it has a place by that. Its commits are numbered on: one that is numbered while the
    /// name changes would hide those that began at 1 again.
    pub(crate) fn begin_as(&self, node: &str) {
        if let Some(mut view) = self.view_mut() {
            view.node = node.into();
            view.is_settled = false;
        }
    }

    fn set_leads(&self, leads: bool) {
        if let Some(mut view) = self.view_mut()
            && view.leads != leads
        {
            view.leads = leads;
            tracing::info!(
                "This gateway {} health checks and retention",
                if leads { "leads" } else { "leaves" }
            );
        }
    }
}

/// Under what a writer of a gateway tells.
fn teller(node: &str, writer: usize) -> String {
    format!("{node}/{writer}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_comes_twice_whatever_name_it_is_told_under() {
        let cluster = Cluster::many("node_a", true);
        let other = Node {
            id: "node_c".to_owned(),
            instance_id: "other".to_owned(),
            works: true,
            watched: false,
            is_settled: true,
        };
        cluster.saw(&[other], Moment::now());
        let told = || {
            let writing = cluster.writing(0).unwrap();
            (writing.teller, writing.number)
        };
        assert_eq!(told(), ("node_a/0".to_owned(), Some(1)));
        cluster.begin_as("node_b");
        assert_eq!(told(), ("node_b/0".to_owned(), Some(2)));
    }
}
