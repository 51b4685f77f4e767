# What is asked of redis:7-bookworm, from Debian's package.
ARG BASE
FROM ${BASE}
VOLUME /data
WORKDIR /data
RUN chown redis:redis /data
EXPOSE 6379
CMD ["redis-server"]
