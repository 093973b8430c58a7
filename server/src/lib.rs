//! OpenClaw Webhooks: an assistant's events out as signed HTTP requests, other systems' requests in as agent runs.
//!
//! The modules, in the order in which the data visits them:
//!
//! - [`config`] reads `openclaw.json5`; [`gateway`] builds from it what everything shares; [`watch`] sees it change.
//! - [`listen`] takes a port for it; [`http`] takes requests, [`bodies`] what they carry; [`problem`] is what it says when one is wrong.
//! - [`outbound`] is the way of an event, from the posted body to a receiver's answer; [`template`] renders,
//!   [`net`] makes the requests and judges addresses.
//! - [`inbound`] is the way of a hit, from a verified request to the agent's answer, which goes out as an event.
//! - [`committer`] is the one writer, [`store`] the database behind it, [`meters`] what is counted on the way.
//! - [`cluster`] shares one database among many gateways.
//! - [`telemetry`] is what Prometheus scrapes.
//! - [`endpoints`] knows how each receiver does, [`health`] asks; [`retention`] deletes what is old; [`live`] shows every change to who watches.
//! - [`clock`], [`rate`] and [`secret`] are used by all, [`echo`] masks secrets that come back, [`vault`] seals what the database keeps secret; [`cli`] is the command line.

pub mod bodies;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod committer;
pub mod config;
pub mod echo;
pub mod endpoints;
pub mod gateway;
pub mod health;
pub mod http;
pub mod inbound;
pub mod listen;
pub mod live;
pub mod meters;
pub mod net;
pub mod outbound;
pub mod problem;
pub mod rate;
pub mod retention;
pub mod secret;
pub mod store;
pub mod telemetry;
pub mod template;
pub mod vault;
pub mod watch;
