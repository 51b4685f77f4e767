# What is asked of prom/prometheus, from Debian's package.
ARG BASE
FROM ${BASE}
RUN install --directory --owner=nobody --group=nogroup /prometheus && mkdir -p /etc/prometheus
USER nobody
WORKDIR /prometheus
VOLUME /prometheus
EXPOSE 9090
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
