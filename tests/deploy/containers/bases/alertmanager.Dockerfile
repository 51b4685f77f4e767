# What is asked of prom/alertmanager, from Debian's package.
ARG BASE
FROM ${BASE}
RUN install --directory --owner=nobody --group=nogroup /alertmanager && mkdir -p /etc/alertmanager \
    && ln -sf /usr/bin/prometheus-alertmanager /bin/alertmanager
USER nobody
WORKDIR /alertmanager
VOLUME /alertmanager
EXPOSE 9093
ENTRYPOINT ["/bin/alertmanager"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]
