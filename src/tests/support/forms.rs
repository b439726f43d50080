//! Fields of forms.

/// The hidden inputs of the form of a disable.
pub fn hidden_fields(page: &str) -> Vec<(String, String)> {
    hidden_fields_of("disable", page)
}

/// The hidden inputs of a confirmation's form.
pub fn hidden_fields_of(action: &str, page: &str) -> Vec<(String, String)> {
    let form = page.split(&format!("action=\"/api/{action}\"")).nth(1).unwrap_or_else(|| panic!("no form in {page}"));
    let form = form.split("</form>").next().unwrap();
    let attribute = |input: &str, name: &str| {
        input.split(&format!("{name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    form.split("<input ")
        .skip(1)
        .filter(|input| input.starts_with("type=\"hidden\""))
        .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap()))
        .collect()
}

pub fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The fields with one of them replaced.
pub fn with(fields: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
    let replaced =
        fields.iter().map(|(known, old)| (known.clone(), if known == name { value.to_owned() } else { old.clone() }));
    replaced.collect()
}

/// A page as it is shown: without its templates.
pub fn shown(page: &str) -> String {
    let parts = page.split("<template").enumerate();
    parts
        .map(|(n, part)| if n == 0 { part } else { part.split_once("</template>").map_or("", |(_, rest)| rest) })
        .collect()
}
