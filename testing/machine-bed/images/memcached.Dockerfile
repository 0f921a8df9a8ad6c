ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends memcached && apt-get clean && rm -rf /var/lib/apt/lists/*
EXPOSE 11211
USER memcache
CMD ["memcached", "-l", "0.0.0.0"]
