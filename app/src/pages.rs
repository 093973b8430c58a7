//! The pages, one component a file.

mod delivery;
mod endpoint;
mod endpoints;
mod event;
mod hit;
mod login;
mod not_found;
mod overview;
mod settings;

pub use delivery::DeliveryPage;
pub use endpoint::EndpointPage;
pub use endpoints::Endpoints;
pub use event::EventPage;
pub use hit::HitPage;
pub use login::Login;
pub use not_found::NotFound;
pub use overview::{FirstTest, Hits, Overview, RedeliverMany, Selected, Views};
pub use settings::Settings;
