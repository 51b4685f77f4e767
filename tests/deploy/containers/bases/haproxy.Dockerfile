# What is asked of haproxy:2.6-bookworm, from Debian's package; the account has the official image's number.
ARG BASE
FROM ${BASE}
RUN userdel haproxy && groupadd --gid 99 --system haproxy \
    && useradd --gid haproxy --home-dir /var/lib/haproxy --no-create-home --system --uid 99 haproxy \
    && mkdir -p /var/lib/haproxy && chown haproxy:haproxy /var/lib/haproxy
USER haproxy
WORKDIR /var/lib/haproxy
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
