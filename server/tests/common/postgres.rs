//! A PostgreSQL server of the tests' own.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A server on a socket in a folder of its own, stopped at the end.
pub(crate) struct Server {
    folder: TempDir,
    programs: PathBuf,
    port: String,
}

impl Server {
    /// Starts one in this folder, with these settings over and above its own.
    pub(crate) fn start(folder: TempDir, settings: &[&str]) -> Self {
        let programs = programs().expect("PostgreSQL's initdb and pg_ctl; `make setup-test` installs them");
        let port = settings.iter().find_map(|setting| setting.strip_prefix("port=")).unwrap_or("5432");
        let server = Self { folder, programs, port: port.to_owned() };
        Self::hand_over(server.folder.path());
        let data = server.data();
        // In a language whose order is not that of the bytes, as most servers are.
        let english =
            ["--encoding", "UTF8", "--locale", "C", "--locale-provider", "icu", "--icu-locale", "en-US"];
        let mut arguments = vec!["--pgdata", &data, "--auth", "trust", "--username", "postgres", "--no-sync"];
        arguments.extend(english);
        server.run("initdb", &arguments);
        // No port: a socket in our folder can't be in anyone's way.
        let socket = format!("unix_socket_directories='{}'", server.socket());
        let settings = ["listen_addresses=''", &socket].into_iter().chain(settings.iter().copied());
        let options: Vec<String> = settings.map(|setting| format!("-c {setting}")).collect();
        let options = options.join(" ");
        server.run(
            "pg_ctl",
            &["--pgdata", &data, "--options", &options, "--log", &server.log(), "--wait", "start"],
        );
        server
    }

    /// Gives a folder and what is in it to the user that the server runs as.
    pub(crate) fn hand_over(folder: &Path) {
        let restrict = |file: &Path| run(Command::new("chmod").args(["-R", "go-rwx"]).arg(file));
        if is_root() {
            run(Command::new("chown").args(["-R", "postgres"]).arg(folder));
        }
        restrict(folder);
    }

    /// Makes a database and gives its URL.
    pub(crate) fn create(&self, name: &str) -> String {
        let (socket, port) = (self.socket(), self.port.as_str());
        self.run("createdb", &["--host", &socket, "--port", port, "--username", "postgres", name]);
        format!("postgres://postgres@localhost/{name}?host={}", self.socket())
    }

    /// Ends every session and starts anew, as an update of the server does.
    pub(crate) fn restart(&self) {
        self.run(
            "pg_ctl",
            &["--pgdata", &self.data(), "--log", &self.log(), "--mode", "fast", "--wait", "restart"],
        );
    }

    fn log(&self) -> String {
        self.folder.path().join("log").display().to_string()
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// The folder of its socket.
    pub(crate) fn socket(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// Runs one of the server's programs; it refuses to be root, so root runs it as `postgres`.
    fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        run(command.args(arguments).current_dir(self.folder.path()));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run("pg_ctl", &["--pgdata", &self.data(), "--mode", "immediate", "--wait", "stop"]);
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"))
}

/// The folder of the newest server's programs: on the path, or where Debian keeps them.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| has_programs(folder))
        .collect();
    versions.sort();
    let on_the_path =
        std::env::var_os("PATH").and_then(|path| std::env::split_paths(&path).find(|it| has_programs(it)));
    versions.pop().or(on_the_path)
}

fn has_programs(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "createdb"].iter().all(|program| folder.join(program).exists())
}
