//! How long it takes to be answered: the gateway, and at the same moment a bare server on this machine. All of it stands on
//! threads of its own, apart from those that the attackers keep busy.

use crate::gateway::PATIENCE;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Starts a server that does nothing but answer, one after the other.
pub(crate) fn bare_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 1024]).unwrap();
            connection.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").unwrap();
        }
    });
    address
}

/// How long both take, asked at the same moment.
pub(crate) fn ask_both(gateway: SocketAddr, beside: SocketAddr) -> (Duration, Duration) {
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| ask(beside));
        (ask(gateway), beside.join().unwrap())
    })
}

/// How long it takes over a new connection.
fn ask(address: SocketAddr) -> Duration {
    let begun = Instant::now();
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    begun.elapsed()
}
