# Debian has no Grafana: something in its place that runs as its account does, and listens where it would.
ARG BASE
FROM ${BASE}
USER 472
WORKDIR /tmp
EXPOSE 3000
ENTRYPOINT ["python3", "-m", "http.server", "3000"]
