use std::time::Instant;

use super::*;

#[test]
fn a_file_may_fill_its_limit_and_not_pass_it() {
    let (outcome, _server) = fetch(&[7; 1000], vec![ok(&[7; 1000])]);
    assert_eq!(outcome.content.unwrap(), [7; 1000]);
    let text = "the file {url} can't be downloaded: the server's answer is larger than 1000 bytes";
    for larger in [ok(&[7; 1001]), ok(&[7; 1001]).chunked()] {
        let (outcome, server) = fetch(&[7; 1001], vec![larger]);
        assert_error(&outcome, &server, text);
        assert_eq!(outcome.requests, 1);
    }
}

#[test]
fn a_file_that_is_announced_as_too_large_is_not_read() {
    let large = ok(&[7; 1001]);
    let head = large.len() - 1001;
    // The body never comes, so that who waits for it waits until the deadline.
    let (outcome, server) = fetch(&[7; 1001], vec![large.stuck(head)]);
    let text = "the file {url} can't be downloaded: the server's answer is larger than 1000 bytes";
    assert_error(&outcome, &server, text);
}

#[test]
fn all_files_together_have_a_limit_that_failed_attempts_do_not_use_up() {
    let outcome = |most: u64| {
        let cut = ok(&[7; 900]);
        let length = cut.len();
        let server = Server::new(vec![cut.cut(length - 1), ok(&[7; 900]), ok(&[7; 900])]);
        let (_folder, dir) = world();
        let mut settings = granted(&[&server]);
        settings.connections = 1;
        let limits = DownloadLimits {
            downloads: most,
            ..limits()
        };
        let clock = Box::new(Arc::new(TestClock::default()));
        let files = Files::open(settings, limits, &dir).with_clock(clock);
        let requests =
            ["a", "b"].map(|name| wants(&format!("{}/{name}", server.origin), &[7; 900]));
        let outcome = files.download(&requests, whole);
        outcome.map_err(|error| error.to_string().replace(&server.origin, "{origin}"))
    };
    assert_eq!(outcome(1800).unwrap().len(), 2);
    let text =
        "the files are larger than 1799 bytes together; {origin}/b is the first that doesn't fit";
    assert_eq!(outcome(1799).unwrap_err(), text);
}

#[test]
fn a_file_without_a_length_counts_while_it_comes() {
    let server = Server::new(vec![ok(&[7; 900]).chunked()]);
    let limits = DownloadLimits {
        downloads: 899,
        ..limits()
    };
    let request = wants(&format!("{}/a/b.whl", server.origin), &[7; 900]);
    let outcome = fetch_with(granted(&[&server]), limits, request);
    let text = "the files are larger than 899 bytes together; {url} is the first that doesn't fit";
    assert_error(&outcome, &server, text);
}

#[test]
fn many_short_reads_do_not_add_up_to_more_than_the_deadline() {
    let server = Server::new(vec![ok(&[7; 100_000]).chunked()]);
    let (_folder, dir) = world();
    let clock = TestClock {
        tick: Duration::from_secs(7),
        ..TestClock::default()
    };
    let limits = DownloadLimits {
        response: 1_000_000,
        downloads: 1_000_000,
        ..limits()
    };
    let files =
        Files::open(granted(&[&server]), limits, &dir).with_clock(Box::new(Arc::new(clock)));
    let request = [wants(&format!("{}/a", server.origin), &vec![7; 100_000])];
    let error = files.download(&request, whole).unwrap_err();
    assert_eq!(error.to_string(), "the download took longer than 60s");
    assert!(files.traffic().bytes_received < 100_000);
    let error = files.download(&request, whole).unwrap_err();
    assert_eq!(error.to_string(), "the download took longer than 60s");
    assert_eq!(files.traffic().requests, 1, "nothing is sent any more");
}

#[test]
fn a_server_that_falls_silent_is_left_at_the_deadline() {
    let length = ok(b"content").len();
    for most in [0, 10, length - 1] {
        let server = Server::new(vec![ok(b"content").stuck(most)]);
        let (_folder, dir) = world();
        let limits = DownloadLimits {
            deadline: Duration::from_millis(50),
            ..limits()
        };
        let began = Instant::now();
        let files = Files::open(granted(&[&server]), limits, &dir);
        let request = wants(&format!("{}/a", server.origin), b"content");
        let error = files.download(&[request], whole).unwrap_err();
        let is_late = matches!(error, FilesError::Download(FileError::Deadline { .. }));
        assert!(is_late, "{most}: {error}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn ten_thousand_small_files_take_few_connections_and_leave_nothing_open() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let server = Server::answering(|_| ok(b"content"));
    let (_folder, dir) = world();
    let limits = DownloadLimits {
        downloads: 70_000,
        deadline: Duration::from_mins(10),
        ..limits()
    };
    let files = Files::open(granted(&[&server]), limits, &dir);
    let requests: Vec<_> = (0..10_000)
        .map(|index| wants(&format!("{}/{index}", server.origin), b"content"))
        .collect();
    let most = Mutex::new(0);
    let take = |index, verified| {
        if index % 100 == 0 {
            let mut most = most.lock().unwrap();
            *most = open().max(*most);
        }
        whole(index, verified).map(drop)
    };
    files.download(&requests, take).unwrap();
    let connections = server.heard().iter().map(|heard| heard.connection).max();
    // A client may open one more while another is on its way back to it.
    assert!(connections < Some(100), "{connections:?}");
    let most = most.into_inner().unwrap();
    assert!(most < 1000, "files stay open: {most}");
}
