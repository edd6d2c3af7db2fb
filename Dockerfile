# pghaul as an image: the binary, the libraries that it needs, certificates, an unprivileged user. No shell.
#
#   docker build --tag pghaul .            compiles it
#   docker build --tag pghaul --build-arg BINARY=target/docker/pghaul --build-arg BUILD_IMAGE=debian:bookworm-slim .
#
# The second takes a binary that is there. It needs the C library that it was built with, or a newer one, so the images have to
# be of the same release of Debian as the machine that it was built on. See docs/docker.md.
ARG BUILD_IMAGE=rust:1-slim-bookworm
ARG FINAL_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
# Below target/docker, which .dockerignore lets through. Without it, it is compiled.
ARG BINARY=
# What `pghaul --version` tells of it, as --build-arg PGHAUL_COMMIT="$(git rev-parse HEAD)": there is no git here.
ARG PGHAUL_COMMIT=
ARG PGHAUL_COMMIT_DATE=
WORKDIR /src
COPY . .
# Of which commit it is, for --version: there is no git here.
ARG PGHAUL_COMMIT=
ARG PGHAUL_COMMIT_DATE=
# The image has no use for the names of functions.
ENV CARGO_PROFILE_RELEASE_STRIP=symbols
RUN set -eu; \
    if [ -z "$BINARY" ]; then cargo build --release --locked --package pghaul; fi; \
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
