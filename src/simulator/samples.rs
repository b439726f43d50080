//! The sample streams (two accounts, three Regions, plausible names), and fleets of any size. Both are the same every
//! time.

use std::collections::BTreeMap;

use super::stream::Stream;

/// An account in a Region with its streams.
#[derive(Debug)]
pub struct SampleTarget {
    pub account: &'static str,
    pub region: &'static str,
    pub name: &'static str,
    pub is_production: bool,
    /// Name and key; an empty key means none.
    names: &'static [(&'static str, &'static str)],
}

const SERVICE_KEY: &str = "alias/aws/kinesis";
const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/6f1d2c3b-4a59-4e68-9d70-81c2b3a4d5e6";
const NONE: &str = "";

/// The targets of the demo. `orders-prod` is the one stream whose name contains that text.
pub const TARGETS: [SampleTarget; 4] = [
    SampleTarget {
        account: "111122223333",
        region: "eu-west-1",
        name: "payments-prod",
        is_production: true,
        names: &[
            ("audit-trail", KEY_ARN),
            ("card-authorizations", KEY_ARN),
            ("chargebacks", "alias/payments"),
            ("checkout-events", "alias/payments"),
            ("fraud-scores", "alias/fraud"),
            ("invoices", "alias/payments"),
            ("ledger-entries", "alias/ledger"),
            ("notifications", SERVICE_KEY),
            ("orders-prod", "alias/orders"),
            ("payout-requests", "alias/payments"),
            ("refunds", "alias/payments"),
            ("settlement-files", "alias/ledger"),
            ("shipping-updates", NONE),
            ("web-clicks", NONE),
        ],
    },
    SampleTarget {
        account: "111122223333",
        region: "us-east-1",
        name: "payments-prod-us",
        is_production: true,
        names: &[
            ("audit-trail", "alias/audit"),
            ("card-authorizations", "alias/payments"),
            ("checkout-events", SERVICE_KEY),
            ("fraud-scores", "alias/fraud"),
            ("inventory-levels", NONE),
            ("ledger-entries", "alias/ledger"),
            ("notifications", NONE),
            ("session-events", SERVICE_KEY),
        ],
    },
    SampleTarget {
        account: "444455556666",
        region: "eu-west-1",
        name: "analytics",
        is_production: false,
        names: &[
            ("ab-test-exposures", NONE),
            ("app-telemetry", NONE),
            ("clickstream-enriched", SERVICE_KEY),
            ("clickstream-raw", NONE),
            ("customer-profiles", "1d3c5b7a-9e8f-4a6b-8c2d-0f1e2d3c4b5a"),
            ("data-quality-alerts", NONE),
            ("feature-store-updates", SERVICE_KEY),
            ("marketing-attribution", NONE),
            ("recommendations-feedback", NONE),
            ("search-queries", SERVICE_KEY),
            ("session-replay", "alias/analytics"),
        ],
    },
    SampleTarget {
        account: "444455556666",
        region: "eu-central-1",
        name: "analytics-de",
        is_production: false,
        names: &[
            ("app-telemetry", NONE),
            ("clickstream-raw", NONE),
            ("consent-changes", "alias/privacy"),
            ("customer-profiles", "alias/privacy"),
            ("device-heartbeats", NONE),
            ("iot-sensor-readings", NONE),
            ("support-chat-transcripts", "alias/privacy"),
        ],
    },
];

/// 2 March 2023, in seconds since 1970: when the first stream was created.
const FIRST: f64 = 1_677_751_200.0;

impl SampleTarget {
    /// The streams of this target.
    pub(super) fn streams(&self) -> impl Iterator<Item = Stream> + '_ {
        // Streams are created a week and some hours apart.
        const APART: f64 = 613_000.0;
        let (team, env) = if self.is_production { ("payments", "production") } else { ("analytics", "staging") };
        self.names.iter().zip(0u8..).map(move |((name, key), position)| {
            let key = Some(*key).filter(|key| !key.is_empty());
            let data_class = if key.is_some() { "confidential" } else { "internal" };
            let stream = Stream::new(name, key, FIRST + APART * f64::from(position));
            varied(stream, usize::from(position), [("data-class", data_class), ("env", env), ("team", team)])
        })
    }
}

