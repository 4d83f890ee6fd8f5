//! Reads request bodies: bounded in size, bounded in time, JSON only.

use crate::codes;
use crate::explain;
use crate::options::Api;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A JSON body as `T`.
pub(crate) struct Posted<T> {
    pub(crate) value: T,
    bytes: Bytes,
}

impl<T> Posted<T> {
    /// SHA-256 of the body as it came.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }
}

impl<T: DeserializeOwned> FromRequest<Api> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        check_type(request.headers())?;
        let bytes = read(request, api.options.body_bytes_max, api.options.body_time).await?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self { value, bytes }),
            Err(error) => Err(explain::refused::<T>(&bytes, &error)),
        }
    }
}

/// `application/json`, `application/*+json`, or nothing said.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(header) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let text = header.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    let json = essence.eq_ignore_ascii_case("application/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    if json {
        return Ok(());
    }
    let detail = "the body must be JSON: send Content-Type: application/json";
    Err(Problem::new(&codes::UNSUPPORTED_MEDIA_TYPE, detail))
}

/// Reads the whole body. It may take `time` and one second for each KiB that has come, so that a large body over a
/// thin line passes and a body sent by the drop does not.
async fn read(request: Request, bytes_max: usize, time: Duration) -> Result<Bytes, Problem> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<usize>().ok()).is_some_and(|length| length > bytes_max) {
        return Err(too_large(bytes_max));
    }
    let started = Instant::now();
    let mut body = request.into_body();
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    loop {
        let got = rest.len() + first.as_ref().map_or(0, Bytes::len);
        let allowed = time + Duration::from_secs(u64::try_from(got / 1024).unwrap_or(u64::MAX));
        let data = match timeout_at(started + allowed, next_data(&mut body)).await {
            Ok(data) => data?,
            Err(_) => {
                return Err(Problem::new(&codes::BODY_TIMEOUT, "the body came too slowly: send it again"));
            }
        };
        let Some(data) = data else { break };
        if got + data.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        // Nearly every body is one frame: that one is kept as it is, without a copy.
        if first.is_none() && rest.is_empty() {
            first = Some(data);
        } else {
            if let Some(first) = first.take() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(first.unwrap_or_else(|| rest.freeze()))
}

async fn next_data(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(&codes::BODY_INCOMPLETE, "the body ended before it was whole: send it again")
        })?;
        // Trailers are no part of the body.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(&codes::BODY_TOO_LARGE, format!("a body may have at most {bytes_max} bytes"))
}
