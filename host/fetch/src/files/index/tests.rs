use super::*;

fn sha(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

fn read(page: &str, wanted: &[&str]) -> Result<Vec<IndexFile>, PageError> {
    let base = Url::parse("https://index.example.com/simple/a/").unwrap();
    let wanted = wanted.iter().map(|text| sha(text)).collect();
    read_page(&mut page.as_bytes(), &base, &wanted)
}

fn file(name: &str, url: Option<&str>, content: &str) -> IndexFile {
    IndexFile {
        name: name.to_owned(),
        url: url.map(|url| url.parse().unwrap()),
        sha256: sha(content),
    }
}

#[test]
fn files_with_a_wanted_digest_are_read_from_json() {
    let page = format!(
        "{{\"meta\": {{\"api-version\": \"1.3\"}}, \"name\": \"a\", \"files\": [\n\
         {{\"filename\": \"a-1-py3-none-any.whl\", \"url\": \"https://files.example.com/x/a-1-py3-none-any.whl\", \
           \"hashes\": {{\"sha256\": \"{}\"}}, \"yanked\": false, \"size\": 1}},\n\
         {{\"filename\": \"a-1.tar.gz\", \"url\": \"../../p/a-1.tar.gz\", \"hashes\": {{\"sha256\": \"{}\", \"md5\": \"0\"}}}},\n\
         {{\"filename\": \"a-0.tar.gz\", \"url\": \"a-0.tar.gz\", \"hashes\": {{}}}},\n\
         {{\"filename\": \"a-2.tar.gz\", \"url\": \"a-2.tar.gz\", \"hashes\": {{\"sha256\": \"{}\"}}}}]}}",
        sha("1").to_string().to_uppercase(),
        sha("2"),
        sha("3")
    );
    let expected = [
        file(
            "a-1-py3-none-any.whl",
            Some("https://files.example.com/x/a-1-py3-none-any.whl"),
            "1",
        ),
        file(
            "a-1.tar.gz",
            Some("https://index.example.com/p/a-1.tar.gz"),
            "2",
        ),
    ];
    assert_eq!(read(&page, &["1", "2"]).unwrap(), expected);
    assert_eq!(read(&page, &["4"]).unwrap(), []);
}

#[test]
fn files_with_a_wanted_digest_are_read_from_html() {
    let page = format!(
        "<!DOCTYPE html><html><body>\
         <a href=\"https://files.example.com/x/a-1%2Bl-py3-none-any.whl#sha256={}\" data-requires-python=\"&gt;=3.9\">x</a>\
         <a href='../../p/a-1.tar.gz#egg=a&amp;sha256={}'>y</a><a href=\"a-0.tar.gz\">z</a>\
         <a href=\"a-2.tar.gz#md5=0\">z</a></body></html>",
        sha("1"),
        sha("2"),
    );
    let expected = [
        file(
            "a-1+l-py3-none-any.whl",
            Some("https://files.example.com/x/a-1%2Bl-py3-none-any.whl"),
            "1",
        ),
        file(
            "a-1.tar.gz",
            Some("https://index.example.com/p/a-1.tar.gz"),
            "2",
        ),
    ];
    assert_eq!(read(&page, &["1", "2", "3"]).unwrap(), expected);
}

#[test]
fn a_password_in_an_address_is_dropped_and_an_address_with_a_query_is_none() {
    let page = |url: &str| {
        format!(
            "{{\"files\": [{{\"filename\": \"a.whl\", \"url\": \"{url}\", \"hashes\": {{\"sha256\": \"{}\"}}}}]}}",
            sha("1")
        )
    };
    let of = |url: &str| read(&page(url), &["1"]).unwrap().remove(0).url;
    let plain: FileUrl = "https://files.example.com/a.whl".parse().unwrap();
    assert_eq!(of("https://files.example.com/a.whl"), Some(plain.clone()));
    assert_eq!(
        of("https://user:secret@files.example.com/a.whl"),
        Some(plain)
    );
    for url in [
        "https://files.example.com/a.whl?token=1",
        "http://files.example.com/a.whl",
        "https://files.example.com/x%2F..%2Fa.whl",
        "data:text/plain,a",
        "https://files.example.com/x/",
    ] {
        assert_eq!(of(url), None, "{url}");
    }
}

#[test]
fn a_name_that_is_not_one_is_left_out() {
    for name in ["", "../a.whl", "a\\\\b.whl", "a\\u202e.whl"] {
        let page = format!(
            "{{\"files\": [{{\"filename\": \"{name}\", \"url\": \"a.whl\", \"hashes\": {{\"sha256\": \"{}\"}}}}]}}",
            sha("1")
        );
        assert_eq!(read(&page, &["1"]).unwrap(), [], "{name}");
    }
}

#[test]
fn an_error_names_the_line_and_repeats_nothing_of_the_page() {
    let error = read("{\"files\":\n [\"secret\"]}", &["1"])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the page is not the JSON of an index of packages (line 2)"
    );
    assert_eq!(read("<html>Sign in</html>", &["1"]).unwrap(), []);
}

#[test]
fn a_page_that_repeats_a_wanted_digest_very_often_is_refused() {
    let link = format!("<a href=\"a.whl#sha256={}\">a</a>", sha("1"));
    assert_eq!(
        read(&link.repeat(MOST_FILES), &["1"]).unwrap().len(),
        MOST_FILES
    );
    let error = read(&link.repeat(MOST_FILES + 1), &["1"]).unwrap_err();
    assert!(
        error.to_string().contains("more than 1024 files"),
        "{error}"
    );
    let others = link.repeat(MOST_FILES + 1);
    assert_eq!(read(&others, &["2"]).unwrap(), []);
}
