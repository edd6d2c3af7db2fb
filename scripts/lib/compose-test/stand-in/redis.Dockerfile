# What stands in for the official image of Redis.
ARG SYSTEM
FROM ${SYSTEM}
RUN mkdir /data && chown redis:redis /data
COPY redis.sh /usr/local/bin/docker-entrypoint.sh
VOLUME /data
WORKDIR /data
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["redis-server"]
