# What stands in for the official image of PostgreSQL: its user, folders and environment variables.
ARG SYSTEM
FROM ${SYSTEM}
RUN mkdir -p /docker-entrypoint-initdb.d /var/lib/postgresql/data && chown postgres:postgres /var/lib/postgresql/data \
    && install -d -o postgres -g postgres -m 3777 /var/run/postgresql \
    && for program in /usr/lib/postgresql/*/bin/*; do ln -sf "$program" /usr/local/bin/; done
ENV PGDATA=/var/lib/postgresql/data
COPY postgres.sh /usr/local/bin/docker-entrypoint.sh
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
CMD ["postgres"]
