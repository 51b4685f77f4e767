# Infinity in one image: `python -m app.runtime` migrates, then serves on port 80 (CapRover's habit; PORT changes it).
# SECRET_KEY and DATABASE_URL come from outside; nothing secret is in the image.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS packages
COPY requirements.txt /tmp/requirements.txt
RUN python3 -m venv /opt/infinity/venv \
    && /opt/infinity/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        --requirement /tmp/requirements.txt

FROM ${BASE}
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
# Kept between containers where a volume is mounted: the SQLite file of a small hunt, and copied pictures.
RUN mkdir instance && chown infinity: instance
VOLUME /srv/infinity/instance
USER infinity
EXPOSE 80
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=2)"]
CMD ["python", "-m", "app.runtime"]
