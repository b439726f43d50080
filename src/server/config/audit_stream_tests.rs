//! Settings of the stream of the audit chain: where it may go, and what goes with a URL only.

use secrecy::ExposeSecret;

use super::{ConfigError, Settings, StreamPlace, StreamSettings, layers::Layers};

fn settings(values: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let mut layers = Layers::new();
    let variable = |(name, value): &(&str, &str)| (format!("KEYSTREAM_AUDIT_STREAM{name}"), (*value).to_owned());
    layers.add_variables(values.iter().map(variable))?;
    Settings::of(layers)
}

fn complete(values: &[(&str, &str)]) -> Option<StreamSettings> {
    settings(values).unwrap().audit_stream.complete().unwrap()
}

#[test]
fn a_place_is_standard_output_a_file_or_a_url() {
    assert!(complete(&[]).is_none());
    for (text, shown) in [
        ("stdout", "stdout"),
        ("file:/var/log/keystream/audit.jsonl", "file:/var/log/keystream/audit.jsonl"),
        ("file:audit.jsonl", "file:audit.jsonl"),
        ("https://siem.example/collect/hunter2?key=hunter2", "https://siem.example"),
        ("https://siem.example:8088/services/collector/raw", "https://siem.example:8088"),
        ("http://127.0.0.1:9880/", "http://127.0.0.1:9880"),
    ] {
        let place = complete(&[("", text)]).unwrap().place;
        assert_eq!((place.to_string(), format!("{place:?}")), (shown.to_owned(), shown.to_owned()));
        assert_eq!(place.identity(), text);
        assert_eq!(matches!(place, StreamPlace::Https(_)), text.starts_with("http"));
    }
    for text in [
        "",
        "stderr",
        "file:",
        "/var/log/audit.jsonl",
        "http://siem.example/",
        "https://",
        "https://user:hunter2@siem.example/",
        "https://siem.example/#part",
        "ftp://siem.example/",
        "http://siem.example/hunter2",
        "http://siem.example?hunter2",
        "https://siem.example/hunter2#x",
        "https://hunter2@siem.example/hunter2",
        "https://user:hunter2@siem.example:8088/a/hunter2@x",
        "siem.example/hunter2?to=http://siem.example/",
        "http:\\\\siem.example\\hunter2",
    ] {
        let said = settings(&[("", text)]).map(|_| ()).unwrap_err().to_string();
        assert!(said.starts_with("KEYSTREAM_AUDIT_STREAM: ") && said.contains("it takes stdout, file:PATH"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let said = settings(&[("", "http://siem.example/hunter2")]).map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("\u{201c}http://siem.example/***\u{201d}"), "{said}");
}

#[test]
fn a_token_is_a_bearer_s_unless_it_names_its_scheme() {
    let url = ("", "https://siem.example/");
    let sent = |values: &[(&str, &str)]| {
        let authorization = complete(values).unwrap().authorization;
        authorization.map(|value| value.expose_secret().to_owned())
    };
    assert_eq!(sent(&[url]), None);
    assert_eq!(sent(&[url, ("_TOKEN", "hunter2")]).as_deref(), Some("Bearer hunter2"));
    assert_eq!(sent(&[url, ("_TOKEN", "Splunk hunter2")]).as_deref(), Some("Splunk hunter2"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    let file = path.display().to_string();
    let missing = settings(&[url, ("_TOKEN_FILE", &file)]).unwrap().audit_stream.complete().unwrap_err().to_string();
    assert!(missing.starts_with(&format!("KEYSTREAM_AUDIT_STREAM_TOKEN_FILE: {file}: ")), "{missing}");
    std::fs::write(&path, "from a-file\n").unwrap();
    assert_eq!(sent(&[url, ("_TOKEN_FILE", &file)]).as_deref(), Some("from a-file"));
    let given = settings(&[url, ("_TOKEN", "hunter2")]).unwrap();
    assert!(!format!("{given:?}").contains("hunter2"));
}

#[test]
fn what_does_not_go_together_is_named() {
    let url = ("", "https://siem.example/");
    for (values, key) in [
        (vec![("_TOKEN", "hunter2")], "TOKEN"),
        (vec![("", "stdout"), ("_TOKEN", "hunter2")], "TOKEN"),
        (vec![("", "file:x"), ("_TOKEN_FILE", "x")], "TOKEN_FILE"),
        (vec![("", "stdout"), ("_CA_FILE", "x")], "CA_FILE"),
        (vec![url, ("_TOKEN", "hunter2"), ("_TOKEN_FILE", "x")], "TOKEN_FILE"),
        (vec![url, ("_TOKEN", "hunter2\u{e4}")], "TOKEN"),
        (vec![url, ("_TOKEN", "")], "TOKEN"),
    ] {
        let said = settings(&values).map(|_| ()).unwrap_err().to_string();
        assert!(said.starts_with(&format!("KEYSTREAM_AUDIT_STREAM_{key}: ")), "{said}");
        assert!(!said.contains("hunter2") && !said.contains('\n'), "{said}");
    }
}
