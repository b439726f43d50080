//! Settings of the company's provider: which belong together, and what each takes.

use secrecy::ExposeSecret;

use super::{ConfigError, LocalSignIn, Settings, layers::Layers};

const RULE: &str = "[[oidc.rule]]\ngroup = \"a\"\nrole = \"viewer\"\nscope = \"*\"\n";

fn of_file(text: &str) -> Result<Settings, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("k.toml");
    std::fs::write(&path, text).unwrap();
    let mut layers = Layers::new();
    layers.add_file(Some(&path))?;
    Settings::of(layers)
}

fn complete() -> String {
    format!(
        "oidc_issuer = \"https://id.example/realms/x\"\noidc_client_id = \"keystream\"\noidc_client_secret = \
         \"hunter2 hunter2\"\n{RULE}"
    )
}

#[test]
fn nothing_is_configured_by_default() {
    let settings = of_file("").unwrap();
    assert!(settings.oidc.provider().unwrap().is_none());
    assert_eq!(settings.oidc.local_sign_in, LocalSignIn::All);
}

#[test]
fn a_provider_has_defaults_for_all_but_who_it_is() {
    let text = format!("local_sign_in = \"break-glass\"\n{}", complete());
    let settings = of_file(&text).unwrap();
    let provider = settings.oidc.provider().unwrap().unwrap();
    assert_eq!(provider.issuer, "https://id.example/realms/x");
    assert_eq!((provider.name.as_str(), provider.groups_claim.as_str()), ("id.example", "groups"));
    assert_eq!(provider.scopes, ["openid", "profile", "email"]);
    assert_eq!((provider.client_secret.expose_secret(), provider.rules.len()), ("hunter2 hunter2", 1));
    assert_eq!(settings.oidc.local_sign_in, LocalSignIn::BreakGlass);
    assert!(!format!("{settings:?} {provider:?}").contains("hunter2"), "no log shows it");
}

#[test]
fn a_secret_may_be_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    let inline = "oidc_client_secret = \"hunter2 hunter2\"";
    let text = complete().replace(inline, &format!("oidc_client_secret_file = \"{}\"", path.display()));
    let provider = || of_file(&text).unwrap().oidc.provider().map_err(|error| error.to_string());
    let key = "KEYSTREAM_OIDC_CLIENT_SECRET_FILE";
    let is_named = |said: &str| said.starts_with(key) && said.contains("it takes the client's secret");
    assert!(provider().unwrap_err().starts_with(&format!("{key}: {}: ", path.display())));
    for (secret, is_taken) in [("from a file\n", true), ("", false), ("\n", false), ("a\nb", false), ("\u{e4}", false)]
    {
        std::fs::write(&path, secret).unwrap();
        let read = provider();
        match read {
            Ok(read) => assert!(is_taken && read.unwrap().client_secret.expose_secret() == "from a file"),
            Err(said) => assert!(!is_taken && is_named(&said), "{said}"),
        }
    }
    std::fs::write(&path, "x".repeat(5_000)).unwrap();
    assert!(provider().is_err());
}

#[test]
fn what_is_missing_or_bad_is_named() {
    let file = complete();
    let without = |key: &str| file.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
    let with = |line: &str| format!("{line}\n{file}");
    for (text, begins) in [
        (without("oidc_issuer"), "oidc_client_id in "),
        (RULE.to_owned(), "oidc_issuer: "),
        (without("oidc_client_id"), "oidc_client_id: "),
        (without("oidc_client_secret"), "oidc_client_secret_file: "),
        (file.replace(RULE, ""), "[[oidc.rule]]: "),
        (with("oidc_client_secret_file = \"x\""), "oidc_client_secret_file in "),
        ("local_sign_in = \"break-glass\"\n".to_owned(), "local_sign_in in "),
        (with("local_sign_in = \"none\""), "local_sign_in in "),
        (with("oidc_scopes = \"profile\""), "oidc_scopes in "),
        (with("oidc_groups_claim = \"\""), "oidc_groups_claim in "),
        (with("oidc_name = \"\""), "oidc_name in "),
        ("oidc_name = \"x\"\n".to_owned(), "oidc_name in "),
        ("oidc_ca_file = \"x\"\n".to_owned(), "oidc_ca_file in "),
        (file.replace("https://id.example", "http://id.example"), "oidc_issuer in "),
        (file.replace("realms/x", "realms/x?y"), "oidc_issuer in "),
        (file.replace("https://", "https://user@"), "oidc_issuer in "),
        (file.replace("https://id.example/realms/x", "id.example"), "oidc_issuer in "),
        (file.replace("\"keystream\"", "\"key stream\""), "oidc_client_id in "),
    ] {
        let said = of_file(&text).map(|_| text).unwrap_err().to_string();
        assert!(said.starts_with(begins) && said.contains("it takes ") && !said.contains('\n'), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let said = of_file(&file.replace("hunter2 hunter2", "hunter2\u{e4}")).map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("***") && !said.contains("hunter2"), "{said}");
    of_file(&file.replace("https://id.example", "http://127.0.0.1:9000")).unwrap();
}
