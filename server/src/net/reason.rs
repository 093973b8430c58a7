//! What a failure's reason means for the person who has to mend it, and which reason a status is.

use wire::Reason;

/// One line on how to mend what fails for `reason`.
pub fn hint(reason: Reason) -> &'static str {
    match reason {
        Reason::Dns => "Check the host in the endpoint's URL, and that this machine's name server knows it.",
        Reason::ConnectRefused => {
            "Check that the receiver is running and that the URL's port is the one it listens on."
        }
        Reason::ConnectTimeout => {
            "A firewall may be dropping packets, or the receiver is down: try its address from this machine."
        }
        Reason::ConnectionReset => {
            "The receiver, or a proxy before it, closed the connection: look into its log at this time."
        }
        Reason::Tls => {
            "Renew or complete the receiver's certificate, trust its authority on this machine, or check http against https."
        }
        Reason::Timeout => {
            "Let the receiver answer 2xx at once and work afterwards, or raise the endpoint's timeoutMs."
        }
        Reason::Http3xx => "Redirects are never followed: put the final address into the endpoint's URL.",
        Reason::Http4xx => {
            "The receiver refused the request: its answer says why; check path, token headers and signing secret."
        }
        Reason::Http429 => "The receiver wants fewer requests: set the endpoint's rateLimit below its limit.",
        Reason::Http410 => {
            "The receiver is gone for good, so the endpoint was paused: correct its URL and resume it, or remove it."
        }
        Reason::Http5xx => {
            "The receiver itself failed: look into its log at this time; its answer may name the cause."
        }
        Reason::BodyTimeout => {
            "The receiver began its answer and did not end it: let it send a short body and finish."
        }
        Reason::InvalidResponse => {
            "What answered does not speak HTTP as it should: check the URL's port, and http against https."
        }
        Reason::BlockedAddress => {
            "If the receiver is meant to be in a private network, add its host or range to webhooks.network.allow."
        }
        Reason::TransformError => {
            "Correct the endpoint's transform: the preview shows what it renders for an event."
        }
        Reason::Misconfigured => {
            "Correct the endpoint's configuration: the detail names what is missing or wrong."
        }
    }
}

/// The reason that an answer's `status` is, or nothing where it is success (2xx).
pub fn of_status(status: u16) -> Option<Reason> {
    match status {
        200..=299 => None,
        300..=399 => Some(Reason::Http3xx),
        410 => Some(Reason::Http410),
        429 => Some(Reason::Http429),
        400..=499 => Some(Reason::Http4xx),
        500..=599 => Some(Reason::Http5xx),
        0..=199 | 600.. => Some(Reason::InvalidResponse),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_reason() {
        let cases = [
            (101, Some(Reason::InvalidResponse)),
            (200, None),
            (204, None),
            (299, None),
            (301, Some(Reason::Http3xx)),
            (400, Some(Reason::Http4xx)),
            (410, Some(Reason::Http410)),
            (429, Some(Reason::Http429)),
            (499, Some(Reason::Http4xx)),
            (500, Some(Reason::Http5xx)),
            (599, Some(Reason::Http5xx)),
            (600, Some(Reason::InvalidResponse)),
            (999, Some(Reason::InvalidResponse)),
        ];
        for (status, reason) in cases {
            assert_eq!(of_status(status), reason, "{status}");
        }
    }

    #[test]
    fn every_reason_has_a_hint_of_its_own_in_one_line() {
        let hints: std::collections::HashSet<_> = Reason::ALL.iter().map(|&reason| hint(reason)).collect();
        assert_eq!(hints.len(), Reason::ALL.len());
        for hint in hints {
            assert!(hint.ends_with('.') && !hint.contains('\n') && hint.len() < 140, "{hint}");
        }
    }
}
