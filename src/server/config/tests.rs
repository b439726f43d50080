//! Which value counts, and how bad values are reported.

use std::path::{Path, PathBuf};

use super::{layers::Layers, *};
use crate::model::inventory::TagMeanings;

fn variables(values: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
}

fn settings(values: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let mut layers = Layers::new();
    layers.add_variables(variables(values))?;
    Settings::of(layers)
}

/// A file with this text, in a directory that lives as long as the returned guard.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("k.toml");
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

fn of_file(text: &str) -> Result<Settings, ConfigError> {
    let (_directory, path) = file(text);
    let mut layers = Layers::new();
    layers.add_file(Some(&path))?;
    Settings::of(layers)
}

fn of_flags(values: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let mut layers = Layers::new();
    layers.add_flags(&Flags(variables(values).collect()));
    Settings::of(layers)
}

#[test]
fn a_target_that_is_named_twice_is_refused_where_it_is_named() {
    let twice = "123456789012/us-east-1,123456789012/us-east-1";
    let said = |refused: Result<Settings, ConfigError>| refused.err().unwrap().to_string();
    let takes = format!("\u{201c}{twice}\u{201d} is not understood; it takes each account and Region once");
    assert_eq!(said(settings(&[("KEYSTREAM_TARGETS", twice)])), format!("KEYSTREAM_TARGETS: {takes}"));
    assert_eq!(said(of_flags(&[("targets", twice)])), format!("--targets: {takes}"));
}

