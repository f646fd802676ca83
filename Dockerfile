# Builds the one binary, then keeps nothing but it.
FROM rust:1.95-slim-bookworm AS builder
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates gcc libc6-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package accord

FROM debian:bookworm-slim
RUN groupadd --gid 10001 accord \
    && useradd --uid 10001 --gid accord --no-create-home --shell /usr/sbin/nologin accord \
    && install --directory --owner=accord --group=accord --mode=0700 /data
# Webhooks go over TLS, which trusts what the system trusts.
COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=builder /source/target/release/accord /usr/local/bin/accord
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# /login is open to everybody in every role of the binary, so it tells that HTTP is answered. Readiness is told by
# /health/ready of a node, and by /banks/{bank}/health/ready of the demo; see docker-compose.yml.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /login HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]
ENTRYPOINT ["accord"]
CMD ["--listen", "0.0.0.0:8080", "--data-dir", "/data", "--generate-key"]
