# What is asked of debian:bookworm-slim. What the project's own Dockerfiles install is there already.
ARG BASE
FROM ${BASE}
CMD ["bash"]