#[test]
fn nothing_configured_is_the_documented_default() {
    let defaults = settings(&[]).unwrap();
    assert_eq!(defaults.listening.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(defaults.database.database_url, "sqlite://keystream.db");
    assert!(!defaults.fleet.read_only && defaults.fleet.targets.is_empty() && defaults.listening.public_url.is_none());
    assert!(defaults.proxies.trusted_proxies.is_empty() && defaults.metrics.metrics_listen.is_none());
    assert_eq!(defaults.proxies.trusted_hops, 1);
    assert!(defaults.site.site_root.is_none());
    let tags = TagMeanings::from(defaults.tags);
    assert_eq!(tags.owner, ["owner", "team"]);
    assert_eq!(tags.terraform, ("managed_by".to_owned(), "terraform".to_owned()));
}

#[test]
fn flags_win_over_variables_over_the_file_over_defaults() {
    let (_directory, path) = file(
        "listen = \"127.0.0.1:1\"\nmetrics_listen = \"127.0.0.1:1\"\nsite_root = \"file\"\nread_only = true\n\
         [[target]]\nregion = \"eu-west-1\"\n",
    );
    let mut layers = Layers::new();
    layers.add_file(Some(&path)).unwrap();
    layers
        .add_variables(variables(&[("KEYSTREAM_LISTEN", "127.0.0.1:2"), ("KEYSTREAM_METRICS_LISTEN", "127.0.0.1:2")]))
        .unwrap();
    layers.add_flags(&Flags([("listen".to_owned(), "127.0.0.1:3".to_owned())].into()));
    let settings = Settings::of(layers).unwrap();
    assert_eq!(settings.listening.listen.port(), 3, "the flag");
    assert_eq!(settings.metrics.metrics_listen.unwrap().port(), 2, "the variable");
    assert_eq!(settings.site.site_root.unwrap(), PathBuf::from("file"));
    assert!(settings.fleet.read_only);
    assert_eq!(settings.database.database_url, "sqlite://keystream.db", "the default");
    assert_eq!(settings.fleet.targets.len(), 1);
}

#[test]
fn listed_targets_take_the_place_of_tables() {
    let (_directory, path) = file("[[target]]\nregion = \"eu-west-1\"\n");
    let regions = |value: &str| {
        let mut layers = Layers::new();
        layers.add_file(Some(&path)).unwrap();
        layers.add_variables(variables(&[("KEYSTREAM_TARGETS", value)])).unwrap();
        let targets = Settings::of(layers).unwrap().fleet.targets;
        targets.iter().map(|target| target.region.as_ref().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(regions("111122223333/us-east-1, self/us-east-2"), ["us-east-1", "us-east-2"]);
    assert!(regions("").is_empty(), "an empty list asks for the SDK's own account and Region");
}

#[test]
fn each_bad_value_names_its_key_and_what_it_takes() {
    for (key, value) in [
        ("listen", "3000"),
        ("public_url", "http://keystream.example"),
        ("public_url", "https://keystream.example/app"),
        ("public_url", "ftp://localhost"),
        ("trusted_proxies", "10.0.0.0/33"),
        ("trusted_hops", "0"),
        ("trusted_hops", "9"),
        ("trusted_hops", "all"),
        ("database_url", "mysql://x"),
        ("targets", "eu-west-1"),
        ("targets", "12345/eu-west-1"),
        ("read_only", "yes"),
        ("metrics_listen", "off"),
        ("terraform_tag", "terraform"),
        ("terraform_tag", "=terraform"),
    ] {
        let (variable, flag) =
            (format!("KEYSTREAM_{}", key.to_ascii_uppercase()), format!("--{}", key.replace('_', "-")));
        for (name, message) in [
            (variable.clone(), settings(&[(&variable, value)])),
            (flag, of_flags(&[(key, value)])),
            (format!("{key} in "), of_file(&format!("{key} = \"{value}\"\n"))),
        ] {
            let message = message.unwrap_err().to_string();
            let said = format!("\u{201c}{value}\u{201d} is not understood; it takes ");
            assert!(message.starts_with(&name) && message.contains(&said), "{message}");
            assert!(!message.contains('\n'));
        }
        let message = settings(&[(&variable, value)]).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("{variable}: \u{201c}{value}\u{201d} is not understood; it takes ")),
            "{message}"
        );
    }
    let message = of_flags(&[("listen", "3000")]).unwrap_err().to_string();
    assert_eq!(
        message,
        "--listen: \u{201c}3000\u{201d} is not understood; it takes an address and a port, such as 127.0.0.1:3000"
    );
    assert!(!settings(&[("KEYSTREAM_LISTEN", "a\nb")]).unwrap_err().to_string().contains('\n'));
}

#[test]
fn no_error_shows_a_password() {
    for url in [
        "mysql://keystream:hunter2@db/x",
        "postgres:/keystream:hunter2@db/x",
        "keystream:hunter2@db",
        "mysql://db/x?password=hunter2",
    ] {
        for message in [
            settings(&[("KEYSTREAM_DATABASE_URL", url)]),
            of_flags(&[("database_url", url)]),
            of_file(&format!("database_url = \"{url}\"\n")),
            of_file(&format!("[[target]]\nendpoint = \"{url}\"\n")),
        ] {
            let message = message.unwrap_err().to_string();
            assert!(message.contains("***") && !message.contains("hunter2"), "{message}");
        }
    }
    for message in [
        settings(&[("KEYSTREAM_METRICS_TOKEN", "hunter2")]),
        of_flags(&[("metrics_token", "hunter2")]),
        of_file("metrics_token = \"hunter2\"\n"),
    ] {
        let message = message.unwrap_err().to_string();
        assert!(message.ends_with("takes 16 to 256 visible ASCII characters without spaces"), "{message}");
        assert!(message.contains("***") && !message.contains("hunter2"), "{message}");
    }
    let given = settings(&[("KEYSTREAM_METRICS_TOKEN", "hunter2-hunter2-hunter2")]).unwrap();
    assert!(!format!("{given:?}").contains("hunter2"), "nor does a log");
}

#[test]
fn what_is_exposed_is_said() {
    let exposed = |text: &str| of_file(text).unwrap().exposed();
    let target = |endpoint: &str| format!("[[target]]\nendpoint = \"{endpoint}\"\n");
    for fine in [
        String::new(),
        "metrics_listen = \"127.0.0.1:9100\"\n".to_owned(),
        "metrics_listen = \"0.0.0.0:9100\"\nmetrics_token = \"0123456789abcdef\"\n".to_owned(),
        target("http://127.0.0.1:4566"),
        target("http://[::1]:4566"),
        target("https://kinesis.example"),
    ] {
        assert_eq!(exposed(&fine), Vec::<String>::new(), "{fine}");
    }
    let metrics = exposed("metrics_listen = \"0.0.0.0:9100\"\n");
    assert!(metrics.len() == 1 && metrics[0].contains("KEYSTREAM_METRICS_TOKEN"), "{metrics:?}");
    let plain = exposed(&target("http://kinesis.example:4566"));
    assert!(plain.len() == 1 && plain[0].contains("http://kinesis.example:4566"), "{plain:?}");
}

#[test]
fn unknown_keys_refuse_to_start() {
    let message = settings(&[("KEYSTREAM_LISTNE", "127.0.0.1:1")]).unwrap_err().to_string();
    assert!(
        message.starts_with("KEYSTREAM_LISTNE is not a setting of Keystream; the settings are KEYSTREAM_LISTEN, "),
        "{message}"
    );
    for name in
        ["KEYSTREAM_TARGET", "KEYSTREAM_PORTAL", "KEYSTREAM_SERVICE_NAME", "KEYSTREAM_PORT_OF_ENTRY", "KEYSTREAM_"]
    {
        assert!(matches!(settings(&[(name, "x")]), Err(ConfigError::Unknown { .. })), "{name}");
    }
    let message = of_file("colour = 1").unwrap_err().to_string();
    let known = "listen, public_url, trusted_proxies, trusted_hops, database_url, targets, read_only, metrics_listen, \
        metrics_token, site_root, checkpoint_key, checkpoint_file, audit_stream, audit_stream_token, \
        audit_stream_token_file, audit_stream_ca_file, oidc_issuer, oidc_client_id, oidc_client_secret, \
        oidc_client_secret_file, oidc_name, oidc_scopes, oidc_groups_claim, oidc_ca_file, local_sign_in, \
        owner_tags, terraform_tag";
    assert_eq!(message, format!("colour is not a setting of Keystream; the settings are {known}"));
    let message = of_file("[[target]]\nregoin = \"eu-west-1\"\n").unwrap_err().to_string();
    let known = "account, region, name, production, read_only, profile, endpoint, read_role, change_role, external_id, \
        fips, identify_by, \
                 streams, budget_percent, speed, regions";
    assert_eq!(message, format!("[[target]] regoin is not a setting of Keystream; the settings are {known}"));
}

#[test]
fn what_a_platform_sets_for_a_service_is_not_a_setting() {
    for name in [
        "KEYSTREAM_SERVICE_HOST",
        "KEYSTREAM_SERVICE_PORT",
        "KEYSTREAM_SERVICE_PORT_HTTP",
        "KEYSTREAM_PORT",
        "KEYSTREAM_PORT_3000_TCP",
        "KEYSTREAM_PORT_3000_TCP_ADDR",
        "KEYSTREAM_PORT_3000_TCP_PORT",
        "KEYSTREAM_PORT_3000_TCP_PROTO",
        "KEYSTREAM_WEB_SERVICE_HOST",
        "KEYSTREAM_WEB_SERVICE_PORT_METRICS",
        "KEYSTREAM_WEB_PORT",
        "KEYSTREAM_WEB_PORT_53_UDP_ADDR",
    ] {
        let ignored = settings(&[(name, "tcp://10.0.0.1:3000")]).unwrap();
        assert_eq!(ignored.listening.listen.to_string(), "127.0.0.1:3000", "{name}");
    }
}

#[test]
fn plain_http_beyond_loopback_refuses_to_start() {
    let message = settings(&[("KEYSTREAM_LISTEN", "0.0.0.0:3000")]).unwrap_err().to_string();
    assert!(message.contains("KEYSTREAM_PUBLIC_URL"), "{message}");
    let behind_proxy = [("KEYSTREAM_LISTEN", "0.0.0.0:3000"), ("KEYSTREAM_PUBLIC_URL", "https://keystream.example")];
    assert!(settings(&behind_proxy).is_ok());
}

#[test]
fn checkpoints_are_beside_the_database_unless_they_are_elsewhere() {
    let places = |variables: &[(&str, &str)], database: Option<&str>| {
        settings(variables).unwrap().checkpoints.places(database.map(Path::new)).map_err(|error| error.to_string())
    };
    let (key, file) = ("KEYSTREAM_CHECKPOINT_KEY", "KEYSTREAM_CHECKPOINT_FILE");
    let beside = CheckpointPlaces {
        key: PathBuf::from("a/k.db.checkpoint-key.pem"),
        file: PathBuf::from("a/k.db.checkpoints.jsonl"),
        is_default_key: true,
    };
    assert_eq!(places(&[], Some("a/k.db")).as_ref(), Ok(&beside));
    assert_eq!(places(&[(key, ""), (file, "")], Some("a/k.db")).as_ref(), Ok(&beside), "an empty text unsets it");
    let elsewhere = CheckpointPlaces { file: PathBuf::from("x"), ..beside.clone() };
    assert_eq!(places(&[(file, "x")], Some("a/k.db")), Ok(elsewhere));
    let elsewhere = CheckpointPlaces { key: PathBuf::from("y"), is_default_key: false, ..beside };
    assert_eq!(places(&[(key, "y")], Some("a/k.db")), Ok(elsewhere));
    // Postgres has no file.
    let both = CheckpointPlaces { key: PathBuf::from("y"), file: PathBuf::from("x"), is_default_key: false };
    assert_eq!(places(&[(key, "y"), (file, "x")], None), Ok(both));
    assert!(places(&[(key, "y")], None).unwrap_err().starts_with("KEYSTREAM_CHECKPOINT_FILE must be set: "));
    assert!(places(&[(file, "x")], None).unwrap_err().starts_with("KEYSTREAM_CHECKPOINT_KEY must be set: "));
}

#[test]
fn a_file_is_read_and_its_mistakes_are_named() {
    let read = of_file(
        "listen = \"127.0.0.1:1\"\nread_only = true\n[[target]]\naccount = \"111122223333\"\nregion = \
        \"eu-west-1\"\nproduction = true\n",
    )
    .unwrap();
    assert_eq!((read.listening.listen.port(), read.fleet.read_only), (1, true));
    assert_eq!((read.fleet.targets.len(), read.fleet.targets[0].is_production), (1, true));
    assert!(of_file("colour = 1").unwrap_err().to_string().starts_with("colour is not a setting"));
    assert!(!of_file("listen = [").unwrap_err().to_string().contains('\n'));
    let (directory, _) = file("");
    assert!(Layers::new().add_file(Some(&directory.path().join("missing.toml"))).is_err());
}
