# syntax=docker/dockerfile:1
# tierup-server as one binary, without root, with all data in /data. To run it, see docs/OPERATING.md.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked --package tierup-server \
    && cp target/dist/tierup-server /tierup-server

FROM debian:bookworm-slim
RUN groupadd --system --gid 7890 tierup \
    && useradd --system --uid 7890 --gid tierup --home-dir /data --shell /usr/sbin/nologin tierup \
    && install --directory --mode 700 --owner tierup --group tierup /data
COPY --from=build /tierup-server /usr/local/bin/tierup-server
USER tierup
WORKDIR /data
# Listens on every address of the container. Publish the port on loopback only, behind a proxy with TLS.
ENV TIERUP_SERVER_DATA=/data \
    TIERUP_SERVER_LISTEN=0.0.0.0:7890 \
    TIERUP_SERVER_BEHIND_PROXY=true
VOLUME /data
EXPOSE 7890
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/7890 && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]
ENTRYPOINT ["tierup-server"]
CMD ["serve"]
