# The gateway as an image: docs/operating.md says how to run it.
#
# Builds as `make build` does: the dashboard's half for the browser, then one program with all of it inside.

FROM rust:1.96.0-bookworm AS build
WORKDIR /src
# What building needs, in a layer that only another compiler, wasm-bindgen or wasm-split makes anew.
COPY Makefile Cargo.toml Cargo.lock ./
COPY scripts scripts
RUN make setup
COPY . .
RUN make build

FROM debian:12.11-slim
# Authorities for https receivers; nothing else is needed but the C library.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/target/release/openclaw-webhooks /usr/local/bin/openclaw-webhooks
# Numbers, so that Kubernetes sees that it is not root.
RUN groupadd --system --gid 10001 openclaw-webhooks \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin openclaw-webhooks \
    && install -d -o 10001 -g 10001 -m 700 /data
USER 10001:10001
# A database that is named without a folder is made here.
WORKDIR /data
VOLUME /data
ENV OPENCLAW_WEBHOOKS_CONFIG=/etc/openclaw-webhooks/openclaw.json5
EXPOSE 8787
ENTRYPOINT ["openclaw-webhooks"]
CMD ["serve"]
