//! A collector on loopback that does as it is told: good by itself, and as bad as a test wants.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{seqs, to};
use crate::server::config::StreamSettings;

/// What becomes of a request, all of which was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Status(u16),
    /// There is no answer, and the connection stays open.
    Hang,
    /// The connection ends without an answer.
    Cut,
    /// The answer is 200, and its body never ends.
    Endless,
}

/// A request with rows.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The head in small letters.
    pub head: String,
    pub seqs: Vec<i64>,
    pub body: String,
    /// What became of it; `None` if it was answered with 200.
    pub fault: Option<Fault>,
}

impl Posted {
    /// The value of a header, in small letters.
    pub fn header(&self, name: &str) -> &str {
        let begin = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(begin.as_str())).unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Script {
    faults: VecDeque<Fault>,
    posted: Vec<Posted>,
}

/// The collector.
#[derive(Debug, Clone)]
pub struct Receiver {
    pub url: String,
    script: Arc<Mutex<Script>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/collect", listener.local_addr().unwrap());
        let script = Arc::<Mutex<Script>>::default();
        let receiver = Self { url, script };
        let accepting = receiver.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        receiver
    }

    pub fn settings(&self) -> StreamSettings {
        to(&self.url)
    }

    /// Next requests meet these, one each.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script.lock().faults.extend(faults);
    }

    /// All requests so far.
    pub fn posted(&self) -> Vec<Posted> {
        self.script.lock().posted.clone()
    }

    /// The numbers of all rows that were answered with 2xx, in their order.
    pub fn taken(&self) -> Vec<i64> {
        let script = self.script.lock();
        let taken = script.posted.iter().filter(|posted| [None, Some(Fault::Endless)].contains(&posted.fault));
        taken.flat_map(|posted| posted.seqs.clone()).collect()
    }

    /// The rows as a receiver has them that leaves out what it has already: the first with each number.
    pub fn kept(&self) -> Vec<i64> {
        let mut kept: Vec<i64> = Vec::new();
        for seq in self.taken() {
            if !kept.contains(&seq) {
                kept.push(seq);
            }
        }
        kept
    }

    async fn serve(self, mut stream: TcpStream) {
        // A client that was killed ends in the middle.
        while let Some((head, body)) = request_of(&mut stream).await {
            let fault = {
                let mut script = self.script.lock();
                let fault = script.faults.pop_front();
                script.posted.push(Posted { head, seqs: seqs(&body), body, fault });
                fault
            };
            let answer = match fault {
                None => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_owned(),
                Some(Fault::Status(status)) => format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n"),
                Some(Fault::Endless) => "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n".to_owned(),
                Some(Fault::Cut) => return,
                Some(Fault::Hang) => std::future::pending().await,
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// Reads a request: its head in small letters, and its body.
async fn request_of(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}
