# The server and nothing beside it: docker build -t tokendesk .
#   docker run -v tokendesk:/data -p 127.0.0.1:8080:8080 -e TOKENDESK_PUBLIC_URL=https://tokens.example.org tokendesk
# Every setting is a variable TOKENDESK_… of its name in capitals. The first operator:
#   docker run -it -v tokendesk:/data tokendesk operator add --user-id you
FROM rust:1-slim-bookworm AS build
# make and perl build the OpenSSL that speaks to PostgreSQL.
RUN apt-get update && apt-get install -y --no-install-recommends make perl && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin tokendesk

FROM debian:bookworm-slim
# The public authorities, for who orders certificates by itself (acme_email).
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin tokendesk \
    && install -d -o tokendesk -g tokendesk -m 0700 /data
COPY --from=build /src/target/release/tokendesk /usr/bin/tokendesk
# By its number, so that a cluster can see that it is not root.
USER 10001
WORKDIR /data
VOLUME /data
ENV TOKENDESK_DATA_DIR=/data TOKENDESK_LISTEN=0.0.0.0:8080
# A port where http is spoken: with a certificate, that of http_listen.
ENV HEALTH_PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$HEALTH_PORT && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3"]
ENTRYPOINT ["tokendesk"]
CMD ["serve"]
