# An image with what the application's servers need: Docker Engine, nginx, Ruby and Rails, clients of the databases.
ARG BASE
FROM ${BASE}
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      docker.io nginx-light mariadb-client redis-tools tzdata \
      ruby ruby-rails ruby-activerecord ruby-mysql2 puma ruby-redis ruby-dalli ruby-sidekiq bundler \
 && rm -f /usr/sbin/policy-rc.d && apt-get clean && rm -rf /var/lib/apt/lists/*
