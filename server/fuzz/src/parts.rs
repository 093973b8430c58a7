//! Inputs of several parts, each beginning after a line of its own: `---`.

/// The first `N` parts as text; what is missing is empty.
pub(crate) fn of<const N: usize>(input: &[u8]) -> Option<[&str; N]> {
    let text = std::str::from_utf8(input).ok()?;
    let mut parts = text.splitn(N, "\n---\n");
    Some(std::array::from_fn(|_| parts.next().unwrap_or_default()))
}
