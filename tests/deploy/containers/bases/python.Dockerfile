# What is asked of python:3.13-slim-bookworm: Debian's Python, and pip with the wheels that requirements.txt pins.
ARG BASE
FROM ${BASE}
COPY wheels /opt/wheels
RUN printf '[global]\nno-index = true\nfind-links = /opt/wheels\n' >/etc/pip.conf
CMD ["python3"]
