# docker build --target web .      pages and API, no torch
# docker build --target worker .   everything that computes
# PIP_OPTIONS passes pip options through, for instance another package index with CPU-only wheels of torch.
FROM python:3.11-slim AS wheel
ARG PIP_OPTIONS=""
WORKDIR /src
COPY . .
RUN pip wheel $PIP_OPTIONS --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim AS base
RUN useradd --uid 10001 --user-group --create-home --home-dir /home/atelier --shell /usr/sbin/nologin atelier \
    && install -d -o atelier -g atelier /data /data/tmp
COPY docker/entrypoint /usr/local/bin/atelier-entrypoint
ENV ATELIER_HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
VOLUME /data
ENTRYPOINT ["atelier-entrypoint"]

FROM base AS web
ARG PIP_OPTIONS=""
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install $PIP_OPTIONS --no-cache-dir "$(ls /wheels/atelier-*.whl)[postgres,s3]"
USER atelier
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "-m", "web"]

FROM base AS worker
ARG PIP_OPTIONS=""
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install $PIP_OPTIONS --no-cache-dir "$(ls /wheels/atelier-*.whl)[worker,postgres,s3]"
USER atelier
STOPSIGNAL SIGTERM
CMD ["python", "-m", "worker"]
