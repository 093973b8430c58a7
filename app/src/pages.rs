//! The pages, one component a file.

mod delivery;
mod hit;
mod login;
mod not_found;
mod overview;

pub use delivery::DeliveryPage;
pub use hit::HitPage;
pub use login::Login;
pub use not_found::NotFound;
pub use overview::Overview;
