# pghaul as an image: the binary, the libraries that it needs, certificates, an unprivileged user. No shell.
#
#   docker build --tag pghaul .            compiles it
#   docker build --tag pghaul --build-arg BINARY=target/docker/pghaul --build-arg BUILD_IMAGE=debian:bookworm-slim .
#
# The second takes a binary that is there. It needs the C library that it was built with, or a newer one, so the images have to
# be of the same release of Debian as the machine that it was built on. See docs/docker.md.
ARG BUILD_IMAGE=rust:1-slim-bookworm
ARG FINAL_IMAGE=gcr.io/distroless/cc-debian12:nonroot

# All crates but pghaul's own, in a layer that changes only with the manifests: what takes most of the time is compiled once.
# The other Dockerfile has the same lines, so both images share it.
FROM ${BUILD_IMAGE} AS build
# Below target/docker, which .dockerignore lets through. Without it, it is compiled.
ARG BINARY=
WORKDIR /src
# The image has no use for the names of functions.
ENV CARGO_PROFILE_RELEASE_STRIP=symbols
COPY Cargo.toml Cargo.lock ./
COPY tests/mock_api/Cargo.toml tests/mock_api/
COPY tests/support/Cargo.toml tests/support/
# Cargo asks for a file of each program that a manifest names; empty ones do.
RUN set -eu; \
    mkdir -p src benches/stages tests/mock_api/src; \
    for file in src/main.rs benches/encode.rs benches/shape.rs benches/stages/main.rs tests/mock_api/src/main.rs; do \
        echo 'fn main() {}' >"$file"; \
    done; \
    touch src/lib.rs tests/mock_api/src/lib.rs tests/support/lib.rs; \
    if [ -z "$BINARY" ]; then cargo build --release --locked --package pghaul --package pghaul-mock-api; fi

COPY . .
# Of which commit it is, for --version. Without these, what the folder's .git says.
ARG PGHAUL_COMMIT=
ARG PGHAUL_COMMIT_DATE=
# COPY keeps the times of files, and cargo takes a file for changed only if it is newer than what was made of the empty one.
RUN set -eu; \
    if [ -z "$BINARY" ]; then \
        touch build.rs src/main.rs src/lib.rs; \
        cargo build --release --locked --package pghaul; \
    fi; \
    mkdir -p /out/data; \
    install -m 755 "${BINARY:-target/release/pghaul}" /out/pghaul

FROM ${FINAL_IMAGE}
LABEL org.opencontainers.image.title="pghaul" \
      org.opencontainers.image.description="Hauls data into PostgreSQL as fast as PostgreSQL can take it, and never leaves it half done" \
      org.opencontainers.image.licenses="MIT"
COPY LICENSE /usr/share/doc/pghaul/LICENSE
COPY --from=build /out/pghaul /usr/local/bin/pghaul
# The current folder of every command: config.yml, dumps, reports and rejects are looked for and written here.
COPY --from=build --chown=65532:65532 /out/data /data
WORKDIR /data
# A number, so that those who demand a user that is not root can see that it is none.
USER 65532:65532
# It runs here, with the libraries of this image, or the build fails.
RUN ["/usr/local/bin/pghaul", "--version"]
ENTRYPOINT ["/usr/local/bin/pghaul"]
