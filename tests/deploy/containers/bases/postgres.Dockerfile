# What is asked of postgres:17-bookworm, from Debian's package: its entrypoint, its variables, its volume.
ARG BASE
FROM ${BASE}
ENV LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data
RUN ln -s /usr/lib/postgresql/*/bin /usr/lib/postgresql/bin \
    && install --directory --owner=postgres --group=postgres --mode=1777 "$PGDATA" /run/postgresql
ENV PATH=/usr/lib/postgresql/bin:$PATH
COPY postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["sh", "/usr/local/bin/docker-entrypoint.sh"]
CMD ["postgres"]
