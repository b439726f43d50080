//! The sample streams: two accounts, three Regions, names like a company's. Always the same.

use super::world::Stream;

/// An account in a Region with its streams.
#[derive(Debug)]
pub struct SampleTarget {
    pub account: &'static str,
    pub region: &'static str,
    pub name: &'static str,
    pub is_production: bool,
    /// Name and key; an empty key for none.
    names: &'static [(&'static str, &'static str)],
}

const SERVICE_KEY: &str = "alias/aws/kinesis";
const NONE: &str = "";

/// The targets of the demo. `orders-prod` is the one stream whose name contains that text.
pub const TARGETS: [SampleTarget; 4] = [
    SampleTarget {
        account: "111122223333",
        region: "eu-west-1",
        name: "payments-prod",
        is_production: true,
        names: &[
            ("audit-trail", "arn:aws:kms:eu-west-1:111122223333:key/6f1d2c3b-4a59-4e68-9d70-81c2b3a4d5e6"),
            ("card-authorizations", "arn:aws:kms:eu-west-1:111122223333:key/6f1d2c3b-4a59-4e68-9d70-81c2b3a4d5e6"),
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

impl SampleTarget {
    /// The streams of this target: sizes and ages differ, always the same way.
    pub(super) fn streams(&self) -> impl Iterator<Item = Stream> + '_ {
        // 2 March 2023, and from there a week and some hours per stream.
        const FIRST: f64 = 1_677_751_200.0;
        const APART: f64 = 613_000.0;
        self.names.iter().zip(0u8..).map(|((name, key), position)| {
            let key = Some(*key).filter(|key| !key.is_empty());
            let mut stream = Stream::new(name, key, FIRST + APART * f64::from(position));
            stream.retention_hours = [24, 24, 168, 48][usize::from(position % 4)];
            stream.open_shards = [1, 4, 2, 16, 8][usize::from(position % 5)];
            stream.is_on_demand = position % 3 == 1;
            stream.consumers = i32::from(position % 4);
            stream
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