/// This many streams from `stream-00001` on, six in ten of them encrypted.
pub(super) fn fleet(count: u32) -> impl Iterator<Item = Stream> {
    const KEYS: [&str; 4] = [SERVICE_KEY, "alias/payments", "alias/ledger", KEY_ARN];
    const TEAMS: [&str; 6] = ["payments", "checkout", "risk", "analytics", "platform", "growth"];
    const CLASSES: [&str; 3] = ["confidential", "internal", "public"];
    const ENVS: [&str; 3] = ["production", "staging", "development"];
    // Ages differ from stream to stream and start over after two years.
    const TWO_HOURS: f64 = 7_200.0;
    const TWO_YEARS: u32 = 8_760;
    (0..count).zip(0usize..).map(|(number, position)| {
        // Multiplying by seven gives ten neighbours ten different last digits, out of order.
        let is_encrypted = position * 7 % 10 < 6;
        let key = is_encrypted.then(|| KEYS[position % KEYS.len()]);
        let created = FIRST + TWO_HOURS * f64::from(number % TWO_YEARS);
        let stream = Stream::new(&format!("stream-{:05}", number + 1), key, created);
        let pick = |words: &[&'static str], every: usize| words[position / every % words.len()];
        varied(
            stream,
            position,
            [("data-class", pick(&CLASSES, 1)), ("env", pick(&ENVS, 3)), ("team", pick(&TEAMS, 9))],
        )
    })
}

/// Sizes, modes and consumers differ from stream to stream; every fifth stream has no tags.
fn varied(mut stream: Stream, position: usize, tags: [(&str, &str); 3]) -> Stream {
    stream.retention_hours = [24, 24, 168, 48][position % 4];
    stream.open_shards = [1, 4, 2, 16, 8][position % 5];
    // Of several open shards, all but one are busy.
    stream.busy_shards = (stream.open_shards - 1).max(1);
    stream.is_on_demand = position % 3 == 1;
    stream.consumers = [0, 1, 2, 3][position % 4];
    if position % 5 != 4 {
        stream.tags = BTreeMap::from(tags.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_the_same_at_every_start_and_mixed() {
        let fleet: Vec<Stream> = super::fleet(10_000).collect();
        assert_eq!((fleet[0].name.as_str(), fleet[9_999].name.as_str()), ("stream-00001", "stream-10000"));
        assert!(fleet.is_sorted_by(|former, later| former.name < later.name));
        let count = |is: fn(&Stream) -> bool| fleet.iter().filter(|stream| is(stream)).count();
        assert_eq!(count(|stream| stream.key.is_some()), 6_000);
        assert_eq!(count(|stream| stream.tags.is_empty()), 2_000);
        assert_eq!(count(|stream| stream.is_on_demand), 3_333);
        // A single page shows a mixture too.
        assert_eq!(fleet[..20].iter().filter(|stream| stream.key.is_some()).count(), 12);
        let again: Vec<String> = super::fleet(100).map(|stream| format!("{stream:?}")).collect();
        assert_eq!(again, fleet[..100].iter().map(|stream| format!("{stream:?}")).collect::<Vec<_>>());
    }

    #[test]
    fn the_samples_are_what_the_demo_promises() {
        let names: Vec<&str> = TARGETS.iter().flat_map(|target| target.names).map(|(name, _)| *name).collect();
        assert_eq!(names.len(), 40);
        assert_eq!(names.iter().filter(|name| name.contains("orders-prod")).count(), 1);
        assert_eq!(TARGETS[0].names.iter().find(|(name, _)| *name == "orders-prod").unwrap().1, "alias/orders");
        let mut accounts: Vec<_> = TARGETS.iter().map(|target| target.account).collect();
        let mut regions: Vec<_> = TARGETS.iter().map(|target| target.region).collect();
        accounts.sort_unstable();
        accounts.dedup();
        regions.sort_unstable();
        regions.dedup();
        assert_eq!((accounts.len(), regions.len()), (2, 3));
        let orders = TARGETS[0].streams().find(|stream| stream.name == "orders-prod").unwrap();
        assert_eq!(
            orders.tags.into_iter().collect::<Vec<_>>(),
            [("data-class", "confidential"), ("env", "production"), ("team", "payments")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
        assert!(TARGETS[0].streams().any(|stream| stream.tags.is_empty()));
    }
}
