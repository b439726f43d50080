//! What a request says about the trace that it is part of: the header `traceparent` of W3C Trace Context.

/// The caller's span. Clients choose it freely, so it is something to link to and never a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    pub trace_id: [u8; 16],
    pub span_id: [u8; 8],
    pub flags: u8,
}

/// Only four parts were defined in version 0.
const FIRST_VERSION: u8 = 0;
/// Forbidden, says the standard.
const NO_VERSION: u8 = 0xff;

impl TraceParent {
    /// Parses the header's value, such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let [version] = bytes::<1>(parts.next()?)?;
        let (trace_id, span_id) = (bytes::<16>(parts.next()?)?, bytes::<8>(parts.next()?)?);
        let [flags] = bytes::<1>(parts.next()?)?;
        let is_whole = match version {
            NO_VERSION => false,
            FIRST_VERSION => parts.next().is_none(),
            // Later versions may add parts.
            _ => true,
        };
        let has_ids = trace_id != [0; 16] && span_id != [0; 8];
        (is_whole && has_ids).then_some(Self { trace_id, span_id, flags })
    }
}

/// Parses so many bytes in hexadecimal. Only lower case is allowed.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.bytes().map(digit).collect::<Option<Vec<u8>>>()?;
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = pair.iter().fold(0_u8, |byte, digit| byte * 16 + digit);
    }
    Some(bytes)
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn a_caller_is_read() {
        let expected = TraceParent {
            trace_id: [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36],
            span_id: [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7],
            flags: 1,
        };
        assert_eq!(TraceParent::parse(&format!("00-{TRACE}-{SPAN}-01")), Some(expected));
        assert_eq!(TraceParent::parse(&format!("cc-{TRACE}-{SPAN}-01-what-comes-later")), Some(expected));
    }

    #[test]
    fn anything_else_is_none() {
        let zero_trace = "0".repeat(32);
        let zero_span = "0".repeat(16);
        for text in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{zero_trace}-{SPAN}-01"),
            format!("00-{TRACE}-{zero_span}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}0-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}\u{e9}-01"),
            format!(" 00-{TRACE}-{SPAN}-01"),
        ] {
            assert_eq!(TraceParent::parse(&text), None, "{text}");
        }
    }
}
