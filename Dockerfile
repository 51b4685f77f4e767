# Infinity in one image: `python -m app.runtime` migrates, then serves on port 80 (CapRover's habit; PORT changes it).
# SECRET_KEY and DATABASE_URL come from outside; nothing secret is in the image.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS packages
COPY requirements.txt /tmp/requirements.txt
RUN python3 -m venv /opt/infinity/venv \
    && /opt/infinity/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        --requirement /tmp/requirements.txt

FROM ${BASE}
# --build-arg "VERSION=$(python3 deploy/version.py)"; the program itself reads pyproject.toml.
ARG VERSION=
LABEL org.opencontainers.image.title=infinity \
      org.opencontainers.image.version=${VERSION}
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PATH=/opt/infinity/venv/bin:$PATH \
    HOST=0.0.0.0 \
    PORT=80
RUN useradd --system --create-home --home-dir /srv/infinity infinity
WORKDIR /srv/infinity
COPY --from=packages /opt/infinity/venv /opt/infinity/venv
COPY config.py wsgi.py pyproject.toml LICENSE ./
COPY app app
COPY data data
COPY migrations migrations
# The SQLite file of a small hunt wants a volume here. The image declares none: with PostgreSQL this is a cache of pictures,
# and each container would leave a nameless volume behind.
RUN mkdir instance && chown infinity: instance
USER infinity
EXPOSE 80
STOPSIGNAL SIGTERM
# Alive, not ready: Swarm and CapRover kill what is unhealthy, and a database that is away is no reason to. Sending
# visitors only to nodes that are ready is the gateway's business. A migration may take its time before the door opens.
HEALTHCHECK --interval=5s --timeout=5s --start-period=120s --retries=6 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3"]
CMD ["python", "-m", "app.runtime"]
